//! What services tell the module's logic.

use crate::lock::lock;
use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};

/// Messages that may wait for the logic, which takes all of them in every frame: whoever is faster waits.
const MESSAGES_MAX: usize = 1024;

/// The way from the services of one instance to its logic. Any thread.
#[derive(Default)]
pub(crate) struct Messages {
    waiting: Mutex<VecDeque<Box<dyn Any + Send>>>,
    taken: Condvar,
}

impl Messages {
    /// Blocks while there are too many, unless `must_end` says that nobody may be kept waiting any more.
    pub(crate) fn send(&self, message: Box<dyn Any + Send>, must_end: impl Fn() -> bool) {
        let mut waiting = lock(&self.waiting);
        while waiting.len() >= MESSAGES_MAX && !must_end() {
            waiting = self.taken.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.push_back(message);
    }

    /// Takes all messages of this type, in the order in which they were sent.
    pub(crate) fn take<T: 'static>(&self) -> Vec<T> {
        let mut waiting = lock(&self.waiting);
        let mut taken = Vec::new();
        for message in std::mem::take(&mut *waiting) {
            match message.downcast() {
                Ok(message) => taken.push(*message),
                Err(other) => waiting.push_back(other),
            }
        }
        drop(waiting);
        self.taken.notify_all();
        taken
    }

    /// Whoever waits for room looks again whether it has to.
    pub(crate) fn wake(&self) {
        // With the lock, so that nobody is between looking and waiting.
        let _waiting = lock(&self.waiting);
        self.taken.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn each_type_is_taken_in_its_order_and_a_full_queue_waits() {
        let messages = Arc::new(Messages::default());
        for number in 0..3_u32 {
            messages.send(Box::new(number), || false);
            messages.send(Box::new(number.to_string()), || false);
        }
        assert_eq!(messages.take::<u32>(), [0, 1, 2]);
        assert_eq!(messages.take::<u32>(), [0; 0]);
        assert_eq!(messages.take::<String>(), ["0", "1", "2"]);
        let sender = Arc::clone(&messages);
        let thread = std::thread::spawn(move || {
            (0..=MESSAGES_MAX).for_each(|number| sender.send(Box::new(number), || false));
        });
        let mut taken = Vec::new();
        while taken.len() <= MESSAGES_MAX {
            taken.extend(messages.take::<usize>());
            std::thread::yield_now();
        }
        assert_eq!(taken, (0..=MESSAGES_MAX).collect::<Vec<_>>());
        thread.join().expect("no panic");
    }

    #[test]
    fn f09_who_has_to_end_is_not_kept_waiting_and_loses_nothing() {
        let messages = Arc::new(Messages::default());
        (0..MESSAGES_MAX).for_each(|number| messages.send(Box::new(number), || false));
        let must_end = Arc::new(AtomicBool::new(false));
        let (sender, token) = (Arc::clone(&messages), Arc::clone(&must_end));
        let thread = std::thread::spawn(move || {
            sender.send(Box::new(MESSAGES_MAX), || token.load(Ordering::SeqCst));
        });
        must_end.store(true, Ordering::SeqCst);
        messages.wake();
        thread.join().expect("no panic");
        assert_eq!(messages.take::<usize>().len(), MESSAGES_MAX + 1);
    }
}
