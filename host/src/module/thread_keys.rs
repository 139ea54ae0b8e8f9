//! How many keys for thread-local storage this process has left.
//!
//! Owns: asking the system. Each generation that starts a thread has a std of its own, which takes one
//! key of the process for ever; POSIX promises 128 and glibc has 1,024. A std that gets none aborts the
//! process.
#![cfg_attr(unix, expect(unsafe_code, reason = "the keys are a C interface"))]

/// Whether the process can still make `wanted` keys; `true` where the system has none.
///
/// Takes them and gives them back at once. A thread of somebody else's that needs one in between finds
/// fewer, so `wanted` has to be far above what could be needed at the same moment.
#[cfg(unix)]
#[must_use]
pub fn has_thread_keys(wanted: usize) -> bool {
    let mut keys = Vec::with_capacity(wanted);
    for _ in 0..wanted {
        let mut key = libc::pthread_key_t::default();
        // SAFETY: `key` lives during the call; a key without a destructor calls nothing.
        if unsafe { libc::pthread_key_create(&raw mut key, None) } != 0 {
            break;
        }
        keys.push(key);
    }
    let has_all = keys.len() == wanted;
    for key in keys {
        // SAFETY: it was made above, and nobody else knows it.
        let _ = unsafe { libc::pthread_key_delete(key) };
    }
    has_all
}

/// See the Unix version.
#[cfg(not(unix))]
#[must_use]
pub fn has_thread_keys(_wanted: usize) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn g10_keys_are_counted_and_given_back() {
        for _ in 0..1000 {
            assert!(has_thread_keys(32), "what was asked for was given back");
        }
        assert!(!has_thread_keys(1_000_000), "there is an end to them");
        assert!(has_thread_keys(32));
    }
}
