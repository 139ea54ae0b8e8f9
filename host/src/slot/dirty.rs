//! Whether a module's code has run since its state was last captured.
//!
//! Owns: one flag and the bell of whoever captures. Never: blocks; frames pass through it.

use crossbeam_channel::Sender;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Default)]
pub(super) struct Dirty {
    is_dirty: AtomicBool,
    bell: Option<Sender<()>>,
}

impl Dirty {
    pub(super) fn with_bell(bell: Sender<()>) -> Self {
        Self { is_dirty: AtomicBool::new(false), bell: Some(bell) }
    }

    /// Code runs. Rings the bell when it is the first time since the last capture.
    pub(super) fn mark(&self) {
        if !self.is_dirty.swap(true, Ordering::AcqRel)
            && let Some(bell) = &self.bell
        {
            // A bell that has been rung already is enough.
            let _ = bell.try_send(()); // it rings already
        }
    }

    /// Begins a capture: whatever runs from now on is not in it.
    pub(super) fn take(&self) -> bool {
        self.is_dirty.swap(false, Ordering::AcqRel)
    }

    pub(super) fn is_set(&self) -> bool {
        self.is_dirty.load(Ordering::Acquire)
    }
}
