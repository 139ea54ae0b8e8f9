//! A peer at work: its watcher, its program, and what that program shows.
//!
//! Owns: both processes; they end with this value, and with the process that it lives in, however
//! that ends.

use super::Settings;
use super::workspace::{Workspace, cargo_watch};
use crate::edits::{LITERAL, revision};
use crate::sources::Sources;
use anyhow::Context as _;
use crossbeam_channel::{Receiver, bounded};
use pitstop_tests::DEADLINE;
use pitstop_tests::shell_env::without_our_cargo;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The first argument of a process that becomes another one, which ends with its parent.
pub const AS_CHILD: &str = "--as-child";

/// How long a process may take to end when it is asked to.
const END_LIMIT: Duration = Duration::from_secs(5);

/// Lines that may wait.
const LINES_AHEAD: usize = 1024;

/// hot-lib-reloader and cargo-watch with some settings.
#[derive(Debug)]
pub struct Peer {
    settings: Settings,
    shown: Receiver<String>,
    app: Process,
    _watch: Process,
    reader: Option<JoinHandle<()>>,
}

impl Peer {
    /// Starts both, and waits until the program draws.
    ///
    /// # Errors
    /// When one of them does not start, or nothing is drawn.
    pub fn start(workspace: &Workspace, settings: Settings) -> anyhow::Result<Self> {
        let library = settings.library;
        let build = format!("build -p {library}");
        // Without `--ignore-nothing` it sees nothing of a workspace that lies below `target`.
        let watch =
            ["watch", "--ignore-nothing", "--delay", settings.delay, "-w", library, "-x", &build];
        let watch = Process::spawn(&cargo_watch(), &watch, workspace.root(), Stdio::null())?;
        let program = workspace.program(settings);
        let mut app = Process::spawn(&program, &[], workspace.root(), Stdio::piped())?;
        let (sender, shown) = bounded(LINES_AHEAD);
        let lines = BufReader::new(app.child.stdout.take().context("it was piped")?);
        let reader = std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut this = Self { settings, shown, app, _watch: watch, reader: Some(reader) };
        this.wait_for(&revision(0))?;
        Ok(this)
    }

    /// For the report.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.settings.name
    }

    /// Makes edit `n` of [`LITERAL`]. Returns the time from saving to the first frame that shows it.
    ///
    /// # Errors
    /// When it is not shown.
    pub fn edit(
        &mut self,
        workspace: &Workspace,
        sources: &Sources,
        n: u32,
    ) -> anyhow::Result<Duration> {
        let (path, text) = LITERAL.apply(sources, self.settings.library, n);
        let saved = SystemTime::now().duration_since(UNIX_EPOCH)?;
        workspace.save(&path, &text)?;
        Ok(self.wait_for(&revision(n))?.saturating_sub(saved))
    }

    /// Returns when this was on screen, since 1970-01-01 UTC.
    fn wait_for(&mut self, wanted: &str) -> anyhow::Result<Duration> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let line = self
                .shown
                .recv_deadline(deadline)
                .with_context(|| format!("{} does not show {wanted:?}", self.settings.name))?;
            if let Some((micros, text)) = line.split_once(' ')
                && text == wanted
            {
                return Ok(Duration::from_micros(micros.parse()?));
            }
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.app.end();
        if let Some(reader) = self.reader.take() {
            // It had nothing to lose.
            let _panicked = reader.join();
        }
    }
}

/// A process in a group of its own.
#[derive(Debug)]
struct Process {
    child: Child,
}

impl Process {
    fn spawn(program: &Path, args: &[&str], dir: &Path, stdout: Stdio) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(AS_CHILD).arg(program).args(args).current_dir(dir).process_group(0);
        without_our_cargo(&mut command);
        // The other end of its input is closed when we end, which is a sign as well.
        command.stdin(Stdio::piped()).stdout(stdout).stderr(Stdio::null());
        let child = command.spawn().with_context(|| program.display().to_string())?;
        Ok(Self { child })
    }

    /// Asks, waits, and kills what is left.
    fn end(&mut self) {
        let pid = Pid::from_child(&self.child);
        if self.child.try_wait().is_ok_and(|status| status.is_some()) {
            return;
        }
        let _gone = kill_process(pid, Signal::TERM);
        let deadline = Instant::now() + END_LIMIT;
        let ticks = crossbeam_channel::tick(Duration::from_millis(20));
        while Instant::now() < deadline
            && self.child.try_wait().is_ok_and(|status| status.is_none())
        {
            let _tick = ticks.recv();
        }
        let _gone = kill_process_group(pid, Signal::KILL);
        let _status = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Becomes the program in `arguments`, those behind [`AS_CHILD`], which gets a signal when its
/// parent ends. Returns only when that is not possible.
#[must_use]
pub fn as_child(arguments: &[String]) -> anyhow::Error {
    let Some((program, arguments)) = arguments.split_first() else {
        return anyhow::anyhow!("which program?");
    };
    let signal = Some(Signal::TERM);
    if let Err(error) = rustix::process::set_parent_process_death_signal(signal) {
        return error.into();
    }
    anyhow::Error::new(Command::new(program).args(arguments).exec()).context(program.clone())
}
