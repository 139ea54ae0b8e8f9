//! Builds again whenever a file has changed.
//!
//! Owns: one thread that builds, and the watches. Consumes: changes of files. Produces: [`Order`]s for a
//! runner, and `build_*` events. Never: starts a program.
//!
//! A build that runs is not stopped by a further change: what it makes is started, and the next build follows.

use super::runner::Order;
use crate::compile::{BuildError, Cancel, ProgramTarget};
use crate::journal::event::{BuildWay, Diagnostic, DiagnosticLevel, Event};
use crate::journal::in_words;
use crate::os::lines::{self, Line, NoStatus};
use crate::sources::watch::{WatchConfig, WatchError, WatchEvent, Watcher, files_of};
use crate::sources::workspace::Inputs;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// Lines of a command's output that are kept for a summary of its failure.
const LINES_KEPT: usize = 200;

/// How the program is built.
#[derive(Clone, Debug)]
pub enum How {
    /// By cargo.
    Cargo(ProgramTarget),
    /// By a line for the shell.
    Line(String),
}

/// What is built, where, and when again.
#[derive(Clone, Debug)]
pub struct Watched {
    /// How.
    pub how: How,
    /// The directory in which that is run.
    pub dir: PathBuf,
    /// The files whose change asks for another build.
    pub inputs: Inputs,
    /// Look at the files this often instead of waiting for events.
    pub poll_interval: Option<Duration>,
    /// The programs that it builds, for the journal.
    pub targets: Vec<String>,
}

/// Who hears of builds; called on the thread that builds.
pub type OnEvent = Arc<dyn Fn(Event) + Send + Sync>;

/// Builds until it is dropped, which stops a build that runs.
#[derive(Debug)]
pub struct Builds {
    cancel: Cancel,
    /// `None` when it has ended.
    wake: Option<Sender<Wake>>,
    thread: Option<JoinHandle<()>>,
}

/// A file that changes so soon after a build, again and again, is written by the program or the build.
const SOON: Duration = Duration::from_millis(1_500);
/// How many times in a row before the user is told.
const IN_A_ROW: u32 = 5;

/// Why the thread wakes up.
#[derive(Debug)]
enum Wake {
    /// One of the files that have changed.
    Changed(PathBuf),
    Notice(String),
}

/// Changes that may wait; any number of them is one more build.
const WAKES: usize = 16;

impl How {
    /// What a user would type to see all of it.
    #[must_use]
    pub fn shown(&self, dir: &Path) -> String {
        match self {
            Self::Cargo(target) => {
                let command = target.command(dir);
                let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
                std::iter::once("cargo".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
            }
            Self::Line(line) => line.lines().map(str::trim).collect::<Vec<_>>().join("; "),
        }
    }
}

impl Builds {
    /// Watches, builds at once, and builds again after each change. Orders go to `orders`.
    ///
    /// # Errors
    /// When files cannot be watched.
    pub fn start(
        watched: Watched,
        orders: Sender<Order>,
        on_event: OnEvent,
    ) -> Result<Self, WatchError> {
        let (wake, wakes) = bounded(WAKES);
        let forward = wake.clone();
        let poll_interval = watched.poll_interval;
        let config = WatchConfig { inputs: watched.inputs.clone(), poll_interval };
        let watcher = Watcher::start(
            config,
            Box::new(move |event| {
                let _ = forward.try_send(match event {
                    WatchEvent::Change(set) => {
                        Wake::Changed(set.files.into_iter().next().unwrap_or_default())
                    }
                    WatchEvent::Notice(message) => Wake::Notice(message),
                }); // a full queue holds a change already
            }),
        )?;
        let cancel = Cancel::new();
        let building = Building { watched, watcher, cancel: cancel.clone(), orders, on_event };
        let thread = std::thread::Builder::new()
            .name("pitstop-builds".to_owned())
            .spawn(move || building.run(&wakes))
            .map_err(WatchError::Thread)?;
        Ok(Self { cancel, wake: Some(wake), thread: Some(thread) })
    }
}

impl Drop for Builds {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // its panic has been printed
        }
    }
}

/// On the thread.
struct Building {
    watched: Watched,
    watcher: Watcher,
    cancel: Cancel,
    orders: Sender<Order>,
    on_event: OnEvent,
}

impl Building {
    fn run(self, wakes: &Receiver<Wake>) {
        let (mut number, mut endless) = (0_u64, Endless::default());
        loop {
            number += 1;
            if !self.build(number) {
                return;
            }
            let built = Instant::now();
            let notice = |message| (self.on_event)(Event::Notice { message });
            let Some(file) = next_change(&self.cancel, wakes, notice) else { return };
            if let Some(message) = endless.take(file, built.elapsed()) {
                notice(message);
            }
        }
    }

    /// Builds once; `false` when it was stopped, or nobody listens.
    fn build(&self, number: u64) -> bool {
        let Watched { how, dir, targets, .. } = &self.watched;
        let (way, targets) = match how {
            How::Cargo(_) => (Some(BuildWay::Cargo), targets.clone()),
            How::Line(_) => (None, targets.clone()),
        };
        (self.on_event)(Event::BuildStarted { way, targets });
        let _guard = self.watcher.build_guard();
        let began = Instant::now();
        let outcome = match how {
            How::Cargo(target) => self.by_cargo(target, dir),
            How::Line(line) => self.by_line(line, dir, number),
        };
        let ms = began.elapsed().as_millis() as u64;
        let (event, order) = match outcome {
            Outcome::Stopped => return false,
            Outcome::Built { result, path } => {
                let size = path.as_ref().and_then(|path| path.metadata().ok());
                let bytes = size.map_or(0, |size| size.len());
                let event = Event::BuildFinished { ms, artifact: result.clone(), bytes };
                (event, Order::Built { result, path })
            }
            Outcome::Failed(mut diagnostics) => {
                diagnostics.sort_by_key(|it| it.level != DiagnosticLevel::Error);
                let event = Event::BuildFailed { ms, diagnostics };
                let (summary, build) = (in_words(&event), how.shown(dir));
                let words =
                    summary.split_once(": ").map_or(summary.clone(), |(_, it)| it.to_owned());
                (event, Order::BuildFailed { summary: words, build })
            }
        };
        (self.on_event)(event);
        self.orders.send(order).is_ok()
    }

    fn by_cargo(&self, target: &ProgramTarget, dir: &Path) -> Outcome {
        match target.build(dir, &self.cancel) {
            Ok(built) => {
                let inputs = self.watched.inputs.clone().with_files(built.inputs);
                self.watcher.set_inputs(inputs, built.since);
                match std::fs::read(&built.path) {
                    Ok(bytes) => {
                        let result = blake3::hash(&bytes).to_string();
                        Outcome::Built { result, path: Some(built.path) }
                    }
                    // Whoever starts it says that it is not there.
                    Err(_) => {
                        let result = format!("{:?}", SystemTime::now());
                        Outcome::Built { result, path: Some(built.path) }
                    }
                }
            }
            Err(BuildError::Cancelled) => Outcome::Stopped,
            Err(error) => Outcome::Failed(error.diagnostics()),
        }
    }

    fn by_line(&self, line: &str, dir: &Path, number: u64) -> Outcome {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(line);
        crate::os::child_env::without_internal(&mut shell);
        let mut last = Vec::new();
        let status = lines::run(shell, dir, &self.cancel, &mut |line| {
            let (Line::Out(line) | Line::Err(line)) = line;
            if last.len() == LINES_KEPT {
                last.remove(0);
            }
            last.push(line);
        });
        match status {
            Ok(status) if status.success() => {
                Outcome::Built { result: number.to_string(), path: None }
            }
            Ok(status) => Outcome::Failed(vec![said_by_command(&status.to_string(), &last)]),
            Err(NoStatus::Cancelled) => Outcome::Stopped,
            Err(NoStatus::Failed(error)) => {
                Outcome::Failed(vec![said_by_command(&error.to_string(), &last)])
            }
        }
    }
}

/// Waits for a change, and takes all that wait by then: they are one more build, however many. `None` when
/// there is to be no further build.
fn next_change(
    cancel: &Cancel,
    wakes: &Receiver<Wake>,
    notice: impl Fn(String),
) -> Option<PathBuf> {
    let mut first = None;
    while first.is_none() {
        let wake = crossbeam_channel::select_biased! {
            recv(cancel.signal()) -> _ => return None,
            recv(wakes) -> wake => wake.ok()?,
        };
        for wake in iter::once(wake).chain(wakes.try_iter()) {
            match wake {
                Wake::Changed(file) => first = first.or(Some(file)),
                Wake::Notice(message) => notice(message),
            }
        }
    }
    first
}

/// Sees that each build leads to the next one.
#[derive(Debug, Default)]
struct Endless {
    file: PathBuf,
    times: u32,
}

impl Endless {
    /// A file has changed so long after the last build; what there is to say of that, once in a row.
    fn take(&mut self, file: PathBuf, after: Duration) -> Option<String> {
        let is_again = file == self.file && after < SOON;
        self.times = if is_again { self.times + 1 } else { 0 };
        self.file = file;
        (self.times == IN_A_ROW).then(|| {
            format!(
                "{} changes with each build or start of the program, which leads to the next build: let it \
                 be written elsewhere, or name it in .gitignore",
                self.file.display()
            )
        })
    }
}

/// How a build has ended.
enum Outcome {
    Built { result: String, path: Option<PathBuf> },
    Failed(Vec<Diagnostic>),
    Stopped,
}

/// The first line that speaks of an error, else the last one that says anything.
fn said_by_command(status: &str, output: &[String]) -> Diagnostic {
    let plain: Vec<String> = output.iter().map(strip_ansi_escapes::strip_str).collect();
    let is_error = |line: &&String| line.to_ascii_lowercase().contains("error");
    let says = plain.iter().find(is_error);
    let says = says.or_else(|| plain.iter().rev().find(|line| !line.trim().is_empty()));
    let message = match says {
        Some(line) => format!("{} ({status})", line.trim()),
        None => status.to_owned(),
    };
    Diagnostic {
        level: DiagnosticLevel::Error,
        code: None,
        message,
        file: None,
        line: None,
        column: None,
        rendered: output.iter().map(|line| format!("{line}\n")).collect(),
    }
}

/// Whether a file that a program is made of is younger than the program.
#[must_use]
pub fn is_stale(program: &Path, inputs: Inputs) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|metadata| metadata.modified());
    let Ok(built) = changed(program) else { return false };
    files_of(inputs).iter().any(|file| changed(file).is_ok_and(|changed| changed > built))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_that_wait_are_one_and_no_notice_is_lost() {
        let (tell, wakes) = bounded(WAKES);
        let cancel = Cancel::new();
        let told = std::cell::RefCell::new(Vec::new());
        let mut next = || next_change(&cancel, &wakes, |notice| told.borrow_mut().push(notice));
        for wake in [
            Wake::Notice("polling".to_owned()),
            Wake::Changed("a".into()),
            Wake::Notice("events".to_owned()),
            Wake::Changed("b".into()),
        ] {
            tell.send(wake).expect("there is room");
        }
        assert_eq!(next(), Some("a".into()));
        assert_eq!(*told.borrow(), ["polling", "events"]);
        tell.send(Wake::Changed("c".into())).expect("there is room");
        assert_eq!(next(), Some("c".into()), "b was part of the build for a");
        cancel.cancel();
        assert_eq!(next(), None);
    }

    #[test]
    fn a_file_that_every_build_changes_is_named_once() {
        let mut endless = Endless::default();
        let mut told = |file: &str, ms: u64| endless.take(file.into(), Duration::from_millis(ms));
        let several: Vec<bool> = (0..12).map(|_| told("log", 200).is_some()).collect();
        assert_eq!(several.iter().filter(|told| **told).count(), 1, "{several:?}");
        // A person who saves takes their time, and other files are other causes.
        assert!((0..12).all(|_| told("lib.rs", 5_000).is_none()));
        assert!((0..12).all(|n| told(&n.to_string(), 10).is_none()));
    }

    #[test]
    fn p44_the_summary_of_a_command_is_its_error() {
        let output =
            |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        for (lines, message) in [
            (
                &["cc x", "\u{1b}[31mx.c:3: error: no y\u{1b}[0m", "2 errors"][..],
                "x.c:3: error: no y (exit 2)",
            ),
            (&["tsc", "it is no good", ""], "it is no good (exit 2)"),
            (&[], "exit 2"),
        ] {
            let said = said_by_command("exit 2", &output(lines));
            assert_eq!(said.message, message);
        }
    }
}
