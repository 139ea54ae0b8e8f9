//! The trial of a new host: a process of its own that does what the host will do first, without a window.
//!
//! Owns: what the two processes tell each other: a file with the modules there, an exit code and a line back. Never:
//! touches what the running host has; checkpoints are read alone.

use crate::engine::{TrialFailure, TrialInput, TrialModule};
use crate::module::AppArgs;
use crate::os::cancel::Cancel;
use crate::os::child_env::{self, TRIAL};
use crate::os::group::signal_of;
use crate::os::lines::{self, NoStatus};
use crate::os::whole_file;
use crate::persist::checkpoint::Store;
use crate::trial::{Broken, ModuleRun, Step};
use crossbeam_channel::bounded;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::thread;
use std::time::Duration;

/// How long all of it may take: each step of a module has [`STEP_LIMIT`].
const LIMIT: Duration = Duration::from_secs(30);
/// How long one step of a module may take.
const STEP_LIMIT: Duration = Duration::from_secs(10);
/// Lines of the new host's errors that are kept.
const LINES_KEPT: usize = 20;
/// A larger file was not written here.
const BYTES_MAX: u64 = 1 << 20;
/// What std writes of a panic, before its place.
const PANICKED: &str = " panicked at ";
/// Begins the line by which a new host says why it has failed.
const FAILED: &str = "pitstop trial failed at ";

/// What is tried.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Trial {
    modules: Vec<Module>,
    checkpoints: OsString,
    args: Vec<OsString>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Module {
    name: String,
    library: OsString,
    artifact: String,
    is_faulted: bool,
}

impl Trial {
    pub(super) fn of(modules: Vec<TrialModule>, dir: &Path, args: &[OsString]) -> Self {
        let module = |TrialModule { name, library, artifact, is_faulted }| Module {
            name,
            library: library.into_os_string(),
            artifact,
            is_faulted,
        };
        Self {
            modules: modules.into_iter().map(module).collect(),
            checkpoints: dir.join("checkpoint").into_os_string(),
            args: args.to_vec(),
        }
    }
}

/// Tries `program`. Blocks until it has ended, at most [`LIMIT`].
///
/// # Errors
/// Why it cannot take over.
pub(super) fn run(
    program: &Path,
    trial: &Trial,
    dir: &Path,
    cancel: &Cancel,
) -> Result<(), TrialFailure> {
    let file = dir.join("trial.json");
    let text = serde_json::to_vec(trial).map_err(std::io::Error::from);
    text.and_then(|text| whole_file::write(&file, &text)).map_err(|error| not_started(&error))?;
    let mut command = Command::new(program);
    child_env::without_internal(&mut command);
    command.args(std::env::args_os().skip(1));
    command.env(TRIAL, &file).env(child_env::DIE_WITH_PARENT, "1");
    let here = std::env::current_dir().unwrap_or_else(|_| dir.to_owned());
    let (status, last) =
        within(LIMIT, cancel, |cancel| lines::run_and_keep(command, &here, cancel, LINES_KEPT));
    let _ = std::fs::remove_file(&file); // the next trial replaces it
    let failure = match status {
        Ok(status) if status.success() => return Ok(()),
        Ok(status) => failure_of(status, &last),
        Err(NoStatus::Failed(error)) => not_started(&error),
        Err(NoStatus::Cancelled) => TrialFailure {
            stage: "trial".to_owned(),
            reason: format!("it has not drawn a frame within {} s", LIMIT.as_secs()),
            ..TrialFailure::default()
        },
    };
    Err(TrialFailure { stderr: last.join("\n"), ..failure })
}

fn not_started(error: &std::io::Error) -> TrialFailure {
    let (stage, reason) = ("start".to_owned(), error.to_string());
    TrialFailure { stage, reason, ..TrialFailure::default() }
}

/// Its own word for it, or else how it has ended.
fn failure_of(status: ExitStatus, last: &[String]) -> TrialFailure {
    let said = last.iter().rev().find_map(|line| line.strip_prefix(FAILED)?.split_once(": "));
    let (stage, reason) = match said {
        Some((stage, reason)) => (stage.to_owned(), reason.to_owned()),
        None => {
            let reason = panic_in(last).unwrap_or_else(|| format!("it ended with {status}"));
            ("trial".to_owned(), reason)
        }
    };
    let signal = signal_of(status);
    TrialFailure { stage, reason, signal, stderr: String::new() }
}

/// The panic that it has written of, without what differs from one process to the next.
fn panic_in(lines: &[String]) -> Option<String> {
    let plain: Vec<String> = lines.iter().map(strip_ansi_escapes::strip_str).collect();
    let at = plain.iter().position(|line| line.contains(PANICKED))?;
    let (_, place) = plain[at].split_once(PANICKED)?;
    let message = plain.get(at + 1).map_or("", |line| line.trim());
    Some(format!("it panicked at {place} {message}").trim_end().to_owned())
}

/// Calls `work` with a [`Cancel`] that comes after `limit` as well.
fn within<T>(limit: Duration, cancel: &Cancel, work: impl FnOnce(&Cancel) -> T) -> T {
    let late = Cancel::new();
    let (done, is_done) = bounded::<()>(0);
    thread::scope(|scope| {
        let (outer, inner) = (cancel.clone(), late.clone());
        scope.spawn(move || {
            crossbeam_channel::select! {
                recv(outer.signal()) -> _ => inner.cancel(),
                recv(is_done) -> _ => {}
                default(limit) => inner.cancel(),
            }
        });
        let result = work(&late);
        drop(done);
        result
    })
}

/// What a host does that was started for a trial; `None` when this one was not. `check` says whether it would find what
/// it needs for its start. Call it early in `main`.
#[must_use]
#[expect(clippy::print_stderr, reason = "whoever tries this host reads it")]
pub fn intercept(check: impl FnOnce() -> Result<(), String>) -> Option<ExitCode> {
    let file = std::env::var_os(TRIAL)?;
    child_env::die_with_parent();
    let attempt = thread::Builder::new().name("pitstop-trial".to_owned()).spawn(move || {
        let trial = whole_file::read(&PathBuf::from(file), BYTES_MAX)
            .and_then(|text| Ok(serde_json::from_slice::<Trial>(&text)?))
            .map_err(|error| format!("start: {error}"))?;
        let args = AppArgs::new(&trial.args);
        let store = Store::new(trial.checkpoints.clone().into());
        trial.modules.iter().try_for_each(|module| draw(module, &store, args))
    });
    let drawn = attempt.map_err(|error| format!("start: {error}")).and_then(|attempt| {
        attempt.join().unwrap_or_else(|_| Err("trial: it panicked".to_owned()))
    });
    let result = drawn.and_then(|()| check().map_err(|error| format!("start: {error}")));
    Some(match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{FAILED}{why}");
            ExitCode::FAILURE
        }
    })
}

/// One module from its library to a frame and to its end, as in the life of a host.
fn draw(module: &Module, store: &Store, args: AppArgs) -> Result<(), String> {
    let Module { name, library, artifact, is_faulted } = module;
    let run = ModuleRun {
        module: name,
        library: Path::new(library),
        artifact,
        views: &[],
        args,
        // It panics in the running host as well.
        draws: !is_faulted,
        limit: STEP_LIMIT,
    };
    let state = store.newest(name).map(|checkpoint| checkpoint.bytes).unwrap_or_default();
    let input = TrialInput { state, ..TrialInput::default() };
    match run.run(|| Ok(input), &mut |_| {}) {
        // It has drawn; how the module ends is the same in any host.
        Ok(()) | Err(Broken { step: Step::Capture | Step::Drop, .. }) => Ok(()),
        Err(Broken { step, reason, .. }) => Err(format!("{}: {name}: {reason}", step.stage())),
    }
}
