//! A request to stop, from any thread to whoever waits.
//!
//! Owns: one bit that is set once and can be waited for. Never: ends anything; whoever does the work
//! does that.

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use std::sync::Arc;

/// Stops one piece of work. Clones stand for the same work; make a new one for each.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// Dropping the only sender is what waiters wake from.
    open: Arc<Mutex<Option<Sender<Never>>>>,
    cancelled: Receiver<Never>,
}

/// No message is ever sent.
#[derive(Debug)]
pub(crate) enum Never {}

impl Cancel {
    /// A handle that has not been used yet.
    #[must_use]
    pub fn new() -> Self {
        let (open, cancelled) = crossbeam_channel::bounded(0);
        Self { open: Arc::new(Mutex::new(Some(open))), cancelled }
    }

    /// Asks the work to stop. Returns at once; from any thread, any number of times.
    pub fn cancel(&self) {
        self.open.lock().take();
    }

    /// Whether [`Self::cancel`] was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.open.lock().is_none()
    }

    /// A channel that disconnects when [`Self::cancel`] is called.
    pub(crate) fn signal(&self) -> &Receiver<Never> {
        &self.cancelled
    }
}

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}
