//! One swap, from a library to a commit or a rejection.

use super::state::{StateEdit, with_state};
use super::worker::Worker;
use crate::event::{Generation, Stage, Trigger};
use crate::module::{CallLimit, LiveSnapshot};
use crate::signals;
use crate::stage_clock::StageClock;
use crate::swap::{
    Candidate, Carried, PendingCommit, Proven, Rejection, Slot, SwapTurn, state_limit,
};
use hot_api::state::{Codec, Tree};
use std::path::Path;
use std::time::{Duration, Instant};

/// Limit of each step of a swap that the window does not wait for.
pub(super) const STEP_LIMIT: Duration = Duration::from_secs(10);
/// How long a swap waits for the window to come to the end of a frame.
pub(super) const BOUNDARY_LIMIT: Duration = Duration::from_secs(5);

/// One swap, as it is asked for.
pub(super) struct Swap<'a> {
    pub(super) slot: &'a Slot,
    pub(super) generation: Generation,
    pub(super) trigger: Trigger,
    pub(super) artifact: String,
    /// The library; no other generation uses this file.
    pub(super) file: &'a Path,
    /// Runs since the swap was asked for.
    pub(super) clock: StageClock,
    pub(super) state: StateSource,
    pub(super) is_rollback: bool,
}

/// Where the new generation's state comes from.
pub(super) enum StateSource {
    /// The generation that runs.
    Running,
    /// These bytes; none for the default state.
    Given(Vec<u8>),
    /// The generation that runs, with this change.
    Edited(StateEdit),
    /// What this process captured earlier.
    Earlier(LiveSnapshot),
}

impl Worker {
    /// Runs one swap. Everything before the commit leaves the running generation untouched.
    ///
    /// # Errors
    /// The reason; the journal, the board and whoever waits have been told.
    pub(super) fn swap(&mut self, swap: Swap<'_>) -> Result<Generation, String> {
        let (slot, generation) = (swap.slot, swap.generation);
        match self.try_swap(swap) {
            Ok(()) => {
                self.plan_look();
                (self.config.services.request_repaint)(Duration::ZERO);
                Ok(generation)
            }
            Err(rejection) => {
                let reason = rejection.reason.clone();
                self.rejected(slot, generation, rejection);
                Err(reason)
            }
        }
    }

    /// As [`Self::swap`], for whoever tells of a rejection in a way of their own.
    ///
    /// # Errors
    /// The rejection, of which nobody has been told.
    pub(super) fn try_swap(&mut self, swap: Swap<'_>) -> Result<(), Rejection> {
        let name = swap.slot.name();
        let swapped = self.swap_steps(swap);
        if let Some(taken_back) = signals::report(name) {
            self.notice(taken_back);
        }
        swapped
    }

    fn swap_steps(&mut self, swap: Swap<'_>) -> Result<(), Rejection> {
        let Swap { slot, generation, trigger, artifact, file, mut clock, state, is_rollback } =
            swap;
        let name = slot.name();
        let services = self.config.services.clone();
        let limit = self.step_limit();
        if let Some(reason) = self.refuses_load() {
            return Err(Rejection::new(Stage::Load, reason));
        }
        let mut candidate = Candidate::load(file, generation, name, artifact, services, &limit)?;
        self.show_again(name, generation, &mut candidate);
        clock.end(|stages| &mut stages.load);
        let Some(mut turn) = slot.begin_swap(BOUNDARY_LIMIT) else {
            let reason = "the window did not come to the end of its frame".to_owned();
            let rejection = candidate.reject(Rejection::new(Stage::Capture, reason));
            return Err(rejection.retired(&limit));
        };
        let may_lose = !self.refuses_loss(name, &state);
        let proven = self.carry_over(slot, &mut turn, candidate, state, may_lose, &mut clock);
        let (proven, before_migration) = match proven {
            Ok(proven) => proven,
            Err(rejection) => {
                // The running generation takes back what it let go of when it was captured.
                if let Err(error) = slot.resume(&mut turn, &limit) {
                    self.notice(format!("{name}: resuming the old code: {error}"));
                }
                // The window draws on while the candidate ends.
                drop(turn);
                return Err(rejection.retired(&limit));
            }
        };
        let state = proven.report.clone();
        let ui_stall = turn.elapsed();
        let swapped_at = Instant::now();
        slot.commit(
            &mut turn,
            proven,
            PendingCommit {
                generation,
                trigger,
                clock,
                ui_stall,
                state,
                before_migration,
                swapped_at,
                is_rollback,
            },
        );
        Ok(())
    }

    /// Within a swap: gives the candidate its state and has it draw. Returns also the state as it was,
    /// when migrations have changed it.
    fn carry_over(
        &self,
        slot: &Slot,
        turn: &mut SwapTurn<'_>,
        candidate: Candidate,
        state: StateSource,
        may_lose: bool,
        clock: &mut StageClock,
    ) -> Result<(Proven, Option<LiveSnapshot>), Rejection> {
        let name = slot.name();
        // Nobody edits or leaves out what has no names.
        let by_name = !matches!(state, StateSource::Running) || !self.state_keys(name).is_empty();
        let schema = candidate.schema().filter(|_| !by_name);
        let limit = self.capture_limit(name);
        let running = match slot.capture_for(turn, schema, &limit) {
            Ok(running) => running,
            Err(error) => {
                return Err(candidate.reject(Rejection::of_call(Stage::Capture, &error)));
            }
        };
        let note = running.note.clone();
        let carried = match state {
            StateSource::Running => match self.carried_fields(name, &running.snapshot.bytes) {
                Some(carried) => running.with_bytes(carried),
                None => running,
            },
            StateSource::Given(snapshot) => Carried::named(snapshot),
            StateSource::Earlier(snapshot) => Carried { snapshot, codec: Codec::Named, note: None },
            StateSource::Edited(edit) => match edit.apply(&running.snapshot.bytes) {
                Ok(edited) => running.with_bytes(edited),
                Err(reason) => {
                    return Err(candidate.reject(Rejection::new(Stage::Capture, reason)));
                }
            },
        };
        clock.end(|stages| &mut stages.capture);
        let restored = candidate.take_over(&carried, || slot.capture_by_name(turn, &limit))?;
        let restored = if may_lose { restored } else { restored.without_loss()? };
        clock.end(|stages| &mut stages.restore);
        let proven = restored.draw_hidden(slot, turn)?;
        clock.end(|stages| &mut stages.first_frame);
        if let Some(note) = note {
            self.notice(format!("{name}: {note}"));
        }
        let is_migrated = !proven.report.migrated.is_empty();
        Ok((proven, is_migrated.then_some(carried.snapshot)))
    }

    /// What a step of a swap may take; the end of the host ends it sooner.
    fn step_limit(&self) -> CallLimit {
        CallLimit::unless(STEP_LIMIT, &self.ending.signal)
    }

    /// The same for a call that writes the state of a module.
    fn capture_limit(&self, name: &str) -> CallLimit {
        let bytes = self.board.get().module(name).map_or(0, |module| module.state_bytes);
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        self.step_limit().with_time(state_limit(STEP_LIMIT, bytes))
    }

    /// The fields that are carried over; none for all of them.
    fn state_keys(&self, name: &str) -> &[String] {
        let spec = self.config.modules.iter().find(|spec| spec.name == name);
        spec.map_or(&[], |spec| &spec.state_keys)
    }

    /// The snapshot with the configured fields alone; `None` when it stays as it is.
    pub(super) fn carried_fields(&self, name: &str, snapshot: &[u8]) -> Option<Vec<u8>> {
        let keys = self.state_keys(name);
        if keys.is_empty() || snapshot.is_empty() {
            return None;
        }
        let retain = |state: &mut Tree| {
            state.retain_fields(keys);
            Ok(())
        };
        let retained = with_state(snapshot, retain);
        if let Err(error) = &retained {
            self.notice(format!("{name}: state_keys was not applied: {error}"));
        }
        retained.ok()
    }
}
