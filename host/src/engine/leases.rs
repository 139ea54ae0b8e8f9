//! New code that waits while the running code is at work that must not be interrupted.
//!
//! Consumes: leases, as slots report them. Produces: another request for the newest code once the work is over,
//! or has come to a point from which it can go on. Never: ends work.

use super::core::Core;
use super::host_orders::NEW_HOST;
use crate::compile::Artifact;
use crate::journal::board::ModuleBoard;
use crate::journal::event::{Event, Generation, Trigger};
use crate::module::LeaseChange;
use crate::slot::Slot;
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
    pub(super) fn defers(
        &mut self,
        slot: &Slot,
        generation: Generation,
        trigger: Trigger,
        artifact: &Artifact,
    ) -> bool {
        let name = slot.name();
        let mut busy = self.busy_with(name);
        // Where nothing runs, there is nothing to lose.
        if self.host_change.keeps_modules_waiting() && slot.generation().is_some() {
            busy.push(NEW_HOST.to_owned());
            self.deferred.built.insert(name.to_owned(), artifact.clone());
            self.host_change.modules_changed();
        }
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
            LeaseChange::Taken(work) => {
                self.deferred.interruptible.remove(name);
                self.record(module, of, Event::Busy { name: work });
            }
            LeaseChange::Returned(work) => {
                self.deferred.interruptible.remove(name);
                self.record(module, of, Event::Idle { name: work });
            }
            LeaseChange::SafePoint => {
                let is_wanted = self.host_change.ready().is_some();
                if is_wanted || self.deferred.waiting.contains_key(name) {
                    self.deferred.interruptible.insert(name.to_owned());
                }
            }
        }
        if self.busy_with(name).is_empty()
            && !self.host_change.keeps_modules_waiting()
            && let Some(trigger) = self.deferred.waiting.remove(name)
        {
            // There is nothing left to compile, unless something was saved meanwhile.
            let modules = Some(BTreeSet::from([name.to_owned()]));
            self.request(modules, trigger, Instant::now(), false, Vec::new());
        }
    }
}
