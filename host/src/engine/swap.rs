//! One swap, from a library to a commit or a rejection.

use super::app_services::ForServices;
use super::core::Core;
use super::error::EngineError;
use super::state_edit::{StateEdit, with_state};
use crate::journal::event::{Generation, Stage, Trigger};
use crate::journal::stage_clock::StageClock;
use crate::module::{CallLimit, HostCalls, LiveSnapshot};
use crate::os::signals;
use crate::persist::crash::LoadedWith;
use crate::slot::{
    Candidate, Carried, PendingCommit, Proven, Rejection, Slot, SwapTurn, state_limit,
};
use hot_api::services::Refusal;
use hot_api::state::{Codec, Tree};
use std::path::Path;
use std::sync::Arc;
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
    /// What its state is, for the case that the process dies of it.
    pub(super) with: LoadedWith,
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

impl Swap<'_> {
    fn is_of_new_code(&self) -> bool {
        let keeps_state = matches!(self.state, StateSource::Running | StateSource::Earlier(_));
        keeps_state && !self.is_rollback
    }
}

/// What the engine allows a swap.
struct Terms {
    host_calls: HostCalls,
    /// For each step.
    limit: CallLimit,
    /// For a call that writes the state.
    capture_limit: CallLimit,
    /// The fields of the state that are carried over; none for all of them.
    state_keys: Vec<String>,
    /// Whether some of the state may be lost.
    may_lose: bool,
    /// What its services will have; `None` when it has none, or nothing can be read.
    config: Option<Arc<Vec<u8>>>,
}

impl Core {
    /// Runs one swap. Everything before the commit leaves the running generation untouched.
    ///
    /// # Errors
    /// The reason; the journal, the board and whoever waits have been told.
    pub(super) fn swap(&mut self, swap: Swap<'_>) -> Result<Generation, EngineError> {
        let (slot, generation) = (swap.slot, swap.generation);
        match self.try_swap(swap) {
            Ok(()) => {
                self.plan_look();
                (self.config.host_calls.request_repaint)(Duration::ZERO);
                Ok(generation)
            }
            Err(rejection) => Err(self.refuse(slot, generation, rejection)),
        }
    }

    /// Tells everybody of a rejection.
    pub(super) fn refuse(
        &mut self,
        slot: &Slot,
        generation: Generation,
        rejection: Rejection,
    ) -> EngineError {
        let (stage, reason) = (rejection.stage, rejection.reason.clone());
        self.rejected(slot, generation, rejection);
        EngineError::Rejected { stage, reason }
    }

    /// As [`Self::swap`], for whoever tells of a rejection in a way of their own.
    ///
    /// # Errors
    /// The rejection, of which nobody has been told.
    pub(super) fn try_swap(&mut self, mut swap: Swap<'_>) -> Result<(), Rejection> {
        if let Some(reason) = self.refuses_load() {
            return Err(Rejection::new(Stage::Load, reason));
        }
        let (name, is_of_new_code) = (swap.slot.name(), swap.is_of_new_code());
        // New code has waited for its turn; what the user asks for at once cannot.
        let busy = if is_of_new_code { Vec::new() } else { self.busy_with(name) };
        if !busy.is_empty() {
            let busy = busy.join(", ");
            let reason = format!("{name} is at work on {busy}; try again when that is done");
            return Err(Rejection::new(Stage::Load, reason));
        }
        self.put_on_trial(&mut swap)?;
        let (slot, artifact) = (swap.slot, swap.artifact.clone());
        let swapped = self.load_and_exchange(swap, is_of_new_code);
        let is_refused = swapped.is_err() && slot.artifact().as_ref() != Some(&artifact);
        if is_refused {
            // It has not come as far here as there.
            self.harmless.remove(&artifact);
        }
        if swapped.is_err() {
            self.note_refused(slot.name());
        }
        swapped
    }

    /// From the library to the commit.
    ///
    /// # Errors
    /// As for [`Self::try_swap`].
    fn load_and_exchange(
        &mut self,
        mut swap: Swap<'_>,
        is_of_new_code: bool,
    ) -> Result<(), Rejection> {
        let (name, generation) = (swap.slot.name(), swap.generation);
        self.note_loading(name, generation, &swap.artifact, swap.with.clone());
        let mut terms = Terms {
            host_calls: self.host_calls_for(name, generation),
            limit: self.step_limit(),
            capture_limit: self.capture_limit(name),
            state_keys: self.state_keys(name).to_vec(),
            may_lose: !self.refuses_loss(name, &swap.state),
            config: None,
        };
        let (slot, trigger, clock) = (swap.slot, swap.trigger, &mut swap.clock);
        let host_calls = terms.host_calls.clone();
        let artifact = swap.artifact.clone();
        let mut candidate =
            Candidate::load(swap.file, generation, name, artifact, host_calls, &terms.limit)?;
        if let Err(reason) = self.config.fast_path.loaded(name, generation, &mut candidate) {
            self.notice(format!("{name}: {reason}"));
        }
        self.settle_reload();
        let asked = (trigger, is_of_new_code);
        let newer = match self.check_candidate(slot, &mut candidate, asked) {
            Ok(ForServices { payload, newer }) => {
                terms.config = payload;
                newer
            }
            Err(rejection) => return Err(candidate.reject(rejection).retired(&terms.limit)),
        };
        // The old code draws on, and takes what they send.
        self.stop_services_of(name);
        clock.end(|stages| &mut stages.load);
        let mut notices = Vec::new();
        let explain = |refusal: &Refusal| match newer.as_ref().or(self.services.current.as_ref()) {
            Some(loaded) => loaded.configuration.explain(refusal).to_string(),
            None => refusal.message.clone(),
        };
        let swapped = exchange(swap, candidate, &terms, &mut notices, explain);
        notices.extend(signals::report(name));
        for notice in notices {
            self.notice(notice);
        }
        match (&swapped, newer) {
            (Ok(()), Some(newer)) => self.take_newer(name, newer),
            (Ok(()), None) => {}
            (Err(_), _) => self.services_follow(name, false),
        }
        swapped
    }

    /// What a generation may ask for.
    fn host_calls_for(&self, name: &str, generation: Generation) -> HostCalls {
        let host_calls = self.config.host_calls.clone();
        let host_calls = self.services.host_calls(name, host_calls);
        match self.registry.slot(name) {
            Some(slot) => HostCalls { on_lease: slot.lease_sink(generation), ..host_calls },
            None => host_calls,
        }
    }

    /// What a step of a swap may take; the end of the host ends it sooner.
    pub(super) fn step_limit(&self) -> CallLimit {
        CallLimit::unless(STEP_LIMIT, &self.ending.signal)
    }

    /// The same for a call that writes the state of a module.
    pub(super) fn capture_limit(&self, name: &str) -> CallLimit {
        let bytes = self.board().module(name).map_or(0, |module| module.state_bytes);
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
        let mut notices = Vec::new();
        let carried = fields_of(name, self.state_keys(name), snapshot, &mut notices);
        for notice in notices {
            self.notice(notice);
        }
        carried
    }
}

/// What to say when the logic has not taken the last messages.
pub(super) fn untaken(module: &str, error: &str) -> String {
    format!("{module}: its logic has not taken what its services sent last: {error}")
}

/// Gives the candidate the state at the frame boundary, has it draw, and commits it. What is worth knowing goes
/// to `notices`; `explain` says what the module does not take of its configuration.
///
/// # Errors
/// The rejection; the running generation goes on.
fn exchange(
    swap: Swap<'_>,
    candidate: Candidate,
    terms: &Terms,
    notices: &mut Vec<String>,
    explain: impl FnOnce(&Refusal) -> String,
) -> Result<(), Rejection> {
    let Swap { slot, generation, trigger, mut clock, state, is_rollback, .. } = swap;
    let (name, limit) = (slot.name(), &terms.limit);
    let Some(mut turn) = slot.begin_swap(BOUNDARY_LIMIT) else {
        let reason = "the window did not come to the end of its frame".to_owned();
        let rejection = candidate.reject(Rejection::new(Stage::Capture, reason));
        return Err(rejection.retired(limit));
    };
    if slot.has_services()
        && let Err(error) = slot.run_logic(&mut turn, limit)
    {
        notices.push(untaken(name, &error.to_string()));
    }
    let carried = carry_over(slot, &mut turn, candidate, state, terms, &mut clock, notices);
    let listed = carried.and_then(|(proven, before_migration)| match &terms.config {
        Some(config) => Ok((proven.list_services(Arc::clone(config), explain)?, before_migration)),
        None => Ok((proven, before_migration)),
    });
    let (proven, before_migration) = match listed {
        Ok(carried) => carried,
        Err(rejection) => {
            // The running generation takes back what it let go of when it was captured.
            if let Err(error) = slot.resume(&mut turn, limit) {
                notices.push(format!("{name}: resuming the old code: {error}"));
            }
            // The window draws on while the candidate ends.
            drop(turn);
            return Err(rejection.retired(limit));
        }
    };
    let pending = PendingCommit {
        generation,
        trigger,
        clock,
        ui_stall: turn.elapsed(),
        state: proven.report.clone(),
        before_migration,
        swapped_at: Instant::now(),
        is_rollback,
    };
    slot.commit(&mut turn, proven, pending);
    Ok(())
}

/// Within a swap: gives the candidate its state and has it draw. Returns also the state as it was, when
/// migrations have changed it.
fn carry_over(
    slot: &Slot,
    turn: &mut SwapTurn<'_>,
    candidate: Candidate,
    state: StateSource,
    terms: &Terms,
    clock: &mut StageClock,
    notices: &mut Vec<String>,
) -> Result<(Proven, Option<LiveSnapshot>), Rejection> {
    let (name, limit) = (slot.name(), &terms.capture_limit);
    // Nobody edits or leaves out what has no names.
    let by_name = !matches!(state, StateSource::Running) || !terms.state_keys.is_empty();
    let schema = candidate.schema().filter(|_| !by_name);
    let running = match slot.capture_for(turn, schema, limit) {
        Ok(running) => running,
        Err(error) => return Err(candidate.reject(Rejection::of_call(Stage::Capture, &error))),
    };
    let note = running.note.clone();
    let carried = match state {
        StateSource::Running => {
            match fields_of(name, &terms.state_keys, &running.snapshot.bytes, notices) {
                Some(carried) => running.with_bytes(carried),
                None => running,
            }
        }
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
    let restored = candidate.take_over(&carried, || slot.capture_by_name(turn, limit))?;
    let restored = if terms.may_lose { restored } else { restored.without_loss()? };
    clock.end(|stages| &mut stages.restore);
    let proven = restored.draw_hidden(slot, turn)?;
    clock.end(|stages| &mut stages.first_frame);
    notices.extend(note.map(|note| format!("{name}: {note}")));
    let is_migrated = !proven.report.migrated.is_empty();
    Ok((proven, is_migrated.then_some(carried.snapshot)))
}

/// The snapshot with these fields alone; `None` when it stays as it is.
fn fields_of(
    name: &str,
    keys: &[String],
    snapshot: &[u8],
    notices: &mut Vec<String>,
) -> Option<Vec<u8>> {
    if keys.is_empty() || snapshot.is_empty() {
        return None;
    }
    let retain = |state: &mut Tree| {
        state.retain_fields(keys);
        Ok(())
    };
    let retained = with_state(snapshot, retain);
    if let Err(error) = &retained {
        notices.push(format!("{name}: state_keys was not applied: {error}"));
    }
    retained.ok()
}
