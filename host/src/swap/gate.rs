//! The frame boundary: either the window is in the middle of a frame, or a swap is.
//!
//! Owns: who of the two may call into a module. Never: the module itself.
//!
//! A frame of the window begins before the module is asked for its picture and ends when that
//! picture, custom paint callbacks included, has been painted. A swap waits for that end, and a
//! frame that would begin during a swap waits for the swap, up to a limit: both take milliseconds.

use parking_lot::{Condvar, Mutex};
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

/// Who may call into a module at this moment: a frame of the window, or a swap.
///
/// Shared by the UI thread and the swap's thread; whoever comes second waits.
#[derive(Debug)]
pub struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

impl Default for Gate {
    fn default() -> Self {
        let state = State { holder: Holder::Nobody, swaps_waiting: 0 };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }
}

/// The right to swap; given back on drop.
#[derive(Debug)]
pub struct SwapTurn<'a> {
    gate: &'a Gate,
    since: Instant,
}

impl SwapTurn<'_> {
    /// How long the window has had to wait for this swap.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }
}

impl Drop for SwapTurn<'_> {
    fn drop(&mut self) {
        self.gate.release(Holder::Swap);
    }
}

impl Gate {
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

    /// Engine thread. Waits for the end of the frame; `None` when the window does not come to it
    /// within `limit`.
    #[must_use]
    pub fn begin_swap(&self, limit: Duration) -> Option<SwapTurn<'_>> {
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
        Some(SwapTurn { gate: self, since: Instant::now() })
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
        let gate = Arc::new(Gate::default());
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
        let gate = Gate::default();
        let turn = gate.begin_swap(SOON).expect("nobody holds it");
        assert!(!gate.begin_frame(SOON));
        drop(turn);
        assert!(gate.begin_frame(SOON));
        gate.end_frame();
        gate.end_frame();
        assert!(!gate.in_frame());
    }
}
