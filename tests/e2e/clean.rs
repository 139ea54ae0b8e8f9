//! A test that is killed or interrupted leaves no process, no window and no file behind.

use pitstop_tests::clean::home;
use pitstop_tests::inspect::{Address, Window};
use pitstop_tests::xvfb::Display;
use pitstop_tests::{HostOptions, HostProcess, Project, processes, project, temp_dir, wait_until};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// In the environment of the victim and of all that it starts; not a name that hosts are kept from.
const MARK: &str = "LEFT_BEHIND_BY";

/// Has everything that tests have, says so, and waits to be killed.
#[test]
#[ignore = "is run, and killed, by the other tests of this module"]
fn victim() {
    let Some(display) = Display::start() else {
        println!("\nno window");
        return;
    };
    let project = Project::new();
    let address = Address::free();
    let mut env = display.env();
    let name = env[0].1.to_string_lossy().into_owned();
    env.push(address.env());
    let options = HostOptions { window: true, env, ..HostOptions::default() };
    let mut host = HostProcess::launch(&project, options);
    host.wait_for_commit("ui");
    let _supervised = {
        let options = HostOptions { supervised: true, ..HostOptions::default() };
        let other = Project::new();
        let mut host = HostProcess::launch(&other, options);
        host.wait_for_commit("ui");
        (host, other)
    };
    let _window = Window::open(address);
    let dir = temp_dir();
    std::fs::write(dir.path().join("file"), "").expect("a file");
    println!("\nready {name} {}", home().display());
    loop {
        std::thread::park();
    }
}

/// Kills what is left of the victim when a test fails.
struct Victim(Child);

impl Drop for Victim {
    fn drop(&mut self) {
        let _gone = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _reaped = self.0.wait();
    }
}

/// `None` where there are no windows.
fn started(mark: &str) -> Option<(Victim, PathBuf, PathBuf)> {
    let mut command = Command::new("env");
    // A shell without job control starts what it runs in the background with SIGINT ignored.
    command.arg("--default-signal=INT");
    command.arg(std::env::current_exe().expect("the path of this test"));
    command.args(["--exact", "clean::victim", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(MARK, mark).stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
    let mut victim = Victim(command.spawn().expect("what runs can be run again"));
    let stdout = BufReader::new(victim.0.stdout.take().expect("it was piped"));
    let mut lines = stdout.lines().map_while(Result::ok);
    let said = lines.find(|line| line.starts_with("ready :") || line == "no window");
    let said = said.expect("the victim says that it is ready; it has written why not");
    let ready = said.strip_prefix("ready :")?;
    let (display, home) = ready.split_once(' ').expect("a display and a directory");
    Some((victim, PathBuf::from(format!("/tmp/.X11-unix/X{display}")), home.into()))
}

#[track_caller]
fn leaves_nothing(test: &str, end: impl FnOnce(Pid)) {
    let mark = format!("{test}_{}", std::process::id());
    let Some((mut victim, socket, home)) = started(&mark) else { return };
    let pid = victim.0.id();
    let mark = format!("{MARK}={mark}");
    let running = processes::with_environment(&mark).len();
    // The test and its sweeper, the X server, a host, and a supervisor with another one.
    assert!(running >= 6, "{running} processes");
    assert!(socket.exists(), "{} is there while the server runs", socket.display());
    assert!(home.is_dir(), "{} is there while the test runs", home.display());
    assert_ne!(built_by(pid), [""; 0], "its hosts have built something");
    end(Pid::from_child(&victim.0));
    let status = victim.0.wait().expect("it was started here");
    assert!(!status.success(), "{status}");
    wait_until("every process has ended", || {
        processes::with_environment(&mark).is_empty().then_some(())
    });
    assert!(!socket.exists(), "{} is left", socket.display());
    assert!(!home.exists(), "{} is left", home.display());
    assert_eq!(built_by(pid), [""; 0]);
}

/// Files in the shared build directory that a test process has left.
fn built_by(pid: u32) -> Vec<String> {
    let mark = format!("_{pid}_");
    let dirs = project::output_dirs(&project::build_dir());
    let entries = dirs.iter().filter_map(|dir| dir.read_dir().ok()).flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.contains(&mark)).collect()
}

#[test]
fn a_test_that_is_killed_leaves_nothing_behind() {
    leaves_nothing("killed", |pid| kill_process(pid, Signal::KILL).expect("it runs"));
}

#[test]
fn a_test_that_is_interrupted_leaves_nothing_behind() {
    // As a terminal does it.
    leaves_nothing("interrupted", |pid| kill_process_group(pid, Signal::INT).expect("it runs"));
}
