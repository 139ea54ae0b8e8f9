//! `cargo xtask dev` with a stand-in for the host: what it starts, it ends.
#![cfg(unix)]

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No arguments.
const NONE: &[&str] = &[];

/// A workspace whose host is a shell script, run by `xtask dev`.
struct Dev {
    project: TempDir,
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Dev {
    fn start(script: &str, args: &[impl AsRef<OsStr>]) -> Self {
        let project = tempfile::tempdir().expect("a temporary directory");
        fs::write(project.path().join("Cargo.toml"), "[workspace]\n").expect("a manifest");
        let host = project.path().join("a host");
        fs::write(&host, format!("#!/bin/sh\n{script}\n")).expect("a script");
        fs::set_permissions(&host, fs::Permissions::from_mode(0o755)).expect("a program");
        let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("dev")
            .args(args)
            .env("PITSTOP_HOST_BIN", &host)
            .current_dir(project.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("xtask starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { project, child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    fn pid(&mut self) -> Pid {
        let line = self.line();
        Pid::from_raw(line.parse().expect(&line)).expect("a pid")
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("xtask is there");
    }

    fn end(&mut self) -> ExitStatus {
        // The pipe is closed when the last process that holds it has ended.
        self.lines.read_to_string(&mut String::new()).expect("the rest");
        self.child.wait().expect("it ends")
    }
}

/// A process that has ended may take a moment to be reaped by whoever has inherited it.
#[track_caller]
fn assert_gone(pid: Pid) {
    let deadline = Instant::now() + Duration::from_secs(10);
    let is_zombie = || {
        fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))
            .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z")))
    };
    while test_kill_process(pid).is_ok() && !is_zombie() {
        assert!(Instant::now() < deadline, "process {pid:?} is still there");
        std::thread::yield_now();
    }
}

#[test]
fn s14_flags_arguments_and_the_exit_code_pass_through() {
    let script = "printf '%s\\0' \"$@\" > words; exit 7";
    let args = ["--headless", "--package", "ui", "--", "a b", "it's \"q\"", "--watch", "", "\n"];
    let odd = OsStr::from_bytes(b"\xff\xfe");
    let all: Vec<&OsStr> = args.iter().map(OsStr::new).chain([odd]).collect();
    let mut dev = Dev::start(script, &all);
    assert_eq!(dev.end().code(), Some(7));
    let root = fs::canonicalize(dev.project.path()).expect("a path");
    let workspace = format!("--workspace={}", root.display());
    let ours = ["--headless", "--package=ui", &workspace].map(OsStr::new);
    let expected: Vec<u8> =
        ours.iter().chain(&all[3..]).flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
    let words = fs::read(root.join("words")).expect("the host wrote them");
    assert_eq!(String::from_utf8_lossy(&words), String::from_utf8_lossy(&expected));
    assert_eq!(words, expected, "byte by byte");
}

#[test]
fn s10_s11_a_signal_ends_the_host_and_its_children() {
    for signal in [Signal::TERM, Signal::INT] {
        // The host ends in order; its child does not care.
        let script = "trap 'echo ended; exit 0' TERM\n\
                      (trap '' TERM INT; while :; do sleep 1; done) & echo $!\n\
                      echo $$\n\
                      while :; do sleep 0.05; done";
        let mut dev = Dev::start(script, NONE);
        let (grandchild, host) = (dev.pid(), dev.pid());
        dev.signal(signal);
        assert_eq!(dev.line(), "ended");
        assert_eq!(dev.end().code(), Some(0), "{signal:?}");
        assert_gone(host);
        assert_gone(grandchild);
    }
}

#[test]
fn s11_a_second_signal_forces() {
    let mut dev = Dev::start("trap 'echo heard' TERM\necho $$\nwhile :; do sleep 0.05; done", NONE);
    let host = dev.pid();
    dev.signal(Signal::TERM);
    assert_eq!(dev.line(), "heard");
    let started = Instant::now();
    dev.signal(Signal::TERM);
    assert_eq!(dev.end().code(), Some(1));
    assert!(started.elapsed() < Duration::from_secs(4), "it waited for the deadline");
    assert_gone(host);
}

/// Notes how it was started, crashes the first time, and ends with 7 the second time.
const CRASHES_ONCE: &str = "echo \"$PITSTOP_RESTARTED_AFTER:$*\"\n\
    test -e crashed && exit 7\ntouch crashed\nkill -SEGV $$";

#[test]
fn n4_a_host_that_crashes_is_started_again() {
    let mut dev = Dev::start(CRASHES_ONCE, &["--headless", "--fresh", "--", "its own"]);
    let root = fs::canonicalize(dev.project.path()).expect("a path");
    let workspace = format!("--workspace={}", root.display());
    assert_eq!(dev.line(), format!("start:--headless --fresh {workspace} -- its own"));
    // What was forgotten once is not forgotten again.
    assert_eq!(dev.line(), format!("crash:--headless {workspace} -- its own"));
    assert_eq!(dev.end().code(), Some(7), "an exit code is a decision");
}

#[test]
fn n4_without_supervision_a_crash_is_the_end() {
    let mut dev = Dev::start(CRASHES_ONCE, &["--no-supervise"]);
    assert!(dev.line().starts_with(":--no-supervise"));
    assert_eq!(dev.end().code(), Some(1));
}

/// Asks to be started again the first time, and ends with 7 the second time.
const ASKS_TO_START_AGAIN: &str = "echo \"$PITSTOP_RESTARTED_AFTER:$*\"\n\
    test -e asked && exit 7\ntouch asked\nexit 75";

#[test]
fn g10_a_host_that_asks_for_it_is_started_again() {
    let mut dev = Dev::start(ASKS_TO_START_AGAIN, &["--headless", "--fresh", "--", "its own"]);
    let root = fs::canonicalize(dev.project.path()).expect("a path");
    let workspace = format!("--workspace={}", root.display());
    assert_eq!(dev.line(), format!("start:--headless --fresh {workspace} -- its own"));
    assert_eq!(dev.line(), format!("restart:--headless {workspace} -- its own"));
    assert_eq!(dev.end().code(), Some(7));
}

#[test]
fn g10_without_supervision_nobody_starts_the_host_again() {
    let mut dev = Dev::start(ASKS_TO_START_AGAIN, &["--no-supervise"]);
    assert!(dev.line().starts_with(":--no-supervise"), "the host is told that nobody would");
    assert_eq!(dev.end().code(), Some(75));
}

#[test]
fn g10_a_host_that_only_asks_for_another_start_is_given_up() {
    let mut dev = Dev::start("echo again\nexit 75", NONE);
    let times = std::iter::from_fn(|| Some(dev.line())).take_while(|line| line == "again").count();
    assert!((2..100).contains(&times), "{times}");
    assert_eq!(dev.end().code(), Some(75));
}

#[test]
fn s17_a_host_that_only_crashes_is_given_up() {
    let mut dev = Dev::start("echo again\nkill -ABRT $$", NONE);
    let times = std::iter::from_fn(|| Some(dev.line())).take_while(|line| line == "again").count();
    assert!((2..100).contains(&times), "{times}");
    assert_eq!(dev.end().code(), Some(1));
}

#[test]
fn s10_a_host_that_was_started_again_can_be_stopped() {
    let script = "trap 'echo ended; exit 0' TERM\n\
                  test -e crashed || { touch crashed; kill -BUS $$; }\n\
                  echo $$\nwhile :; do sleep 0.05; done";
    let mut dev = Dev::start(script, NONE);
    let host = dev.pid();
    dev.signal(Signal::INT);
    assert_eq!(dev.line(), "ended");
    assert_eq!(dev.end().code(), Some(0));
    assert_gone(host);
}

#[test]
fn s05_what_ignores_signals_is_killed_before_the_host_is_started_again() {
    // The first host asks to be started again and leaves somebody behind who does not listen.
    let script = "test -e asked && { echo again; exit 7; }\n\
                  (trap '' INT TERM HUP; while :; do sleep 1; done) & echo $!\n\
                  touch asked; exit 75";
    let mut dev = Dev::start(script, NONE);
    let stubborn = dev.pid();
    assert_eq!(dev.line(), "again");
    assert_gone(stubborn);
    assert_eq!(dev.end().code(), Some(7));
}

#[test]
fn s11_a_host_that_will_not_end_is_killed_at_the_deadline() {
    let mut dev = Dev::start("trap '' TERM\necho $$\nwhile :; do sleep 0.05; done", NONE);
    let host = dev.pid();
    let started = Instant::now();
    dev.signal(Signal::TERM);
    assert!(dev.line().contains("was killed"), "the user is told");
    assert_eq!(dev.end().code(), Some(1));
    assert!(started.elapsed() >= Duration::from_secs(5), "it had less time than promised");
    assert_gone(host);
}

#[test]
fn p42_without_a_host_commands_say_so_and_fail() {
    let project = tempfile::tempdir().expect("a temporary directory");
    let root = fs::canonicalize(project.path()).expect("a path");
    fs::write(root.join("Cargo.toml"), "[workspace]\n").expect("a manifest");
    fs::create_dir(root.join("deep")).expect("a directory");
    for args in [&["status"][..], &["reload", "--wait"], &["events", "--follow"], &["stop"]] {
        let (code, error) = xtask(&root.join("deep"), args);
        assert_eq!(code, Some(1), "{args:?}: {error}");
        let none = format!("no Pitstop host is running for {}; start one", root.display());
        assert!(error.contains(&none), "{args:?}: {error}");
    }
}

#[test]
fn wrong_usage_is_2_and_no_workspace_is_1() {
    let nowhere = tempfile::tempdir().expect("a temporary directory");
    for args in [&["reboot"][..], &["dev", "--hedless"], &["rollback", "--to", "x"], &[]] {
        assert_eq!(xtask(nowhere.path(), args).0, Some(2), "{args:?}");
    }
    let (code, error) = xtask(nowhere.path(), &["status"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("no cargo workspace"), "{error}");
}

fn xtask(dir: &Path, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = command.args(args).current_dir(dir).output().expect("xtask starts");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}
