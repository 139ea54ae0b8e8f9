//! Locks that a panic does not close.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What `mutex` guards, also after a panic while it was held: no code of this crate leaves it half changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
