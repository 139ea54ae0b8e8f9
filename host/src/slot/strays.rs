//! Panics of threads that a module started itself: which of them are worth an event.

use crate::module::Fault;
use std::collections::BTreeSet;

/// Different panics of one generation that are reported.
const REPORTED_MAX: usize = 16;

/// Panics of one generation that have been reported. A thread that panics again and again, each time
/// in the same place with the same message, has said so once.
#[derive(Debug, Default)]
pub(super) struct Strays(BTreeSet<(String, String)>);

impl Strays {
    /// Whether this panic is a new one.
    pub(super) fn is_new(&mut self, fault: &Fault) -> bool {
        self.0.len() < REPORTED_MAX
            && self.0.insert((fault.location.clone(), fault.message.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::event::FaultSite;

    fn fault(message: &str, location: &str) -> Fault {
        let (message, location) = (message.to_owned(), location.to_owned());
        Fault { site: FaultSite::Service, message, location, backtrace: String::new() }
    }

    #[test]
    fn g07_a_flood_of_panics_is_reported_up_to_a_bound() {
        let mut strays = Strays::default();
        assert!(strays.is_new(&fault("no", "a.rs:1:1")));
        assert!(!strays.is_new(&fault("no", "a.rs:1:1")), "the same again");
        assert!(strays.is_new(&fault("no", "a.rs:2:1")), "another place");
        let more = (0..1000).filter(|n| strays.is_new(&fault(&n.to_string(), "a.rs:1:1")));
        assert_eq!(more.count(), REPORTED_MAX - 2);
    }
}
