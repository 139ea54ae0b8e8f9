//! The same engine and the same modules with no window and no GPU.
//!
//! Owns: a frame loop that waits for something to do. Never: paints; pictures are checked, counted
//! and dropped.

use crate::engine::{Engine, EngineHandle};
use crate::module::{HostCalls, InputPacket, LogFn};
use crate::slot::{FrameResult, HoldReason, Slot};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// No faster than a display would ask for frames.
const FRAME_INTERVAL: Duration = Duration::from_micros(16_667);

/// Wakes the frame loop; cheap to clone, usable from any thread.
#[derive(Clone)]
pub struct Waker {
    next: Arc<Mutex<Option<Instant>>>,
    bell: Sender<()>,
}

/// The loop. Make it first, hand its [`Waker`] to the engine, then [`run`](Self::run).
pub struct Headless {
    waker: Waker,
    rung: Receiver<()>,
}

impl Default for Headless {
    fn default() -> Self {
        let (bell, rung) = bounded(1);
        Self { waker: Waker { next: Arc::default(), bell }, rung }
    }
}

impl Waker {
    /// Asks for a frame after `delay`; an earlier request stands.
    pub fn request_repaint(&self, delay: Duration) {
        let Some(wanted) = Instant::now().checked_add(delay) else {
            return;
        };
        let mut next = self.next.lock();
        if next.is_none_or(|known| wanted < known) {
            *next = Some(wanted);
            // A bell that has been rung already is enough.
            let _ = self.bell.try_send(()); // it rings already
        }
    }
}

impl Headless {
    /// What modules and the engine get.
    #[must_use]
    pub fn host_calls(&self, log: LogFn) -> HostCalls {
        let waker = self.waker.clone();
        HostCalls {
            request_repaint: Arc::new(move |after| waker.request_repaint(after)),
            log,
            ..HostCalls::silent()
        }
    }

    /// Draws whenever somebody wants a frame, until the engine ends.
    pub fn run(self, engine: Engine) {
        let handle = engine.handle().clone();
        let started = Instant::now();
        let mut last_frame: Option<Instant> = None;
        while !handle.has_ended() {
            if !self.wait(last_frame) {
                continue;
            }
            last_frame = Some(Instant::now());
            self.frame(&handle, started);
        }
        drop(engine);
    }

    /// Waits until a frame is due, or for the bell. Returns whether one is due.
    fn wait(&self, last_frame: Option<Instant>) -> bool {
        let wanted = *self.waker.next.lock();
        let earliest = last_frame.map(|last| last + FRAME_INTERVAL);
        let due = wanted.map(|wanted| earliest.map_or(wanted, |earliest| wanted.max(earliest)));
        match due {
            None => {
                let _ = self.rung.recv(); // it rings already
                false
            }
            Some(due) => match self.rung.recv_deadline(due) {
                Ok(()) => false,
                Err(RecvTimeoutError::Timeout) => {
                    *self.waker.next.lock() = None;
                    true
                }
                Err(RecvTimeoutError::Disconnected) => false,
            },
        }
    }

    fn frame(&self, handle: &EngineHandle, started: Instant) {
        let time = started.elapsed().as_secs_f64();
        for slot in handle.registry().slots() {
            if slot.begin_frame() {
                if let Some(delay) = draw(&slot, time) {
                    self.waker.request_repaint(delay);
                }
                slot.release_retired();
                slot.end_frame();
            } else {
                self.waker.request_repaint(FRAME_INTERVAL);
            }
        }
    }
}

/// Draws one module; returns when it wants to be drawn again.
fn draw(slot: &Slot, time: f64) -> Option<Duration> {
    let input = || InputPacket { time, ..InputPacket::default() };
    let mut again = next_frame(slot.logic(input()));
    for view in slot.views() {
        let next_frame = next_frame(slot.frame(view.index, input()));
        again = [again, next_frame].into_iter().flatten().min();
    }
    again
}

fn next_frame(result: FrameResult) -> Option<Duration> {
    match result {
        FrameResult::Picture { picture, .. } => picture.repaint_after,
        FrameResult::Hold(HoldReason::Swapping | HoldReason::Overdue(_)) => Some(FRAME_INTERVAL),
        FrameResult::Hold(_) => None,
    }
}
