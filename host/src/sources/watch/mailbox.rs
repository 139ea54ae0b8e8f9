//! What the watching thread has to attend to.
//!
//! Owns: a bounded queue of events, and beside it the orders, each kind of which needs to be
//! remembered once only. Consumes: events from `notify`'s thread, orders from any thread. Never:
//! blocks whoever puts something in: the watching thread may itself be waiting for them.

use super::source::FileEvent;
use crate::sources::workspace::Inputs;
use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// Events that may wait. A full queue is no loss, only a rescan, and a checkout of a thousand
/// files fits.
pub(super) const QUEUE: usize = 4096;

/// An entry of the queue.
#[derive(Debug)]
pub(super) enum Task {
    /// The file system said something at this time.
    File(FileEvent, Instant),
    /// There are orders.
    Wake,
}

/// What was asked for since the orders were taken last.
#[derive(Debug, Default)]
pub(super) struct Orders {
    pub(super) stop: bool,
    /// Look at everything; first asked for at this time.
    pub(super) rescan: Option<Instant>,
    /// The newest inputs, and the start of the oldest build that told of inputs not set yet.
    pub(super) inputs: Option<(Inputs, SystemTime)>,
    /// A build has ended.
    pub(super) build_ended: bool,
    /// The content of the lock file that the newest such build was made with.
    pub(super) lock_file: Option<blake3::Hash>,
    /// Builds that run now; not reset when the orders are taken.
    pub(super) builds: u32,
}

/// The place where the watching thread finds its work.
#[derive(Debug)]
pub(super) struct Mailbox {
    queue: Sender<Task>,
    orders: Mutex<Orders>,
}

impl Mailbox {
    pub(super) fn new() -> (Arc<Self>, Receiver<Task>) {
        let (queue, tasks) = crossbeam_channel::bounded(QUEUE);
        let orders = Mutex::default();
        (Arc::new(Self { queue, orders }), tasks)
    }

    /// Takes in what the file system said.
    pub(super) fn file_event(&self, event: FileEvent) {
        let now = Instant::now();
        if self.queue.try_send(Task::File(event, now)).is_err() {
            self.order(|orders| orders.rescan(now));
        }
    }

    /// Changes the orders.
    pub(super) fn order(&self, change: impl FnOnce(&mut Orders)) {
        change(&mut self.orders.lock());
        // A full queue wakes the thread as well.
        let _ = self.queue.try_send(Task::Wake);
    }

    /// Takes the orders. To be called after the queue was read: a build's beginning is ordered
    /// before its first event, and must be known when that event is looked at.
    pub(super) fn take(&self) -> Orders {
        let mut orders = self.orders.lock();
        let builds = orders.builds;
        std::mem::replace(&mut *orders, Orders { builds, ..Orders::default() })
    }
}

impl Orders {
    pub(super) fn rescan(&mut self, now: Instant) {
        self.rescan.get_or_insert(now);
    }

    pub(super) fn set_inputs(&mut self, inputs: Inputs, since: SystemTime) {
        let since = self.inputs.take().map_or(since, |(_, earlier)| earlier.min(since));
        self.inputs = Some((inputs, since));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn d08_an_event_that_does_not_fit_becomes_a_rescan() {
        let (mailbox, tasks) = Mailbox::new();
        for _ in 0..QUEUE {
            mailbox.file_event(FileEvent::Settled(vec!["a".into()]));
        }
        assert_eq!(mailbox.take().rescan, None, "all of them fit");
        mailbox.file_event(FileEvent::Settled(vec!["b".into()]));
        assert!(mailbox.take().rescan.is_some(), "the next does not");
        assert_eq!(mailbox.take().rescan, None, "taken once");
        assert_eq!(tasks.len(), QUEUE, "nothing was thrown out for it");
    }

    #[test]
    fn orders_of_one_kind_become_one() {
        let (mailbox, _tasks) = Mailbox::new();
        let early = SystemTime::UNIX_EPOCH;
        let late = early + Duration::from_secs(1);
        let inputs = |root: &str| Inputs { root: root.into(), ..Inputs::default() };
        mailbox.order(|orders| orders.set_inputs(inputs("old"), early));
        mailbox.order(|orders| orders.set_inputs(inputs("new"), late));
        mailbox.order(|orders| orders.builds += 1);
        let orders = mailbox.take();
        assert_eq!(orders.inputs, Some((inputs("new"), early)));
        assert_eq!(mailbox.take().builds, 1, "a running build is still running");
    }
}
