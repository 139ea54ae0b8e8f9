//! The frame boundary: either the window is in the middle of a frame, or a swap is.
//!
//! Owns: what only one of the two may touch at a time, the running instances, and whose turn it is.
//! Never: calls into a module itself.
//!
//! A frame of the window begins before the module is asked for its picture and ends when that
//! picture, custom paint callbacks included, has been painted. A swap waits for that end, and a
//! frame that would begin during a swap waits for the swap, up to a limit: both take milliseconds.
//! Within a turn the module may be called for as long as that takes; nobody waits for the data behind
//! the gate, because nobody but the holder of the turn asks for it.

use parking_lot::{Condvar, Mutex, MutexGuard};
use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    Nobody,
    Frame,
    Swap,
}

#[derive(Debug)]
struct State {
    holder: Holder,
    swaps_waiting: u32,
}

/// Data that belongs to a frame of the window or to a swap, never to both.
///
/// Shared by the UI thread and the swap's thread; whoever comes second waits for a turn.
#[derive(Debug)]
pub struct Gate<T> {
    state: Mutex<State>,
    changed: Condvar,
    /// Locked by the holder of the turn alone, so no lock of it ever waits.
    guarded: Mutex<T>,
}

impl<T: Default> Default for Gate<T> {
    fn default() -> Self {
        let state = State { holder: Holder::Nobody, swaps_waiting: 0 };
        Self { state: Mutex::new(state), changed: Condvar::new(), guarded: Mutex::default() }
    }
}

/// The right to swap, and what is swapped; given back on drop.
#[derive(Debug)]
pub struct Turn<'a, T> {
    gate: &'a Gate<T>,
    since: Instant,
    /// `None` only while it is dropped.
    guarded: Option<MutexGuard<'a, T>>,
}

impl<T> Turn<'_, T> {
    /// How long the window has had to wait for this swap.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }
}

impl<T> Deref for Turn<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guarded.as_ref().expect("it is there until the turn ends")
    }
}

impl<T> DerefMut for Turn<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guarded.as_mut().expect("it is there until the turn ends")
    }
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        self.guarded = None;
        self.gate.release(Holder::Swap);
    }
}

impl<T> Gate<T> {
    /// UI thread. Begins a frame, after a swap that runs or waits has had its turn. `false` when
    /// that takes longer than `limit`; the caller then shows the last picture.
    #[must_use]
    pub fn begin_frame(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut state = self.state.lock();
        while state.holder == Holder::Swap
            || (state.holder == Holder::Nobody && state.swaps_waiting > 0)
        {
            if self.changed.wait_until(&mut state, deadline).timed_out() {
                return false;
            }
        }
        state.holder = Holder::Frame;
        true
    }

    /// UI thread. Ends a frame; without one it does nothing.
    pub fn end_frame(&self) {
        self.release(Holder::Frame);
    }

    /// Whether a frame is going on.
    #[must_use]
    pub fn in_frame(&self) -> bool {
        self.state.lock().holder == Holder::Frame
    }

    /// UI thread: what the frame may touch; `None` outside of one. Does not wait.
    #[must_use]
    pub fn frame(&self) -> Option<MutexGuard<'_, T>> {
        if self.in_frame() { self.guarded.try_lock() } else { None }
    }

    /// Engine thread. Waits for the end of the frame; `None` when the window does not come to it
    /// within `limit`.
    #[must_use]
    pub fn begin_swap(&self, limit: Duration) -> Option<Turn<'_, T>> {
        let deadline = Instant::now() + limit;
        let mut state = self.state.lock();
        state.swaps_waiting += 1;
        while state.holder != Holder::Nobody {
            if self.changed.wait_until(&mut state, deadline).timed_out() {
                state.swaps_waiting -= 1;
                self.changed.notify_all();
                return None;
            }
        }
        state.swaps_waiting -= 1;
        state.holder = Holder::Swap;
        drop(state);
        let guarded = Some(self.guarded.lock());
        Some(Turn { gate: self, since: Instant::now(), guarded })
    }

    /// At the end of the host, when a window that hangs in a frame has not ended it: whatever the
    /// frame does not use at this moment. `None` when it uses it for longer than `limit`.
    #[must_use]
    pub fn without_turn(&self, limit: Duration) -> Option<MutexGuard<'_, T>> {
        self.guarded.try_lock_for(limit)
    }

    fn release(&self, held: Holder) {
        let mut state = self.state.lock();
        if state.holder == held {
            state.holder = Holder::Nobody;
            self.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::mpsc;

    const SOON: Duration = Duration::from_millis(1);
    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn a_swap_waits_for_the_end_of_the_frame() {
        let gate = Arc::new(Gate::<u32>::default());
        assert!(gate.begin_frame(SOON));
        assert!(gate.begin_swap(SOON).is_none(), "a frame is going on");
        let swapper = Arc::clone(&gate);
        let (sender, swapped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let turn = swapper.begin_swap(LONG);
            sender.send(turn.is_some()).expect("the test waits");
        });
        gate.end_frame();
        assert_eq!(swapped.recv_timeout(LONG), Ok(true));
        thread.join().expect("no panic");
        assert!(gate.begin_frame(SOON), "the turn was given back");
    }

    #[test]
    fn a_frame_waits_for_the_swap_and_gives_up_in_time() {
        let gate = Gate::<u32>::default();
        let turn = gate.begin_swap(SOON).expect("nobody holds it");
        assert!(!gate.begin_frame(SOON));
        drop(turn);
        assert!(gate.begin_frame(SOON));
        gate.end_frame();
        gate.end_frame();
        assert!(!gate.in_frame());
    }

    #[test]
    fn g04_what_is_guarded_is_reached_within_a_turn_only_and_without_waiting() {
        let gate = Gate::<u32>::default();
        assert!(gate.frame().is_none(), "no frame has begun");
        assert!(gate.begin_frame(SOON));
        *gate.frame().expect("the frame's") = 7;
        gate.end_frame();
        let mut turn = gate.begin_swap(SOON).expect("nobody holds it");
        assert_eq!(*turn, 7);
        *turn = 8;
        assert!(!gate.begin_frame(SOON) && gate.frame().is_none(), "it is the swap's");
        drop(turn);
        assert!(gate.begin_frame(SOON));
        assert_eq!(gate.frame().as_deref(), Some(&8));
    }
}
