//! What the window shows, and the status file says, about every module: the journal, folded.
//!
//! Owns: [`Board::apply`], which says what each entry changes, and the words of a failure. Consumes:
//! entries. Produces: one picture of the host. Never: learns of anything in another way; two programs
//! that read the same journal show the same.

use crate::journal::event::{
    Diagnostic, DiagnosticLevel, Entry, Event, FailureKind, FaultSite, Generation, HOST_TARGET,
    NoChange, PastMigration, Session, Stage, StagesMicros, StateLoss, StateReport, Trigger,
    fault_text,
};
use crate::os::own_command;
use serde::{Deserialize, Serialize};
use std::path::Path;

#[cfg(test)]
mod tests;

mod processes;
mod services;

pub use processes::{LastExit, ProcessBoard, TargetBoard, trouble};
pub use services::{ConfigBoard, ServiceBoard, ServiceState};

/// How a module is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModuleHealth {
    /// It runs what the sources say.
    #[default]
    Ok,
    /// The compiler is at work for it.
    Building,
    /// The newest attempt failed; an earlier generation runs.
    Failed,
    /// The running code panicked or does not return, and was contained.
    Fault,
}

/// Everything there is to say about the newest failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// One line: what happened, and what runs now.
    pub title: String,
    /// One line: why.
    pub reason: String,
    /// The full text: message, location, backtrace.
    pub detail: String,
    /// The compiler's messages, errors first.
    pub diagnostics: Vec<Diagnostic>,
    /// The attempt.
    pub generation: Option<Generation>,
}

/// The newest reload that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastReload {
    /// What set it off.
    pub trigger: Trigger,
    /// From the first file event or key press to the first frame, in microseconds.
    pub total_us: u64,
    /// Where the time went.
    pub stages: StagesMicros,
    /// How long the window had to wait, in microseconds.
    pub ui_stall_us: u64,
    /// What became of the state.
    pub state: StateReport,
}

/// One module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleBoard {
    /// Its name.
    pub name: String,
    /// What runs.
    pub generation: Option<Generation>,
    /// The hash of the library that runs.
    pub artifact: String,
    /// How it is doing.
    pub status: ModuleHealth,
    /// Why it does not do well.
    pub failure: Option<Failure>,
    /// The newest success.
    pub last_reload: Option<LastReload>,
    /// The same as the journal has it.
    pub last_entry: Option<Entry>,
    /// Generations that can be gone back to, oldest first.
    pub kept: Vec<Generation>,
    /// The newest migration of this session, which can be run again or gone back from.
    pub migration: Option<PastMigration>,
    /// Size of the newest snapshot in bytes.
    pub state_bytes: u64,
    /// Work that must not be interrupted, and whose it is.
    pub busy: Vec<(Generation, String)>,
    /// What new code that is built waits for, if there is any: such work, or the new host.
    pub waits_for: Vec<String>,
}

/// The build that runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildBoard {
    /// Crates done.
    pub done: u32,
    /// Crates expected; 0 when nobody knows yet.
    pub total: u32,
    /// The newest one.
    pub unit: String,
}

impl BuildBoard {
    /// How far it has come, in a few characters; `None` when nothing is done yet.
    #[must_use]
    pub fn counted(&self) -> Option<String> {
        match (self.done, self.total) {
            (0, 0) => None,
            (done, 0) => Some(format!("{done} done")),
            (done, total) => Some(format!("{done}/{total}")),
        }
    }
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Board {
    /// In the order of registration.
    pub modules: Vec<ModuleBoard>,
    /// The programs beside them, in the order in which they were first heard of.
    pub processes: Vec<ProcessBoard>,
    /// The newest build of each program.
    pub targets: Vec<TargetBoard>,
    /// The services of the modules, by module and name.
    pub services: Vec<ServiceBoard>,
    /// The application's configuration; `None` while no module has services.
    pub config: Option<ConfigBoard>,
    /// The build of modules that runs, if one does.
    pub build: Option<BuildBoard>,
    /// Whether saved files are built at once.
    pub auto_reload: bool,
    /// Saved files that wait for an order, because auto reload is off.
    pub waiting_changes: usize,
    /// Why the host has to start anew, if it has to.
    pub restart_pending: Option<String>,
    /// The newest thing worth knowing that is no error.
    pub notice: Option<String>,
    /// What has happened so far; its time stays 0.
    pub session: Session,
}

impl Board {
    /// Before the first entry.
    #[must_use]
    pub fn of(modules: impl IntoIterator<Item = String>, auto_reload: bool) -> Self {
        let module = |name| ModuleBoard { name, ..ModuleBoard::default() };
        Self { modules: modules.into_iter().map(module).collect(), auto_reload, ..Self::default() }
    }

    /// The module of this name.
    #[must_use]
    pub fn module(&self, name: &str) -> Option<&ModuleBoard> {
        self.modules.iter().find(|module| module.name == name)
    }

    /// Whether the status file says the same of both, but for the time.
    #[must_use]
    pub fn has_status_of(&self, other: &Self) -> bool {
        let Self { modules, processes, targets, services, config, restart_pending, .. } = self;
        (modules, processes, targets, services, config, restart_pending)
            == (
                &other.modules,
                &other.processes,
                &other.targets,
                &other.services,
                &other.config,
                &other.restart_pending,
            )
    }

    /// What is different after this entry.
    pub fn apply(&mut self, entry: &Entry) {
        let name = entry.module.as_deref();
        self.session_apply(&entry.event);
        self.processes_apply(entry);
        self.targets_apply(entry);
        self.services_apply(entry);
        match &entry.event {
            Event::BuildStarted { targets, .. } if targets.iter().any(|it| it == HOST_TARGET) => {
                // There is a newer one to come.
                self.restart_pending = None;
            }
            // Of programs.
            Event::BuildStarted { targets, .. }
            | Event::BuildFinished { targets, .. }
            | Event::BuildFailed { targets, .. }
                if !targets.is_empty() => {}
            Event::BuildStarted { .. } => self.build = Some(BuildBoard::default()),
            Event::BuildProgress { done, total, unit } => {
                self.build = Some(BuildBoard { done: *done, total: *total, unit: unit.clone() });
            }
            Event::BuildFinished { .. } | Event::BuildFailed { .. } => self.build = None,
            Event::NoChange { reason } => {
                let name = name.unwrap_or_default();
                self.notice = match reason {
                    NoChange::SameArtifact => {
                        Some(format!("{name}: built, and nothing changed in the library"))
                    }
                    NoChange::SameContent => {
                        Some(format!("{name}: nothing to compile, the files say what runs already"))
                    }
                    // Nobody has asked for it.
                    NoChange::NotAsked => self.notice.take(),
                };
            }
            Event::Literals { .. } => {
                let words = crate::journal::in_words(&entry.event);
                let module = name.filter(|_| self.modules.len() > 1);
                self.notice = Some(module.map_or(words.clone(), |name| format!("{name}: {words}")));
            }
            Event::Notice { message } => self.notice = Some(message.clone()),
            Event::Committed { .. } => self.notice = None,
            Event::AutoReload { on } => self.auto_reload = *on,
            Event::Waiting { changes } => {
                self.waiting_changes = usize::try_from(*changes).unwrap_or(usize::MAX);
            }
            Event::RestartPending { reason, files, by_hand, .. } => {
                let file = files.first().map(|file| host_file(file, *by_hand));
                self.restart_pending = Some(file.unwrap_or_else(|| reason.clone()));
            }
            _ => {}
        }
        let module = self.modules.iter_mut().find(|module| name == Some(&module.name));
        if let Some(module) = module {
            module.apply(entry);
        }
    }
}

impl Board {
    fn session_apply(&mut self, event: &Event) {
        let session = &mut self.session;
        let count = match event {
            Event::Committed { .. } => &mut session.commits,
            Event::Literals { .. } => &mut session.literals,
            Event::BuildFailed { .. } => &mut session.failed_builds,
            Event::Rejected { .. } => &mut session.rejected,
            Event::Fault { .. } => &mut session.faults,
            _ => return,
        };
        *count += 1;
    }
}

fn host_file(file: &Path, by_hand: bool) -> String {
    let file = file.display();
    match by_hand {
        true => format!(
            "{file} is part of the host: a swap cannot carry it; start `{} dev` anew",
            own_command()
        ),
        false => format!("{file} is part of the host"),
    }
}

impl ModuleBoard {
    /// The work of the running code that must not be interrupted. Code that has panicked or does not return does
    /// none.
    #[must_use]
    pub fn busy_with(&self) -> Vec<String> {
        let is_at_work = self.status != ModuleHealth::Fault;
        let of_running =
            self.busy.iter().filter(|(of, _)| is_at_work && Some(*of) == self.generation);
        of_running.map(|(_, name)| name.clone()).collect()
    }

    fn apply(&mut self, entry: &Entry) {
        let of = entry.generation;
        match &entry.event {
            Event::BuildStarted { .. } => {
                self.status = ModuleHealth::Building;
                self.waits_for.clear();
            }
            // The files say again what already runs; an error in between is fixed.
            Event::NoChange { .. } => self.is_well(),
            Event::BuildFailed { diagnostics, .. } => {
                self.fail(ModuleHealth::Failed, self.not_built(of, diagnostics));
            }
            Event::Rejected { stage, reason, detail, loss } => {
                let is_shown = self.failure.as_ref().is_some_and(|shown| shown.generation == of);
                // The fault or the hanging call that has led to it is shown, and says more.
                if *stage == Stage::FirstFrame && of.is_some() && is_shown {
                    return;
                }
                let failure = self.refused(of, *stage, *loss, reason, detail);
                self.fail(ModuleHealth::Failed, failure);
            }
            Event::Fault { r#where, message, location, backtrace, runs_on } => {
                let text = (message.as_str(), fault_text(message, location, backtrace));
                self.faulted(of, *r#where, text, *runs_on);
            }
            Event::Resolved { failure } => {
                self.failure.take_if(|shown| shown.kind == *failure);
                self.status = match self.failure {
                    None => ModuleHealth::Ok,
                    Some(_) => ModuleHealth::Failed,
                };
            }
            // A rollback that was asked for is a commit first.
            Event::RolledBack { to, reason, build } if of != Some(*to) => {
                self.artifact.clone_from(build);
                self.taken_back(of, *to, reason);
            }
            Event::Busy { name } => self.busy.extend(of.map(|of| (of, name.clone()))),
            Event::Idle { name } => {
                let is_it =
                    |(whose, busy): &(Generation, String)| Some(*whose) == of && busy == name;
                self.busy.iter().position(is_it).map(|at| self.busy.remove(at));
            }
            Event::Deferred { busy } => {
                self.is_well();
                self.waits_for.clone_from(busy);
            }
            // It can be interrupted no more.
            Event::Retired { .. } => self.busy.retain(|(whose, _)| Some(*whose) != of),
            Event::Kept { generations, migration } => {
                (self.kept, self.migration) = (generations.clone(), migration.clone());
            }
            Event::Committed { trigger, total_us, stages_us, ui_stall_us, state, build } => {
                self.is_well();
                (self.generation, self.artifact) = (of, build.clone());
                self.state_bytes = state.bytes;
                self.last_reload = Some(LastReload {
                    trigger: *trigger,
                    total_us: *total_us,
                    stages: *stages_us,
                    ui_stall_us: *ui_stall_us,
                    state: state.clone(),
                });
                self.last_entry = Some(entry.clone());
            }
            _ => {}
        }
    }

    fn is_well(&mut self) {
        (self.status, self.failure) = (ModuleHealth::Ok, None);
        self.waits_for.clear();
    }

    fn fail(&mut self, status: ModuleHealth, failure: Failure) {
        (self.status, self.failure) = (status, Some(failure));
    }

    fn not_built(&self, generation: Option<Generation>, diagnostics: &[Diagnostic]) -> Failure {
        let is_error = |diagnostic: &&Diagnostic| diagnostic.level == DiagnosticLevel::Error;
        let (errors, mut sorted) = (diagnostics.iter().filter(is_error), diagnostics.to_vec());
        sorted.sort_by_key(|diagnostic| !is_error(&diagnostic));
        Failure {
            kind: FailureKind::Build,
            title: self.still_runs("The build failed"),
            reason: match (errors.count(), sorted.first()) {
                (0, first) => first.map(|first| first.message.clone()).unwrap_or_default(),
                (1, _) => "1 error".to_owned(),
                (more, _) => format!("{more} errors"),
            },
            detail: sorted.iter().map(|diagnostic| diagnostic.rendered.as_str()).collect(),
            diagnostics: sorted,
            generation,
        }
    }

    fn refused(
        &self,
        generation: Option<Generation>,
        stage: Stage,
        loss: Option<StateLoss>,
        reason: &str,
        detail: &str,
    ) -> Failure {
        let is_kept = |generation: &Generation| self.kept.contains(generation);
        let code = generation.filter(|it| is_kept(it) || self.generation == Some(*it));
        let code = code.map_or_else(|| "The new code".to_owned(), |old| old.to_string());
        let what = match loss {
            Some(_) => format!("{code} does not know all of the state"),
            None => format!("{code} was refused at {stage}"),
        };
        let is_question = loss == Some(StateLoss::Asked);
        Failure {
            kind: if is_question { FailureKind::Loss } else { FailureKind::Rejected },
            title: self.still_runs(&what),
            reason: reason.to_owned(),
            detail: detail.to_owned(),
            diagnostics: Vec::new(),
            generation,
        }
    }

    fn faulted(
        &mut self,
        generation: Option<Generation>,
        site: FaultSite,
        (message, detail): (&str, String),
        runs_on: bool,
    ) {
        let (kind, title) = match (site, runs_on) {
            // Of what has ended, or never ran: whoever ended or refused it says so.
            (FaultSite::Drop, _) => return,
            (FaultSite::Overdue, _) => (
                FailureKind::Overdue,
                "The code does not return; its last picture stays".to_owned(),
            ),
            (FaultSite::Service, true) => (
                FailureKind::Thread,
                "A thread of the module panicked; the module runs on".to_owned(),
            ),
            (site, true) => {
                let code = generation.map_or_else(String::new, |code| code.to_string());
                let title = format!("{code} panicked in {site:?}; what runs now is not concerned");
                (FailureKind::Thread, title)
            }
            (_, false) => {
                (FailureKind::Fault, "The code panicked; its last picture stays".to_owned())
            }
        };
        let reason = message.to_owned();
        let failure = Failure { kind, title, reason, detail, diagnostics: Vec::new(), generation };
        let shown = self.failure.as_ref().map(|shown| shown.kind);
        match kind {
            // Whatever stops the module is worse, and is read first.
            FailureKind::Thread if shown.is_some_and(|shown| shown != kind) => {}
            // What the compiler said is still to be fixed, and takes longer to read.
            FailureKind::Overdue if shown.is_some_and(|shown| shown != kind) => {
                self.status = ModuleHealth::Fault;
            }
            _ => self.fail(ModuleHealth::Fault, failure),
        }
    }

    /// New code was on the screen, or should have been, and the code before runs again.
    fn taken_back(&mut self, new: Option<Generation>, to: Generation, reason: &str) {
        self.generation = Some(to);
        let shown = self.failure.take_if(|shown| shown.generation == new);
        let panicked = shown.filter(|shown| shown.kind == FailureKind::Fault);
        let what = if panicked.is_some() { "panicked" } else { "hangs" };
        let detail = panicked.map_or_else(|| reason.to_owned(), |shown| shown.detail);
        let failure = Failure {
            kind: FailureKind::Rejected,
            title: format!("The new code {what} and was taken back; {to} runs"),
            reason: reason.to_owned(),
            detail,
            diagnostics: Vec::new(),
            generation: new,
        };
        self.fail(ModuleHealth::Failed, failure);
    }

    fn still_runs(&self, what: &str) -> String {
        match self.generation {
            Some(generation) => format!("{what}; {generation} runs on with its state"),
            None => format!("{what}; nothing runs yet"),
        }
    }
}
