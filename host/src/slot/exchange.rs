//! The engine's half of a [`Slot`]: what runs, and how it is exchanged.

use super::active::Active;
use super::candidate::Proven;
use super::events::{PendingCommit, SlotEvent};
use super::gate::Turn;
use super::instances::{Instances, Running, ViewSlot};
use super::slot::{PROBATION_FRAMES, Slot};
use super::strays::Strays;
use crate::journal::event::{FaultSite, Generation};
use crate::module::LiteralValue;
use crate::module::{CallError, CallLimit, InputPacket};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The right to exchange what runs in a slot; the window shows its last picture meanwhile.
#[derive(Debug)]
pub struct SwapTurn<'a>(pub(super) Turn<'a, Instances>);

impl SwapTurn<'_> {
    /// How long the window has had to wait for this swap.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A swap that is done and that no frame has confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unshown {
    /// When it was done.
    pub since: Instant,
    /// Since when its first frame has been out, if that is late.
    pub overdue: Option<Instant>,
}

/// New code that was taken back because its first frame did not return.
#[derive(Debug)]
pub struct TakenBack {
    /// The swap that thereby is none.
    pub pending: Box<PendingCommit>,
    /// What runs again.
    pub back_to: Generation,
}

impl Slot {
    /// Engine thread. Waits for the frame boundary.
    #[must_use]
    pub fn begin_swap(&self, limit: Duration) -> Option<SwapTurn<'_>> {
        self.gate.begin_swap(limit).map(SwapTurn)
    }

    /// What runs. Any thread; returns at once.
    #[must_use]
    pub fn generation(&self) -> Option<Generation> {
        self.shared.with(|shared| shared.running.as_ref().map(|running| running.generation))
    }

    /// The hash of the library that runs. Any thread; returns at once.
    #[must_use]
    pub fn artifact(&self) -> Option<String> {
        self.shared.with(|shared| shared.running.as_ref().map(|running| running.artifact.clone()))
    }

    /// Takes what the slot has to say. Engine thread.
    #[must_use]
    pub fn take_events(&self) -> VecDeque<SlotEvent> {
        self.shared.with(|shared| shared.outbox.take())
    }

    /// Any thread but the UI's: a snapshot of the running generation. Waits for the frame boundary.
    ///
    /// # Errors
    /// When nothing runs or the module cannot be captured.
    pub fn snapshot(&self, limit: Duration) -> Result<Vec<u8>, CallError> {
        let site = FaultSite::Capture;
        let mut turn = self.gate.begin_swap(limit).ok_or(CallError::Overdue { site, limit })?;
        let active = turn.active.as_mut().ok_or(CallError::Gone)?;
        active.thread.capture(limit)
    }

    /// Engine thread: puts these values, and no others, in place of the literals of `generation`,
    /// between two frames. Waits for the frame boundary.
    ///
    /// # Errors
    /// When it no longer runs, has panicked, does not return, or refuses; then nothing has changed.
    pub fn set_literals(
        &self,
        generation: Generation,
        values: Vec<LiteralValue>,
        limit: Duration,
    ) -> Result<(), CallError> {
        let site = FaultSite::Ui;
        let mut turn = self.gate.begin_swap(limit).ok_or(CallError::Overdue { site, limit })?;
        if let Some(fault) = self.fault() {
            return Err(CallError::Fault(fault));
        }
        match &mut turn.active {
            Some(active) if active.generation == generation => {
                active.thread.set_literals(values, limit)
            }
            _ => Err(CallError::Gone),
        }
    }

    /// Engine thread, within a swap that failed: the old generation takes back what it let go of.
    ///
    /// # Errors
    /// When its code panics or does not return.
    pub fn resume(
        &self,
        turn: &mut SwapTurn<'_>,
        limit: impl Into<CallLimit>,
    ) -> Result<(), CallError> {
        match &mut turn.0.active {
            Some(active) => active.thread.resume(limit),
            None => Ok(()),
        }
    }

    /// What each view was last shown with, for hidden passes.
    pub(super) fn last_inputs(turn: &SwapTurn<'_>) -> Vec<InputPacket> {
        turn.0.views.iter().map(|view| view.last.clone()).collect()
    }

    /// Engine thread, within a swap. From here on the new generation draws.
    pub fn commit(&self, turn: &mut SwapTurn<'_>, proven: Proven, pending: PendingCommit) {
        let Proven { active, carried, .. } = proven;
        let instances = &mut *turn.0;
        let mut retiring = Vec::new();
        let mut replaced = instances.active.replace(active);
        if let (Some(old), Some(new)) = (&mut replaced, &instances.active) {
            old.thread.note_successor(&new.thread);
        }
        // A generation that was itself still on probation needs no fallback any more.
        retiring.extend(std::mem::replace(&mut instances.fallback, replaced));
        let is_stuck = |old: &mut Active| old.thread.overdue_for().is_some();
        if self.fault().is_some() || instances.fallback.as_mut().is_some_and(is_stuck) {
            // What faulted is no place to go back to.
            retiring.extend(instances.fallback.take());
        }
        instances.strays = Strays::default();
        instances.views.resize_with(carried.len(), ViewSlot::default);
        for (view, picture) in instances.views.iter_mut().zip(carried) {
            view.carried = Some(picture);
            view.told = false;
            view.frames = 0;
        }
        self.publish(instances);
        self.shared.with(|shared| {
            shared.fault = None;
            shared.overdue = None;
            shared.pending = Some(Box::new(pending));
            shared.retiring.extend(retiring);
        });
    }

    /// The swap that no frame has confirmed yet, if there is one. Any thread; returns at once.
    #[must_use]
    pub fn unshown(&self) -> Option<Unshown> {
        self.shared.with(|shared| {
            let since = shared.pending.as_ref()?.swapped_at;
            Some(Unshown { since, overdue: shared.overdue })
        })
    }

    /// Engine thread. The commit that no frame has confirmed, when the window does not draw. `None`
    /// while a frame is going on or a call is out: it may never return.
    #[must_use]
    pub fn take_unshown(&self) -> Option<Box<PendingCommit>> {
        let mut turn = self.gate.begin_swap(Duration::ZERO)?;
        if turn.overdue_for().is_some() {
            return None;
        }
        self.shared.with(|shared| shared.pending.take())
    }

    /// Engine thread. Goes back to the generation before when the first frame of the new one has
    /// been out for too long. `None` when it has returned by now, a frame is going on, or there is
    /// nothing to go back to.
    #[must_use]
    pub fn take_back_unshown(&self, limit: Duration) -> Option<TakenBack> {
        let mut turn = self.gate.begin_swap(limit)?;
        let _ = turn.overdue_for()?;
        let _ = turn.fallback.as_ref()?;
        let pending = self.shared.with(|shared| shared.pending.take())?;
        let back_to = self.go_back(&mut turn)?;
        Some(TakenBack { pending, back_to })
    }

    /// The generation before runs again, with the state that it had; the active one retires.
    pub(super) fn go_back(&self, instances: &mut Instances) -> Option<Generation> {
        let mut fallback = instances.fallback.take()?;
        let back_to = fallback.generation;
        let fault = match fallback.thread.resume(self.limit) {
            Err(CallError::Fault(fault)) => Some(fault),
            _ => None,
        };
        let failed = instances.active.replace(fallback);
        instances.strays = Strays::default();
        for view in &mut instances.views {
            view.carried = None;
            // It has never lost its focus.
            view.frames = PROBATION_FRAMES;
        }
        self.publish(instances);
        self.shared.with(|shared| {
            shared.fault = fault;
            shared.overdue = None;
            shared.retiring.extend(failed);
        });
        Some(back_to)
    }

    /// Lets everybody know what runs.
    pub(super) fn publish(&self, instances: &Instances) {
        let running = instances.active.as_ref().map(Running::of);
        let fallback = instances.fallback.as_ref().map(|fallback| fallback.generation);
        self.shared.with(|shared| {
            shared.running = running;
            shared.fallback = fallback;
        });
    }

    /// Engine thread, at the end: everything that is loaded. Waits up to `limit` for the frame boundary,
    /// and as long again for a frame that hangs; what that uses stays where it is.
    #[must_use]
    pub fn take_all(&self, limit: Duration) -> Vec<Active> {
        let mut all = self.shared.with(|shared| std::mem::take(&mut shared.retiring));
        let turn = self.gate.begin_swap(limit);
        let take = |instances: &mut Instances| {
            let loaded = instances.active.take().into_iter().chain(instances.fallback.take());
            let loaded: Vec<Active> = loaded.collect();
            self.publish(instances);
            loaded
        };
        match turn {
            Some(mut turn) => all.splice(0..0, take(&mut turn)),
            None => {
                let Some(mut instances) = self.gate.without_turn(limit) else { return all };
                all.splice(0..0, take(&mut instances))
            }
        };
        all
    }
}
