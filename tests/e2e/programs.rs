//! Programs beside the modules (`[[auto_run]]`): what a real host builds, starts, restarts and ends.

use host::control::Request;
use host::journal::board::{LastExit, ProcessBoard};
use host::journal::event::{Entry, Event, WaitsFor};
use pitstop_tests::host_process::kind_of;
use pitstop_tests::{HostOptions, HostProcess, Project, processes, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::process::Stdio;

/// A package of the project that becomes a program.
const PACKAGE: &str = "unrelated";
const MAIN: &str = "unrelated/src/main.rs";

/// Appends a line to `ignored/started` and waits for its end.
fn source(version: &str) -> String {
    format!(
        "use std::io::Write;
fn main() {{
    let words: Vec<String> = std::env::args().skip(1).collect();
    let of_env = std::env::var(\"WORKER\").unwrap_or_default();
    let file = std::fs::OpenOptions::new().create(true).append(true).open(\"ignored/started\");
    let line = format!(\"{version} {{}} {{}} {{of_env}}\\n\", std::process::id(), words.join(\",\"));
    file.unwrap().write_all(line.as_bytes()).unwrap();
    println!(\"{version} on standard output\");
    loop {{ std::thread::park(); }}
}}
"
    )
}

/// A project with one program; `more` are further settings of it.
fn project(more: &str) -> Project {
    let project = Project::new();
    project.save("ignored/started", "");
    project.save(MAIN, &source("one"));
    let bin = project.package(PACKAGE);
    project.edit("pitstop.toml", |toml| {
        format!("{toml}[[auto_run]]\nname = \"worker\"\nbin = {bin:?}\n{more}\n")
    });
    project
}

/// A project with a script beside the modules.
fn with_command(script: &str) -> Project {
    let project = Project::new();
    project.save("ignored/worker", script);
    let of_all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(project.path("ignored/worker"), of_all).expect("it is ours");
    project.edit("pitstop.toml", |toml| {
        let program = "name = \"worker\"\ncommand = \"ignored/worker\"\nenabled = true\n";
        format!("{toml}[[auto_run]]\n{program}")
    });
    project
}

/// The lines that the program has written, each with version, process id, arguments and environment.
fn started(project: &Project) -> Vec<Vec<String>> {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect();
    project.read("ignored/started").lines().map(words).collect()
}

fn has_started(entry: &Entry) -> bool {
    matches!(&entry.event, Event::ProcessStarted { name, .. } if name == "worker")
}

fn worker(host: &HostProcess) -> ProcessBoard {
    let processes = host.status().processes;
    processes.into_iter().find(|process| process.name == "worker").expect("it is known")
}

fn is_alive(pid: u32) -> bool {
    processes::resident_bytes_of(pid).is_some_and(|bytes| bytes > 0)
}

fn pid(entry: &Entry) -> u32 {
    match entry.event {
        Event::ProcessStarted { pid, .. } | Event::ProcessStopped { pid, .. } => pid,
        _ => panic!("{entry:?}"),
    }
}

fn order(host: &HostProcess, request: &Request) {
    let reply = host.request(request);
    assert!(reply.ok, "{reply:?}");
}

fn start() -> Request {
    Request::StartProcess { name: "worker".to_owned() }
}

fn stop() -> Request {
    Request::StopProcess { name: "worker".to_owned() }
}

#[test]
fn p15_p20_a_program_is_built_started_and_restarted_after_each_success() {
    let project = project("enabled = true\nargs = [\"a b\", \"c\"]\nenv = { WORKER = \"yes\" }");
    let bin = project.package(PACKAGE);
    let mut host = HostProcess::launch(&project, HostOptions::default());
    let waiting = host.wait_for_kind("process_waiting");
    let Event::ProcessWaiting { target, build, .. } = &waiting.event else { unreachable!() };
    assert_eq!(target.as_ref(), Some(&bin));
    assert!(build.contains("cargo build --package"), "{build}");
    let of_program = |entry: &Entry| matches!(&entry.event, Event::BuildStarted { targets, .. } if !targets.is_empty());
    let build = host.wait_for("a build of its own", of_program);
    let Event::BuildStarted { targets, .. } = build.event else { unreachable!() };
    assert_eq!(targets, [bin.as_str()]);
    let first = pid(&host.wait_for("it starts", has_started));
    wait_until("it has written", || (started(&project).len() == 1).then_some(()));
    assert_eq!(started(&project)[0], ["one", &first.to_string(), "a", "b,c", "yes"]);
    let known = worker(&host);
    assert_eq!((known.pid, known.restarts, known.last_exit), (Some(first), 0, None));

    // A comment makes the same program, and a module is none of its business.
    project.edit(MAIN, |text| format!("{text}// said\n"));
    let finished = host.wait_for_kind("build_finished");
    let Event::BuildFinished { targets, .. } = finished.event else { unreachable!() };
    assert_eq!(targets, [bin.as_str()]);
    project.rename("ui", "two");
    host.wait_for_commit("ui");
    assert_eq!(worker(&host).pid, Some(first));

    project.edit(MAIN, |text| text.replace("println!", "printl!"));
    let failed = host.wait_for_kind("build_failed");
    let Event::BuildFailed { targets, command, .. } = failed.event else { unreachable!() };
    assert_eq!(targets, [bin.as_str()]);
    assert!(command.contains("--bin"), "{command}");
    let of_bin = host.status().targets.into_iter().find(|it| it.name == bin).expect("it is known");
    assert!(of_bin.last_error.is_some_and(|error| error.contains("main.rs:")));
    assert!(host.status().modules[0].last_error.is_none(), "no module is to blame");
    assert_eq!(worker(&host).pid, Some(first));

    project.save(MAIN, &source("two"));
    let stopped = host.wait_for_kind("process_stopped");
    assert_eq!(pid(&stopped), first);
    let second = pid(&host.wait_for("the new one", has_started));
    assert!(!is_alive(first));
    let known = worker(&host);
    assert_eq!((known.pid, known.restarts), (Some(second), 1));
    let exit = LastExit { code: None, signal: Some(Signal::INT.as_raw()), forced: false };
    assert_eq!(known.last_exit, Some(exit));
    // Standard output is the journal's here.
    wait_until("its output", || host.stderr().contains("two on standard output").then_some(()));

    let (status, journal) = host.stop();
    assert!(status.success());
    assert!(!is_alive(second));
    assert!(
        journal.iter().any(|entry| kind_of(entry) == "process_stopped" && pid(entry) == second)
    );
}

#[test]
fn p31_one_process_each_that_the_user_starts_and_stops() {
    let project = project("");
    let mut host = HostProcess::start(&project);
    assert_eq!(worker(&host).waits_for, Some(WaitsFor::Start));
    // What is not enabled is not built either.
    assert!(host.status().targets.is_empty());
    for _ in 0..3 {
        order(&host, &start());
    }
    let first = pid(&host.wait_for("it is built and started", has_started));
    order(&host, &start());
    order(&host, &stop());
    host.wait_for_kind("process_stopped");
    host.wait_for_kind("process_waiting");
    // No build starts what the user has stopped.
    project.save(MAIN, &source("two"));
    host.wait_for_kind("build_finished");
    assert_eq!((worker(&host).pid, is_alive(first)), (None, false));
    order(&host, &start());
    let second = pid(&host.wait_for("the newest is started", has_started));
    wait_until("it has written", || (started(&project).len() == 2).then_some(()));
    assert_eq!(started(&project)[1][..2], ["two".to_owned(), second.to_string()]);
    let reply = host.request(&Request::StopProcess { name: "other".to_owned() });
    let error = reply.error.unwrap_or_default();
    assert!(error.contains("`other`") && error.contains("it has worker"), "{error}");
}

#[test]
fn p18_a_command_is_restarted_after_each_build_of_the_modules() {
    let script = "#!/bin/sh\necho \"one $$\" >> ignored/started\nexec sleep 600\n";
    let project = with_command(script);
    let mut host = HostProcess::launch(&project, HostOptions::default());
    let first = pid(&host.wait_for("it starts after the first build", has_started));
    project.rename("ui", "two");
    assert_eq!(pid(&host.wait_for_kind("process_stopped")), first);
    let second = pid(&host.wait_for("it starts again", has_started));
    // It ends by itself, and the next build starts it.
    let pid_of = |pid: u32| Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("a pid");
    kill_process(pid_of(second), Signal::KILL).expect("it runs");
    host.wait_for_kind("process_stopped");
    assert_eq!(worker(&host).waits_for, Some(WaitsFor::Build));
    project.rename("ui", "three");
    host.wait_for("it starts again", has_started);
    assert_eq!(worker(&host).restarts, 2);
}

#[test]
fn p33_a_binary_that_is_not_there_is_named_with_its_program_and_field() {
    let project = project("enabled = true");
    project.edit("pitstop.toml", |toml| toml.replace("bin = \"unrelated", "bin = \"unrelatet"));
    let mut host = HostProcess::launch(&project, HostOptions::default());
    assert_eq!(host.wait_for_end().code(), Some(1));
    let said = host.stderr();
    for part in ["`auto_run.bin` of \"worker\"", "no binary `unrelatet", "name one of: unrelated"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn w3_without_watching_programs_wait_for_hot_reload_too() {
    let project = project("enabled = true");
    let args = vec!["--no-watch".into()];
    let mut host = HostProcess::launch(&project, HostOptions { args, ..HostOptions::default() });
    let first = pid(&host.wait_for("it starts", has_started));
    project.save(MAIN, &source("two"));
    // A build of the modules is no reason either.
    host.reload(None);
    assert_eq!(pid(&host.wait_for_kind("process_stopped")), first);
    let built = host.journal().iter().filter(
        |entry| matches!(&entry.event, Event::BuildStarted { targets, .. } if !targets.is_empty()),
    );
    assert_eq!(built.count(), 2, "one at first, one by order");
}

#[test]
fn p13_s12_no_program_outlives_its_host() {
    for signal in [Signal::TERM, Signal::KILL] {
        let project = project("enabled = true");
        let mut host = HostProcess::launch(&project, HostOptions::default());
        let program = pid(&host.wait_for("it starts", has_started));
        assert!(is_alive(program));
        host.signal(signal);
        host.wait_for_end();
        wait_until("it has ended", || (!is_alive(program)).then_some(()));
        let is_told = host.stderr().contains("has ended (signal: 2)");
        assert_eq!(is_told, signal == Signal::TERM, "{}", host.stderr());
    }
}

#[test]
fn p31_the_next_host_starts_none_before_those_of_a_killed_host_have_ended() {
    // What watches over it has to insist.
    let script = "#!/bin/sh
exec > ignored/started 2>&1
trap '' TERM
echo \"one $$\"
while :; do sleep 0.02; done
";
    let project = with_command(script);
    let mut host = HostProcess::launch(&project, HostOptions::default());
    let first = pid(&host.wait_for("it starts", has_started));
    wait_until("it has written", || project.path("ignored/started").exists().then_some(()));
    host.signal(Signal::KILL);
    host.wait_for_end();
    assert!(is_alive(first));
    let mut host = HostProcess::launch(&project, HostOptions::default());
    let second = pid(&host.wait_for("it starts again", has_started));
    assert!(!is_alive(first), "{first} and {second}");
    assert_eq!(host.count("committed"), 1, "nobody else has waited for them");
}

#[test]
fn p4_watch_follows_the_builds_of_a_running_host() {
    let project = project("enabled = true");
    let bin = project.package(PACKAGE);
    let mut host = HostProcess::launch(&project, HostOptions::default());
    host.wait_for("the host's own", has_started);
    let mut watch = pitstop_tests::clean::command(pitstop_tests::host_binary::xtask_binary())
        .args([
            "watch",
            "--bin",
            &bin,
            "--events",
            "events",
            "--restart-delay",
            "1",
            "--",
            "watched",
        ])
        .current_dir(project.root())
        .stdin(Stdio::null())
        .spawn()
        .expect("xtask starts");
    let of_watch = |version: &str| {
        wait_until("the watched program", || {
            let of_version = |words: &Vec<String>| words[0] == version && words[2] == "watched";
            started(&project).into_iter().find(of_version)
        })
    };
    of_watch("one");
    project.save(MAIN, &source("two"));
    of_watch("two");
    let builds = || {
        let events = project.read("events");
        let of = |kind: &str| events.matches(&format!("\"kind\":\"{kind}\"")).count();
        (of("build_started"), of("build_finished"))
    };
    // It has built nothing itself: of the host's builds it has heard the second one.
    assert_eq!(builds(), (1, 1));
    host.signal(Signal::TERM);
    host.wait_for_end();
    project.save(MAIN, &source("three"));
    of_watch("three");
    assert!(project.read("events").contains("the running host has ended"));
    let _ = kill_process(Pid::from_child(&watch), Signal::TERM);
    assert!(watch.wait().expect("our child").success());
}
