//! The host among other processes: who runs beside it, where it was started, how it ends.

use crate::RELOADED;
use host::control::{Client, Request};
use host::journal::event::Event;
use pitstop_tests::host_process::pitstop_file;
use pitstop_tests::{HostOptions, HostProcess, Project, processes, wait_until};
use rustix::process::Signal;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

/// Holds cargo's lock on the default target directory until a file is there.
const SLOW_BUILD_SCRIPT: &str = "fn main() {
    let go = concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../ignored/go\");
    std::fs::write(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../ignored/checking\"), \"\").unwrap();
    while !std::path::Path::new(go).exists() { std::thread::sleep(std::time::Duration::from_millis(5)); }
}";

#[test]
fn k18_an_editor_s_checker_and_the_host_do_not_wait_for_each_other() {
    let project = Project::new();
    project.save("unrelated/build.rs", SLOW_BUILD_SCRIPT);
    project.save("ignored/empty", "");
    let mut host = HostProcess::start(&project);
    let mut checker = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--package", &project.package("unrelated")])
        .current_dir(project.root())
        .env_remove("CARGO_TARGET_DIR")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("cargo can be run");
    wait_until("the checker is at work", || {
        project.path("ignored/checking").exists().then_some(())
    });
    host.check(|| project.rename("ui", "two"), &RELOADED);
    assert!(checker.try_wait().expect("our child").is_none(), "it held its lock all the while");
    project.save("ignored/go", "");
    assert!(checker.wait().expect("our child").success(), "the checker was not disturbed either");
}

#[test]
fn k19_a_module_may_change_the_working_directory() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let wander = "std::env::set_current_dir(\"/\").unwrap();";
    host.check(|| project.replace("ui/src/lib.rs", "// in create", wander), &RELOADED);
    host.check(|| project.rename("ui", "two"), &RELOADED);
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
    assert!(host.reload_ok("ui").0 > 3, "an order works as well");
}

#[test]
fn a_host_can_be_started_from_anywhere() {
    let project = Project::new();
    let elsewhere = pitstop_tests::temp_dir();
    let cwd = Some(elsewhere.path().to_path_buf());
    let mut host = HostProcess::launch(&project, HostOptions { cwd, ..HostOptions::default() });
    host.wait_for_commit("ui");
    host.check(|| project.rename("ui", "two"), &RELOADED);
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
    let left: Vec<_> = std::fs::read_dir(elsewhere.path()).expect("readable").collect();
    assert!(left.is_empty(), "nothing is written where it was started: {left:?}");
}

#[test]
fn a_second_host_on_the_same_workspace_is_refused() {
    let project = Project::new();
    let host = HostProcess::start(&project);
    let mut second = HostProcess::launch(&project, HostOptions::default());
    let status = second.wait_for_end();
    assert_eq!(status.code(), Some(1), "{}", second.words());
    let words = second.stderr();
    assert!(words.contains(&format!("pid {}", host.pid())), "{words}");
    assert!(words.contains("cargo xtask stop"), "what to do next: {words}");
    assert!(host.reload_ok("ui").0 > 1, "the first is not disturbed");
}

#[test]
fn sigterm_ends_the_host_and_everything_it_started() {
    let project = Project::new();
    let mark = format!("PITSTOP_E2E_MARK={}", project.package("mark"));
    let (name, value) = mark.split_once('=').expect("it was just joined");
    let env = vec![(name.into(), value.into())];
    let mut host = HostProcess::launch(&project, HostOptions { env, ..HostOptions::default() });
    host.wait_for_commit("ui");
    // In the middle of a build that does not end by itself.
    let build_script =
        "fn main() { std::process::Command::new(\"sleep\").arg(\"600\").status().unwrap(); }";
    project.save("ui/build.rs", build_script);
    host.wait_for_kind("build_started");
    wait_until("cargo and its children run", || {
        (processes::with_environment(&mark).len() >= 4).then_some(())
    });
    let (status, journal) = host.stop();
    assert!(status.success(), "{status}");
    assert!(matches!(journal.last().map(|entry| &entry.event), Some(Event::Stopped { .. })));
    wait_until("no process is left", || {
        processes::with_environment(&mark).is_empty().then_some(())
    });
    assert!(!pitstop_file(&project, "status.json").exists(), "no host, no status");
}

#[test]
fn a_stop_request_ends_the_host_too() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let reply = host.request(&Request::Stop {});
    assert!(reply.ok, "{reply:?}");
    assert!(host.wait_for_end().success());
    assert!(Client::connect(project.root()).is_err(), "nobody listens");
}

#[test]
fn after_a_kill_the_next_host_starts_as_ever() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    host.signal(Signal::KILL);
    assert!(!host.wait_for_end().success());
    assert!(pitstop_file(&project, "status.json").exists(), "it had no time to tidy up");
    let error = Client::connect(project.root()).expect_err("nobody listens").to_string();
    assert!(error.contains("has ended without removing it"), "{error}");
    let mut host = HostProcess::start(&project);
    host.check(|| project.rename("ui", "two"), &RELOADED);
    assert_eq!(host.status().pid, host.pid());
}

#[test]
fn a_workspace_that_cannot_be_used_is_refused_in_words() {
    let cases: [(&str, &str, &str); 3] = [
        ("pitstop.toml", "[[module]]\nname = \"gone\"\n", "no package `gone`"),
        ("pitstop.toml", "frame_limit_ms = \"fast\"\n", "pitstop.toml:1: `frame_limit_ms`"),
        ("Cargo.toml", "[workspace\n", "Cargo.toml"),
    ];
    for (file, text, words) in cases {
        let project = Project::new();
        project.save(file, text);
        let mut host = HostProcess::launch(&project, HostOptions::default());
        assert_eq!(host.wait_for_end().code(), Some(1), "{}", host.words());
        assert!(host.stderr().contains(words), "{words:?} is not in {}", host.stderr());
    }
}

#[test]
fn p28_a_program_in_another_language_subscribes_without_polling() {
    let python = "python3";
    if !pitstop_tests::clean::is_installed(python) {
        pitstop_tests::xvfb::skip("there is no python3");
        return;
    }
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let mut subscriber = pitstop_tests::clean::command(python)
        .arg(pitstop_tests::repo().join("docs/subscribe.py"))
        .arg(project.root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut lines = BufReader::new(subscriber.stdout.take().expect("a pipe")).lines();
    let mut next = |kind: &str| {
        let mut of_kind = lines.by_ref().map_while(Result::ok);
        of_kind.find(|line| line.split(' ').nth(1) == Some(kind)).expect(kind)
    };
    next("started");
    let first = next("committed");
    host.check(|| project.rename("ui", "two"), &RELOADED);
    let second = next("committed");
    assert!(second != first && second.ends_with(" ui"), "{first}, {second}");
    host.signal(Signal::TERM);
    next("stopped");
    assert!(subscriber.wait().expect("our child").success(), "it ends with the host");
}
