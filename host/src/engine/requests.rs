//! One wish for new code, and how two of them become one.

use super::settle::Ticket;
use crate::event::{Generation, Trigger};
use std::collections::BTreeMap;
use std::time::Instant;

/// What is to be built and swapped. Generations are minted when it is made.
#[derive(Debug)]
pub(super) struct Request {
    /// The modules, each with the number of this attempt.
    pub(super) modules: BTreeMap<String, Generation>,
    /// What asked first.
    pub(super) trigger: Trigger,
    /// When it asked.
    pub(super) first_event: Instant,
    /// Swap also when the library comes out the same: somebody pressed a key for it.
    pub(super) force: bool,
    /// Who waits for the outcome.
    pub(super) tickets: Vec<Ticket>,
}

impl Request {
    /// Takes a later wish in. The earliest event counts, so that the latency shown is the one that
    /// was felt; a module that both name keeps its number, for it is still the same attempt.
    pub(super) fn merge(&mut self, later: Self) {
        for (module, generation) in later.modules {
            self.modules.entry(module).or_insert(generation);
        }
        if later.first_event < self.first_event {
            self.first_event = later.first_event;
        }
        self.force |= later.force;
        self.tickets.extend(later.tickets);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn request(modules: &[(&str, u64)], trigger: Trigger, at: Instant, force: bool) -> Request {
        let modules =
            modules.iter().map(|(name, n)| ((*name).to_owned(), Generation(*n))).collect();
        Request { modules, trigger, first_event: at, force, tickets: Vec::new() }
    }

    #[test]
    fn the_first_event_its_trigger_and_its_numbers_stay() {
        let now = Instant::now();
        let mut first = request(&[("a", 4)], Trigger::Save, now, false);
        let later = now + Duration::from_millis(7);
        first.merge(request(&[("a", 5), ("b", 2)], Trigger::Hotkey, later, true));
        assert_eq!(
            first.modules,
            [("a".into(), Generation(4)), ("b".into(), Generation(2))].into()
        );
        assert_eq!((first.trigger, first.first_event, first.force), (Trigger::Save, now, true));
    }
}
