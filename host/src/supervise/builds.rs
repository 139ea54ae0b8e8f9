//! Builds programs again whenever a file has changed.
//!
//! Owns: one thread that builds, and the watches. Consumes: changes of files. Produces: [`Order`]s for
//! runners, and `build_*` events. Never: starts a program.
//!
//! A build that runs is not stopped by a further change: what it makes is started, and the next build follows.

use super::guard::Guard;
use super::runner::{OnEvent, Order};
use crate::compile::{BuildError, Cancel, build_programs, programs_command};
use crate::journal::event::{BuildWay, Diagnostic, DiagnosticLevel, Event};
use crate::os::command_line::shown;
use crate::os::lines::{self, NoStatus};
use crate::sources::watch::{WatchConfig, WatchError, WatchEvent, Watcher, files_of, hash_of};
use crate::sources::workspace::{Bin, Inputs};
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::collections::BTreeSet;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Lines of a command's output that are kept for a summary of its failure.
const LINES_KEPT: usize = 200;

/// How programs are built.
#[derive(Clone, Debug)]
pub enum How {
    /// By cargo, all in one run.
    Cargo(Vec<Bin>),
    /// One of them, by a line for the shell.
    Line {
        /// The line.
        line: String,
        /// What the journal calls the program.
        target: String,
    },
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
}

/// A runner, and the builds that it waits for.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The program that is built, as events name it; `None` for the builds of modules.
    pub target: Option<String>,
    /// To the runner.
    pub orders: Sender<Order>,
}

/// Whether a change is a reason to build; otherwise it waits for [`BuildOrders::build_changes`].
pub type IsOn = Box<dyn Fn() -> bool + Send>;

/// Builds until it is dropped, which stops a build that runs.
#[derive(Debug)]
pub struct Builds {
    cancel: Cancel,
    orders: BuildOrders,
    thread: Option<JoinHandle<()>>,
}

/// What the user asks of builds. Any thread; every method returns at once.
#[derive(Clone, Debug)]
pub struct BuildOrders(Sender<Wake>);

/// A file that changes so soon after a build, again and again, is written by the program or the build.
const SOON: Duration = Duration::from_millis(1_500);
/// How many times in a row before the user is told.
const IN_A_ROW: u32 = 5;

/// Why the thread wakes up.
#[derive(Debug)]
enum Wake {
    /// One of the files that have changed.
    Changed(PathBuf),
    /// The user wants a build.
    Asked,
    /// This program is to be built from now on.
    Include(String),
    Notice(String),
}

impl How {
    /// What a user would type to see all of it.
    #[must_use]
    pub fn shown(&self, dir: &Path) -> String {
        match self {
            Self::Cargo(bins) => shown(&programs_command(bins, dir)),
            Self::Line { line, .. } => line.lines().map(str::trim).collect::<Vec<_>>().join("; "),
        }
    }

    /// The programs, as events name them.
    fn targets(&self) -> Vec<String> {
        match self {
            Self::Cargo(bins) => bins.iter().map(|bin| bin.name.clone()).collect(),
            Self::Line { target, .. } => vec![target.clone()],
        }
    }

    /// The same for some of the programs; `None` when none is left.
    fn of(&self, included: &BTreeSet<String>) -> Option<Self> {
        let how = match self {
            Self::Cargo(bins) => {
                let bins = bins.iter().filter(|bin| included.contains(&bin.name));
                Self::Cargo(bins.cloned().collect())
            }
            Self::Line { .. } => self.clone(),
        };
        how.targets().iter().any(|target| included.contains(target)).then_some(how)
    }
}

impl Builds {
    /// Watches, builds what is `included` at once, and builds it again after each change while `is_on`.
    ///
    /// # Errors
    /// When files cannot be watched.
    pub fn start(
        watched: Watched,
        included: BTreeSet<String>,
        listeners: Vec<Listener>,
        is_on: IsOn,
        on_event: OnEvent,
    ) -> Result<Self, WatchError> {
        let (wake, wakes) = unbounded();
        let forward = wake.clone();
        let poll_interval = watched.poll_interval;
        let config = WatchConfig { inputs: watched.inputs.clone(), poll_interval };
        let watcher = Watcher::start(
            config,
            Box::new(move |event| {
                let _ = forward.send(match event {
                    WatchEvent::Change(set) => {
                        Wake::Changed(set.files.into_iter().next().unwrap_or_default())
                    }
                    WatchEvent::Notice(message) => Wake::Notice(message),
                }); // it has ended
            }),
        )?;
        let cancel = Cancel::new();
        let reasons = Reasons { included, is_on };
        let building =
            Building { watched, watcher, cancel: cancel.clone(), listeners, reasons, on_event };
        let thread = std::thread::Builder::new()
            .name("pitstop-builds".to_owned())
            .spawn(move || building.run(&wakes))
            .map_err(WatchError::Thread)?;
        Ok(Self { cancel, orders: BuildOrders(wake), thread: Some(thread) })
    }

    /// For the user's orders.
    #[must_use]
    pub fn orders(&self) -> BuildOrders {
        self.orders.clone()
    }
}

impl BuildOrders {
    /// Builds what has changed, also changes that waited.
    pub fn build_changes(&self) {
        let _ = self.0.send(Wake::Asked); // the builds have ended
    }

    /// Builds this program as well, from now on.
    pub fn include(&self, target: &str) {
        let _ = self.0.send(Wake::Include(target.to_owned())); // as above
    }
}

impl Drop for Builds {
    fn drop(&mut self) {
        self.cancel.cancel();
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
    listeners: Vec<Listener>,
    reasons: Reasons,
    on_event: OnEvent,
}

impl Building {
    fn run(mut self, wakes: &Receiver<Wake>) {
        let (mut number, mut endless) = (0_u64, Endless::default());
        loop {
            if let Some(how) = self.watched.how.of(&self.reasons.included) {
                number += 1;
                if !self.build(&how, number) {
                    return;
                }
            }
            let built = Instant::now();
            let on_event = &self.on_event;
            let notice = |message| on_event(Event::Notice { message });
            let Some(file) = self.reasons.next(&self.cancel, wakes, notice) else { return };
            if let Some(message) = file.and_then(|file| endless.take(file, built.elapsed())) {
                notice(message);
            }
        }
    }

    /// Builds once; `false` when it was stopped.
    fn build(&self, how: &How, number: u64) -> bool {
        let (dir, targets) = (&self.watched.dir, how.targets());
        let way = matches!(how, How::Cargo(_)).then_some(BuildWay::Cargo);
        (self.on_event)(Event::BuildStarted { way, targets: targets.clone() });
        let _guard = self.watcher.build_guard();
        let began = Instant::now();
        let outcome = match how {
            How::Cargo(bins) => self.by_cargo(bins, dir, number),
            How::Line { line, target } => self.by_line(line, target, dir, number),
        };
        let ms = began.elapsed().as_millis() as u64;
        match outcome {
            Outcome::Stopped => return false,
            Outcome::Built(made) => made.into_iter().for_each(|made| self.tell(made, ms)),
            Outcome::Failed(diagnostics) => {
                let command = how.shown(dir);
                (self.on_event)(Event::BuildFailed { ms, diagnostics, targets, command });
            }
        }
        true
    }

    fn tell(&self, made: Made, ms: u64) {
        let Made { target, result, path } = made;
        let size = path.as_ref().and_then(|path| path.metadata().ok());
        (self.on_event)(Event::BuildFinished {
            ms,
            artifact: result.clone(),
            bytes: size.map_or(0, |size| size.len()),
            targets: vec![target.clone()],
        });
        for listener in self.listeners.iter().filter(|it| it.target.as_ref() == Some(&target)) {
            let order = Order::Built { result: result.clone(), path: path.clone() };
            let _ = listener.orders.send(order); // it has ended
        }
    }

    fn by_cargo(&self, bins: &[Bin], dir: &Path, number: u64) -> Outcome {
        match build_programs(bins, dir, &self.cancel) {
            Ok(built) => {
                let inputs = self.watched.inputs.clone().with_files(built.inputs);
                self.watcher.set_inputs(inputs, built.since);
                let made = built.paths.into_iter().map(|(target, path)| Made {
                    target,
                    // Whoever starts a file that cannot be read says so.
                    result: hash_of(&path).map_or_else(|| number.to_string(), |it| it.to_string()),
                    path: Some(path),
                });
                Outcome::Built(made.collect())
            }
            Err(BuildError::Cancelled) => Outcome::Stopped,
            Err(error) => Outcome::Failed(error.diagnostics()),
        }
    }

    fn by_line(&self, line: &str, target: &str, dir: &Path, number: u64) -> Outcome {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(line);
        crate::os::child_env::without_internal(&mut shell);
        // A command that never ends ends with this process, however that ends.
        let _guard = Guard::over(&mut shell, None).ok();
        let (status, last) = lines::run_and_keep(shell, dir, &self.cancel, LINES_KEPT);
        match status {
            Ok(status) if status.success() => {
                let (target, result) = (target.to_owned(), number.to_string());
                Outcome::Built(vec![Made { target, result, path: None }])
            }
            Ok(status) => Outcome::Failed(vec![said_by_command(&status.to_string(), &last)]),
            Err(NoStatus::Cancelled) => Outcome::Stopped,
            Err(NoStatus::Failed(error)) => {
                let said = format!("cannot be run in {}: {error}", dir.display());
                Outcome::Failed(vec![said_by_command(&said, &last)])
            }
        }
    }
}

/// What is built, and whether a change is a reason to build it.
struct Reasons {
    included: BTreeSet<String>,
    is_on: IsOn,
}

impl Reasons {
    /// Waits for a reason to build: a change, while that is one, or a further program. All that wait by then
    /// are one more build. `None` when there is to be no further build; else one of the changed files.
    fn next(
        &mut self,
        cancel: &Cancel,
        wakes: &Receiver<Wake>,
        notice: impl Fn(String),
    ) -> Option<Option<PathBuf>> {
        let mut changed = None;
        loop {
            let wake = crossbeam_channel::select_biased! {
                recv(cancel.signal()) -> _ => return None,
                recv(wakes) -> wake => wake.ok()?,
            };
            let (mut is_asked, mut is_more) = (false, false);
            for wake in iter::once(wake).chain(wakes.try_iter()) {
                match wake {
                    Wake::Changed(file) => changed = changed.or(Some(file)),
                    Wake::Asked => is_asked = true,
                    Wake::Include(target) => is_more |= self.included.insert(target),
                    Wake::Notice(message) => notice(message),
                }
            }
            // Who asks may be quicker than the news of what was saved.
            if is_more || is_asked || changed.is_some() && (self.is_on)() {
                return Some(changed);
            }
        }
    }
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
    Built(Vec<Made>),
    Failed(Vec<Diagnostic>),
    Stopped,
}

/// A program that was built.
struct Made {
    target: String,
    /// The same text stands for the same program.
    result: String,
    /// Where it is, when the build says so.
    path: Option<PathBuf>,
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
    use std::cell::RefCell;

    #[test]
    fn changes_that_wait_are_one_and_no_notice_is_lost() {
        let (tell, wakes) = unbounded();
        let cancel = Cancel::new();
        let told = RefCell::new(Vec::new());
        let mut reasons = Reasons { included: BTreeSet::new(), is_on: Box::new(|| true) };
        let mut next = || reasons.next(&cancel, &wakes, |notice| told.borrow_mut().push(notice));
        for wake in [
            Wake::Notice("polling".to_owned()),
            Wake::Changed("a".into()),
            Wake::Notice("events".to_owned()),
            Wake::Changed("b".into()),
        ] {
            tell.send(wake).expect("somebody listens");
        }
        assert_eq!(next(), Some(Some("a".into())));
        assert_eq!(*told.borrow(), ["polling", "events"]);
        tell.send(Wake::Changed("c".into())).expect("somebody listens");
        assert_eq!(next(), Some(Some("c".into())), "b was part of the build for a");
        cancel.cancel();
        assert_eq!(next(), None);
    }

    #[test]
    fn while_it_is_off_changes_wait_for_an_order_or_a_further_program() {
        let (changed, include) =
            (|| Wake::Changed("x".into()), |name: &str| Wake::Include(name.to_owned()));
        let x = || Some(Some(PathBuf::from("x")));
        for (is_on, wakes, expected) in [
            (true, vec![changed()], x()),
            (false, vec![changed()], None),
            (false, vec![Wake::Asked], Some(None)),
            (false, vec![changed(), Wake::Asked], x()),
            (false, vec![include("a")], None),
            (false, vec![include("b")], Some(None)),
            (false, vec![changed(), include("b")], x()),
        ] {
            let (tell, waiting) = unbounded();
            let shown = format!("{is_on} {wakes:?}");
            wakes.into_iter().for_each(|wake| tell.send(wake).expect("somebody listens"));
            // What is not built now is not built: nobody can send any more.
            drop(tell);
            let mut reasons =
                Reasons { included: ["a".to_owned()].into(), is_on: Box::new(move || is_on) };
            assert_eq!(reasons.next(&Cancel::new(), &waiting, drop), expected, "{shown}");
        }
        // A change is kept until somebody asks for it.
        let (tell, waiting) = unbounded();
        tell.send(changed()).expect("somebody listens");
        let is_on = Box::new(move || {
            tell.send(Wake::Asked).expect("somebody listens");
            false
        });
        let mut reasons = Reasons { included: BTreeSet::new(), is_on };
        assert_eq!(reasons.next(&Cancel::new(), &waiting, drop), x());
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
