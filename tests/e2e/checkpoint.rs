//! The state on disk: what survives the death of the process, and what a broken disk costs.

use host::control::{Client, Request};
use host::engine::ModuleResult;
use host::journal::event::{Entry, Event, Generation};
use host::journal::status::ModuleHealth;
use host::persist::checkpoint::{Checkpoint, KEPT_FILES, Store};
use hot_api::state::Snapshot;
use pitstop_tests::host_process::{kind_of, pitstop_file};
use pitstop_tests::large_state as large;
use pitstop_tests::{DEADLINE, HostOptions, HostProcess, Project, Random, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

fn project_that_counts() -> Project {
    counting(Project::new())
}

/// Has `logic` note the time of its every change of the state.
fn counting(project: Project) -> Project {
    let field = "/// When that was.\n    pub changed_ms: u64,\n    /// How often the button";
    project.replace("data/src/lib.rs", "/// How often the button", field);
    let now = "let now = std::time::UNIX_EPOCH.elapsed().unwrap();\n        \
               data.changed_ms = now.as_millis() as u64;";
    project.replace("ui/src/lib.rs", "// in logic", now);
    project
}

fn store(project: &Project) -> Store {
    Store::new(pitstop_file(project, "checkpoint"))
}

/// The state in a checkpoint.
#[track_caller]
fn state_in(checkpoint: &Checkpoint) -> Value {
    let snapshot = Snapshot::decode(&checkpoint.bytes).expect("it was read whole");
    let state = snapshot.sections.iter().find(|section| section.name == "state");
    state.expect("a module has a state").tree().expect("named bytes").to_json()
}

#[track_caller]
fn newest_state(project: &Project) -> Value {
    state_in(&store(project).newest("ui").expect("there is a checkpoint"))
}

#[track_caller]
fn ticks(state: &Value) -> u64 {
    state["ticks"].as_u64().unwrap_or_else(|| panic!("no ticks in {state}"))
}

/// The files in the checkpoint directory whose names end so.
fn files_that_end(project: &Project, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(pitstop_file(project, "checkpoint")).expect("the directory");
    let paths = entries.map(|entry| entry.expect("readable").path());
    paths.filter(|path| path.to_string_lossy().ends_with(end)).collect()
}

/// Runs a host until it has written this many checkpoints, and ends it in order.
#[track_caller]
fn run_until_written(project: &Project, count: usize) {
    let mut host = HostProcess::start(project);
    for _ in 0..count {
        host.wait_for_kind("checkpoint");
    }
    assert!(host.stop().0.success());
}

#[track_caller]
fn restart(project: &Project, args: &[&str]) -> HostProcess {
    let args = args.iter().map(Into::into).collect();
    let mut host = HostProcess::launch(project, HostOptions { args, ..HostOptions::default() });
    host.wait_for_commit("ui");
    host
}

fn notices_of(journal: &[Entry]) -> Vec<String> {
    let told = journal.iter().filter_map(|entry| match &entry.event {
        Event::Notice { message } => Some(message.clone()),
        _ => None,
    });
    told.collect()
}

/// What the disk may lose.
const BEHIND_MAX_MS: u64 = 1_000;

const KILLS: u64 = 100;
/// With a state that takes longer to capture and to write.
const KILLS_WITH_MUCH: u64 = 12;
/// Each lives for less than this once it runs.
const LIFE_MAX_MS: u64 = 2_500;

#[test]
fn m14_endurance_after_a_kill_at_any_moment_at_most_a_second_is_lost() {
    kill_again_and_again(&counting(Project::new()), KILLS);
}

#[test]
fn m14_the_same_with_10_mb_of_state_soak() {
    let project = counting(large::project("records::Records::with_texts(1_000, 10_000)"));
    kill_again_and_again(&project, KILLS_WITH_MUCH);
    let bytes = store(&project).newest("ui").expect("there is a checkpoint").bytes.len();
    assert!(bytes > 10_000_000, "only {bytes} bytes");
}

/// Kills hosts, each at another moment, and judges every one by what it left behind.
#[track_caller]
fn kill_again_and_again(project: &Project, kills: u64) {
    let mut random = Random::from_environment();
    run_until_written(project, 1);
    let mut before = ticks(&newest_state(project));
    let (mut ran, mut ran_long, mut restored) = (0, 0, 0);
    for kill in 0..kills {
        let mut host = HostProcess::launch(project, HostOptions::default());
        if kill % 4 != 0 {
            // Every fourth may also be killed while it starts.
            host.wait_for_commit("ui");
        }
        let life = Duration::from_millis(random.below(LIFE_MAX_MS));
        let killed_ms = host.kill_after(life);
        let journal = host.journal();
        let committed = journal.iter().find(|entry| kind_of(entry) == "committed");
        let runs_since = committed.map(|entry| entry.unix_ms);
        restored += u64::from(journal.iter().any(|entry| kind_of(entry) == "restored"));
        for file in files_that_end(project, ".snapshot") {
            let read = Checkpoint::read(&file);
            read.unwrap_or_else(|error| panic!("kill {kill} left half a file: {error}"));
        }
        let newest = newest_state(project);
        assert!(ticks(&newest) >= before, "kill {kill}: the state went back\n{}", host.words());
        before = ticks(&newest);
        // A host that never ran had nothing to lose.
        let Some(runs_since) = runs_since else { continue };
        ran += 1;
        ran_long += u64::from(killed_ms > runs_since + BEHIND_MAX_MS);
        let saved_ms = newest["changed_ms"].as_u64().expect("a time").max(runs_since);
        let behind = killed_ms.saturating_sub(saved_ms);
        assert!(
            behind <= BEHIND_MAX_MS,
            "kill {kill} after {life:?} lost {behind} ms\n{}",
            host.words()
        );
    }
    assert!(ran >= kills * 3 / 4, "only {ran} of {kills} hosts ran");
    assert!(ran_long >= kills / 4, "only {ran_long} of {kills} hosts ran for a second or longer");
    assert!(restored >= kills / 2, "only {restored} of {kills} hosts went on from a checkpoint");
    let host = restart(project, &[]);
    assert!(ticks(&host.state("ui")) >= before, "the newest state runs on");
}

#[test]
fn w5_state_is_preserved_across_a_restart() {
    let project = Project::new();
    run_until_written(&project, 1);
    let left = newest_state(&project);
    let mut host = restart(&project, &[]);
    let restored = host.journal().iter().find_map(|entry| match &entry.event {
        Event::Restored { from, age_ms, state } => Some((from.clone(), *age_ms, state.clone())),
        _ => None,
    });
    let (from, age_ms, state) = restored.unwrap_or_else(|| panic!("nothing\n{}", host.words()));
    assert_eq!(from, "checkpoint");
    assert!(age_ms < 600_000, "{age_ms}");
    assert!(state.kept > 0 && state.defaulted.is_empty() && state.dropped.is_empty(), "{state:?}");
    let now = host.state("ui");
    assert!(ticks(&now) >= ticks(&left), "{now} after {left}");
    assert_eq!(now["seen_by"], left["seen_by"]);
}

#[test]
fn m14_the_last_ten_files_stay() {
    let project = Project::new();
    run_until_written(&project, KEPT_FILES + 1);
    assert_eq!(store(&project).newest_first("ui").len(), KEPT_FILES);
}

/// Waits until the host has given this many signs of life, one a second.
fn wait_for_heartbeats(host: &HostProcess, count: u64) {
    let since = host.status().heartbeat_unix_ms;
    wait_until("heartbeats", || {
        (host.status().heartbeat_unix_ms > since + count * 1_000).then_some(())
    });
}

#[test]
fn m14_a_state_that_does_not_change_is_not_written_again() {
    let project = Project::new();
    project.replace("ui/src/lib.rs", "data.ticks += 1;", "");
    let mut host = HostProcess::start(&project);
    wait_for_heartbeats(&host, 2);
    let written = host.count("checkpoint");
    assert!(written > 0, "{}", host.words());
    // It draws a hundred frames a second, each of which may change the state, and none does.
    wait_for_heartbeats(&host, 3);
    assert_eq!(host.count("checkpoint"), written, "{}", host.words());
    host.check(|| project.rename("ui", "two"), &crate::RELOADED);
    wait_until("the change is on disk", || {
        (newest_state(&project)["seen_by"][1] == "two").then_some(())
    });
}

#[test]
fn m14_a_damaged_checkpoint_gives_way_to_the_one_before() {
    let project = Project::new();
    run_until_written(&project, 2);
    let files = store(&project).newest_first("ui");
    let (newest, before) = (&files[0], state_in(&Checkpoint::read(&files[1]).expect("whole")));
    let mut bytes = std::fs::read(newest).expect("readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(newest, &bytes).expect("written");
    let mut host = restart(&project, &[]);
    let name = newest.file_name().expect("a name").to_string_lossy().into_owned();
    let told = notices_of(host.journal());
    let told: Vec<&String> = told.iter().filter(|notice| notice.contains(&name)).collect();
    assert!(matches!(told[..], [notice] if notice.contains("checksum")), "{}", host.words());
    assert_eq!(host.count("restored"), 1, "{}", host.words());
    assert!(ticks(&host.state("ui")) >= ticks(&before));
    let aside = newest.with_extension("snapshot.unreadable");
    assert_eq!(std::fs::read(aside).expect("it is still there"), bytes);
}

/// Code that breaks on every state but the default one, when it first sees it.
const REFUSE_ALL_BUT_NONE: &str = "static FIRST: std::sync::Once = std::sync::Once::new();
        FIRST.call_once(|| assert_eq!(data.ticks, 0, \"no such state\"));";

#[test]
fn m14_a_state_that_the_code_refuses_is_set_aside_only_when_another_one_is_taken() {
    let project = Project::new();
    run_until_written(&project, 2);
    let count = store(&project).newest_first("ui").len();
    // Code that takes no state at all is itself at fault.
    project.replace("ui/src/lib.rs", "// in ui", "panic!(\"whatever the state\");");
    let mut host = HostProcess::launch(&project, HostOptions::default());
    host.wait_for_kind("rejected");
    assert_eq!(store(&project).newest_first("ui").len(), count, "{}", host.words());
    let fix = || project.replace("ui/src/lib.rs", "panic!(\"whatever the state\");", "// in ui");
    fix();
    host.wait_for_commit("ui");
    assert_eq!(host.count("restored"), 1, "{}", host.words());
    assert!(host.stop().0.success());
    let count = store(&project).newest_first("ui").len();

    project.replace("ui/src/lib.rs", "// in ui", REFUSE_ALL_BUT_NONE);
    let mut host = restart(&project, &[]);
    assert_eq!(host.count("restored"), 0, "{}", host.words());
    assert_eq!(files_that_end(&project, ".refused").len(), count, "{}", host.words());
    let told = notices_of(host.journal());
    let told = told.iter().filter(|notice| notice.contains("no such state")).count();
    assert_eq!(told, count, "{}", host.words());
    host.wait_for_kind("checkpoint");
}

#[test]
fn m14_fresh_begins_anew_and_destroys_nothing() {
    let project = project_that_counts();
    run_until_written(&project, 1);
    let left = newest_state(&project)["changed_ms"].as_u64().expect("a time");
    let files = store(&project).newest_first("ui").len();
    let mut host = restart(&project, &["--fresh"]);
    assert_eq!(host.count("restored"), 0, "{}", host.words());
    assert_eq!(files_that_end(&project, ".old").len(), files);
    host.wait_for_kind("checkpoint");
    let begun = newest_state(&project);
    assert_eq!(begun["seen_by"].as_array().map(Vec::len), Some(1), "{begun}");
    assert!(begun["changed_ms"].as_u64() > Some(left));
}

#[test]
fn m15_a_disk_that_takes_no_checkpoints_is_reported_once() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let dir = pitstop_file(&project, "checkpoint");
    let complaints = |host: &mut HostProcess| {
        let told = notices_of(host.journal());
        told.iter().filter(|notice| notice.contains("cannot write the checkpoint")).count()
    };
    for round in 1..=2 {
        host.wait_for_kind("checkpoint");
        // Permissions do not stop root; a file in the place of the directory stops everybody.
        let mut attempts = 0;
        let away = wait_until("the directory is not being written to", || {
            // Made again in between, it has to go somewhere else.
            attempts += 1;
            let away = pitstop_file(&project, &format!("away-{round}-{attempts}"));
            std::fs::rename(&dir, &away).and_then(|()| std::fs::write(&dir, "in the way")).ok()?;
            Some(away)
        });
        host.wait_for("the complaint", |entry| match &entry.event {
            Event::Notice { message } => {
                message.contains("cannot write the checkpoint")
                    && message.contains(&*dir.to_string_lossy())
                    && message.contains("the app runs on")
            }
            _ => false,
        });
        // The app runs on, and new code comes in as ever.
        let before = ticks(&host.state("ui"));
        let name = format!("round {round}");
        host.check(|| project.rename("ui", &name), &crate::RELOADED);
        wait_until("it counts on", || (ticks(&host.state("ui")) > before).then_some(()));
        assert_eq!(complaints(&mut host), round, "{}", host.words());
        std::fs::remove_file(&dir).and_then(|()| std::fs::rename(&away, &dir)).expect("fixed");
    }
    host.wait_for_kind("checkpoint");
    host.signal(Signal::KILL);
    host.wait_for_end();
    let host = restart(&project, &[]);
    assert_eq!(host.seen_by("ui").last().map(String::as_str), Some("round 2"));
}

/// Changes the state and panics in the same call, as soon as a file is there.
const PANIC_LATER: &str = "if std::path::Path::new(concat!(env!(\"CARGO_MANIFEST_DIR\"), \
    \"/../ignored/panic\")).exists() { data.clicks = 99; panic!(\"stopped here\"); }";

#[test]
fn g30_the_state_of_an_application_that_stopped_at_a_fault_is_saved() {
    let project = Project::new();
    project.replace("ui/src/lib.rs", "// in logic", PANIC_LATER);
    let mut host = HostProcess::start(&project);
    host.wait_for_kind("checkpoint");
    host.check(|| project.save("ignored/panic", ""), &["fault"]);
    assert!(host.stop().0.success());
    assert_eq!(newest_state(&project)["clicks"], 99, "what was changed before the panic");
}

/// What earlier hosts have noted of crashes.
fn crashes(project: &Project) -> Value {
    let text = std::fs::read_to_string(pitstop_file(project, "crashes.json"));
    serde_json::from_str(&text.expect("the record is there")).expect("it is JSON")
}

/// Takes the process down when the state has seen other code: after going back to it.
const ABORT_AFTER_TWO: &str =
    "if data.seen_by.iter().any(|name| name == \"two\") { std::process::abort(); }";

#[test]
fn g13_a_crash_after_a_rollback_is_attributed_to_the_code_gone_back_to() {
    let project = Project::new();
    project.replace("ui/src/lib.rs", "// in logic", ABORT_AFTER_TWO);
    let mut host = supervised(&project);
    host.wait_for_commit("ui");
    let first = host.status().modules[0].artifact.clone().expect("it runs");
    let edit = || {
        project.edit("ui/src/lib.rs", |code| {
            code.replace(ABORT_AFTER_TWO, "// in logic").replace("\"one\"", "\"two\"")
        });
    };
    host.check(edit, &crate::RELOADED);
    let mut client = Client::connect(project.root()).expect("the host listens");
    // It dies before or after it has answered.
    let _ = client.call(&Request::Rollback { module: None, to: None }, Some(DEADLINE));
    wait_for_restart(&mut host);
    host.wait_for_commit("ui");
    assert_eq!(crashes(&project)["blamed"], serde_json::json!([first]), "{}", host.words());
    assert_eq!(host.status().modules[0].status, ModuleHealth::Ok);
}

/// Takes the process down with a certain state.
const ABORT_ON_POISON: &str = "if data.text == \"poison\" { std::process::abort(); }";

#[test]
fn g13_a_checkpoint_that_crashes_code_that_has_lasted_is_set_aside() {
    let project = Project::new();
    // What becomes of a host whose code ends or hangs it, which a trial would find out.
    project.without_trials();
    project.replace("ui/src/lib.rs", "// in logic", ABORT_ON_POISON);
    run_until_written(&project, 2);
    // The code has run for an hour, and then came to a state that it cannot cope with.
    let record = std::fs::read_to_string(pitstop_file(&project, "crashes.json")).expect("a record");
    let record = record.replace("\"lasted\": false", "\"lasted\": true");
    std::fs::write(pitstop_file(&project, "crashes.json"), record).expect("written");
    let store = store(&project);
    let newest = store.newest("ui").expect("a checkpoint");
    let mut snapshot = Snapshot::decode(&newest.bytes).expect("it is whole");
    let state = snapshot.sections.iter_mut().find(|section| section.name == "state");
    let state = state.expect("a module has a state");
    let mut tree = state.tree().expect("named bytes");
    tree.set("text", "poison").expect("the field is there");
    state.payload = tree.encode();
    store.write("ui", store.last_sequence("ui") + 1, &snapshot.encode()).expect("written");

    let mut host = supervised(&project);
    wait_for_restart(&mut host);
    wait_for_restart(&mut host);
    host.wait_for_commit("ui");
    assert_eq!(host.state("ui")["text"], "", "{}", host.words());
    assert_eq!(host.count("restored"), 1, "the checkpoint before: {}", host.words());
    assert_eq!(host.status().modules[0].status, ModuleHealth::Ok, "the code is not to blame");
    let aside = files_that_end(&project, ".crashed");
    assert_eq!(aside.len(), 1, "{aside:?}");
    let told = notices_of(host.journal());
    assert!(told.iter().any(|notice| notice.contains(".crashed")), "{told:?}");
}

/// A host under `cargo xtask dev`.
#[track_caller]
fn supervised(project: &Project) -> HostProcess {
    HostProcess::launch(project, HostOptions { supervised: true, ..HostOptions::default() })
}

/// Waits for a host that says it was started after a crash.
#[track_caller]
fn wait_for_restart(host: &mut HostProcess) {
    let entry = host.wait_for_kind("restarting");
    let expected = Event::Restarting { reason: "crash".to_owned(), busy: false };
    assert_eq!(entry.event, expected, "{}", host.words());
}

#[test]
fn n4_a_killed_host_is_started_again_with_its_state() {
    let project = Project::new();
    let mut host = supervised(&project);
    host.wait_for_commit("ui");
    for _ in 0..2 {
        for _ in 0..2 {
            host.wait_for_kind("checkpoint");
        }
        let before = ticks(&newest_state(&project));
        let pid = i32::try_from(host.status().pid).ok().and_then(Pid::from_raw).expect("a pid");
        kill_process(pid, Signal::KILL).expect("it runs");
        wait_for_restart(&mut host);
        host.wait_for_kind("restored");
        host.wait_for_commit("ui");
        assert!(ticks(&host.state("ui")) >= before, "{}", host.words());
    }
    host.check(|| project.rename("ui", "two"), &crate::RELOADED);
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
    assert!(host.stop().0.success(), "the supervisor ends when it is asked to, and starts nothing");
}

/// Code that takes the whole process down with its first frame.
const ABORT: &str = "std::process::abort();";

#[test]
fn s17_code_that_crashes_the_host_twice_is_quarantined() {
    let project = Project::new();
    // What becomes of a host whose code ends or hangs it, which a trial would find out.
    project.without_trials();
    let mut host = supervised(&project);
    host.wait_for_commit("ui");
    host.wait_for_kind("checkpoint");
    let before = ticks(&newest_state(&project));
    project.edit("ui/src/lib.rs", |text| {
        text.replace("// in logic", ABORT).replace("\"one\"", "\"two\"")
    });
    wait_for_restart(&mut host);
    wait_for_restart(&mut host);
    let rejected = host.wait_for_kind("rejected");
    let Event::Rejected { reason, .. } = rejected.event else { panic!("{}", host.words()) };
    assert!(reason.contains("quarantine"), "{reason}");
    assert!(reason.contains("g1 runs in its place"), "{reason}");
    let status = host.status().modules.remove(0);
    assert_eq!((status.status, status.generation), (ModuleHealth::Failed, Some(Generation(1))));
    let told = status.last_error.expect("the window tells the reason");
    assert!(told.contains("crashed the host"), "{told}");
    let state = host.state("ui");
    assert!(ticks(&state) >= before, "{state}");
    // An order for the very same code is refused; new code comes in as ever.
    let outcome = host.reload(Some("ui")).remove(0);
    assert!(matches!(outcome.result, ModuleResult::Rejected { .. }), "{outcome:?}");
    let fix = || {
        project.edit("ui/src/lib.rs", |text| {
            text.replace(ABORT, "// in logic").replace("\"two\"", "\"three\"")
        });
    };
    host.check(fix, &crate::RELOADED);
    assert_eq!(host.seen_by("ui").last().map(String::as_str), Some("three"));
    assert_eq!(host.status().modules[0].status, ModuleHealth::Ok);
    assert!(host.stop().0.success());
}

#[test]
fn s17_g13_without_an_earlier_library_the_host_ends_with_a_reason_and_names_fresh() {
    let project = Project::new();
    // What becomes of a host whose code ends or hangs it, which a trial would find out.
    project.without_trials();
    project.replace("ui/src/lib.rs", "// in logic", ABORT);
    let mut host = supervised(&project);
    wait_for_restart(&mut host);
    wait_for_restart(&mut host);
    assert_eq!(host.wait_for_end().code(), Some(1), "{}", host.words());
    assert!(host.stderr().contains("there is no earlier library"), "{}", host.words());
    assert!(host.stderr().contains("--fresh"), "the way out: {}", host.words());
    // Starting anew is another try; the code has been fixed meanwhile.
    project.replace("ui/src/lib.rs", ABORT, "// in logic");
    drop(HostProcess::start(&project));
}
