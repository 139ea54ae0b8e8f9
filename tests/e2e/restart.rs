//! The host in place of itself: what becomes of a change of its own sources.
//!
//! The host of these projects is a small program that becomes the real one, so that a build of it takes a second. What
//! is built, copied, tried and started is that program; what runs then is the real host.

use crate::RELOADED;
use crate::busy::{at_work, begin};
use host::control::Request;
use host::journal::event::{Entry, Event, NoChange, StartReason, Trigger};
use host::journal::said;
use pitstop_tests::host_binary::host_binary;
use pitstop_tests::host_process::kind_of;
use pitstop_tests::{HostOptions, HostProcess, Project, clean, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::process::ExitStatus;

pub(crate) const MAIN: &str = "host/src/main.rs";

/// The program's source; `on_trial` and `otherwise` are what it does before it becomes the real host.
fn source(label: &str, on_trial: &str, otherwise: &str) -> String {
    let host = host_binary();
    format!(
        "use std::os::unix::process::CommandExt;
fn main() {{
    if std::env::var_os(\"PITSTOP_TRIAL\").is_some() {{
        {on_trial}
    }} else if std::env::args_os().len() > 1 {{
        {otherwise}
    }}
    let mut host = std::process::Command::new({host:?});
    panic!(\"{{}}\", host.args(std::env::args_os().skip(1)).env(\"LABEL\", {label:?}).exec());
}}
"
    )
}

pub(crate) fn project() -> Project {
    let project = Project::new();
    add_host(&project);
    project
}

/// Adds the small host to a project.
pub(crate) fn add_host(project: &Project) {
    project.replace("Cargo.toml", "\"unrelated\"]", "\"unrelated\", \"host\"]");
    project.save(
        "host/Cargo.toml",
        "[package]\nname = \"host\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [package.metadata.pitstop]\nhost = true\n",
    );
    project.save(MAIN, &source("one", "", ""));
}

/// Saves new code of the host.
pub(crate) fn change(project: &Project, label: &str) {
    project.save(MAIN, &source(label, "", ""));
}

fn options() -> HostOptions {
    HostOptions { may_restart: true, ..HostOptions::default() }
}

fn start(project: &Project, options: HostOptions) -> HostProcess {
    let mut host = HostProcess::launch(project, options);
    host.wait_for_commit("ui");
    wait_until("the status", || host.status().modules[0].generation);
    host.take_in();
    host
}

/// Waits until the next process draws; the entry that says so.
#[track_caller]
pub(crate) fn wait_for_restart(host: &mut HostProcess) -> Entry {
    host.wait_for("the new host", |entry| {
        matches!(entry.event, Event::Started { reason: StartReason::CodeChange, .. })
    });
    host.wait_for_kind("committed")
}

/// Something of this process, as the system has it.
fn of_process(pid: u32, what: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/{what}"))
}

/// Which of the project's hosts this process has become; empty for the first one.
fn label(pid: u32) -> String {
    let environment = fs::read(of_process(pid, "environ")).expect("it runs");
    let mut variables = environment.split(|byte| *byte == 0);
    let label = variables.find_map(|variable| variable.strip_prefix(b"LABEL="));
    String::from_utf8_lossy(label.unwrap_or_default()).into_owned()
}

/// What its descriptors lead to once nobody is connected, without numbers that differ from process to process.
#[track_caller]
fn descriptors(pid: u32) -> Vec<String> {
    wait_until("the end of connections", || {
        let all = all_descriptors(pid);
        (all.iter().filter(|target| *target == "socket").count() == 1).then_some(all)
    })
}

fn all_descriptors(pid: u32) -> Vec<String> {
    let entries = fs::read_dir(of_process(pid, "fd")).expect("it runs").flatten();
    let targets = entries.filter_map(|entry| fs::read_link(entry.path()).ok());
    let plain = |target: PathBuf| {
        let text = target.display().to_string();
        text.split(":[").next().unwrap_or_default().to_owned()
    };
    let mut all: Vec<String> = targets.map(plain).collect();
    all.sort();
    all
}

fn children(pid: u32) -> Vec<String> {
    let tasks = fs::read_dir(of_process(pid, "task")).expect("it runs").flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let words: Vec<String> = children.flat_map(|list| words(&list)).collect();
    words
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn command_line(pid: u32) -> Vec<u8> {
    fs::read(of_process(pid, "cmdline")).expect("it runs")
}

#[test]
fn s16_w2_w5_w8_c14_a_change_of_the_host_becomes_the_same_process_with_the_same_state() {
    let project = project();
    let odd = OsString::from_vec(vec![b'-', 0xff]);
    let args = vec!["--".into(), "a \"b\"".into(), odd.clone(), OsString::new()];
    let mut host = start(&project, HostOptions { args, ..options() });
    let pid = host.status().pid;
    assert_eq!((label(pid), pid), (String::new(), host.pid()));
    wait_until("the process that waits for new code", || (children(pid).len() == 1).then_some(()));
    let before = (command_line(pid), descriptors(pid));
    host.check(|| project.rename("ui", "two"), &RELOADED);
    host.take_in();
    change(&project, "two");
    wait_for_restart(&mut host);
    // What runs is built, so that the next save is quick, and nothing is swapped.
    host.wait_for_kind("no_change");
    // The same process, with the same arguments, and nothing of the one before.
    assert_eq!((host.status().pid, label(pid)), (pid, "two".to_owned()));
    let after = command_line(pid);
    let shown = |line: &[u8]| String::from_utf8_lossy(line).replace('\0', " ");
    let (args_before, args_after) = (shown(&before.0), shown(&after));
    assert!(
        args_after.ends_with(args_before.split_once(' ').expect("arguments").1),
        "{args_after}"
    );
    assert!(after.windows(2).any(|pair| pair == odd.as_bytes()), "{args_after}");
    // A checkpoint that is being written has its own for a moment.
    wait_until("the same descriptors", || (all_descriptors(pid) == before.1).then_some(()));
    assert_eq!(children(pid).len(), 1, "the process that waits for new code");
    // The code that ran last draws at once, with its state, before anything is built.
    assert_eq!(host.seen_by("ui"), ["one", "two"], "{}", host.words());
    // All in one journal, whose times go on.
    let journal = project.read("target/pitstop/events.jsonl");
    let entries = journal.lines().map(|line| {
        serde_json::from_str::<Entry>(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    });
    let entries: Vec<Entry> = entries.collect();
    assert!(entries.is_sorted_by(|a, b| a.t_us < b.t_us), "{}", host.words());
    assert_eq!(entries.iter().filter(|entry| kind_of(entry) == "started").count(), 2);
    // The same change leads to one new process.
    host.check(|| project.rename("ui", "three"), &RELOADED);
    assert_eq!(host.count("restarting"), 1, "{}", host.words());
    assert_eq!(host.seen_by("ui"), ["one", "two", "three"]);
    assert_eq!(host.seen_by("ui"), ["one", "two", "three"]);
    // And so does the next one.
    change(&project, "three");
    wait_for_restart(&mut host);
    assert_eq!((host.status().pid, label(pid)), (pid, "three".to_owned()));
    let hosts = fs::read_dir(project.path("target/pitstop/hosts")).expect("copies").count();
    assert_eq!(hosts, 2, "the one that runs, and the one before");
}

#[test]
fn c13_c16_the_reason_is_told_first_and_the_summary_and_the_last_checkpoint_come_before_the_end() {
    let project = project();
    let mut host = start(&project, options());
    host.take_in();
    change(&project, "two");
    wait_for_restart(&mut host);
    let kinds: Vec<String> = host.journal().iter().map(kind_of).collect();
    let at = |kind: &str| kinds.iter().rposition(|known| known == kind).unwrap_or(usize::MAX);
    let order = [
        "change",
        "trial_passed",
        "restart_pending",
        "restarting",
        "checkpoint",
        "retired",
        "stopped",
        "started",
        "committed",
    ];
    let first_start = kinds.iter().position(|kind| kind == "stopped").expect("it has ended");
    let at: Vec<usize> = order
        .iter()
        .map(|kind| match *kind {
            "started" | "committed" => at(kind),
            _ => kinds[..=first_start].iter().rposition(|it| it == kind).unwrap_or(usize::MAX),
        })
        .collect();
    let told: Vec<(&str, usize)> = order.iter().copied().zip(at.iter().copied()).collect();
    let told: Vec<_> = told.into_iter().filter(|(_, at)| *at != usize::MAX).collect();
    assert!(told.is_sorted_by_key(|(_, at)| *at), "{told:?}\n{}", host.words());
    assert!(told.len() >= order.len() - 1, "only a checkpoint may be there already: {told:?}");
    let terminal = host.stderr();
    for text in [
        "host building with cargo",
        "host the new one has restored the state and drawn a frame",
        "restart pending: code_change (host/src/main.rs)",
        "restarting: code_change",
        "stopped: host/src/main.rs has changed; in ",
        "1 time new code",
        "started again with its new code",
    ] {
        assert!(terminal.contains(text), "{text}\n{terminal}");
    }
    // Once it is over, nothing is pending.
    assert!(!host.status().restart_pending);
}

#[test]
fn w2_a_host_that_does_not_compile_or_draw_changes_nothing() {
    let project = project();
    let mut host = start(&project, options());
    let pid = host.pid();
    for (code, kind, words) in [
        (
            "fn main() { no such thing }".to_owned(),
            "build_failed",
            "cargo build --workspace --bin host",
        ),
        (source("x", "std::process::exit(3);", ""), "trial_failed", "it ended with exit status: 3"),
        (
            source("x", "panic!(\"it is broken\");", ""),
            "trial_failed",
            "panicked at host/src/main.rs",
        ),
        (source("x", "std::process::abort();", ""), "trial_failed", "signal: 6"),
        (
            source(
                "x",
                "eprintln!(\"pitstop trial failed at restore: ui: no\"); std::process::exit(1);",
                "",
            ),
            "trial_failed",
            "the new one failed at restore: ui: no",
        ),
    ] {
        host.take_in();
        project.save(MAIN, &code);
        let entry = host.wait_for_kind(kind);
        let told = said(&entry.event);
        assert!(told.contains(words), "{words}: {told}");
        let target = wait_until("the status", || {
            host.status().targets.into_iter().find(|target| target.last_error.is_some())
        });
        assert_eq!(target.name, "host");
        // What runs is as before, and takes new code of modules.
        let name = format!("after {words}");
        host.check(|| project.rename("ui", &name), &RELOADED);
        assert_eq!((host.status().pid, label(pid)), (pid, String::new()));
        assert!(!host.status().restart_pending, "{}", host.words());
    }
    let seen = host.seen_by("ui");
    host.take_in();
    change(&project, "whole");
    wait_for_restart(&mut host);
    assert_eq!((label(pid), host.seen_by("ui")), ("whole".to_owned(), seen));
    assert_eq!(host.status().targets, []);
}

#[test]
fn c17_s16_a_host_that_cannot_be_started_ends_the_process_with_the_reason() {
    let project = project();
    let mut host = start(&project, options());
    project.save(
        MAIN,
        &source("x", "use std::os::unix::fs::PermissionsExt; let mode = std::fs::Permissions::from_mode(0); std::fs::set_permissions(std::env::current_exe().unwrap(), mode).unwrap();", ""),
    );
    let status: ExitStatus = host.wait_for_end();
    assert_eq!(status.code(), Some(1), "{}", host.words());
    let terminal = host.stderr();
    for text in ["the host cannot start", "Permission denied", "start `cargo xtask dev` anew"] {
        assert!(terminal.contains(text), "{terminal}");
    }
    let log = project.read("target/pitstop/host.log");
    assert!(log.contains("the host cannot start"), "{log}");
    assert!(!project.path("target/pitstop/status.json").exists(), "no half-alive process");
    drop(host);
    // The state is there.
    change(&project, "whole");
    let host = start(&project, options());
    assert_eq!(host.seen_by("ui"), ["one"]);
    assert!(!project.path("target/pitstop/restart.json").exists());
}

#[test]
fn c10_c11_s15_the_new_host_waits_for_work_that_must_not_be_interrupted() {
    let project = project();
    project.save("ignored/empty", "");
    let (export, safe) = (project.path("ignored/export"), project.path("ignored/safe"));
    project.edit("ui/src/lib.rs", |text| at_work(text, &export, &safe));
    let mut host = start(&project, options());
    // Idle: at once. At work: when it is done.
    begin(&project, &mut host);
    change(&project, "two");
    let pending = host.wait_for_kind("restart_pending");
    assert!(matches!(pending.event, Event::RestartPending { busy: true, .. }), "{pending:?}");
    assert!(host.status().restart_pending);
    let ticks = |host: &HostProcess| host.state("ui")["ticks"].as_u64().expect("a number");
    let before = ticks(&host);
    wait_until("frames", || (ticks(&host) > before + 3).then_some(()));
    assert_eq!(host.count("restarting"), 0, "{}", host.words());
    fs::remove_file(&export).expect("the work is over");
    wait_for_restart(&mut host);
    assert_eq!(label(host.pid()), "two");
    // At work, and at a point from which it can go on.
    begin(&project, &mut host);
    change(&project, "three");
    host.wait_for_kind("restart_pending");
    project.save("ignored/safe", "");
    wait_for_restart(&mut host);
    assert_eq!(
        (label(host.pid()), host.seen_by("ui")),
        ("three".to_owned(), vec!["one".to_owned()])
    );
}

#[test]
fn s17_a_host_that_crashes_twice_gives_way_to_the_one_before() {
    let project = project();
    let options = HostOptions { supervised: true, ..HostOptions::default() };
    let mut host = start(&project, options);
    project.save(MAIN, &source("bad", "", "std::process::abort();"));
    host.wait_for_kind("stopped");
    // The first crash is that of the process that took over, the second that of its successor.
    let back = host.wait_for("the host before", |entry| {
        matches!(&entry.event, Event::Notice { message } if message.contains("this is the one before"))
    });
    host.wait_for_kind("committed");
    let terminal = host.stderr();
    assert_eq!(terminal.matches("crashed (signal: 6").count(), 2, "{terminal}");
    assert!(terminal.contains("has crashed twice within 10 s"), "{terminal}");
    assert_eq!(host.seen_by("ui"), ["one"]);
    assert_eq!(label(host.status().pid), "");
    assert!(back.t_us > 0);
    // Another change is tried again.
    host.take_in();
    change(&project, "good");
    wait_for_restart(&mut host);
    assert_eq!((label(host.status().pid), host.seen_by("ui")), ("good".into(), vec!["one".into()]));
    // And it is what a crash leads to from then on.
    abort(&host);
    host.wait_for("another host", |entry| {
        matches!(entry.event, Event::Started { reason: StartReason::Crash, .. })
    });
    host.wait_for_kind("committed");
    assert_eq!(label(host.status().pid), "good");
}

#[test]
fn c8_new_code_of_modules_waits_for_the_host_when_both_are_made_of_what_has_changed() {
    let project = project();
    let mut host = start(&project, options());
    // Files of both, in one change.
    project.edit("Cargo.toml", |text| format!("{text}\n# both\n"));
    project.rename("ui", "two");
    host.wait_for(
        "the host is built",
        |entry| matches!(&entry.event, Event::BuildFinished { targets, .. } if !targets.is_empty()),
    );
    wait_for_restart(&mut host);
    wait_until("the new code", || (host.seen_by("ui") == ["one", "two"]).then_some(()));
    let words = host.words();
    assert_eq!(host.count("restarting"), 1, "{words}");
    // It has not run in the old process: it was built there, and waited.
    let entries = host.journal();
    let restarting = entries.iter().position(|entry| kind_of(entry) == "restarting");
    let before = &entries[..restarting.expect("it was")];
    let waits = |entry: &Entry| matches!(&entry.event, Event::Deferred { busy } if busy == &["the new host".to_owned()]);
    assert!(before.iter().any(waits), "{words}");
    assert_eq!(before.iter().filter(|entry| kind_of(entry) == "committed").count(), 1, "{words}");
}

#[test]
fn w2_x5_without_auto_reload_the_user_begins_and_what_waits_goes_on_waiting() {
    let project = project();
    project.edit("pitstop.toml", |toml| format!("auto_reload = false\n{toml}"));
    let mut host = start(&project, options());
    change(&project, "two");
    let waits = host.wait_for_kind("waiting");
    assert_eq!(waits.event, Event::Waiting { changes: 1 });
    assert_eq!(host.count("build_started"), 1, "the first load\n{}", host.words());
    assert!(host.request(&reload()).ok);
    let begins = |entry: &Entry| matches!(&entry.event, Event::BuildStarted { targets, .. } if !targets.is_empty());
    host.wait_for("the build of the host", begins);
    // The order is for what is saved by then, the module included.
    host.wait_for_commit("ui");
    // Saved while the host is built, and nobody has asked for it.
    project.rename("ui", "two");
    host.wait_for("it waits", |entry| entry.event == Event::Waiting { changes: 1 });
    host.wait_for_kind("started");
    host.wait_for("it waits", |entry| entry.event == Event::Waiting { changes: 1 });
    host.wait_for_kind("committed");
    let runs = (label(host.pid()), host.seen_by("ui"));
    assert_eq!(runs, ("two".into(), vec!["one".into()]), "{}", host.words());
    assert!(host.request(&reload()).ok);
    host.wait_for_commit("ui");
    assert_eq!(host.seen_by("ui"), ["one", "two"], "{}", host.words());
}

#[test]
fn w2_a_save_while_the_host_is_built_or_tried_is_in_the_host_that_takes_over() {
    let project = project();
    let mut host = start(&project, options());
    let begins = |entry: &Entry| matches!(&entry.event, Event::BuildStarted { targets, .. } if !targets.is_empty());
    change(&project, "two");
    host.wait_for("the build of the host", begins);
    change(&project, "three");
    wait_until("the last one", || (label(host.pid()) == "three").then_some(()));
    wait_until("it draws", || host.try_state("ui"));
    assert_eq!(host.seen_by("ui"), ["one"]);
}

#[test]
fn w2_an_edit_of_what_has_started_the_host_is_only_told() {
    let project = project();
    project.replace("Cargo.toml", "\"host\"]", "\"host\", \"xtask\"]");
    project.save(
        "xtask/Cargo.toml",
        "[package]\nname = \"xtask\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    project.save("xtask/src/main.rs", "fn main() {}\n");
    let mut host = start(&project, options());
    project.save("xtask/src/main.rs", "fn main() { println!() }\n");
    host.wait_for("a notice", |entry| {
        let begins = "xtask/src/main.rs is part of what has started this host";
        matches!(&entry.event, Event::Notice { message } if message.starts_with(begins))
    });
    host.check(|| project.rename("ui", "two"), &RELOADED);
    assert_eq!(host.count("restarting"), 0, "{}", host.words());
}

#[test]
fn s17_a_host_that_failed_its_trial_is_not_what_a_crash_leads_to() {
    let project = project();
    let cargo = ["build", "--quiet", "--offline", "--workspace", "--bin", "host"];
    let built = clean::command("cargo").args(cargo).current_dir(project.root()).status();
    assert!(built.expect("cargo can be run").success());
    // The file that cargo replaces with each build.
    let program = project.path("target/debug/host").into_os_string();
    let env = vec![("PITSTOP_HOST_BIN".into(), program)];
    let options = HostOptions { supervised: true, env, ..HostOptions::default() };
    let mut host = start(&project, options);
    assert_eq!(label(host.status().pid), "one");
    project.save(MAIN, &source("bad", "std::process::exit(3);", ""));
    host.wait_for_kind("trial_failed");
    abort(&host);
    host.wait_for("another host", |entry| {
        matches!(entry.event, Event::Started { reason: StartReason::Crash, .. })
    });
    host.wait_for_kind("committed");
    assert_ne!(label(host.status().pid), "bad", "{}", host.words());
    assert_eq!(host.seen_by("ui"), ["one"]);
}

fn abort(host: &HostProcess) {
    let pid = Pid::from_raw(i32::try_from(host.status().pid).expect("a number"));
    kill_process(pid.expect("a process"), Signal::ABORT).expect("it runs");
}

#[test]
fn w2_a_host_that_was_refused_is_tried_again_with_new_code_of_modules_and_when_the_user_asks() {
    let project = project();
    let (ok, code) = (
        project.path("ignored/ok"),
        "if !std::path::Path::new(OK).exists() { std::process::exit(3) }",
    );
    project.save("ignored/empty", "");
    let code = code.replace("OK", &format!("{ok:?}"));
    let mut host = start(&project, options());
    for (name, by_order) in [("two", false), ("three", true)] {
        host.take_in();
        let _ = fs::remove_file(&ok); // there is none at first
        // Modules are made of it, too, and wait for the new host.
        project.edit("Cargo.toml", |text| format!("{text}\n# {name}\n"));
        project.save(MAIN, &source(name, &code, ""));
        host.wait_for_kind("trial_failed");
        project.save("ignored/ok", "");
        match by_order {
            true => assert!(host.request(&reload()).ok),
            false => project.rename("ui", name),
        }
        wait_for_restart(&mut host);
        assert_eq!(label(host.pid()), name);
    }
    wait_until("its code", || (host.seen_by("ui") == ["one", "two"]).then_some(()));
}

fn reload() -> Request {
    Request::Reload { module: None, wait: false, trigger: Trigger::Command }
}

#[test]
fn w2_w5_the_new_host_runs_the_code_that_the_user_has_gone_back_to() {
    let project = project();
    let mut host = start(&project, options());
    host.check(|| project.rename("ui", "two"), &RELOADED);
    assert!(host.request(&Request::Rollback { module: None, to: None }).ok);
    host.wait_for_commit("ui");
    assert_eq!(host.seen_by("ui"), ["one", "two", "one"]);
    host.take_in();
    change(&project, "two");
    wait_for_restart(&mut host);
    host.wait_for("the build of what is saved", |entry| {
        matches!(entry.event, Event::NoChange { reason: NoChange::NotAsked })
    });
    assert_eq!(host.seen_by("ui"), ["one", "two", "one"], "{}", host.words());
    // The next save is what runs.
    host.check(|| project.rename("ui", "three"), &RELOADED);
    assert_eq!(host.seen_by("ui"), ["one", "two", "one", "three"]);
}

#[test]
fn w2_a_host_that_would_not_start_does_not_take_over() {
    let project = project();
    let mut host = start(&project, options());
    let toml = project.read("pitstop.toml");
    project.save("pitstop.toml", "no = such = thing");
    change(&project, "two");
    let refused = host.wait_for_kind("trial_failed");
    assert!(said(&refused.event).contains("pitstop.toml"), "{}", said(&refused.event));
    assert_eq!(label(host.pid()), "");
    project.save("pitstop.toml", &toml);
    assert!(host.request(&reload()).ok);
    wait_for_restart(&mut host);
    assert_eq!((label(host.pid()), host.seen_by("ui")), ("two".into(), vec!["one".into()]));
}

#[test]
fn s10_c17_the_end_of_the_host_is_that_of_a_trial_as_well() {
    let project = project();
    project.save("ignored/empty", "");
    let pid = project.path("ignored/pid");
    let code = format!(
        "std::fs::write({pid:?}, std::process::id().to_string()).unwrap(); loop {{ std::thread::park(); }}"
    );
    let mut host = start(&project, options());
    project.save(MAIN, &source("two", &code, ""));
    let trial = wait_until("the trial", || fs::read_to_string(&pid).ok()?.parse::<u32>().ok());
    host.signal(Signal::TERM);
    let status = host.wait_for_end();
    assert_eq!(status.code(), Some(0), "{}", host.words());
    wait_until("the end of the trial", || (!of_process(trial, "fd").exists()).then_some(()));
    assert_eq!(host.count("restarting"), 0, "{}", host.words());
}

#[test]
fn w9_the_window_draws_while_the_host_is_built_and_tried() {
    let project = project();
    project.save("ignored/empty", "");
    let ready = project.path("ignored/ready");
    let code =
        format!("while !std::path::Path::new({ready:?}).exists() {{ std::thread::yield_now(); }}");
    let mut host = start(&project, options());
    project.save(MAIN, &source("two", &code, ""));
    host.wait_for(
        "the host is built",
        |entry| matches!(&entry.event, Event::BuildFinished { targets, .. } if !targets.is_empty()),
    );
    let ticks = |host: &HostProcess| host.state("ui")["ticks"].as_u64().expect("a number");
    let before = ticks(&host);
    wait_until("frames", || (ticks(&host) > before + 20).then_some(()));
    let passed = |entry: &Entry| matches!(&entry.event, Event::TrialPassed { targets, .. } if !targets.is_empty());
    assert!(!host.journal().iter().any(passed), "that of the host goes on\n{}", host.words());
    project.save("ignored/ready", "");
    wait_for_restart(&mut host);
    assert_eq!(label(host.pid()), "two");
}

#[test]
fn w5_the_state_comes_along_also_when_somebody_has_removed_the_checkpoints() {
    let project = project();
    let mut host = start(&project, options());
    host.check(|| project.rename("ui", "two"), &RELOADED);
    fs::remove_dir_all(project.path("target/pitstop/checkpoint")).expect("there are some");
    host.take_in();
    change(&project, "two");
    wait_for_restart(&mut host);
    assert_eq!(host.seen_by("ui"), ["one", "two"], "{}", host.words());
}
