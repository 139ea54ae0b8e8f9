//! The engine's half of a [`Slot`]: what runs, and how it is exchanged.

use super::active::Active;
use super::candidate::Proven;
use super::events::{PendingCommit, SlotEvent};
use super::gate::Turn;
use super::instances::{Condition, Instances, Running, ViewSlot};
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
        self.running().map(|running| running.generation)
    }

    /// The hash of the library that runs. Any thread; returns at once.
    #[must_use]
    pub fn artifact(&self) -> Option<String> {
        self.running().map(|running| running.artifact.clone())
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
        let active = turn.loaded.active_mut().ok_or(CallError::Gone)?;
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
        match turn.loaded.active_mut() {
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
        match turn.0.loaded.active_mut() {
            Some(active) => active.thread.resume(limit),
            None => Ok(()),
        }
    }

    /// What each view was last shown with, for hidden passes.
    #[must_use]
    pub fn last_inputs(turn: &SwapTurn<'_>) -> Vec<InputPacket> {
        turn.0.views.iter().map(|view| view.last.clone()).collect()
    }

    /// Has hidden passes draw as large as elsewhere: `inputs` is what each view was last shown with there.
    pub fn show_as(turn: &mut SwapTurn<'_>, inputs: Vec<InputPacket>) {
        turn.0.views = inputs.into_iter().map(ViewSlot::of).collect();
    }

    /// Engine thread, within a swap. From here on the new generation draws.
    pub fn commit(&self, turn: &mut SwapTurn<'_>, proven: Proven, pending: PendingCommit) {
        let Proven { active, carried, .. } = proven;
        let instances = &mut *turn.0;
        let is_faulted = self.is_faulted();
        // What faulted, or is stuck, is no place to go back to.
        let may_come_back = |old: &mut Active| !is_faulted && old.thread.overdue_for().is_none();
        let running = Running::of(&active);
        let retiring = instances.loaded.commit(active, may_come_back);
        instances.strays = Strays::default();
        instances.views.resize_with(carried.len(), ViewSlot::default);
        for (view, picture) in instances.views.iter_mut().zip(carried) {
            view.carried = Some(picture);
            view.told = false;
            view.frames = 0;
        }
        let fallback = instances.loaded.fallback().map(|fallback| fallback.generation);
        self.shared.with(|shared| {
            let pending = Box::new(pending);
            shared.condition = Condition::Unshown { running, pending, overdue: None };
            shared.fallback = fallback;
            shared.retiring.extend(retiring);
        });
    }

    /// The swap that no frame has confirmed yet, if there is one. Any thread; returns at once.
    #[must_use]
    pub fn unshown(&self) -> Option<Unshown> {
        self.shared.with(|shared| match &shared.condition {
            Condition::Unshown { pending, overdue, .. } => {
                Some(Unshown { since: pending.swapped_at, overdue: *overdue })
            }
            _ => None,
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
        self.shared.with(|shared| shared.condition.confirm())
    }

    /// Engine thread. Goes back to the generation before when the first frame of the new one has
    /// been out for too long. `None` when it has returned by now, a frame is going on, or there is
    /// nothing to go back to.
    #[must_use]
    pub fn take_back_unshown(&self, limit: Duration) -> Option<TakenBack> {
        let mut turn = self.gate.begin_swap(limit)?;
        let _ = turn.overdue_for()?;
        let _ = turn.loaded.fallback()?;
        let pending = self.shared.with(|shared| shared.condition.confirm())?;
        let back_to = self.go_back(&mut turn)?;
        Some(TakenBack { pending, back_to })
    }

    /// The generation before runs again, with the state that it had; the active one retires.
    pub(super) fn go_back(&self, instances: &mut Instances) -> Option<Generation> {
        let failed = instances.loaded.go_back()?;
        let active = instances.loaded.active_mut()?;
        let running = Running::of(active);
        let fault = match active.thread.resume(self.limit) {
            Err(CallError::Fault(fault)) => Some(fault),
            _ => None,
        };
        instances.strays = Strays::default();
        for view in &mut instances.views {
            view.carried = None;
            // It has never lost its focus.
            view.frames = PROBATION_FRAMES;
        }
        let back_to = running.generation;
        self.shared.with(|shared| {
            shared.condition = match fault {
                Some(fault) => Condition::Faulted { running, fault, overdue: None },
                None => Condition::Shown { running, overdue: None },
            };
            shared.fallback = None;
            shared.retiring.push(failed);
        });
        Some(back_to)
    }

    /// Engine thread, at the end: everything that is loaded. Waits up to `limit` for the frame boundary,
    /// and as long again for a frame that hangs; what that uses stays where it is.
    #[must_use]
    pub fn take_all(&self, limit: Duration) -> Vec<Active> {
        let mut all = self.shared.with(|shared| std::mem::take(&mut shared.retiring));
        let turn = self.gate.begin_swap(limit);
        let take = |instances: &mut Instances| {
            self.shared.with(|shared| {
                shared.condition = Condition::Empty;
                shared.fallback = None;
            });
            std::mem::take(&mut instances.loaded).into_vec()
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
