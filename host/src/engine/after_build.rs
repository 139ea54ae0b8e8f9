//! What becomes of a build: a swap for each module, or the compiler's words.

use super::config::OnStateLoss;
use super::core::Core;
use super::generations::LibraryCopy;
use super::outcome::{ModuleOutcome, ModuleResult};
use super::swap::{StateSource, Swap};
use crate::compile::{BuildError, Built, ShadowCopy};
use crate::journal::event::{BuildWay, Event, Generation, NoChange, Stage, StateLoss, Trigger};
use crate::journal::stage_clock::StageClock;
use crate::persist::crash::LoadedWith;
use crate::slot::{Rejection, Slot};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Core {
    pub(super) fn on_build_done(&mut self, result: Result<Built, BuildError>, started: Instant) {
        if let Ok(built) = &result {
            self.learn_inputs(built);
        }
        let Some(mut request) = self.take_built(&result) else {
            return;
        };
        self.tickets.add(std::mem::take(&mut request.tickets));
        match result {
            Ok(built) => {
                let mut clock = StageClock::start(request.first_event);
                clock.end_at(|stages| &mut stages.detect, started);
                clock.end(|stages| &mut stages.build);
                for (name, generation) in &request.modules {
                    let trigger = request.trigger;
                    match self.failure_of(name, &built) {
                        Some(error) => self.build_failed(name, *generation, error, built.elapsed),
                        None => self.take_artifact(
                            name,
                            *generation,
                            &built,
                            trigger,
                            request.force,
                            clock,
                        ),
                    }
                    self.note_compiled(name, &built);
                }
                // The build that follows is about all that was saved.
                if !self.requests.is_stale() {
                    self.tell_unseen(&built);
                }
            }
            // Nobody but the engine cancels, and then a newer request takes the place of this one.
            Err(BuildError::Cancelled) => {}
            Err(error) => {
                for (name, generation) in &request.modules {
                    self.build_failed(name, *generation, &error, started.elapsed());
                }
            }
        }
        self.build_next();
    }

    /// Why this module has no library, where others of the same build have theirs.
    fn failure_of<'a>(&self, name: &str, built: &'a Built) -> Option<&'a BuildError> {
        let slot = self.registry.slot(name)?;
        built.failure.as_ref().filter(|_| !built.artifacts.contains_key(slot.package()))
    }

    /// What the compiler read is what is watched from now on.
    pub(super) fn learn_inputs(&mut self, built: &Built) {
        let source = &mut self.config.source;
        for artifact in built.artifacts.values() {
            source.tiers.set_module_files(&artifact.package, artifact.inputs.clone());
        }
        if let Some(watcher) = &self.watcher {
            watcher.set_inputs(source.inputs.clone().with_files(built.inputs()), built.started);
        }
    }

    /// Cargo goes by the times of files. One that was put in place with the time it had elsewhere
    /// can look older than a build that has never seen it.
    fn tell_unseen(&mut self, built: &Built) {
        let changed = std::mem::take(&mut self.changed);
        let Some(before) = self.last_build.replace(built.started) else {
            return;
        };
        let is_older = |file: &PathBuf| {
            let time = std::fs::metadata(file).and_then(|metadata| metadata.modified());
            time.is_ok_and(|time| time < before)
        };
        for artifact in built.artifacts.values().filter(|artifact| artifact.fresh) {
            let mut unseen = changed.intersection(&artifact.inputs);
            if let Some(file) = unseen.find(|file| is_older(file)) {
                self.notice(format!(
                    "{} has new content and was not built: its time is older than the last build, \
                     and cargo goes by that; save it once more",
                    self.relative(file).display()
                ));
            }
        }
    }

    pub(super) fn take_artifact(
        &mut self,
        name: &str,
        generation: Generation,
        built: &Built,
        trigger: Trigger,
        force: bool,
        clock: StageClock,
    ) {
        let Some(slot) = self.registry.slot(name) else {
            return;
        };
        let Some(artifact) = built.artifacts.get(slot.package()) else {
            return;
        };
        self.record(
            Some(name),
            Some(generation),
            Event::BuildFinished {
                ms: built.elapsed.as_millis() as u64,
                artifact: artifact.hash.clone(),
                bytes: artifact.bytes,
                targets: Vec::new(),
            },
        );
        if self.only_built.remove(name) && slot.generation().is_some() {
            self.no_change(&slot, generation, NoChange::NotAsked);
            return;
        }
        let same = slot.artifact().as_ref() == Some(&artifact.hash);
        if same && !force {
            // A replay goes by content.
            let nothing_compiled = artifact.fresh && built.way == BuildWay::Replay;
            let reason =
                if nothing_compiled { NoChange::SameContent } else { NoChange::SameArtifact };
            self.no_change(&slot, generation, reason);
            return;
        }
        if self.is_quarantined(&artifact.hash) {
            self.refuse_quarantined(&slot, generation, trigger, &artifact.hash);
            return;
        }
        if self.defers(&slot, generation, trigger, artifact) {
            return;
        }
        let dir = self.config.generations_dir.clone();
        match ShadowCopy::create(artifact, &dir, name, generation) {
            Ok(copy) => {
                let library =
                    LibraryCopy { path: copy.path.clone(), artifact: artifact.hash.clone() };
                self.generations.attempt(name, generation, library);
                let swap = |state| Swap {
                    slot: &slot,
                    generation,
                    trigger,
                    artifact: artifact.hash.clone(),
                    file: &copy.path,
                    clock,
                    state,
                    is_rollback: false,
                    with: LoadedWith::Own,
                };
                let start = self.migrations.start(name);
                let start = start.map_or(StateSource::Running, StateSource::Earlier);
                let swapped = match slot.generation() {
                    Some(_) => self.swap(swap(start)),
                    None => self.first_swap(&slot, generation, &swap),
                };
                match swapped {
                    Ok(_) => self.host_change.modules_changed(),
                    Err(_) => self.tidy_copies(name, None),
                }
            }
            Err(error) => {
                let rejection = Rejection::new(Stage::Load, error.to_string());
                self.rejected(&slot, generation, rejection);
            }
        }
    }

    pub(super) fn no_change(&mut self, slot: &Arc<Slot>, generation: Generation, reason: NoChange) {
        let (name, running) = (slot.name(), slot.generation());
        self.deferred.settled(name);
        self.services.refused.remove(name);
        self.record(Some(name), Some(generation), Event::NoChange { reason });
        self.tickets.settle(&ModuleOutcome {
            module: name.to_owned(),
            generation: running,
            result: ModuleResult::NoChange { reason },
        });
    }

    pub(super) fn build_failed(
        &mut self,
        name: &str,
        generation: Generation,
        error: &BuildError,
        elapsed: Duration,
    ) {
        let diagnostics = error.diagnostics();
        let event = Event::BuildFailed {
            ms: elapsed.as_millis() as u64,
            diagnostics: diagnostics.clone(),
            targets: Vec::new(),
            command: String::new(),
        };
        self.record(Some(name), Some(generation), event);
        let result = ModuleResult::BuildFailed { diagnostics };
        self.settle(name, generation, result);
    }

    pub(super) fn settle(&mut self, name: &str, generation: Generation, result: ModuleResult) {
        let module = name.to_owned();
        // An answer holds for the code that was asked about.
        self.accepts_loss.remove(&module);
        self.deferred.settled(name);
        self.migrations.settled(&module);
        self.tickets.settle(&ModuleOutcome { module, generation: Some(generation), result });
    }

    pub(super) fn rejected(&mut self, slot: &Slot, generation: Generation, rejection: Rejection) {
        let name = slot.name();
        let Rejection { stage, reason, detail, retirement, loses_state, .. } = rejection;
        let asks = self.config.on_state_loss == OnStateLoss::Ask;
        let loss = loses_state.then_some(if asks { StateLoss::Asked } else { StateLoss::Refused });
        let event = Event::Rejected { stage, reason: reason.clone(), detail: detail.clone(), loss };
        self.record(Some(name), Some(generation), event);
        if let Some(retirement) = retirement {
            self.note_end(name, &retirement);
            self.record_retirement(name, generation, *retirement);
        }
        self.settle(name, generation, ModuleResult::Rejected { stage, reason, detail });
    }
}
