//! Code that hangs, floods or leaves threads behind costs neither the host nor the window.

use crate::RELOADED;
use host::control::Request;
use host::engine::ModuleResult;
use host::journal::event::{Event, FaultSite, Generation, Stage};
use host::journal::status::ModuleHealth;
use pitstop_tests::host_process::pitstop_file;
use pitstop_tests::{HostOptions, HostProcess, Project, wait_until};
use std::fs;

/// A path of the project in the code of its module.
fn path(name: &str) -> String {
    format!("std::path::Path::new(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../ignored/{name}\"))")
}

/// Gives a call as long as users get, instead of the tests' patience.
fn with_frame_limit(project: &Project) {
    project.replace("pitstop.toml", "frame_limit_ms = 20_000", "frame_limit_ms = 200");
}

#[test]
fn g01_a_thread_left_behind_reaches_nothing_of_the_host() {
    let project = Project::new();
    project.edit("ui/src/lib.rs", |code| {
        code.replace("_cc: &Create", "cc: &Create").replace(
            "// in create",
            "let host = *cc.host;
             std::thread::spawn(move || loop {
                 host.request_repaint();
                 host.log(hot_api::LogLevel::Trace, \"still here\");
                 std::thread::park_timeout(std::time::Duration::from_micros(200));
             });",
        )
    });
    // Freed memory is overwritten at once, so that using it shows.
    let env = vec![("MALLOC_PERTURB_".into(), "165".into())];
    let mut host = HostProcess::launch(&project, HostOptions { env, ..HostOptions::default() });
    host.wait_for_commit("ui");
    for name in ["two", "three", "four"] {
        host.check(|| project.rename("ui", name), &RELOADED);
        host.wait_for_kind("retired");
    }
    assert_eq!(host.seen_by("ui"), ["one", "two", "three", "four"]);
    let notices = host.words().matches("end and join them in the module's `Drop`").count();
    assert!(notices >= 1, "the threads and the remedy are named\n{}", host.words());
}

/// The files of the module's checkpoints.
fn checkpoints(project: &Project) -> Vec<String> {
    let dir = fs::read_dir(pitstop_file(project, "checkpoint")).expect("there are checkpoints");
    let names = dir.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.ends_with(".partial")).collect();
    names.sort();
    names
}

#[test]
fn g02_a_first_load_that_hangs_costs_no_checkpoint_and_the_host_still_answers() {
    let project = Project::new();
    // What becomes of a host whose code ends or hangs it, which a trial would find out.
    project.without_trials();
    let mut host = HostProcess::start(&project);
    host.wait_for_kind("checkpoint");
    drop(host.stop());
    let before = checkpoints(&project);
    let hangs = "if cc.host.generation() > 0 { loop { std::thread::park(); } }";
    project.edit("ui/src/lib.rs", |code| {
        code.replace("_cc: &Create", "cc: &Create").replace("// in create", hangs)
    });

    let mut host = HostProcess::launch(&project, HostOptions::default());
    host.wait_for_kind("build_finished");
    assert_eq!(host.status().modules[0].generation, None);
    assert!(host.request(&Request::Stop {}).ok);
    let rejected = host.wait_for_kind("rejected");
    assert!(
        matches!(&rejected.event, Event::Rejected { reason, .. } if reason.contains("the host ends")),
        "stopping does not wait for the module: {rejected:?}"
    );
    host.wait_for_end();
    assert_eq!(checkpoints(&project), before);

    let mut host = HostProcess::launch(&project, HostOptions::default());
    let rejected = host.wait_for_kind("rejected");
    assert!(
        matches!(&rejected.event, Event::Rejected { stage: Stage::Restore, reason, .. }
            if reason.contains("has not returned")),
        "{rejected:?}"
    );
    let fixed = || {
        project.edit("ui/src/lib.rs", |code| {
            code.replace(hangs, "let _ = cc;").replace("\"one\"", "\"two\"")
        });
    };
    project.edit("data/src/lib.rs", |code| format!("{code}\n// one more\n"));
    fixed();
    host.wait_for_kind("restored");
    assert_eq!(host.seen_by("ui"), ["one", "two"], "the state is still there");
    assert_eq!(host.count("rejected"), 1, "no other state was tried\n{}", host.words());
    assert!(checkpoints(&project).iter().all(|name| name.ends_with(".snapshot")));
}

/// Hangs from the first frame on that is not a hidden pass.
const HANGS_WHEN_SEEN: &str = "static PASSES: std::sync::atomic::AtomicU32 = \
     std::sync::atomic::AtomicU32::new(0);
     if PASSES.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= 2 {
         loop { std::thread::park(); }
     }";

#[test]
fn g05_new_code_that_hangs_in_its_first_visible_frame_is_taken_back() {
    let project = Project::new();
    // What becomes of a host whose code ends or hangs it, which a trial would find out.
    project.without_trials();
    with_frame_limit(&project);
    let mut host = HostProcess::start(&project);
    let artifact = host.status().modules[0].artifact.clone();
    project.replace("ui/src/lib.rs", "// in ui", HANGS_WHEN_SEEN);
    let outcome = host.reload(Some("ui"));
    assert!(
        matches!(&outcome[0].result, ModuleResult::Rejected { stage: Stage::FirstFrame, reason, .. }
            if reason.contains("has not returned")),
        "whoever waits is told: {outcome:?}\n{}",
        host.words()
    );
    assert_eq!(host.count("committed"), 1, "{}", host.words());
    let status = host.status().modules.remove(0);
    assert_eq!((status.status, status.generation), (ModuleHealth::Failed, Some(Generation(1))));
    assert_eq!(status.artifact, artifact);
    host.check(
        || {
            project.edit("ui/src/lib.rs", |code| {
                code.replace(HANGS_WHEN_SEEN, "").replace("\"one\"", "\"two\"")
            });
        },
        &RELOADED,
    );
    assert_eq!(host.seen_by("ui"), ["one", "two"], "the old code ran on with its state");
}

#[test]
fn g11_an_abandoned_call_that_returns_later_unloads_nothing() {
    let project = Project::new();
    with_frame_limit(&project);
    let mut host = HostProcess::start(&project);
    let hangs = format!(
        "if {}.exists() {{ while !{}.exists() {{ std::thread::yield_now(); }} }}",
        path("hang"),
        path("go")
    );
    host.check(
        || {
            project.edit("ui/src/lib.rs", |code| {
                code.replace("// in logic", &hangs).replace("\"one\"", "\"two\"")
            });
        },
        &RELOADED,
    );
    host.wait_for_kind("retired");
    project.save("ignored/hang", "");
    host.wait_for("a fault", |entry| {
        matches!(entry.event, Event::Fault { r#where: FaultSite::Overdue, .. })
    });
    let fixed = || {
        project
            .edit("ui/src/lib.rs", |code| code.replace(&hangs, "").replace("\"two\"", "\"three\""));
    };
    host.check(fixed, &RELOADED);
    let retired = host.wait_for_kind("retired");
    assert!(
        matches!(&retired.event, Event::Retired { unmapped: false, why_not: Some(why_not) }
            if why_not.contains("has not returned")),
        "{retired:?}"
    );
    let tasks = format!("/proc/{}/task", host.pid());
    let runs = |name: &str| {
        let tasks = fs::read_dir(&tasks).expect("the host runs").flatten();
        tasks
            .filter_map(|task| fs::read_to_string(task.path().join("comm")).ok())
            .any(|comm| comm.trim_end() == name)
    };
    assert!(runs("ui-g2"), "its thread is still in the call");
    project.save("ignored/go", "");
    wait_until("the call returns and the thread ends", || (!runs("ui-g2")).then_some(()));
    let maps = fs::read_to_string(format!("/proc/{}/maps", host.pid())).expect("the host runs");
    assert!(maps.contains("ui-g2.so"), "nobody unloads it on that thread");
    host.check(|| project.rename("ui", "four"), &RELOADED);
    assert_eq!(host.seen_by("ui").last().map(String::as_str), Some("four"));
}

#[test]
fn g20_panics_of_a_thread_of_its_own_are_bounded_and_do_not_stop_the_module() {
    let project = Project::new();
    project.replace(
        "ui/src/lib.rs",
        "// in create",
        "std::thread::spawn(|| loop {
             let _ = std::panic::catch_unwind(|| panic!(\"the connection was reset\"));
             std::thread::park_timeout(std::time::Duration::from_micros(200));
         });",
    );
    let mut host = HostProcess::start(&project);
    host.wait_for_kind("fault");
    let ticks = |host: &HostProcess| host.state("ui")["ticks"].as_u64().expect("a number");
    let before = ticks(&host);
    wait_until("its frames go on", || (ticks(&host) > before + 50).then_some(()));
    let status = host.status().modules.remove(0);
    let told = status.last_error.expect("the panic is told");
    assert!(told.contains("the connection was reset") && told.contains("runs on"), "{told}");
    assert!(!told.contains("last picture"), "{told}");
    assert_eq!(host.count("fault"), 1, "the same panic is told once\n{}", host.words());
}

#[test]
fn g07_a_flood_of_panics_does_not_hold_up_the_other_module() {
    let project = Project::with_modules(&["left", "right"]);
    project.replace(
        "left/src/lib.rs",
        "// in create",
        "for n in 0..8 {
             std::thread::spawn(move || for m in 0.. {
                 let _ = std::panic::catch_unwind(|| panic!(\"panic {m} of thread {n}\"));
                 std::thread::yield_now();
             });
         }",
    );
    let mut host = HostProcess::start(&project);
    for round in 0..3 {
        let name = format!("round {round}");
        project.rename("right", &name);
        let outcome = host.reload(Some("right"));
        assert!(
            matches!(&outcome[0].result, ModuleResult::Committed { .. }),
            "{outcome:?}\n{}",
            host.words()
        );
    }
    assert!(host.count("fault") <= 16, "{}", host.words());
}
