//! The programs beside the modules, and their builds.
//!
//! Owns: what `process_*` entries, and `build_*` entries that name targets, change on the board. Their form is
//! that of the status file as well.

use super::Board;
use crate::journal::event::{AfterEnd, Entry, Event, WaitsFor};
use crate::journal::text;
use serde::{Deserialize, Serialize};
use std::fmt;

#[cfg(test)]
mod tests;

/// A program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessBoard {
    /// Its name.
    pub name: String,
    /// The binary whose builds it is started after; `None` when those are the modules'.
    pub target: Option<String>,
    /// Its process id while it runs.
    pub pid: Option<u32>,
    /// When it was started last, in milliseconds since 1970-01-01 UTC.
    pub started_unix_ms: Option<u64>,
    /// How many times it was started, without the first time.
    pub restarts: u32,
    /// How it has ended last.
    pub last_exit: Option<LastExit>,
    /// What it waits for while it does not run.
    pub waits_for: Option<WaitsFor>,
    /// Why it could not be started.
    pub problem: Option<String>,
}

/// How a program has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastExit {
    /// Its exit code, if it has given one.
    pub code: Option<i32>,
    /// The signal that has ended it, if one has.
    pub signal: Option<i32>,
    /// Whether it had to be killed.
    pub forced: bool,
}

/// The newest build of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetBoard {
    /// The program's name.
    pub name: String,
    /// Whether it is being built.
    pub building: bool,
    /// The hash of what the newest successful build has made.
    pub artifact: Option<String>,
    /// The first error, when the newest build has failed.
    pub last_error: Option<String>,
}

impl Board {
    pub(super) fn targets_apply(&mut self, entry: &Entry) {
        let (names, change): (_, &dyn Fn(&mut TargetBoard)) = match &entry.event {
            Event::BuildStarted { targets, .. } => (targets, &|target| target.building = true),
            Event::BuildFailed { targets, diagnostics, .. } => (targets, &|target| {
                target.building = false;
                target.last_error = Some(text::first_of(diagnostics));
            }),
            Event::BuildFinished { targets, artifact, .. } => (targets, &|target| {
                target.building = false;
                target.last_error = None;
                target.artifact = Some(artifact.clone());
            }),
            Event::TrialFailed { targets, .. } => (targets, &|target| {
                if let Event::TrialFailed { stage, reason, .. } = &entry.event {
                    target.last_error = Some(format!("it failed at {stage}: {reason}"));
                }
            }),
            _ => return,
        };
        for name in names {
            let known = self.targets.iter().position(|target| target.name == *name);
            let known = known.unwrap_or_else(|| {
                self.targets.push(TargetBoard { name: name.clone(), ..TargetBoard::default() });
                self.targets.len() - 1
            });
            change(&mut self.targets[known]);
        }
    }

    pub(super) fn processes_apply(&mut self, entry: &Entry) {
        let (Event::ProcessWaiting { name, .. }
        | Event::ProcessStarted { name, .. }
        | Event::ProcessNotStarted { name, .. }
        | Event::ProcessStopped { name, .. }) = &entry.event
        else {
            return;
        };
        let known = self.processes.iter().position(|process| process.name == *name);
        let known = known.unwrap_or_else(|| {
            self.processes.push(ProcessBoard { name: name.clone(), ..ProcessBoard::default() });
            self.processes.len() - 1
        });
        self.processes[known].apply(entry);
    }
}

/// What is to be said of a program that needs somebody to look at it: its build has failed, it cannot be
/// started, or it has failed and nothing starts it again before the next build.
#[must_use]
pub fn trouble(process: &ProcessBoard, targets: &[TargetBoard]) -> Option<String> {
    let is_its = |target: &&TargetBoard| process.target.as_ref() == Some(&target.name);
    let build = targets.iter().find(is_its).and_then(|it| it.last_error.as_ref());
    let build = build.map(|error| format!("the build failed: {error}"));
    let exit = process.last_exit.filter(|exit| {
        process.pid.is_none() && process.waits_for == Some(WaitsFor::Build) && !exit.is_success()
    });
    let exit = exit.map(|exit| format!("ended by itself: {exit}"));
    build.or_else(|| process.problem.clone()).or(exit)
}

impl LastExit {
    /// Whether the program says that it has succeeded.
    #[must_use]
    pub fn is_success(self) -> bool {
        self.code == Some(0)
    }
}

impl fmt::Display for LastExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "exit status: {code}"),
            (None, Some(signal)) => write!(f, "signal: {signal}"),
            (None, None) => f.write_str("nobody knows how"),
        }
    }
}

impl ProcessBoard {
    /// What it does, in a few words behind its name.
    #[must_use]
    pub fn in_words(&self) -> String {
        match (self.pid, self.waits_for) {
            (Some(pid), _) => format!("runs (pid {pid})"),
            (None, Some(WaitsFor::Build)) => "waits for a build".to_owned(),
            (None, Some(WaitsFor::Start)) => "does not run".to_owned(),
            (None, None) => "is about to start".to_owned(),
        }
    }

    fn apply(&mut self, entry: &Entry) {
        match &entry.event {
            Event::ProcessWaiting { waits_for, target, .. } => {
                (self.waits_for, self.target) = (Some(*waits_for), target.clone());
            }
            Event::ProcessStarted { pid, .. } => {
                self.restarts += u32::from(self.started_unix_ms.is_some());
                (self.pid, self.started_unix_ms) = (Some(*pid), Some(entry.unix_ms));
                (self.waits_for, self.problem) = (None, None);
            }
            Event::ProcessNotStarted { reason, .. } => {
                self.problem = Some(reason.clone());
                if self.pid.is_none() {
                    self.waits_for = Some(WaitsFor::Build);
                }
            }
            Event::ProcessStopped { code, signal, forced, next, .. } => {
                let (code, signal, forced) = (*code, *signal, *forced);
                (self.pid, self.last_exit) = (None, Some(LastExit { code, signal, forced }));
                let waits = matches!(next, Some(AfterEnd::Waits | AfterEnd::GivenUp));
                self.waits_for = waits.then_some(WaitsFor::Build);
            }
            _ => {}
        }
    }
}
