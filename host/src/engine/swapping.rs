//! One swap, from a library to a commit or a rejection.

use super::state::{StateEdit, with_state};
use super::worker::Worker;
use crate::event::{Generation, Stage, StagesMicros, Trigger};
use crate::signals;
use crate::swap::{Candidate, Carried, PendingCommit, Proven, Rejection, Slot};
use hot_api::snapshot::Tree;
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
    pub(super) stages: StagesMicros,
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
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

impl Worker {
    /// Runs one swap. Everything before the commit leaves the running generation untouched.
    ///
    /// # Errors
    /// The reason; the journal, the board and whoever waits have been told.
    pub(super) fn swap(&mut self, swap: Swap<'_>) -> Result<Generation, String> {
        let (slot, generation) = (swap.slot, swap.generation);
        let swapped = self.try_swap(swap);
        if let Some(taken_back) = signals::report(slot.name()) {
            self.notice(taken_back);
        }
        match swapped {
            Ok(()) => {
                self.look_for_unshown();
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

    pub(super) fn try_swap(&self, swap: Swap<'_>) -> Result<(), Rejection> {
        let Swap { slot, generation, trigger, artifact, file, mut stages, state, is_rollback } =
            swap;
        let name = slot.name();
        let services = self.config.services.clone();
        let mut clock = Instant::now();
        let mut lap = || std::mem::replace(&mut clock, Instant::now()).elapsed();

        let mut candidate =
            Candidate::load(file, generation, name, artifact, services, STEP_LIMIT)?;
        self.show_again(name, generation, &mut candidate);
        stages.load += micros(lap());
        let Some(turn) = slot.begin_swap(BOUNDARY_LIMIT) else {
            let reason = "the window did not come to the end of its frame".to_owned();
            return Err(Rejection::new(Stage::Capture, reason));
        };
        // Nobody edits or leaves out what has no names.
        let by_name = !matches!(state, StateSource::Running) || !self.state_keys(name).is_empty();
        let schema = candidate.schema().filter(|_| !by_name);
        let running = match slot.capture_for(schema, STEP_LIMIT) {
            Ok(running) => running,
            Err(error) => {
                return Err(self.back_out(slot, Rejection::of_call(Stage::Capture, &error)));
            }
        };
        let note = running.note.clone();
        let may_lose = is_rollback || !self.refuses_loss(name, &state);
        let carried = match state {
            StateSource::Running => match self.carried_fields(name, &running.snapshot.bytes) {
                Some(carried) => running.with_bytes(carried),
                None => running,
            },
            StateSource::Given(snapshot) => Carried::named(snapshot),
            StateSource::Edited(edit) => match edit.apply(&running.snapshot.bytes) {
                Ok(edited) => running.with_bytes(edited),
                Err(reason) => {
                    return Err(self.back_out(slot, Rejection::new(Stage::Capture, reason)));
                }
            },
        };
        stages.capture = micros(lap());
        let restored = candidate
            .take_over(&carried, || slot.capture_by_name(STEP_LIMIT))
            .and_then(|restored| if may_lose { Ok(restored) } else { restored.without_loss() });
        stages.restore = micros(lap());
        let proven: Result<Proven, Rejection> =
            restored.and_then(|restored| restored.draw_hidden(slot));
        let proven = match proven {
            Ok(proven) => proven,
            Err(rejection) => return Err(self.back_out(slot, rejection)),
        };
        stages.first_frame = micros(lap());
        if let Some(note) = note {
            self.notice(format!("{name}: {note}"));
        }
        let state = proven.report.clone();
        let swapped_at = Instant::now();
        let ui_stall = turn.elapsed();
        slot.commit(
            proven,
            PendingCommit { generation, trigger, stages, ui_stall, state, swapped_at, is_rollback },
        );
        Ok(())
    }

    /// Lets the running generation take back what it let go of when it was captured.
    fn back_out(&self, slot: &Slot, rejection: Rejection) -> Rejection {
        if let Err(error) = slot.resume(STEP_LIMIT) {
            self.notice(format!("{}: resuming the old code: {error}", slot.name()));
        }
        rejection
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
