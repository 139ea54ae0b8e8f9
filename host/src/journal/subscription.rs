//! A bounded view of the journal for one reader.
//!
//! Owns: the queue between the journal and a reader. Consumes: entries. Produces: the same
//! entries in order, and [`Event::Missed`] where some are lacking. Never: makes the journal wait.

use crate::journal::event::{Entry, Event};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One reader's place in the journal. Dropping it ends the subscription.
#[derive(Debug)]
pub struct Subscription {
    queue: Arc<Queue>,
}

/// Why [`Subscription::recv_timeout`] has nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NothingYet {
    /// Nothing happened in that time.
    Timeout,
    /// The journal is gone and everything in the queue has been read.
    Closed,
}

impl Subscription {
    pub(super) fn new(capacity: usize) -> (Self, Arc<Queue>) {
        let queue = Arc::new(Queue {
            // A queue of nothing could never deliver anything but its losses.
            capacity: capacity.max(1),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        (Self { queue: Arc::clone(&queue) }, queue)
    }

    /// The next entry, if one is there.
    #[must_use]
    pub fn try_recv(&self) -> Option<Arc<Entry>> {
        self.queue.state.lock().pop()
    }

    /// The next entry, waiting for it at most `timeout`.
    ///
    /// # Errors
    /// [`NothingYet`] says whether waiting longer can help.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<Arc<Entry>, NothingYet> {
        let deadline = Instant::now() + timeout;
        let mut state = self.queue.state.lock();
        loop {
            if let Some(entry) = state.pop() {
                return Ok(entry);
            }
            if state.closed {
                return Err(NothingYet::Closed);
            }
            if self.queue.changed.wait_until(&mut state, deadline).timed_out() {
                return state.pop().ok_or(NothingYet::Timeout);
            }
        }
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    capacity: usize,
    state: Mutex<State>,
    changed: Condvar,
}

impl Queue {
    /// Adds an entry, or counts it as missed when the reader is too far behind.
    pub(super) fn push(&self, entry: &Arc<Entry>) {
        let mut state = self.state.lock();
        if state.entries.len() >= self.capacity {
            let count = state.missed.as_ref().map_or(0, |(count, _)| *count);
            state.missed = Some((count + 1, Arc::clone(entry)));
        } else {
            let missed = state.take_missed();
            state.entries.extend(missed);
            state.entries.push_back(Arc::clone(entry));
        }
        drop(state);
        self.changed.notify_one();
    }

    /// No more will come. What is queued can still be read.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }
}

#[derive(Debug, Default)]
struct State {
    entries: VecDeque<Arc<Entry>>,
    /// How many were lost since the last one queued, and the last of them.
    missed: Option<(u64, Arc<Entry>)>,
    closed: bool,
}

impl State {
    fn pop(&mut self) -> Option<Arc<Entry>> {
        self.entries.pop_front().or_else(|| self.take_missed())
    }

    /// The loss as an entry that stands where the lost ones would: it has the time of the last.
    fn take_missed(&mut self) -> Option<Arc<Entry>> {
        let (count, last) = self.missed.take()?;
        Some(Arc::new(Entry {
            t_us: last.t_us,
            unix_ms: last.unix_ms,
            module: None,
            generation: None,
            event: Event::Missed { count },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(t_us: u64) -> Arc<Entry> {
        let event = Event::Notice { message: t_us.to_string() };
        Arc::new(Entry { t_us, unix_ms: 0, module: None, generation: None, event })
    }

    /// What a reader gets: `Ok(time)` of an entry or `Err(count)` of a loss.
    fn drain(subscription: &Subscription) -> Vec<Result<u64, u64>> {
        std::iter::from_fn(|| subscription.try_recv())
            .map(|entry| match entry.event {
                Event::Missed { count } => Err(count),
                _ => Ok(entry.t_us),
            })
            .collect()
    }

    #[test]
    fn losses_are_told_before_the_next_entry() {
        let (subscription, queue) = Subscription::new(2);
        (1..=5).for_each(|t| queue.push(&entry(t)));
        assert_eq!(subscription.try_recv().map(|e| e.t_us), Some(1));
        queue.push(&entry(6));
        assert_eq!(drain(&subscription), [Ok(2), Err(3), Ok(6)]);
    }

    #[test]
    fn losses_at_the_end_are_told_too() {
        let (subscription, queue) = Subscription::new(1);
        (1..=3).for_each(|t| queue.push(&entry(t)));
        assert_eq!(drain(&subscription), [Ok(1), Err(2)]);
        assert_eq!(drain(&subscription), []);
    }

    #[test]
    fn a_closed_queue_is_read_to_its_end() {
        let (subscription, queue) = Subscription::new(4);
        queue.push(&entry(1));
        queue.close();
        assert!(subscription.recv_timeout(Duration::ZERO).is_ok());
        assert_eq!(subscription.recv_timeout(Duration::from_secs(60)), Err(NothingYet::Closed));
    }
}
