//! A real host at work on a [`Project`].
//!
//! Owns: the process and its journal as far as it has been read. Consumes: its standard output,
//! where `--events -` puts the journal. Produces: entries, replies, the state as JSON. Never:
//! outlives the test: dropping it ends the host, if need be by force.

use crate::host_binary::{host_binary, tool_binary, xtask_binary};
use crate::shell_env::as_from_a_shell;
use crate::{DEADLINE, Project, wait_until};
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use host::control::{Client, Reply, Request};
use host::engine::{ModuleOutcome, ModuleResult};
use host::journal::event::{Entry, Event, Generation, Trigger};
use host::journal::status::Status;
use host::journal::{Colour, EventLine};
use hot_api::state::{STATE_SECTION, Snapshot, Tree};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a host says about a save that leads to new code.
pub const RELOADED: [&str; 4] = ["change", "build_started", "build_finished", "committed"];

/// Entries that may wait until the test looks at them.
const JOURNAL_AHEAD: usize = 65_536;

/// How long a host that was asked to end may take before it is killed.
const END_LIMIT: Duration = Duration::from_secs(30);

/// How to start a host; the default is headless, in the project's directory.
#[derive(Clone, Debug, Default)]
pub struct HostOptions {
    /// With a window: the caller provides a display in `env`.
    pub window: bool,
    /// Started, and after a crash started again, by `cargo xtask dev`.
    pub supervised: bool,
    /// Started by the tool that users install, `cargo pitstop dev`, which is the host as well.
    pub tool: bool,
    /// Alone, but may start itself anew.
    pub may_restart: bool,
    /// Further arguments.
    pub args: Vec<OsString>,
    /// Further environment.
    pub env: Vec<(OsString, OsString)>,
    /// The working directory, when it is not the project's.
    pub cwd: Option<PathBuf>,
}

/// A running host, its journal as far as it was read, and its socket.
#[derive(Debug)]
pub struct HostProcess {
    child: Child,
    ended: Option<ExitStatus>,
    root: PathBuf,
    journal: Receiver<Entry>,
    seen: Vec<Entry>,
    /// How many of `seen` earlier waits have gone past.
    passed: usize,
    stderr: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl HostProcess {
    /// Starts a headless host and waits until every module of it runs.
    #[must_use]
    #[track_caller]
    pub fn start(project: &Project) -> Self {
        let mut host = Self::launch(project, HostOptions::default());
        let is_commit = |entry: &Entry| matches!(entry.event, Event::Committed { .. });
        host.wait_for("the first load", is_commit);
        let count = wait_until("every module runs", || {
            let modules = host.try_status()?.modules;
            modules.iter().all(|module| module.generation.is_some()).then_some(modules.len())
        });
        // The status may know before the journal has arrived here.
        for _ in 1..count {
            host.wait_for("the first load of every module", is_commit);
        }
        host.take_in();
        host
    }

    /// Starts a host and waits for nothing.
    #[must_use]
    #[track_caller]
    pub fn launch(project: &Project, options: HostOptions) -> Self {
        let HostOptions { window, supervised, tool, may_restart, args, env, cwd } = options;
        let program = match (supervised, tool) {
            (_, true) => tool_binary(),
            (true, false) => xtask_binary(),
            (false, false) => host_binary(),
        };
        let mut command = crate::clean::command(program);
        as_from_a_shell(&mut command);
        if tool {
            // As cargo calls it.
            command.args(["pitstop", "dev"]);
        } else if supervised {
            command.arg("dev").env("PITSTOP_HOST_BIN", host_binary());
        } else if !may_restart {
            command.arg("--no-supervise");
        }
        command.args((!window).then_some("--headless"));
        command.args(["--events", "-"]);
        if !tool {
            command.arg("--workspace").arg(project.root());
        }
        // A test run that is killed takes its hosts along, also where `clean::command` cannot see to it.
        command.env(host::os::child_env::DIE_WITH_PARENT, "1");
        command.args(args).envs(env).current_dir(cwd.as_deref().unwrap_or(project.root()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (sender, journal) = bounded(JOURNAL_AHEAD);
        let stdout = BufReader::new(child.stdout.take().expect("it was piped"));
        let stderr = Arc::new(Mutex::new(String::new()));
        let mut complaints = child.stderr.take().expect("it was piped");
        let written = Arc::clone(&stderr);
        let readers = vec![
            std::thread::spawn(move || {
                for line in stdout.lines().map_while(Result::ok) {
                    let entry = serde_json::from_str(&line)
                        .unwrap_or_else(|error| panic!("not a journal line ({error}): {line}"));
                    if sender.send(entry).is_err() {
                        return;
                    }
                }
            }),
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(length @ 1..) = complaints.read(&mut buffer) {
                    let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                    written.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
                }
            }),
        ];
        let root = project.root().to_path_buf();
        Self { child, ended: None, root, journal, seen: Vec::new(), passed: 0, stderr, readers }
    }

    /// The process id of the host, or of who supervises it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to the terminal.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    // ---- the journal ----

    /// Waits for an entry that no earlier wait has gone past.
    ///
    /// # Panics
    /// With everything the host has said, when there is none by [`DEADLINE`] or the host ends.
    #[track_caller]
    pub fn wait_for(&mut self, what: &str, mut wanted: impl FnMut(&Entry) -> bool) -> Entry {
        let deadline = Instant::now() + DEADLINE;
        loop {
            while let Some(entry) = self.seen.get(self.passed) {
                self.passed += 1;
                if wanted(entry) {
                    return entry.clone();
                }
            }
            match self.journal.recv_deadline(deadline) {
                Ok(entry) => self.seen.push(entry),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("{what}: not within {DEADLINE:?}\n{}", self.words())
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("{what}: the host has ended\n{}", self.words())
                }
            }
        }
    }

    /// The next entry; `None` when the host has ended, or there is none in time.
    pub fn next_entry(&mut self, deadline: Instant) -> Option<Entry> {
        let entry = self.journal.recv_deadline(deadline).ok()?;
        self.seen.push(entry.clone());
        self.passed = self.seen.len();
        Some(entry)
    }

    /// Waits for an entry of this kind, such as `committed`.
    #[track_caller]
    pub fn wait_for_kind(&mut self, kind: &str) -> Entry {
        self.wait_for(kind, |entry| kind_of(entry) == kind)
    }

    /// Waits until new code of `module` runs. A failure on the way ends the wait.
    #[track_caller]
    pub fn wait_for_commit(&mut self, module: &str) -> Generation {
        let of_module = |entry: &Entry| entry.module.as_deref() == Some(module);
        let entry = self.wait_for("new code", |entry| {
            of_module(entry)
                && matches!(
                    entry.event,
                    Event::Committed { .. } | Event::BuildFailed { .. } | Event::Rejected { .. }
                )
        });
        assert!(matches!(entry.event, Event::Committed { .. }), "{}", self.words());
        entry.generation.expect("a commit has a generation")
    }

    /// Everything so far.
    #[track_caller]
    pub fn journal(&mut self) -> &[Entry] {
        self.catch_up();
        &self.seen
    }

    /// The next wait begins after everything that has happened by now.
    #[track_caller]
    pub fn take_in(&mut self) {
        self.catch_up();
        self.passed = self.seen.len();
    }

    /// Reads as far as the host has come: its output may be behind its socket.
    #[track_caller]
    fn catch_up(&mut self) {
        // A host that was started again counts its time anew, so what is here comes first.
        self.seen.extend(self.journal.try_iter());
        let newest = if self.ended.is_some() { None } else { self.newest_entry() };
        let deadline = Instant::now() + DEADLINE;
        while self.seen.last().map(|entry| entry.t_us) < newest {
            match self.journal.recv_deadline(deadline) {
                Ok(entry) => self.seen.push(entry),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => panic!("the journal hangs\n{}", self.words()),
            }
        }
    }

    /// The time of the newest entry, as the socket tells it; `None` when there is no news, or
    /// nobody to ask.
    fn newest_entry(&self) -> Option<u64> {
        let since = self.seen.last().map(|entry| entry.t_us);
        let mut client = Client::connect(&self.root).ok()?;
        let reply = client.call(&Request::Events { follow: false, since }, Some(DEADLINE)).ok()?;
        let mut newest = None;
        for _ in 0..reply.body["entries"].as_u64()? {
            newest = client.entry(Some(DEADLINE)).ok()?.map(|entry| entry.t_us);
        }
        newest
    }

    /// Makes a change and compares what the host makes of it, from first to last, without what
    /// comes in its own time (progress, notices, checkpoints, the end of old generations).
    #[track_caller]
    pub fn check(&mut self, edit: impl FnOnce(), expected: &[&str]) {
        self.take_in();
        edit();
        self.expect_kinds(expected);
    }

    /// As [`Self::check`], for a request that is granted.
    #[track_caller]
    pub fn check_request(&mut self, request: &Request, expected: &[&str]) {
        self.take_in();
        let reply = self.request(request);
        assert!(reply.ok, "{request:?}: {reply:?}\n{}", self.words());
        self.expect_kinds(expected);
    }

    #[track_caller]
    fn expect_kinds(&mut self, expected: &[&str]) {
        let from = self.passed;
        let last = *expected.last().expect("what never comes cannot be waited for");
        let mut left = expected.iter().filter(|kind| **kind == last).count();
        self.wait_for(last, |entry| {
            left -= usize::from(kind_of(entry) == last);
            left == 0
        });
        let happened = self.seen[from..self.passed].iter().map(kind_of);
        let happened: Vec<String> = happened.filter(|kind| is_of_note(kind)).collect();
        assert_eq!(happened, expected, "{}", self.words());
    }

    /// How many entries of this kind there are.
    #[must_use]
    pub fn count(&mut self, kind: &str) -> usize {
        self.journal().iter().filter(|entry| kind_of(entry) == kind).count()
    }

    /// Journal and terminal, for messages.
    #[must_use]
    pub fn words(&self) -> String {
        let told = self.seen.iter().filter(|entry| kind_of(entry) != "build_progress");
        let lines = told.map(|entry| {
            let line = EventLine::of(entry, Colour::Never);
            format!("{:>12} {:<14} {line}\n", entry.t_us, kind_of(entry))
        });
        let journal: String = lines.collect();
        format!("---- journal\n{journal}---- terminal\n{}", self.stderr())
    }

    // ---- the socket ----

    /// Sends one request and returns the reply, whatever it says.
    #[track_caller]
    pub fn request(&self, request: &Request) -> Reply {
        let mut client = wait_until("the socket", || Client::connect(&self.root).ok());
        let reply = client.call(request, Some(DEADLINE));
        reply.unwrap_or_else(|error| panic!("{request:?}: {error}\n{}", self.words()))
    }

    /// Reloads one module, or all, and waits for the outcome of each.
    #[track_caller]
    pub fn reload(&self, module: Option<&str>) -> Vec<ModuleOutcome> {
        let module = module.map(str::to_owned);
        let reply =
            self.request(&Request::Reload { module, wait: true, trigger: Trigger::Command });
        let modules = reply.body.get("modules").cloned().unwrap_or_default();
        serde_json::from_value(modules)
            .unwrap_or_else(|error| panic!("{error}: {reply:?}\n{}", self.words()))
    }

    /// Reloads a module and expects it to run new code.
    #[track_caller]
    pub fn reload_ok(&self, module: &str) -> Generation {
        let outcomes = self.reload(Some(module));
        match outcomes.as_slice() {
            [ModuleOutcome { result: ModuleResult::Committed { entry }, .. }] => {
                entry.generation.expect("a commit has a generation")
            }
            other => panic!("{module} was not reloaded: {other:#?}\n{}", self.words()),
        }
    }

    /// What the host says about itself.
    #[must_use]
    #[track_caller]
    pub fn status(&self) -> Status {
        let reply = self.request(&Request::Status {});
        serde_json::from_value(reply.body["status"].clone())
            .unwrap_or_else(|error| panic!("{error}: {reply:?}"))
    }

    fn try_status(&self) -> Option<Status> {
        let mut client = Client::connect(&self.root).ok()?;
        let reply = client.call(&Request::Status {}, Some(DEADLINE)).ok()?;
        serde_json::from_value(reply.body.get("status")?.clone()).ok()
    }

    /// All sections of a module's snapshot as JSON: `state`, `egui/main` and so on.
    #[must_use]
    #[track_caller]
    pub fn snapshot_json(&self, module: &str) -> Value {
        let request = Request::Snapshot { module: Some(module.to_owned()), out: None };
        let reply = self.request(&request);
        assert!(reply.ok, "{reply:?}\n{}", self.words());
        let snapshot = &reply.body["snapshot"];
        match &snapshot["sections"] {
            // It is too large for a reply.
            Value::Null => sections_in(Path::new(snapshot["path"].as_str().expect("a path"))),
            sections => sections.clone(),
        }
    }

    /// The state of a module as JSON.
    #[must_use]
    #[track_caller]
    pub fn state(&self, module: &str) -> Value {
        self.snapshot_json(module)["state"].clone()
    }

    /// Gives a module the state that it has, with a change, and waits until it has drawn with it.
    #[track_caller]
    pub fn edit_state(&mut self, module: &str, edit: impl FnOnce(&mut Tree)) {
        let file = self.root.join("edited.snapshot");
        let name = || Some(module.to_owned());
        let taken = self.request(&Request::Snapshot { module: name(), out: Some(file.clone()) });
        assert!(taken.ok, "{taken:?}\n{}", self.words());
        let bytes = fs::read(&file).expect("it was written just now");
        let mut snapshot = Snapshot::decode(&bytes).expect("a snapshot");
        let state = snapshot.sections.iter_mut().find(|section| section.name == STATE_SECTION);
        let state = state.expect("every module has a state");
        let mut tree = state.tree().expect("the state can be read by name");
        edit(&mut tree);
        state.payload = tree.encode();
        fs::write(&file, snapshot.encode()).expect("it can be written");
        let given = self.request(&Request::Restore { module: name(), file });
        assert!(given.ok, "{given:?}\n{}", self.words());
        self.wait_for_commit(module);
    }

    /// As [`Self::state`]; `None` while no host answers, as between two hosts of one supervisor.
    #[must_use]
    pub fn try_state(&self, module: &str) -> Option<Value> {
        let mut client = Client::connect(&self.root).ok()?;
        let request = Request::Snapshot { module: Some(module.to_owned()), out: None };
        let reply = client.call(&request, Some(DEADLINE)).ok()?;
        Some(reply.body.get("snapshot")?["sections"]["state"].clone())
    }

    /// The versions of a module that have drawn, in order, from its state.
    #[must_use]
    #[track_caller]
    pub fn seen_by(&self, module: &str) -> Vec<String> {
        let state = self.state(module);
        serde_json::from_value(state["seen_by"].clone())
            .unwrap_or_else(|error| panic!("{error}: {state}"))
    }

    // ---- the end ----

    /// Sends a signal to the host alone.
    pub fn signal(&self, signal: Signal) {
        // A host that is already gone is found out by whoever waits for it.
        let _gone = kill_process(Pid::from_child(&self.child), signal);
    }

    /// Asks the host to end, and waits for that.
    #[track_caller]
    pub fn stop(mut self) -> (ExitStatus, Vec<Entry>) {
        self.signal(Signal::TERM);
        let status = self.wait_for_end();
        (status, std::mem::take(&mut self.seen))
    }

    /// Waits until the host has ended by itself.
    ///
    /// # Panics
    /// When it has not by [`DEADLINE`].
    #[track_caller]
    pub fn wait_for_end(&mut self) -> ExitStatus {
        assert!(self.read_to_the_end(DEADLINE), "the host does not end\n{}", self.words());
        self.reap()
    }

    /// Whether the host has ended by itself.
    ///
    /// # Panics
    /// When the system does not say.
    #[track_caller]
    pub fn has_ended(&mut self) -> bool {
        self.ended.is_some() || self.child.try_wait().expect("our child").is_some()
    }

    /// Whether the host closes its output, which only its end does, within `limit`.
    pub fn ends_within(&mut self, limit: Duration) -> bool {
        self.read_to_the_end(limit)
    }

    /// Follows the host for this long and kills it. Returns when that was, in milliseconds since
    /// 1970-01-01 UTC.
    pub fn kill_after(&mut self, life: Duration) -> u64 {
        let _ended_by_itself = self.read_to_the_end(life);
        let killed_ms = host::journal::unix_ms();
        self.signal(Signal::KILL);
        self.wait_for_end();
        killed_ms
    }

    /// Whether the host closes its output, which only its end does, within `limit`.
    fn read_to_the_end(&mut self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            match self.journal.recv_deadline(deadline) {
                Ok(entry) => self.seen.push(entry),
                Err(error) => return error == RecvTimeoutError::Disconnected,
            }
        }
    }

    fn reap(&mut self) -> ExitStatus {
        let status = *self.ended.get_or_insert_with(|| {
            self.child.wait().expect("a child that was started here can be waited for")
        });
        for reader in self.readers.drain(..) {
            // A line that is none has been reported by that thread's own panic.
            let _panicked = reader.join();
        }
        status
    }
}

impl Drop for HostProcess {
    fn drop(&mut self) {
        if self.ended.is_some() {
            return;
        }
        self.signal(Signal::TERM);
        if !self.read_to_the_end(END_LIMIT) {
            let _gone = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        self.reap();
    }
}

/// The values of all sections of a snapshot file, as JSON.
#[track_caller]
fn sections_in(file: &Path) -> Value {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let snapshot = Snapshot::decode(&bytes).unwrap_or_else(|error| panic!("{error}"));
    let sections = snapshot.sections.iter().map(|section| {
        let tree = section.tree().unwrap_or_else(|error| panic!("{}: {error}", section.name));
        (section.name.clone(), tree.to_json())
    });
    Value::Object(sections.collect())
}

/// The `kind` of an entry's line.
#[must_use]
pub fn kind_of(entry: &Entry) -> String {
    let json = serde_json::to_value(&entry.event).unwrap_or_default();
    json["kind"].as_str().unwrap_or_default().to_owned()
}

/// Whether [`HostProcess::check`] compares entries of this kind.
fn is_of_note(kind: &str) -> bool {
    const IN_THEIR_OWN_TIME: [&str; 10] = [
        "build_progress",
        "notice",
        "checkpoint",
        "retired",
        // What follows from other entries.
        "kept",
        "resolved",
        "auto_reload",
        "waiting",
        // What follows from them says what they come to.
        "trial_passed",
        "trial_failed",
    ];
    !IN_THEIR_OWN_TIME.contains(&kind)
}

/// The path of a file below `target/pitstop` of a project.
#[must_use]
pub fn pitstop_file(project: &Project, name: &str) -> PathBuf {
    Path::new(project.root()).join("target").join("pitstop").join(name)
}
