//! New code that waits while the running code is at work that must not be interrupted.
//!
//! Consumes: leases, as slots report them. Produces: another request for the newest code once the work is over,
//! or has come to a point from which it can go on. Never: ends work.

use super::core::Core;
use crate::journal::board::ModuleBoard;
use crate::journal::event::{Event, Generation, Trigger};
use crate::module::LeaseChange;
use std::collections::BTreeSet;
use std::time::Instant;

impl Core {
    /// What keeps this module from being exchanged; nothing once it has reached a safe point.
    pub(super) fn busy_with(&self, name: &str) -> Vec<String> {
        if self.deferred.interruptible.contains(name) {
            return Vec::new();
        }
        self.board().module(name).map(ModuleBoard::busy_with).unwrap_or_default()
    }

    /// Whether the new code of this module has to wait; whoever waits for it is answered when it runs.
    pub(super) fn defers(&mut self, name: &str, generation: Generation, trigger: Trigger) -> bool {
        let busy = self.busy_with(name);
        if busy.is_empty() {
            return false;
        }
        self.deferred.waiting.insert(name.to_owned(), trigger);
        self.record(Some(name), Some(generation), Event::Deferred { busy });
        true
    }

    pub(super) fn on_lease(&mut self, name: &str, generation: Generation, change: LeaseChange) {
        let (module, of) = (Some(name), Some(generation));
        match change {
            LeaseChange::Taken(name) => self.record(module, of, Event::Busy { name }),
            LeaseChange::Returned(name) => self.record(module, of, Event::Idle { name }),
            LeaseChange::SafePoint => {
                if self.deferred.waiting.contains_key(name) {
                    self.deferred.interruptible.insert(name.to_owned());
                }
            }
        }
        if self.busy_with(name).is_empty()
            && let Some(trigger) = self.deferred.waiting.remove(name)
        {
            // There is nothing left to compile, unless something was saved meanwhile.
            let modules = Some(BTreeSet::from([name.to_owned()]));
            self.request(modules, trigger, Instant::now(), false, Vec::new());
        }
    }
}
