//! What is done about a change of the host's own sources.
//!
//! Consumes: saves of files that the host is made of, and what becomes of builds and trials. Produces: orders to
//! whoever makes new hosts ([`NextHost`](super::next_host::NextHost)), and the decision that the new one takes over.
//! Never: ends the process.

use super::config::ModuleSpec;
use super::core::Core;
use super::hand_over::{HandOver, RunningModule};
use super::host_change::{BuildEnd, Next};
use super::next_host::{Hindrance, HostReport, NewHost, NotBuilt, TrialFailure, TrialModule};
use crate::compile::{BuildError, ShadowCopy};
use crate::journal::board::{ModuleBoard, ModuleHealth};
use crate::journal::event::{BuildWay, Event, FailureKind, HOST_TARGET, Stage, Trigger};
use crate::sources::watch::{Watcher, files_of, hash_of};
use crate::sources::workspace::Tier;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

/// How soon a new host that would not start is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What new code of a module waits for when it was built for another host.
pub(super) const NEW_HOST: &str = "the new host";

/// A file, and when it was saved last.
pub(super) struct SavedFile {
    path: PathBuf,
    at: SystemTime,
}

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
                    self.host_build_guard = self.watcher.as_ref().map(Watcher::build_guard);
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
        self.deferred.built.clear();
        let waiting = std::mem::take(&mut self.deferred.waiting);
        for (name, trigger) in waiting {
            let modules = Some(BTreeSet::from([name]));
            self.request(modules, trigger, Instant::now(), false, Vec::new());
        }
    }

    pub(super) fn on_host_report(&mut self, report: HostReport) {
        match report {
            HostReport::Built { took, result } => {
                self.trial_failure = None;
                if let Some(mut guard) = self.host_build_guard.take() {
                    guard.knows_lock_file(hash_of(&self.config.root.join("Cargo.lock")));
                }
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

    /// The same failure of the same host is told once, however often it is tried.
    fn tell_tried(&mut self, took: Duration, result: Result<(), TrialFailure>) {
        let (ms, targets) = (took.as_millis() as u64, host_target());
        let failure = result.as_ref().err().map(|it| (it.stage.clone(), it.reason.clone()));
        let is_known = failure.is_some() && failure == self.trial_failure;
        self.trial_failure = failure;
        if is_known {
            return;
        }
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
        let waits_for = board.modules.iter().find(|module| !self.is_settled(module));
        if let Some(module) = waits_for.filter(|_| self.host_change.is_built()) {
            let name = &module.name;
            self.notice(format!(
                "the new host is built; it takes over once the newest code of {name} is built and at rest"
            ));
        }
    }

    /// Whether nothing is under way in a module, and a new process would run what it runs. Code that is built from
    /// files of the host as well has to compile first; a call that is out is work that would be lost.
    fn is_settled(&self, module: &ModuleBoard) -> bool {
        let failed = module.failure.as_ref().map(|failure| failure.kind);
        let must_compile = self.host_change.keeps_modules_waiting();
        module.status != ModuleHealth::Building
            && failed != Some(FailureKind::Overdue)
            && !(must_compile && failed == Some(FailureKind::Build))
    }

    fn are_modules_settled(&self) -> bool {
        self.requests.is_idle()
            && self.next_look.is_none()
            && self.board().modules.iter().all(|module| self.is_settled(module))
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
        let (mut modules, board) = (Vec::new(), self.board());
        for slot in self.registry.slots() {
            let (name, Some(generation)) = (slot.name().to_owned(), slot.generation()) else {
                continue;
            };
            let is_faulted =
                board.module(&name).is_some_and(|module| module.status == ModuleHealth::Fault);
            let (library, artifact) = if let Some(built) = self.deferred.built.get(&name) {
                let copy = ShadowCopy::create(built, &self.trial_dir(), &name, generation)?;
                (copy.path, copy.hash)
            } else if let Some(copy) = self.generations.copy(&name, generation) {
                (copy.path.clone(), copy.artifact.clone())
            } else {
                continue;
            };
            modules.push(TrialModule { name, library, artifact, is_faulted });
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
        if self.is_hindered(&host) {
            return None;
        }
        let files: Vec<PathBuf> = self.host_change.files().iter().cloned().collect();
        let why = match files.as_slice() {
            [] => "the host has changed".to_owned(),
            [file] => format!("{} has changed", file.display()),
            [file, more @ ..] => format!("{} and {} more have changed", file.display(), more.len()),
        };
        Some(self.hand_over(why, Some(host)))
    }

    /// Whether the new host would not start now; that is told, and looked at again later.
    fn is_hindered(&mut self, host: &NewHost) -> bool {
        if self.hindered.as_ref().is_some_and(|(since, _)| since.elapsed() < LOOK_AGAIN) {
            return true;
        }
        let hindrance = self.config.next_host.as_mut().and_then(|it| it.hindrance(host));
        let Some(hindrance) = hindrance else {
            self.hindered = None;
            return false;
        };
        match hindrance {
            Hindrance::Gone => {
                let next = self.host_change.lost();
                self.follow(next);
            }
            Hindrance::Because(reason) => {
                let is_new = self.hindered.as_ref().is_none_or(|(_, known)| *known != reason);
                if is_new {
                    self.notice(format!("the new host would not start now and waits: {reason}"));
                }
                self.hindered = Some((Instant::now(), reason));
            }
        }
        true
    }

    /// What the next process begins with.
    pub(super) fn hand_over(&self, why: String, host: Option<NewHost>) -> HandOver {
        let board = self.board();
        let is_new = host.is_some();
        let running = self.registry.slots().into_iter().filter_map(|slot| {
            let (name, generation) = (slot.name().to_owned(), slot.generation()?);
            // New code that was built for the new host runs there first.
            if is_new && self.deferred.built.contains_key(&name) {
                return None;
            }
            let copy = self.generations.copy(&name, generation)?;
            let file = copy.path.file_name()?.to_str()?.to_owned();
            Some(RunningModule { name, generation, artifact: copy.artifact.clone(), file })
        });
        HandOver {
            why,
            host_since: host.as_ref().map(|host| host.since).or(self.config.host_since),
            modules_since: self.last_build,
            host,
            auto_reload: board.auto_reload,
            running: running.collect(),
            waiting: self.requests.held_back().clone(),
            waiting_changes: u32::try_from(board.waiting_changes).unwrap_or(u32::MAX),
        }
    }

    /// Goes on where the process before this one has ended: with the same code, before anything is built. What has not
    /// changed since the newest build is built all the same, so that the next save is quick, and not swapped in: the
    /// user may have gone back to earlier code.
    pub(super) fn begin_from(&mut self, from: HandOver) {
        let HandOver { running, mut waiting, waiting_changes, modules_since, .. } = from;
        self.last_build = modules_since;
        for module in &running {
            self.load_again(module);
        }
        let saved = self.saved_files();
        let changed = self.packages_changed_since(&saved, modules_since);
        let is_on = self.board().auto_reload && self.watcher.is_some();
        let (mut wanted, mut only_built) = (BTreeSet::new(), BTreeSet::new());
        for ModuleSpec { name, package, .. } in &self.config.modules {
            let runs = self.registry.slot(name).is_some_and(|slot| slot.generation().is_some());
            if runs && !is_on && changed.contains(package) {
                waiting.insert(name.clone());
            }
            if runs && waiting.contains(name) {
                continue;
            }
            waiting.remove(name);
            wanted.insert(name.clone());
            if runs && !changed.contains(package) {
                only_built.insert(name.clone());
            }
        }
        if !wanted.is_empty() {
            self.request(Some(wanted), Trigger::Start, Instant::now(), false, Vec::new());
        }
        self.only_built = only_built;
        self.requests.hold_back(waiting);
        self.notice_newer_host_files(&saved);
        if !self.requests.held_back().is_empty() || self.host_change.is_held_back() {
            self.record(None, None, Event::Waiting { changes: waiting_changes.max(1) });
        }
    }

    /// The packages of modules that have files which were saved since; all of them when nobody knows since when.
    fn packages_changed_since(
        &self,
        saved: &[SavedFile],
        since: Option<SystemTime>,
    ) -> BTreeSet<String> {
        let Some(since) = since else {
            return self.config.modules.iter().map(|spec| spec.package.clone()).collect();
        };
        let of = |file: &SavedFile| match self.config.source.tiers.tier_of(&file.path) {
            Tier::Module(users) | Tier::Host(users) => users,
            Tier::Supervisor | Tier::Nothing => Vec::new(),
        };
        saved.iter().filter(|file| file.at > since).flat_map(of).collect()
    }

    /// Every file that counts, as it is on disk. Reads directories.
    pub(super) fn saved_files(&self) -> Vec<SavedFile> {
        let saved = |path: PathBuf| {
            let at = path.metadata().and_then(|metadata| metadata.modified()).ok()?;
            Some(SavedFile { path, at })
        };
        files_of(self.config.source.inputs.clone()).into_iter().filter_map(saved).collect()
    }

    /// Files of the host that were saved after it was built: while nobody watched, while they waited, or before the
    /// process was started again.
    pub(super) fn notice_newer_host_files(&mut self, saved: &[SavedFile]) {
        let Some(since) = self.config.host_since else { return };
        let (mut files, mut is_shared) = (Vec::new(), false);
        for file in saved.iter().filter(|file| file.at > since) {
            if let Tier::Host(users) = self.config.source.tiers.tier_of(&file.path) {
                is_shared |= !users.is_empty();
                files.push(self.relative(&file.path));
            }
        }
        if !files.is_empty() {
            self.on_host_files(files, is_shared);
        }
    }
}
