//! Which modules have new code that waits, and for what.
//!
//! Never: I/O; see `leases.rs` for what is done about it.

use crate::compile::Artifact;
use crate::journal::event::Trigger;
use std::collections::{BTreeMap, BTreeSet};

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Deferred {
    /// What asked for the newest code of a module that waits.
    pub(super) waiting: BTreeMap<String, Trigger>,
    /// Libraries that were built for the new host.
    pub(super) built: BTreeMap<String, Artifact>,
    /// Modules whose work may be interrupted, once.
    pub(super) interruptible: BTreeSet<String>,
}

impl Deferred {
    /// The newest attempt is over, or there is nothing new after all.
    pub(super) fn settled(&mut self, name: &str) {
        self.waiting.remove(name);
        self.built.remove(name);
        self.interruptible.remove(name);
    }
}
