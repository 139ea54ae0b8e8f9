//! A value of the author's whose `Drop` may panic.

use super::guard::guard;
use crate::abi::code;
use crate::host::Host;
use std::ops::{Deref, DerefMut};

/// Drops its value under a guard of its own. Of two destructors that panic, the second would
/// otherwise run while the first panic unwinds, and end the process.
pub(super) struct Contained<T> {
    /// `None` once it has been dropped.
    value: Option<T>,
    host: Host,
}

impl<T> Contained<T> {
    pub(super) fn new(host: Host, value: T) -> Self {
        Self { value: Some(value), host }
    }

    /// Drops the value now; [`code::FAULT`] when that panicked, which has been reported.
    pub(super) fn end(mut self) -> i32 {
        self.drop_value()
    }

    fn drop_value(&mut self) -> i32 {
        let Some(value) = self.value.take() else { return code::OK };
        guard(self.host, || {
            drop(value);
            code::OK
        })
    }
}

impl<T> Deref for Contained<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("the value is there until it is dropped")
    }
}

impl<T> DerefMut for Contained<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("the value is there until it is dropped")
    }
}

impl<T> Drop for Contained<T> {
    fn drop(&mut self) {
        let _ = self.drop_value(); // a panic has been reported; there is nobody to return it to
    }
}
