//! The commands that talk to a running host, against the real socket.
#![cfg(unix)]

use host::control::{Control, ControlError, ControlServer, HostLock};
use host::engine::{ModuleOutcome, ModuleResult, ReloadOutcome, ReloadTicket};
use host::journal::event::{Diagnostic, DiagnosticLevel, Event, Generation, Stage, Trigger};
use host::journal::status::{Status, StatusFile};
use host::journal::{Journal, JournalConfig, LogLevel};
use host::supervise::UnknownProgram;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tempfile::TempDir;

/// An engine that answers at once: module `good` has nothing to do, `bad` does not compile.
struct Engine {
    stopped: SyncSender<()>,
}

impl Control for Engine {
    fn reload(&self, module: Option<&str>, _: Trigger) -> Result<ReloadTicket, ControlError> {
        let result = match module {
            Some("bad") => ModuleResult::BuildFailed { diagnostics: vec![mismatch()] },
            Some("worse") => ModuleResult::Rejected {
                stage: Stage::Restore,
                reason: "panic".into(),
                detail: String::new(),
            },
            _ => ModuleResult::NoChange { reason: host::journal::event::NoChange::SameContent },
        };
        let module = module.unwrap_or("good").to_owned();
        let (tell, outcome) = crossbeam_channel::bounded(1);
        let outcome_of_all =
            ReloadOutcome { modules: vec![ModuleOutcome { module, generation: None, result }] };
        tell.send(outcome_of_all).expect("the ticket is here");
        Ok(outcome.into())
    }

    fn status(&self) -> Status {
        Status::of_this_process("here".into(), true)
    }

    fn start_process(&self, name: &str) -> Result<(), ControlError> {
        Err(UnknownProgram { name: name.to_owned(), known: Vec::new() }.into())
    }

    fn stop_process(&self, name: &str) -> Result<(), ControlError> {
        self.start_process(name)
    }

    fn rollback(&self, _: Option<&str>, to: Option<Generation>) -> Result<Value, ControlError> {
        to.map(|to| json!({"module": "good", "generation": to}))
            .ok_or_else(|| ControlError::Refused("no earlier generation is kept".into()))
    }

    fn snapshot(&self, _: Option<&str>, out: Option<&Path>) -> Result<Value, ControlError> {
        Ok(json!({"path": out, "bytes": 3}))
    }

    fn restore(&self, _: Option<&str>, file: &Path) -> Result<Value, ControlError> {
        match file.extension() {
            Some(_) => Ok(json!({"module": "good", "generation": 4, "file": file})),
            None => Err(ControlError::Refused("this is no snapshot".into())),
        }
    }

    fn stop(&self) {
        let _ = self.stopped.try_send(());
    }
}

fn mismatch() -> Diagnostic {
    Diagnostic {
        level: DiagnosticLevel::Error,
        code: Some("E0308".into()),
        message: "mismatched types".into(),
        file: Some("src/lib.rs".into()),
        line: Some(1),
        column: Some(2),
        rendered: "\u{1b}[31merror[E0308]\u{1b}[0m: mismatched types\n".into(),
    }
}

struct Host {
    server: Option<ControlServer>,
    journal: Arc<Journal>,
    stop_asked: Receiver<()>,
    _status: StatusFile,
    _lock: HostLock,
    project: TempDir,
}

impl Host {
    fn start() -> Self {
        let project = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(project.path().join("pitstop.toml"), "").expect("a project");
        let dir = project.path().join("target/pitstop");
        let lock = HostLock::acquire(&dir).expect("the only host");
        let config = JournalConfig {
            dir: dir.clone(),
            events: None,
            log_level: LogLevel::Off,
            ran_for: None,
        };
        let journal = Journal::open(config).expect("a journal");
        let (stopped, stop_asked) = sync_channel(1);
        let engine = Arc::new(Engine { stopped });
        let server = ControlServer::start(&lock, &dir, None, Arc::clone(&journal), engine)
            .expect("it listens");
        let mut status = StatusFile::new(&dir);
        let socket = server.socket().display().to_string();
        status.write(&Status::of_this_process(socket, true)).expect("a status file");
        Self { server: Some(server), journal, stop_asked, _status: status, _lock: lock, project }
    }

    fn xtask(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(args).current_dir(self.project.path());
        command
    }

    /// Exit code, standard output, standard error.
    fn ask(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let output = self.xtask(args).output().expect("xtask starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }
}

fn json_of(text: &str) -> Value {
    assert_eq!(text.lines().count(), 1, "one object, one line: {text}");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn reload_tells_the_outcome_by_exit_code_and_words() {
    let host = Host::start();
    for (args, code, out, error) in [
        (&["reload"][..], 0, "reload asked for; `--wait` waits for the outcome", ""),
        (&["reload", "--wait"], 0, "good: no change, the sources are what they were", ""),
        (
            &["reload", "--wait", "--module", "bad"],
            1,
            "error[E0308]: mismatched types",
            "error: bad was not reloaded: its build failed",
        ),
        (
            &["reload", "--wait", "--module", "worse"],
            1,
            "",
            "error: worse was rejected at restore: panic",
        ),
    ] {
        assert_eq!(host.ask(args), (Some(code), out.to_owned(), error.to_owned()), "{args:?}");
    }
    let (code, out, _) = host.ask(&["reload", "--wait", "--json", "--module", "bad"]);
    let reply = json_of(&out);
    assert_eq!(code, Some(1));
    assert_eq!(reply["ok"], false);
    assert_eq!(reply["diagnostics"][0]["code"], "E0308");
    assert_eq!(reply["modules"][0]["result"], "build_failed");
}

#[test]
fn the_other_commands_have_their_two_forms() {
    let host = Host::start();
    let (code, out, _) = host.ask(&["status"]);
    assert_eq!(code, Some(0));
    assert!(out.contains(&format!("pid {}, headless", std::process::id())), "{out}");
    assert_eq!(json_of(&host.ask(&["status", "--json"]).1)["pid"], std::process::id());

    assert_eq!(host.ask(&["rollback", "--to", "g4"]).1, "rolled back: g4 runs");
    let (code, _, error) = host.ask(&["rollback"]);
    assert_eq!((code, error.as_str()), (Some(1), "error: no earlier generation is kept"));

    let file = std::fs::canonicalize(host.project.path()).expect("a path").join("s.bin");
    let said = format!("snapshot written to {}", file.display());
    assert_eq!(host.ask(&["snapshot", "--out", "s.bin"]).1, said, "a path of the caller's");
    assert_eq!(json_of(&host.ask(&["snapshot", "--json"]).1)["snapshot"]["bytes"], 3);
}

#[test]
fn a_snapshot_goes_back_in() {
    let host = Host::start();
    let (code, out, _) = host.ask(&["snapshot", "--restore", "a.snapshot"]);
    assert_eq!((code, &*out), (Some(0), "good g4 has this state"));
    let (code, _, error) = host.ask(&["snapshot", "--restore", "a"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("this is no snapshot"), "{error}");
}

#[test]
fn events_are_shown_and_followed_to_the_end() {
    let mut host = Host::start();
    let note = |text: &str| Event::Notice { message: text.to_owned() };
    let first = host.journal.record(Some("good"), Some(Generation(2)), note("one"));
    let (code, out, _) = host.ask(&["events"]);
    assert_eq!(code, Some(0));
    assert!(out.ends_with("good g2 one"), "{out}");
    let entry: host::journal::event::Entry =
        serde_json::from_value(json_of(&host.ask(&["events", "--json"]).1)).expect("an entry");
    assert_eq!(entry, first);

    let mut follow = host
        .xtask(&["events", "--follow", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("xtask");
    let mut lines = BufReader::new(follow.stdout.take().expect("a pipe")).lines();
    let mut next = || json_of(&lines.next().expect("a line").expect("text"))["message"].clone();
    assert_eq!(next(), "one");
    host.journal.record(None, None, note("two"));
    assert_eq!(next(), "two");
    drop(host.server.take());
    assert!(follow.wait().expect("it ends").success(), "the end of the host is no failure");
}

#[test]
fn stop_waits_until_the_host_has_ended() {
    let mut host = Host::start();
    let mut stop = host.xtask(&["stop"]).stdout(Stdio::piped()).spawn().expect("xtask starts");
    host.stop_asked.recv().expect("the host is told");
    assert!(stop.try_wait().expect("its state").is_none(), "it did not wait");
    drop(host.server.take());
    assert!(stop.wait().expect("it ends").success());
}
