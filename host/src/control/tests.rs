//! The socket with real clients: polite, impatient, hostile and dead ones.

use super::*;
use crate::engine::{ModuleOutcome, ModuleResult, ReloadOutcome};
use crate::journal::event::{Entry, Event, NoChange};
use crate::journal::status::StatusFile;
use crate::journal::{Journal, JournalConfig, LogLevel};
use crate::supervise::UnknownProgram;
use crossbeam_channel::{Sender, bounded, unbounded};
use parking_lot::Mutex;
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything here takes on a busy machine.
const LONG: Option<Duration> = Some(Duration::from_secs(30));

/// An engine whose reloads end when the test says so.
struct FakeEngine {
    calls: Sender<String>,
    open: Mutex<Vec<Sender<ReloadOutcome>>>,
}

impl FakeEngine {
    fn settle_all(&self) {
        let result = ModuleResult::NoChange { reason: NoChange::SameContent };
        let module = ModuleOutcome { module: "ui".into(), generation: None, result };
        for sender in self.open.lock().drain(..) {
            let _ = sender.try_send(ReloadOutcome { modules: vec![module.clone()] });
        }
    }
}

impl Control for FakeEngine {
    fn reload(&self, module: Option<&str>, trigger: Trigger) -> Result<ReloadTicket, ControlError> {
        if let Some(module) = module.filter(|module| *module != "ui") {
            let (module, known) = (module.to_owned(), vec!["ui".to_owned()]);
            return Err(WhichModule::Unknown { module, known }.into());
        }
        let (sender, outcome) = bounded(1);
        self.open.lock().push(sender);
        let _ = self.calls.send(format!("reload {trigger:?}"));
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
        to.map(|to| json!({ "generation": to }))
            .ok_or_else(|| ControlError::Refused("there is no earlier generation".into()))
    }

    fn snapshot(&self, _: Option<&str>, out: Option<&Path>) -> Result<Value, ControlError> {
        Ok(json!({ "out": out }))
    }

    fn restore(&self, module: Option<&str>, file: &Path) -> Result<Value, ControlError> {
        Ok(json!({ "module": module, "file": file }))
    }

    fn stop(&self) {
        let _ = self.calls.send("stop".to_owned());
    }
}

/// A host as far as its clients can tell.
struct Host {
    server: Option<ControlServer>,
    journal: Arc<Journal>,
    engine: Arc<FakeEngine>,
    calls: crossbeam_channel::Receiver<String>,
    status: StatusFile,
    project: TempDir,
    _lock: HostLock,
}

impl Host {
    fn start() -> Self {
        let project = tempfile::tempdir().expect("a temporary directory");
        let dir = project.path().join("target/pitstop");
        let lock = HostLock::acquire(&dir).expect("the only host");
        let config = JournalConfig {
            dir: dir.clone(),
            events: None,
            log_level: LogLevel::Off,
            ran_for: None,
        };
        let journal = Journal::open(config).expect("a journal");
        let (calls, called) = unbounded();
        let engine = Arc::new(FakeEngine { calls, open: Mutex::default() });
        let control: Arc<dyn Control> = Arc::clone(&engine) as _;
        let server = ControlServer::start(&lock, &dir, None, Arc::clone(&journal), control)
            .expect("it listens");
        let mut status = StatusFile::new(&dir);
        let socket = server.socket().display().to_string();
        status.write(&Status::of_this_process(socket, true)).expect("a status file");
        Self { server: Some(server), journal, engine, calls: called, status, project, _lock: lock }
    }

    fn socket(&self) -> PathBuf {
        self.server.as_ref().expect("it runs").socket().to_owned()
    }

    fn client(&self) -> Client {
        Client::connect(self.project.path()).expect("the host is there")
    }

    fn raw(&self) -> BufReader<UnixStream> {
        let stream = UnixStream::connect(self.socket()).expect("the host is there");
        stream.set_read_timeout(LONG).expect("a limit");
        BufReader::new(stream)
    }

    #[track_caller]
    fn assert_called(&self, call: &str) {
        assert_eq!(self.calls.recv_timeout(LONG.expect("some")).as_deref(), Ok(call));
    }

    fn note(&self, text: &str) -> Entry {
        self.journal.record(None, None, Event::Notice { message: text.to_owned() })
    }
}

fn reload(wait: bool) -> Request {
    Request::Reload { module: None, wait, trigger: Trigger::Command }
}

/// What came for one line.
fn ask(stream: &mut BufReader<UnixStream>, line: &[u8]) -> Value {
    stream.get_mut().write_all(line).expect("sent");
    answer(stream)
}

fn answer(stream: &mut BufReader<UnixStream>) -> Value {
    let mut reply = String::new();
    stream.read_line(&mut reply).expect("a reply in time");
    serde_json::from_str(&reply).unwrap_or_else(|error| panic!("{error}: {reply:?}"))
}

#[test]
fn every_request_has_its_reply() {
    let host = Host::start();
    let mut client = host.client();
    let mut call = |request| client.call(&request, LONG).expect("a reply");

    assert_eq!(call(reload(false)), Reply::done());
    host.assert_called("reload Command");
    assert_eq!(call(Request::Status {}).body["status"]["pid"], std::process::id());
    let to = Some(Generation(2));
    let back = call(Request::Rollback { module: None, to });
    assert_eq!(back, Reply::with("rollback", json!({"generation": 2})));
    let back = call(Request::Rollback { module: None, to: None });
    assert_eq!(back, Reply::failed("there is no earlier generation".into()));
    let out = host.project.path().join("x");
    let taken = call(Request::Snapshot { module: None, out: Some(out.clone()) });
    assert_eq!(taken.body["snapshot"]["out"], json!(out));
    let taken = call(Request::Snapshot { module: None, out: Some("x".into()) });
    assert_eq!(taken.error.as_deref(), Some("x is no absolute path; give one"));
    let unknown =
        call(Request::Reload { module: Some("vi".into()), wait: true, trigger: Trigger::Save });
    assert_eq!(unknown.error.as_deref(), Some("there is no module `vi`; name one of: ui"));
    assert_eq!(call(Request::Stop {}), Reply::done());
    host.assert_called("stop");
}

#[test]
fn a_reload_can_be_waited_for() {
    let host = Host::start();
    let mut client = host.client();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.call(&reload(true), LONG).expect("a reply"));
        host.assert_called("reload Command");
        host.engine.settle_all();
        let reply = waiting.join().expect("no panic");
        assert!(reply.ok, "{reply:?}");
        assert_eq!(reply.body["modules"][0]["result"], "no_change");
    });
    // An engine that ends answers as well, by dropping its end.
    let mut client = host.client();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.call(&reload(true), LONG).expect("a reply"));
        host.assert_called("reload Command");
        host.engine.open.lock().clear();
        let reply = waiting.join().expect("no panic");
        assert_eq!(reply.error.as_deref(), Some("the host is stopping"));
    });
}

#[test]
fn hostile_lines_get_an_error_and_the_connection_goes_on() {
    let host = Host::start();
    let mut stream = host.raw();
    let long = [vec![b'x'; 300_000], b"\n".to_vec()].concat();
    for line in [&b"nonsense\n"[..], b"\xff\xfe\n", b"{\"cmd\":\"reboot\"}\n", &long] {
        let reply = ask(&mut stream, line);
        assert_eq!(reply["ok"], false, "{reply}");
    }
    // Empty lines are none, and several requests may come at once.
    let reply = ask(
        &mut stream,
        b"\r\n\n{\"cmd\":\"rollback\",\"to\":1}\n{\"cmd\":\"rollback\",\"to\":2}\n",
    );
    assert_eq!(reply["rollback"]["generation"], 1);
    assert_eq!(answer(&mut stream)["rollback"]["generation"], 2);
}

#[test]
fn one_who_has_finished_sending_still_gets_the_answer() {
    let host = Host::start();
    let mut stream = host.raw();
    stream.get_mut().write_all(b"{\"cmd\":\"reload\",\"wait\":true}\n").expect("sent");
    stream.get_mut().shutdown(std::net::Shutdown::Write).expect("half closed");
    host.assert_called("reload Command");
    host.engine.settle_all();
    assert_eq!(answer(&mut stream)["ok"], true);
}

#[test]
fn clients_that_vanish_or_are_too_many_do_no_harm() {
    let host = Host::start();
    for _ in 0..40 {
        let mut stream = host.raw();
        stream.get_mut().write_all(b"{\"cmd\":\"reload\",\"wait\":true}\n").expect("sent");
    }
    // The vanished are noticed one by one; until then the crowd is told to wait.
    let deadline = Instant::now() + LONG.expect("some");
    let mut crowd: Vec<Client> = Vec::new();
    while crowd.len() < 32 {
        assert!(Instant::now() < deadline, "the vanished clients are never noticed");
        let mut client = host.client();
        match client.call(&Request::Status {}, LONG) {
            Ok(reply) if reply.ok => crowd.push(client),
            Ok(reply) => assert!(reply.error.as_deref().is_some_and(|e| e.contains("32 clients"))),
            Err(ClientError::Closed | ClientError::Broken { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    let mut one_more = host.raw();
    let reply = answer(&mut one_more);
    assert!(reply["error"].as_str().is_some_and(|e| e.contains("32 clients")), "{reply}");
}

#[test]
fn events_are_streamed_without_a_gap() {
    let host = Host::start();
    let first = host.note("one");
    let second = host.note("two");
    let mut client = host.client();
    let past = client.call(&Request::Events { follow: false, since: None }, LONG).expect("a reply");
    assert_eq!(past.body["entries"], 2);
    assert_eq!(client.entry(LONG).expect("an entry").as_ref(), Some(&first));
    assert_eq!(client.entry(LONG).expect("an entry").as_ref(), Some(&second));

    let since = Some(first.t_us);
    let reply = client.call(&Request::Events { follow: true, since }, LONG).expect("a reply");
    assert_eq!(reply.body["entries"], 1);
    let third = host.note("three");
    assert_eq!(client.entry(LONG).expect("an entry"), Some(second));
    assert_eq!(client.entry(LONG).expect("an entry"), Some(third));
    assert!(client.entry(Some(Duration::ZERO)).expect("no error").is_none(), "nothing happened");
}

#[test]
fn t03_a_follower_that_does_not_read_blocks_nobody_and_is_told() {
    let host = Host::start();
    let mut stream = host.raw();
    let reply = ask(&mut stream, b"{\"cmd\":\"events\",\"follow\":true}\n");
    assert_eq!(reply["ok"], true);
    let started = Instant::now();
    let text = "x".repeat(1_000);
    let total = 5_000;
    for _ in 0..total {
        host.note(&text);
    }
    assert!(started.elapsed() < Duration::from_secs(20), "the journal waited for a client");
    let last = host.note("last");

    let (mut got, mut missed) = (0_u64, 0);
    for line in stream.lines() {
        let entry: Entry = serde_json::from_str(&line.expect("a line")).expect("an entry");
        match entry.event {
            Event::Missed { count } => missed += count,
            _ => got += 1,
        }
        if entry.t_us >= last.t_us {
            break;
        }
    }
    assert!(missed > 0, "nothing was missed: the client's buffers took it all");
    assert_eq!(got + missed, total + 1, "{got} read, {missed} told as missed");
}

#[test]
fn the_end_of_the_host_closes_its_connections() {
    let mut host = Host::start();
    let mut idle = host.raw();
    let mut follower = host.raw();
    assert_eq!(ask(&mut follower, b"{\"cmd\":\"events\",\"follow\":true}\n")["ok"], true);
    let socket = host.socket();
    let started = Instant::now();
    drop(host.server.take());
    assert!(started.elapsed() < Duration::from_secs(2), "the end waited for its clients");
    for stream in [&mut idle, &mut follower] {
        assert_eq!(stream.read_to_end(&mut Vec::new()).expect("a clean end"), 0);
    }
    assert!(!socket.exists(), "the socket file stayed behind");
}

#[test]
fn a_removed_socket_file_does_not_keep_the_host_from_ending() {
    let mut host = Host::start();
    std::fs::remove_dir_all(host.project.path().join("target")).expect("as `cargo clean` does");
    let started = Instant::now();
    drop(host.server.take());
    assert!(started.elapsed() < Duration::from_secs(2), "the accepting thread was not woken");
}

#[test]
fn without_a_host_the_client_says_how_to_start_one() {
    let mut host = Host::start();
    let project = host.project.path().to_owned();
    let error = || Client::connect(&project).expect_err("no host").to_string();
    let none = format!("no Pitstop host is running for {}", project.display());

    drop(host.server.take());
    let found = error();
    assert!(found.starts_with(&none) && found.contains("does not listen"), "{found}");
    let mut dead = Status::of_this_process("gone".into(), true);
    dead.heartbeat_unix_ms = 0;
    host.status.write(&dead).expect("written");
    assert!(error().contains("sign of life"), "{}", error());
    std::fs::write(project.join("target/pitstop/status.json"), "{").expect("written");
    assert!(error().contains("no status file of Pitstop"), "{}", error());
    std::fs::remove_file(project.join("target/pitstop/status.json")).expect("removed");
    assert_eq!(error(), format!("{none}; start one with `cargo xtask dev`"));
}

#[test]
fn g09_a_host_whose_directory_is_removed_can_be_reached_again() {
    let mut host = Host::start();
    let dir = host.project.path().join("target");
    // In one step, so that nothing is made again in the middle of it.
    std::fs::rename(&dir, dir.with_extension("removed")).expect("as if by cargo clean");
    let deadline = Instant::now() + Duration::from_secs(30);
    let ticks = crossbeam_channel::tick(Duration::from_millis(10));
    while UnixStream::connect(host.socket()).is_err() {
        assert!(Instant::now() < deadline, "the socket is not made again");
        ticks.recv().expect("a ticker never ends");
    }
    let refused = HostLock::acquire(&dir.join("pitstop")).expect_err("one host a workspace");
    assert!(refused.to_string().contains("already runs"), "{refused}");
    let socket = host.socket().display().to_string();
    host.status.write(&Status::of_this_process(socket, true)).expect("the next heartbeat");
    let reply = host.client().call(&Request::Status {}, LONG).expect("it answers");
    assert!(reply.ok, "{reply:?}");
}
