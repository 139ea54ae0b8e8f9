//! How much memory the allocator keeps of what has been freed.
//!
//! Owns: one setting of glibc's. Never: touches an allocation.
//!
//! glibc gives a thread that allocates while others do an *arena* of its own, up to eight for each
//! processor, and an arena keeps most of what is freed in it (mallopt(3), `M_ARENA_MAX`). Each generation
//! has a thread of its own with megabytes of egui in it, so the host would grow by that for each arena that
//! such a thread happens to be the first in.
#![cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "mallopt is called through libc")
)]

/// One for all threads: the window waits while the thread of a module draws, so they hardly ever allocate at
/// the same time.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ARENAS_MAX: i32 = 1;

/// Has all threads share their arenas. Call it before the first thread is started; elsewhere than with glibc it
/// does nothing.
pub(crate) fn limit_arenas() {
    // SAFETY: mallopt(3) may be called at any time, and refuses what it does not know.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, ARENAS_MAX);
    }
}
