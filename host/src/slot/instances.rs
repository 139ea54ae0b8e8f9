//! What a slot holds: what the holder of the gate may call, and what anybody may ask for.

use super::active::Active;
use super::earlier::Earlier;
use super::events::{FrameResult, HoldReason, PendingCommit};
use super::outbox::Outbox;
use super::slot::PROBATION_FRAMES;
use super::strays::Strays;
use crate::journal::event::Generation;
use crate::module::{Fault, InputPacket, PaintTarget, Picture, ServiceStops};
use hot_api::abi::input_flag;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The generations of a module that are loaded and may be called.
#[derive(Debug, Default)]
pub(super) enum Loaded {
    /// Nothing has been loaded yet, or the host ends.
    #[default]
    Empty,
    /// One runs.
    Running(Active),
    /// A new one runs, and the one before is ready to come back.
    Probation {
        /// Draws.
        active: Active,
        /// Untouched since it was captured.
        fallback: Box<Active>,
    },
}

impl Loaded {
    pub(super) fn active(&self) -> Option<&Active> {
        match self {
            Self::Empty => None,
            Self::Running(active) | Self::Probation { active, .. } => Some(active),
        }
    }

    pub(super) fn active_mut(&mut self) -> Option<&mut Active> {
        match self {
            Self::Empty => None,
            Self::Running(active) | Self::Probation { active, .. } => Some(active),
        }
    }

    pub(super) fn fallback(&self) -> Option<&Active> {
        match self {
            Self::Probation { fallback, .. } => Some(fallback),
            Self::Empty | Self::Running(_) => None,
        }
    }

    /// All of them, the active one first.
    pub(super) fn into_vec(self) -> Vec<Active> {
        match self {
            Self::Empty => Vec::new(),
            Self::Running(active) => vec![active],
            Self::Probation { active, fallback } => vec![active, *fallback],
        }
    }

    /// The new generation takes over; the one that ran is its fallback when it `may_come_back`. Returns
    /// those that end. A generation that was itself still on probation needs no fallback any more.
    #[must_use]
    pub(super) fn commit(
        &mut self,
        new: Active,
        may_come_back: impl FnOnce(&mut Active) -> bool,
    ) -> Vec<Active> {
        let mut ended = std::mem::take(self).into_vec().into_iter();
        let Some(mut replaced) = ended.next() else {
            *self = Self::Running(new);
            return Vec::new();
        };
        replaced.thread.note_successor(&new.thread);
        let mut ended: Vec<Active> = ended.collect();
        *self = if may_come_back(&mut replaced) {
            Self::Probation { active: new, fallback: Box::new(replaced) }
        } else {
            ended.push(replaced);
            Self::Running(new)
        };
        ended
    }

    /// Ends the probation; returns the fallback.
    #[must_use]
    pub(super) fn prove(&mut self) -> Option<Active> {
        match std::mem::take(self) {
            Self::Probation { active, fallback } => {
                *self = Self::Running(active);
                Some(*fallback)
            }
            other => {
                *self = other;
                None
            }
        }
    }

    /// The fallback runs again; returns the generation that has failed. `None` when there is nothing to
    /// go back to.
    #[must_use]
    pub(super) fn go_back(&mut self) -> Option<Active> {
        match std::mem::take(self) {
            Self::Probation { active, fallback } => {
                *self = Self::Running(*fallback);
                Some(active)
            }
            other => {
                *self = other;
                None
            }
        }
    }
}

/// Behind the gate: everything that calls into the module.
#[derive(Default)]
pub(super) struct Instances {
    pub(super) loaded: Loaded,
    pub(super) views: Vec<ViewSlot>,
    pub(super) earlier: Earlier,
    /// Logic that runs with the next view that is drawn.
    pub(super) logic: Option<InputPacket>,
    /// Platform requests of logic that ran between two frames, for the next picture.
    pub(super) requests: Option<Picture>,
    /// Panics of the active generation's own threads that have been reported.
    pub(super) strays: Strays,
}

impl std::fmt::Debug for Instances {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instances").field("loaded", &self.loaded).finish_non_exhaustive()
    }
}

/// Behind a brief lock: facts about the module, and what goes to the engine and to the UI thread.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) condition: Condition,
    /// The generation that is ready to come back.
    pub(super) fallback: Option<Generation>,
    /// Wait for the UI thread to delete their GL objects.
    pub(super) retiring: Vec<Active>,
    /// Input of each view that has not reached the module.
    pub(super) deferred: Vec<Vec<u8>>,
    pub(super) outbox: Outbox,
}

/// How the active generation fares, as any thread may ask.
#[derive(Default)]
pub(super) enum Condition {
    /// Nothing runs.
    #[default]
    Empty,
    /// It was swapped in, and no frame has confirmed it.
    Unshown {
        running: Arc<Running>,
        pending: Box<PendingCommit>,
        /// Since when its first frame has been out, when that is late.
        overdue: Option<Instant>,
    },
    /// It draws.
    Shown {
        running: Arc<Running>,
        /// Since when a call has been out, as the engine has been told.
        overdue: Option<Instant>,
    },
    /// It panicked; nothing of it is called before somebody decides.
    Faulted {
        running: Arc<Running>,
        fault: Box<Fault>,
        /// As before the panic: a call may still be out.
        overdue: Option<Instant>,
    },
}

/// Whose a fault is that was found in a picture.
pub(super) enum Blame {
    /// Of a generation that does not run any more: what runs is not to blame.
    Another,
    /// Of what runs, which has failed before.
    Known,
    /// Of what runs, which has failed now, and with it perhaps its commit.
    Failed(Option<Box<PendingCommit>>),
}

impl Condition {
    pub(super) fn running(&self) -> Option<&Arc<Running>> {
        match self {
            Self::Empty => None,
            Self::Unshown { running, .. }
            | Self::Shown { running, .. }
            | Self::Faulted { running, .. } => Some(running),
        }
    }

    pub(super) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Faulted { fault, .. } => Some(fault),
            _ => None,
        }
    }

    /// Since when a call has been out.
    pub(super) fn overdue_mut(&mut self) -> Option<&mut Option<Instant>> {
        match self {
            Self::Unshown { overdue, .. }
            | Self::Shown { overdue, .. }
            | Self::Faulted { overdue, .. } => Some(overdue),
            Self::Empty => None,
        }
    }

    /// A frame has been seen, or nobody draws: the commit that this confirms, the first time.
    pub(super) fn confirm(&mut self) -> Option<Box<PendingCommit>> {
        match std::mem::take(self) {
            Self::Unshown { running, pending, overdue } => {
                *self = Self::Shown { running, overdue };
                Some(pending)
            }
            other => {
                *self = other;
                None
            }
        }
    }

    /// It panicked. Returns the commit that thereby is none.
    pub(super) fn fail(&mut self, fault: Box<Fault>) -> Option<Box<PendingCommit>> {
        let (running, overdue, pending) = match std::mem::take(self) {
            Self::Empty => return None,
            Self::Unshown { running, pending, overdue } => (running, overdue, Some(pending)),
            Self::Shown { running, overdue } | Self::Faulted { running, overdue, .. } => {
                (running, overdue, None)
            }
        };
        *self = Self::Faulted { running, fault, overdue };
        pending
    }

    /// The picture of `generation` cannot be painted.
    pub(super) fn blame(&mut self, generation: Generation, fault: &Fault) -> Blame {
        let is_running = self.running().is_some_and(|running| running.generation == generation);
        match self.fault() {
            _ if !is_running => Blame::Another,
            Some(_) => Blame::Known,
            None => Blame::Failed(self.fail(Box::new(fault.clone()))),
        }
    }

    /// Somebody has decided that it is to be called again.
    pub(super) fn retry(&mut self) {
        match std::mem::take(self) {
            Self::Faulted { running, overdue, .. } => *self = Self::Shown { running, overdue },
            other => *self = other,
        }
    }
}

/// Facts of a generation that do not change while it runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) generation: Generation,
    pub(super) artifact: String,
    pub(super) views: Vec<String>,
    pub(super) paint: PaintTarget,
    pub(super) has_services: bool,
    pub(super) stops: ServiceStops,
}

impl Running {
    pub(super) fn of(active: &Active) -> Arc<Self> {
        Arc::new(Self {
            generation: active.generation,
            artifact: active.artifact.clone(),
            views: active.thread.views().to_vec(),
            paint: active.thread.paint_target(),
            has_services: active.thread.has_services(),
            stops: active.thread.service_stops(),
        })
    }
}

/// What is known of one view.
#[derive(Default)]
pub(super) struct ViewSlot {
    /// The last input, for hidden passes.
    pub(super) last: InputPacket,
    /// Textures that no shown picture has brought yet.
    pub(super) carried: Option<Picture>,
    /// Whether this generation has been told how things stand.
    pub(super) told: bool,
    /// How often this generation has drawn it.
    pub(super) frames: u32,
}

impl Instances {
    /// For how long a call of the active generation has been out.
    pub(super) fn overdue_for(&mut self) -> Option<Duration> {
        let (_, since) = self.loaded.active_mut()?.thread.overdue_for()?;
        Some(since)
    }

    /// Whether a call of an earlier frame is still out: then no other is made.
    pub(super) fn hold_while_overdue(&mut self) -> Option<FrameResult> {
        self.overdue_for().map(|since| FrameResult::Hold(HoldReason::Overdue(since)))
    }

    /// The fallback, once the active generation has drawn often enough to need none.
    pub(super) fn end_probation(&mut self) -> Option<Active> {
        let drawn = self.views.iter().map(|view| view.frames).max();
        let is_over = drawn.is_some_and(|frames| frames >= PROBATION_FRAMES);
        if is_over { self.loaded.prove() } else { None }
    }
}

impl ViewSlot {
    /// One that was shown with this.
    pub(super) fn of(last: InputPacket) -> Self {
        Self { last, ..Self::default() }
    }

    /// Joins what was kept back with what is new.
    pub(super) fn packet(
        &mut self,
        deferred: Vec<u8>,
        input: InputPacket,
        refocus: bool,
    ) -> InputPacket {
        let mut items = if self.told { Vec::new() } else { input.standing.clone() };
        items.extend(deferred);
        items.extend_from_slice(&input.items);
        let refocus = if refocus { input_flag::REFOCUS } else { 0 };
        let packet = InputPacket { items, flags: input.flags | refocus, ..input.clone() };
        self.last = InputPacket { items: Vec::new(), ..input };
        packet
    }
}
