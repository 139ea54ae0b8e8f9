//! A lock that is held for a few instructions and never across a call into a module.
//!
//! Owns: that rule. Whatever the UI thread shares with others lies behind such a lock: code of a
//! module may run for seconds or for ever, and the window must not wait for it. Debug builds check it
//! at each call into a module.

use parking_lot::Mutex;
use std::cell::Cell;

thread_local! {
    /// How many brief locks this thread holds.
    static HELD: Cell<u32> = const { Cell::new(0) };
}

/// Data that the UI thread shares with other threads.
#[derive(Debug, Default)]
pub struct BriefLock<T>(Mutex<T>);

impl<T> BriefLock<T> {
    /// Any thread. `body` must neither call into a module nor wait for anything.
    pub fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        let mut data = self.0.lock();
        let _held = Held::new();
        body(&mut data)
    }
}

/// Counts one lock for as long as it lives, also while a panic passes through.
struct Held;

impl Held {
    fn new() -> Self {
        HELD.set(HELD.get() + 1);
        Self
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.set(HELD.get() - 1);
    }
}

/// To be called before each call into a module.
///
/// # Panics
/// In debug builds, when this thread holds a [`BriefLock`].
pub(super) fn assert_none_is_held() {
    debug_assert_eq!(HELD.get(), 0, "a call into a module while the UI thread may wait for a lock");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g04_a_call_into_a_module_under_a_brief_lock_is_found_out() {
        let lock = BriefLock::<u32>::default();
        assert_none_is_held();
        lock.with(|value| *value += 1);
        assert_none_is_held();
        let call = std::panic::AssertUnwindSafe(|| lock.with(|_| assert_none_is_held()));
        assert!(std::panic::catch_unwind(call).is_err(), "debug builds refuse it");
        assert_none_is_held();
        assert_eq!(lock.with(|value| *value), 1);
    }
}
