//! What a slot has to say to the engine, until the engine takes it.
//!
//! Owns: the events in order. Never: waits for the engine; whoever puts an event in may be the UI
//! thread. It stays short by itself: of each generation there is one commit, one fault until somebody
//! retries, a limited number of panics of its own threads, and one retirement; a call that is reported
//! as late and has returned before anybody read of it cancels itself out.

use super::events::SlotEvent;
use std::collections::VecDeque;

#[derive(Default)]
pub(super) struct Outbox(VecDeque<SlotEvent>);

impl Outbox {
    pub(super) fn push(&mut self, event: SlotEvent) {
        if let SlotEvent::Returned { generation, .. } = &event
            && let Some(SlotEvent::Overdue { generation: late, .. }) = self.0.back()
            && late == generation
        {
            self.0.pop_back();
            return;
        }
        self.0.push_back(event);
    }

    pub(super) fn take(&mut self) -> VecDeque<SlotEvent> {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::event::{FaultSite, Generation};
    use crate::module::CallError;
    use std::time::Duration;

    fn overdue(n: u64) -> SlotEvent {
        let error = CallError::Overdue { site: FaultSite::Ui, limit: Duration::ZERO };
        SlotEvent::Overdue { module: "ui".to_owned(), generation: Generation(n), error }
    }

    fn returned(n: u64) -> SlotEvent {
        SlotEvent::Returned { module: "ui".to_owned(), generation: Generation(n) }
    }

    #[test]
    fn g07_calls_that_are_late_and_return_do_not_pile_up() {
        let mut outbox = Outbox::default();
        outbox.push(returned(1));
        for _ in 0..1000 {
            outbox.push(overdue(1));
            outbox.push(returned(1));
        }
        outbox.push(overdue(1));
        outbox.push(returned(2));
        let mut left = outbox.take();
        assert!(
            matches!(
                left.make_contiguous(),
                [
                    SlotEvent::Returned { generation: Generation(1), .. },
                    SlotEvent::Overdue { generation: Generation(1), .. },
                    SlotEvent::Returned { generation: Generation(2), .. }
                ]
            ),
            "{left:?}"
        );
    }
}
