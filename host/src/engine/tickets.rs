//! Who waits for the outcome of a request, and what they are told.

use super::outcome::{ModuleOutcome, ReloadOutcome};
use crossbeam_channel::Sender;
use std::collections::BTreeSet;

/// One waiting party. It is answered when every module of its request has come to an end.
#[derive(Debug)]
pub(super) struct Ticket {
    tell: Option<Sender<ReloadOutcome>>,
    open: BTreeSet<String>,
    outcome: ReloadOutcome,
}

impl Ticket {
    /// For whoever holds the other end; the channel has room for one outcome.
    pub(super) fn new(tell: Sender<ReloadOutcome>) -> Self {
        Self { tell: Some(tell), open: BTreeSet::new(), outcome: ReloadOutcome::default() }
    }

    /// The modules it waits for.
    pub(super) fn wait_for<'a>(&mut self, modules: impl Iterator<Item = &'a String>) {
        self.open.extend(modules.cloned());
    }
}

/// All waiting parties whose builds are done.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    waiting: Vec<Ticket>,
}

impl Tickets {
    pub(super) fn add(&mut self, tickets: Vec<Ticket>) {
        self.waiting.extend(tickets);
    }

    /// One module has come to its end.
    pub(super) fn settle(&mut self, outcome: &ModuleOutcome) {
        self.waiting.retain_mut(|ticket| {
            if ticket.open.remove(&outcome.module) {
                ticket.outcome.modules.push(outcome.clone());
            }
            if !ticket.open.is_empty() {
                return true;
            }
            if let Some(tell) = ticket.tell.take() {
                // Somebody who no longer waits needs no answer.
                let _ = tell.try_send(std::mem::take(&mut ticket.outcome)); // receiver gone: nobody to tell
            }
            false
        });
    }
}
