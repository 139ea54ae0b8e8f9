//! Crates that do not need each other, compiled side by side.
//!
//! Owns: as many compilers at once as the machine has processors. Consumes: [`Unit`]s. Produces: [`Done`].
//! Never: decides which.

use super::graph::Index;
use super::known::Known;
use super::output::Output;
use super::run::{self, Ran};
use super::unit::Unit;
use crate::compile::{BuildError, Cancel, Progress, diagnostic};
use crate::journal::event::{Diagnostic, DiagnosticLevel};
use std::num::NonZero;
use std::path::Path;
use std::thread;
use std::time::SystemTime;

/// Errors that say that libraries do not fit together, and nothing about the user's code.
const MISMATCHES: [&str; 7] = ["E0460", "E0461", "E0462", "E0463", "E0464", "E0514", "E0786"];

/// Progress, counted.
pub(super) struct Counted<'a> {
    done: u32,
    total: u32,
    tell: &'a mut dyn FnMut(Progress),
}

impl<'a> Counted<'a> {
    pub(super) fn new(total: usize, tell: &'a mut dyn FnMut(Progress)) -> Self {
        Self { done: 0, total: u32::try_from(total).unwrap_or(u32::MAX), tell }
    }

    pub(super) fn done(&mut self, unit: &Unit) {
        self.done += 1;
        let unit = unit.crate_name().to_owned();
        (self.tell)(Progress { done: self.done, total: self.total.max(self.done), unit });
    }
}

/// What came of one crate.
pub(super) struct Done {
    pub(super) index: Index,
    /// `None` when it has to be compiled again in any case.
    pub(super) known: Option<Known>,
    /// What the compiler said, when it refused.
    pub(super) failure: Option<Vec<Diagnostic>>,
    /// The compiler refused because of something that only cargo can fix.
    pub(super) is_outdated: bool,
}

/// Compiles all of them; `dir` is the replay's own directory. Blocks until the last compiler has ended.
///
/// # Errors
/// [`BuildError::Cancelled`], and when rustc cannot be run.
pub(super) fn run_all(
    units: &[(Index, &Unit)],
    dir: &Path,
    cancel: &Cancel,
    progress: &mut Counted<'_>,
) -> Result<Vec<Done>, BuildError> {
    if let [(index, unit)] = units {
        let done = compile(*index, unit, dir, cancel)?;
        progress.done(unit);
        return Ok(vec![done]);
    }
    let (give, jobs) = crossbeam_channel::unbounded();
    let (report, reports) = crossbeam_channel::unbounded();
    for unit in units {
        // The other end is held below.
        let _ = give.send(*unit); // receiver gone: nobody to tell
    }
    drop(give);
    let compilers = thread::available_parallelism().map_or(1, NonZero::get).min(units.len());
    thread::scope(|scope| {
        for _ in 0..compilers {
            let (jobs, report) = (jobs.clone(), report.clone());
            scope.spawn(move || {
                for (index, unit) in jobs {
                    let done = compile(index, unit, dir, cancel);
                    if report.send((unit, done)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(report);
        let mut all = Vec::new();
        for (unit, done) in reports {
            all.push(done?);
            progress.done(unit);
        }
        Ok(all)
    })
}

fn compile(index: Index, unit: &Unit, dir: &Path, cancel: &Cancel) -> Result<Done, BuildError> {
    let since = SystemTime::now();
    let output = Output::of(&unit.stem, dir);
    output.prepare().map_err(|source| BuildError::Cargo {
        program: unit.captured.program.clone().into(),
        dir: output.dir().to_owned(),
        source,
    })?;
    let ran = run::run(&output.call(unit), cancel);
    if !ran.as_ref().is_ok_and(|ran| ran.status.success()) {
        output.sweep();
    }
    let Ran { status, mut diagnostics, text } = ran?;
    if status.success() {
        output.publish(unit).map_err(|source| BuildError::Unreadable {
            package: unit.package().to_owned(),
            path: output.dir().to_owned(),
            source,
        })?;
        let known = Known::of(unit, since, &diagnostics);
        return Ok(Done { index, known, failure: None, is_outdated: false });
    }
    let told = diagnostics.iter().any(|said| said.level == DiagnosticLevel::Error);
    if !told || !text.is_empty() {
        let words = text.join("\n");
        let name = unit.crate_name();
        diagnostics.push(diagnostic::from_text(&format!(
            "rustc ended with {status} for `{name}`\n{words}"
        )));
    }
    let is_outdated = is_mismatch(&diagnostics) || unit.needs().any(|library| !library.is_file());
    Ok(Done { index, known: None, failure: Some(diagnostics), is_outdated })
}

fn is_mismatch(said: &[Diagnostic]) -> bool {
    let mut codes = said.iter().filter_map(|said| said.code.as_deref());
    codes.any(|code| MISMATCHES.contains(&code))
}
