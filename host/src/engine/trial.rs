//! New code goes through a trial before anything of it runs in this process.

use super::code_trials::{CodeFailure, CodeOnTrial, CodeTrials, TrialEnd, TrialInput, TrialReport};
use super::core::Core;
use super::swap::{BOUNDARY_LIMIT, StateSource, Swap};
use crate::journal::event::{Event, Stage};
use crate::slot::{Rejection, Slot};

impl Core {
    /// Tries the code of a swap, unless it has run here or passed before. Blocks until that is over.
    ///
    /// # Errors
    /// When it would have ended this process or kept it waiting, or has no state to be tried with.
    pub(super) fn put_on_trial(&mut self, swap: &mut Swap<'_>) -> Result<(), Rejection> {
        let name = swap.slot.name();
        let spec = self.config.modules.iter().find(|spec| spec.name == name);
        let is_wanted = spec.is_some_and(|spec| spec.is_tried);
        if !is_wanted || self.harmless.contains(&swap.artifact) {
            return Ok(());
        }
        let Some(mut trials) = self.config.trials.take() else { return Ok(()) };
        swap.clock.end(|stages| &mut stages.load);
        let report = self.try_out(&mut *trials, swap);
        swap.clock.end(|stages| &mut stages.trial);
        self.config.trials = Some(trials);
        self.take_report(report?, swap)
    }

    fn try_out(
        &self,
        trials: &mut dyn CodeTrials,
        swap: &Swap<'_>,
    ) -> Result<TrialReport, Rejection> {
        let Swap { slot, generation, file, artifact, state, .. } = swap;
        let code = CodeOnTrial {
            module: slot.name(),
            generation: *generation,
            library: file,
            artifact,
            views: slot.wanted_views(),
        };
        trials.try_out(&code, &mut || self.input_for(slot, state), &self.ending.signal)
    }

    /// The state that the code is about to get, or the newest one that is known of it.
    fn input_for(&self, slot: &Slot, state: &StateSource) -> Result<TrialInput, Rejection> {
        let Some(mut turn) = slot.begin_swap(BOUNDARY_LIMIT) else {
            let reason = "the window did not come to the end of its frame".to_owned();
            return Err(Rejection::new(Stage::Capture, reason));
        };
        let shown = Slot::last_inputs(&turn);
        let state = match state {
            StateSource::Given(bytes) => bytes.clone(),
            StateSource::Earlier(snapshot) => snapshot.bytes.to_vec(),
            StateSource::Running | StateSource::Edited(_) => {
                let limit = self.capture_limit(slot.name());
                let newest = slot.newest_state(&mut turn, limit);
                // The window draws on.
                drop(turn);
                let newest = newest.map_err(|error| Rejection::of_call(Stage::Capture, &error))?;
                self.carried_fields(slot.name(), &newest).unwrap_or(newest)
            }
        };
        Ok(TrialInput { state, shown })
    }

    fn take_report(&mut self, report: TrialReport, swap: &Swap<'_>) -> Result<(), Rejection> {
        let TrialReport { end, took, notices } = report;
        let (name, generation) = (swap.slot.name(), swap.generation);
        for notice in notices {
            self.notice(notice);
        }
        let ms = took.as_millis() as u64;
        let is_hung = matches!(end, TrialEnd::Hung(_));
        match end {
            TrialEnd::Passed => {
                self.harmless.insert(swap.artifact.clone());
                self.record(
                    Some(name),
                    Some(generation),
                    Event::TrialPassed { ms, targets: Vec::new() },
                );
                Ok(())
            }
            TrialEnd::NotTried(why) => {
                self.notice(format!("{name}: its new code is loaded without a trial: {why}"));
                Ok(())
            }
            TrialEnd::Stopped => {
                let reason = "the host ends; its trial has not come to an end".to_owned();
                let mut rejection = Rejection::new(Stage::Load, reason);
                rejection.timed_out = true;
                Err(rejection)
            }
            TrialEnd::Failed(failure) => {
                self.record(Some(name), Some(generation), failed(ms, &failure));
                Ok(())
            }
            TrialEnd::Fatal(failure) | TrialEnd::Hung(failure) => {
                self.record(Some(name), Some(generation), failed(ms, &failure));
                let CodeFailure { stage, reason, detail, .. } = failure;
                let mut rejection = Rejection::new(stage, reason);
                rejection.detail = detail;
                rejection.timed_out = is_hung;
                Err(rejection)
            }
        }
    }
}

fn failed(ms: u64, failure: &CodeFailure) -> Event {
    let CodeFailure { stage, reason, signal, stderr, .. } = failure.clone();
    Event::TrialFailed { ms, stage: stage.to_string(), reason, signal, stderr, targets: Vec::new() }
}
