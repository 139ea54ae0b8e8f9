//! What is done about a change of the host's own sources.
//!
//! Consumes: saves of files that the host is made of, and what becomes of builds and trials. Produces: orders to
//! whoever makes new hosts ([`NextHost`](super::next_host::NextHost)), and the decision that the new one takes over.
//! Never: ends the process.

use super::core::Core;
use super::hand_over::{HandOver, RunningModule};
use super::host_change::{BuildEnd, Next};
use super::next_host::{HostReport, NewHost, NotBuilt, TrialFailure, TrialModule};
use crate::compile::{BuildError, ShadowCopy};
use crate::journal::board::{ModuleBoard, ModuleHealth};
use crate::journal::event::{BuildWay, Event, HOST_TARGET, Stage, Trigger};
use crate::sources::watch::files_of;
use crate::sources::workspace::Tier;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// What new code of a module waits for when it was built for another host.
pub(super) const NEW_HOST: &str = "the new host";

fn host_target() -> Vec<String> {
    vec![HOST_TARGET.to_owned()]
}

impl Core {
    /// Files were saved that the host is made of; modules as well when `is_shared`.
    pub(super) fn on_host_files(&mut self, files: Vec<PathBuf>, is_shared: bool) {
        if self.config.next_host.is_none() {
            let busy = self.is_any_busy();
            self.record_pending(files, busy, true);
            return;
        }
        let at_once = self.board().auto_reload;
        let next = self.host_change.saved(files, is_shared, at_once);
        self.follow(next);
    }

    /// The user wants everything that was saved.
    pub(super) fn ask_for_host(&mut self) {
        let next = match &self.watcher {
            Some(_) => self.host_change.asked(),
            // Nobody says what was saved; cargo finds out.
            None if self.config.next_host.is_some() => self.host_change.saved([], false, true),
            None => Next::Nothing,
        };
        self.follow(next);
    }

    fn follow(&mut self, next: Next) {
        match next {
            Next::Nothing => {}
            Next::Build => {
                if let Some(next_host) = &mut self.config.next_host {
                    next_host.build();
                    let (way, targets) = (Some(BuildWay::Cargo), host_target());
                    self.record(None, None, Event::BuildStarted { way, targets });
                }
            }
            Next::Release => self.release_from_host(),
            Next::TakeOver => {
                let files = self.host_change.files().iter().cloned().collect();
                let busy = self.is_any_busy();
                self.record_pending(files, busy, false);
            }
        }
    }

    fn record_pending(&self, files: Vec<PathBuf>, busy: bool, by_hand: bool) {
        let reason = "code_change".to_owned();
        self.record(None, None, Event::RestartPending { reason, busy, files, by_hand });
    }

    /// The modules that waited for another host are for this one after all.
    fn release_from_host(&mut self) {
        let waiting = std::mem::take(&mut self.deferred.waiting);
        for (name, trigger) in waiting {
            let modules = Some(BTreeSet::from([name]));
            self.request(modules, trigger, Instant::now(), false, Vec::new());
        }
    }

    pub(super) fn on_host_report(&mut self, report: HostReport) {
        match report {
            HostReport::Built { took, result } => {
                let end = self.tell_built(took, result);
                let next = self.host_change.built(end);
                self.follow(next);
                self.tell_what_is_missing();
            }
            HostReport::Tried { took, result } => {
                let has_passed = result.is_ok();
                let _ = std::fs::remove_dir_all(self.trial_dir()); // there is none, or the next trial replaces it
                self.tell_tried(took, result);
                let next = self.host_change.tried(has_passed);
                self.follow(next);
            }
        }
    }

    fn tell_built(&self, took: Duration, result: Result<Option<NewHost>, NotBuilt>) -> BuildEnd {
        let (ms, targets) = (took.as_millis() as u64, host_target());
        match result {
            Ok(host) => {
                let (artifact, bytes) =
                    host.as_ref().map(|host| (host.hash.clone(), host.bytes)).unwrap_or_default();
                let event = Event::BuildFinished { ms, artifact, bytes, targets };
                self.record(None, None, event);
                if host.is_none() {
                    self.notice("the host was built, and nothing changed in it".to_owned());
                }
                host.map_or(BuildEnd::Same, BuildEnd::New)
            }
            Err(NotBuilt { diagnostics, command }) => {
                self.record(None, None, Event::BuildFailed { ms, diagnostics, targets, command });
                BuildEnd::Failed
            }
        }
    }

    fn tell_tried(&self, took: Duration, result: Result<(), TrialFailure>) {
        let (ms, targets) = (took.as_millis() as u64, host_target());
        let event = match result {
            Ok(()) => Event::TrialPassed { ms, targets },
            Err(TrialFailure { stage, reason, signal, stderr }) => {
                Event::TrialFailed { ms, stage, reason, signal, stderr, targets }
            }
        };
        self.record(None, None, event);
    }

    /// Says once which module keeps the new host from taking over.
    fn tell_what_is_missing(&self) {
        let board = self.board();
        let failed = board.modules.iter().find(|module| module.status == ModuleHealth::Failed);
        if let Some(module) = failed.filter(|_| self.host_change.is_built()) {
            let name = &module.name;
            self.notice(format!(
                "the new host is built; it takes over once the newest code of {name} runs"
            ));
        }
    }

    /// Whether nothing is under way in the modules, and a new process would run what they run.
    fn are_modules_settled(&self) -> bool {
        let is_well =
            |module: &ModuleBoard| matches!(module.status, ModuleHealth::Ok | ModuleHealth::Fault);
        self.requests.is_idle()
            && self.next_look.is_none()
            && self.board().modules.iter().all(is_well)
    }

    /// Puts the new host on trial as soon as everything else is built as well.
    pub(super) fn try_new_host(&mut self) {
        if !self.host_change.is_built() || !self.are_modules_settled() {
            return;
        }
        let Some(host) = self.host_change.begin_trial() else { return };
        let on_trial = self.modules_on_trial();
        match (on_trial, &mut self.config.next_host) {
            (Ok(modules), Some(next_host)) => next_host.try_out(&host, modules),
            (Err(error), _) => {
                let (stage, reason) = (Stage::Load.to_string(), error.to_string());
                let result = Err(TrialFailure { stage, reason, ..TrialFailure::default() });
                self.on_host_report(HostReport::Tried { took: Duration::ZERO, result });
            }
            (Ok(_), None) => {}
        }
    }

    /// What the new host would run: what runs, or what was built for it.
    fn modules_on_trial(&self) -> Result<Vec<TrialModule>, BuildError> {
        let mut modules = Vec::new();
        for slot in self.registry.slots() {
            let (name, Some(generation)) = (slot.name().to_owned(), slot.generation()) else {
                continue;
            };
            if let Some(artifact) = self.deferred.built.get(&name) {
                let ShadowCopy { path: library, hash: artifact, .. } =
                    ShadowCopy::create(artifact, &self.trial_dir(), &name, generation)?;
                modules.push(TrialModule { name, library, artifact });
            } else if let Some(copy) = self.generations.copy(&name, generation) {
                let (library, artifact) = (copy.path.clone(), copy.artifact.clone());
                modules.push(TrialModule { name, library, artifact });
            }
        }
        Ok(modules)
    }

    /// Where libraries are copied to that only a trial loads.
    fn trial_dir(&self) -> PathBuf {
        self.config.generations_dir.with_file_name("trial")
    }

    /// Whether the new host takes over at this moment.
    pub(super) fn takes_over_now(&mut self) -> Option<HandOver> {
        let host = self.host_change.ready()?;
        if !self.are_modules_settled() || self.is_any_busy() {
            return None;
        }
        let host = host.clone();
        let files: Vec<PathBuf> = self.host_change.files().iter().cloned().collect();
        let why = match files.as_slice() {
            [] => "the host has changed".to_owned(),
            [file] => format!("{} has changed", file.display()),
            [file, more @ ..] => format!("{} and {} more have changed", file.display(), more.len()),
        };
        Some(self.hand_over("code_change", why, Some(host)))
    }

    /// What the next process begins with.
    pub(super) fn hand_over(&self, reason: &str, why: String, host: Option<NewHost>) -> HandOver {
        let board = self.board();
        let running = self.registry.slots().into_iter().filter_map(|slot| {
            let (name, generation) = (slot.name().to_owned(), slot.generation()?);
            // New code that was built for the new host runs there first.
            if self.deferred.built.contains_key(&name) {
                return None;
            }
            let copy = self.generations.copy(&name, generation)?;
            let file = copy.path.file_name()?.to_str()?.to_owned();
            Some(RunningModule { name, generation, artifact: copy.artifact.clone(), file })
        });
        HandOver {
            reason: reason.to_owned(),
            why,
            host_since: host.as_ref().map(|host| host.since),
            host,
            auto_reload: board.auto_reload,
            running: running.collect(),
            waiting: self.requests.held_back().clone(),
            waiting_changes: u32::try_from(board.waiting_changes).unwrap_or(u32::MAX),
        }
    }

    /// Goes on where the process before this one has ended: with the same code, before anything is built.
    pub(super) fn begin_from(&mut self, from: HandOver) {
        let HandOver { running, waiting, waiting_changes, host_since, .. } = from;
        for module in &running {
            self.load_again(module);
        }
        let has_to_wait = |name: &String| {
            let is_running = self.registry.slot(name).is_some_and(|it| it.generation().is_some());
            is_running && waiting.contains(name)
        };
        let names = self.config.modules.iter().map(|spec| spec.name.clone());
        let (waiting, wanted): (BTreeSet<String>, _) = names.partition(has_to_wait);
        if !wanted.is_empty() {
            self.request(Some(wanted), Trigger::Start, Instant::now(), false, Vec::new());
        }
        self.requests.hold_back(waiting);
        if let Some(since) = host_since {
            self.notice_newer_host_files(since);
        }
        if !self.requests.held_back().is_empty() || self.host_change.is_held_back() {
            self.record(None, None, Event::Waiting { changes: waiting_changes });
        }
    }

    /// Files of the host that were saved after this host was built, while nobody watched or while they waited.
    fn notice_newer_host_files(&mut self, since: SystemTime) {
        let source = &self.config.source;
        let is_newer = |file: &Path| {
            let time = file.metadata().and_then(|metadata| metadata.modified());
            time.is_ok_and(|time| time > since)
        };
        let (mut files, mut is_shared) = (Vec::new(), false);
        for file in files_of(source.inputs.clone()) {
            if let Tier::Host(users) = source.tiers.tier_of(&file)
                && is_newer(&file)
            {
                is_shared |= !users.is_empty();
                files.push(self.relative(&file));
            }
        }
        if !files.is_empty() {
            self.on_host_files(files, is_shared);
        }
    }
}
