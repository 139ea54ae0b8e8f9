//! What a slot tells the window and the engine.

use super::active::Active;
use crate::journal::event::{Generation, StateReport, Trigger};
use crate::journal::stage_clock::StageClock;
use crate::module::{CallError, Fault, LeaseChange, LiveSnapshot, Picture};
use std::time::{Duration, Instant};

/// A view that the host draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownView {
    /// Its place among all views of the module, by which it is asked for frames.
    pub index: u32,
    /// Its name; the first is `main`.
    pub name: String,
}

/// What a frame came to.
#[derive(Debug)]
pub enum FrameResult {
    /// A new picture of this generation.
    Picture {
        /// Whose picture; textures belong to it.
        generation: Generation,
        /// What to paint.
        picture: Box<Picture>,
    },
    /// Show the last picture again.
    Hold(HoldReason),
}

/// Why there is no new picture.
#[derive(Clone, Debug, PartialEq)]
pub enum HoldReason {
    /// Nothing has been loaded yet.
    NotLoaded,
    /// A swap is going on.
    Swapping,
    /// A call has been out for this long.
    Overdue(Duration),
    /// The code panicked and waits for a decision.
    Faulted,
    /// The module refused, or returned something unusable.
    Refused(String),
}

/// What a slot tells the engine.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are named after their types")]
pub enum SlotEvent {
    /// New code is on the screen.
    FirstFrame { module: String, pending: Box<PendingCommit>, at: Instant },
    /// A contained panic. With `back_to` the slot has gone back to that generation already.
    Fault {
        module: String,
        generation: Generation,
        fault: Box<Fault>,
        back_to: Option<Generation>,
        /// The commit that is thereby not one.
        pending: Option<Box<PendingCommit>>,
    },
    /// A thread that the module started itself has panicked; the module runs on.
    ThreadFault { module: String, generation: Generation, fault: Box<Fault> },
    /// A call has not returned within the frame limit. Sent once for each such call.
    Overdue { module: String, generation: Generation, error: CallError },
    /// That call has returned after all.
    Returned { module: String, generation: Generation },
    /// A generation begins or ends work that must not be interrupted.
    Lease { module: String, generation: Generation, change: LeaseChange },
    /// A generation is no longer needed, and its GL objects are gone.
    Retire { module: String, active: Box<Active> },
}

/// A swap that is done but for its first frame.
#[derive(Clone, Debug)]
pub struct PendingCommit {
    /// The new generation.
    pub generation: Generation,
    /// What asked for it.
    pub trigger: Trigger,
    /// Where the time has gone so far; runs on until the first frame.
    pub clock: StageClock,
    /// How long the window had to wait.
    pub ui_stall: Duration,
    /// What became of the state.
    pub state: StateReport,
    /// The state as it was, when migrations have changed it.
    pub before_migration: Option<LiveSnapshot>,
    /// When the swap gave the frame boundary back.
    pub swapped_at: Instant,
    /// A roll-back to a kept generation, not new code.
    pub is_rollback: bool,
}

impl PendingCommit {
    /// A swap that is done now, and that nobody has had to wait for.
    #[must_use]
    pub fn new(generation: Generation, trigger: Trigger) -> Self {
        let now = Instant::now();
        Self {
            generation,
            trigger,
            clock: StageClock::start(now),
            ui_stall: Duration::ZERO,
            state: StateReport::default(),
            before_migration: None,
            swapped_at: now,
            is_rollback: false,
        }
    }
}
