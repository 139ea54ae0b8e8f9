//! The request to end the engine.

use crate::os::cancel::Cancel;
use once_cell::sync::OnceCell;
use std::sync::atomic::AtomicBool;

/// The request to end, apart from the queue of messages: it is heard in the middle of a swap, and
/// making it never waits.
#[derive(Debug, Default)]
pub(super) struct Ending {
    pub(super) signal: Cancel,
    /// The first one's.
    pub(super) reason: OnceCell<String>,
    /// Somebody wants the host to be gone, whatever else it is about to do.
    pub(super) is_wanted: AtomicBool,
}
