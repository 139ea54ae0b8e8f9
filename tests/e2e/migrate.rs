//! States of one version in code of another: real libraries, exchanged in a running host.

use crate::fault::last_rejection;
use crate::{REJECTED, RELOADED};
use host::control::Request;
use host::journal::event::PastMigration;
use host::journal::event::{Event, Generation, Stage, StateReport};
use host::journal::status::ModuleHealth;
use host::persist::checkpoint::Store;
use hot_api::state::Snapshot;
use pitstop_tests::engine_run::EngineRun;
use pitstop_tests::host_process::pitstop_file;
use pitstop_tests::{DEADLINE, HostOptions, HostProcess, Project, wait_until};
use serde_json::json;

/// Version 2: the clicks are called presses.
const SECOND: &str = "Migration::new(1, \"clicks are presses\", |state| {
        state.rename(\"clicks\", \"presses\")
    }),";
/// Version 3: the text is a list of words.
const THIRD: &str = "Migration::new(2, \"words instead of a text\", |state| {
        state.map(\"text\", |text: String| {
            text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        })
    }),";

/// Makes the module's code that of version `version`, signing as `name`.
fn save_version(project: &Project, version: u32, steps: &[&str], name: &str) {
    project.edit("data/src/lib.rs", |code| {
        let (head, _) = code.split_once("// migrations begin").expect("the fixture has a place");
        let (_, tail) = code.split_once("// migrations end").expect("the fixture has a place");
        let code = format!(
            "{head}// migrations begin\nconst MIGRATIONS: &[Migration] = &[{}];\n\
             // migrations end{tail}",
            steps.join("\n")
        );
        let presses = if version >= 2 { "pub presses: u32" } else { "pub clicks: u32" };
        let words = if version >= 3 { "pub text: Vec<String>" } else { "pub text: String" };
        let code = code.replace("pub clicks: u32", presses).replace("pub presses: u32", presses);
        code.replace("pub text: String", words).replace("pub text: Vec<String>", words)
    });
    project.edit("ui/src/lib.rs", |code| {
        let clicks = if version >= 2 { "data.presses += 1" } else { "data.clicks += 1" };
        let code = code.replace("data.clicks += 1", clicks).replace("data.presses += 1", clicks);
        let code = if version >= 3 {
            code.replace(
                "ui.text_edit_singleline(&mut data.text);",
                "ui.label(data.text.join(\" \"));",
            )
        } else {
            code.replace(
                "ui.label(data.text.join(\" \"));",
                "ui.text_edit_singleline(&mut data.text);",
            )
        };
        pitstop_tests::project::renamed(&code, name)
    });
}

/// A project of version 1 whose state has something to lose.
fn first_version() -> Project {
    let project = Project::new();
    project.replace(
        "data/src/lib.rs",
        "// in sign",
        "if name == \"one\" { self.clicks = 7; self.text = \"two words\".to_owned(); }",
    );
    project
}

/// The code of later versions does not write into fields that it does not have.
fn without_beginning(code: &str) -> String {
    let begins = code.find("if name == \"one\"").expect("the first version writes");
    let ends = begins + code[begins..].find('\n').expect("a line");
    format!("{}// in sign{}", &code[..begins], &code[ends..])
}

/// Version 2 with this step.
fn with_step(code: &str, step: &str) -> String {
    code.replace("&[Migration] = &[]", &format!("&[Migration] = &[{step}]"))
}

#[track_caller]
fn last_state_report(host: &mut HostProcess) -> StateReport {
    let found = host.journal().iter().rev().find_map(|entry| match &entry.event {
        Event::Committed { state, .. } => Some(state.clone()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("nothing was committed\n{}", host.words()))
}

#[test]
fn m04_a_field_renamed_by_a_migration_keeps_its_value() {
    let project = first_version();
    let mut host = HostProcess::start(&project);
    assert_eq!(host.state("ui")["clicks"], 7);
    let edit = || {
        project.edit("data/src/lib.rs", |code| {
            with_step(&without_beginning(code), SECOND)
                .replace("    pub clicks", "    #[serde(rename = \"presses\")]\n    pub clicks")
        });
    };
    host.check(edit, &RELOADED);
    let state = host.state("ui");
    assert_eq!((&state["presses"], &state["text"]), (&json!(7), &json!("two words")));
    assert_eq!(state.get("clicks"), None);
    let report = last_state_report(&mut host);
    assert_eq!(report.migrated, ["1→2: clicks are presses"], "{}", host.words());
    assert!(report.defaulted.is_empty() && report.dropped.is_empty(), "{report:?}");
}

/// A host that goes on from the checkpoints of the one before.
#[track_caller]
fn go_on(project: &Project) -> HostProcess {
    let mut host = HostProcess::launch(project, HostOptions::default());
    host.wait_for_commit("ui");
    host
}

/// Runs a host until the state it has now is on disk.
#[track_caller]
fn stop_with_checkpoint(mut host: HostProcess) {
    host.wait_for_kind("checkpoint");
    assert!(host.stop().0.success());
}

#[test]
fn m09_a_checkpoint_of_version_1_goes_through_every_step_and_a_file_of_version_4_is_refused() {
    let project = first_version();
    stop_with_checkpoint(HostProcess::start(&project));
    project.edit("data/src/lib.rs", without_beginning);
    save_version(&project, 3, &[SECOND, THIRD], "three");
    let mut host = go_on(&project);
    let restored = host.journal().iter().find_map(|entry| match &entry.event {
        Event::Restored { state, .. } => Some(state.clone()),
        _ => None,
    });
    let migrated = restored.expect("it goes on from the checkpoint").migrated;
    assert_eq!(migrated, ["1→2: clicks are presses", "2→3: words instead of a text"]);
    let state = host.state("ui");
    assert_eq!((&state["presses"], &state["text"]), (&json!(7), &json!(["two", "words"])));

    // A file of code that is newer, given by hand.
    let file = project.path("newer.snapshot");
    let taken = Request::Snapshot { module: None, out: Some(file.clone()) };
    assert!(host.request(&taken).ok);
    let mut snapshot = Snapshot::decode(&std::fs::read(&file).expect("written")).expect("whole");
    snapshot.schema_version = 4;
    let newer = snapshot.encode();
    std::fs::write(&file, &newer).expect("written");
    let reply = host.request(&Request::Restore { module: None, file: file.clone() });
    let error = reply.error.expect("it is newer");
    assert!(error.contains("version 4") && error.contains("up to 3"), "{error}");
    assert!(error.contains("newer.snapshot"), "{error}");
    assert_eq!(std::fs::read(&file).expect("it is there"), newer, "the file is as it was");
    assert_eq!(host.state("ui")["presses"], 7, "the state stays");
    stop_with_checkpoint(host);

    // The same as the newest checkpoint: the one before it serves.
    let store = Store::new(pitstop_file(&project, "checkpoint"));
    let sequence = store.last_sequence("ui") + 1;
    store.write("ui", sequence, &newer).expect("written");
    let newest = store.newest_first("ui").remove(0);
    let mut host = go_on(&project);
    assert_eq!(host.state("ui")["presses"], 7, "{}", host.words());
    assert_eq!(host.count("restored"), 1, "{}", host.words());
    let told = host.words();
    assert!(told.contains("version 4") && told.contains("up to 3"), "{told}");
    let aside = newest.with_extension("snapshot.refused");
    assert_eq!(std::fs::read(aside).expect("it is set aside"), newer, "with its content");
}

/// Saves a version 2 whose step does `what`, and returns why it was not taken.
fn refused(what: &str) -> (String, String) {
    let project = first_version();
    let mut host = HostProcess::start(&project);
    let step = format!("Migration::new(1, \"breaks\", |state| {{ {what} }}),");
    host.check(|| project.edit("data/src/lib.rs", |code| with_step(code, &step)), &REJECTED);
    let (stage, reason, detail) = last_rejection(&mut host);
    assert_eq!(stage, Stage::Restore, "{}", host.words());
    assert!(reason.contains("migration 1→2: breaks"), "{reason}");
    let status = host.status().modules.remove(0);
    assert_eq!((status.status, status.generation), (ModuleHealth::Failed, Some(Generation(1))));
    let state = host.state("ui");
    assert_eq!((&state["clicks"], &state["seen_by"]), (&json!(7), &json!(["one"])));
    // The old code still draws and takes new code that is whole.
    let fix = || project.replace("data/src/lib.rs", what, "state.remove(\"ticks\")");
    host.check(fix, &RELOADED);
    assert_eq!(last_state_report(&mut host).migrated, ["1→2: breaks"]);
    (reason, detail)
}

#[test]
fn m10_a_migration_that_panics_is_refused_and_the_old_code_runs_on() {
    let (reason, detail) = refused("panic!(\"no way on from {}\", state.kind())");
    assert!(reason.ends_with("panicked: no way on from struct"), "{reason}");
    assert!(detail.contains("data/src/lib.rs"), "where: {detail}");
}

#[test]
fn m10_a_migration_that_fails_is_refused_and_the_old_code_runs_on() {
    let (reason, _) = refused("state.rename(\"klicks\", \"presses\")");
    assert!(reason.contains("there is no `klicks`"), "{reason}");
    assert!(reason.contains("clicks"), "what there is instead: {reason}");
}

/// A first step that destroys what it should have doubled, and how it should have been.
const WRONG: &str = "Migration::new(1, \"twice\", |state| state.set(\"clicks\", &0_u32)),";
const RIGHT: &str =
    "Migration::new(1, \"twice\", |state| state.map(\"clicks\", |clicks: u32| clicks * 2)),";

/// The state of the module that an engine runs.
#[track_caller]
fn state_of(run: &EngineRun) -> serde_json::Value {
    let slot = run.handle().registry().slot("ui").expect("it is registered");
    let bytes = slot.snapshot(DEADLINE).unwrap_or_else(|error| panic!("{error}"));
    let snapshot = Snapshot::decode(&bytes).expect("what was captured can be read");
    snapshot.section("state").expect("there is a state").tree().expect("with names").to_json()
}

#[test]
fn g43_a_migration_is_run_again_or_gone_back_from() {
    let project = Project::new();
    let once = "if self.text.is_empty() { self.text.push('x'); self.clicks = 7; }";
    project.replace("data/src/lib.rs", "// in sign", once);
    let run = EngineRun::start(&project, &["ui"]);
    let board = || run.handle().board().module("ui").expect("it is registered").clone();
    let first = board().generation.expect("it runs");
    assert_eq!((state_of(&run)["clicks"].clone(), board().migration), (json!(7), None));

    project.edit("data/src/lib.rs", |code| with_step(code, WRONG));
    project.rename("ui", "two");
    assert_eq!(run.reload(Some("ui")).error(), None);
    assert_eq!(state_of(&run)["clicks"], 0, "the step was wrong");
    let offered = Some(PastMigration { from: 1, to: 2, before: Some(first) });
    assert_eq!(board().migration, offered);
    // The state has version 2 already, so that correct code alone changes nothing.
    project.replace("data/src/lib.rs", WRONG, RIGHT);
    assert_eq!(run.reload(Some("ui")).error(), None);
    assert_eq!((state_of(&run)["clicks"].clone(), board().migration), (json!(0), offered.clone()));
    run.handle().run_migration_again("ui");
    wait_until("the corrected step", || (state_of(&run)["clicks"] == 14).then_some(()));
    assert_eq!(state_of(&run)["seen_by"], json!(["one", "two"]), "the state of the first code");
    let last = run.wait_for("the commit", "ui", |module| {
        module.last_reload.clone().filter(|last| !last.state.migrated.is_empty())
    });
    assert_eq!((last.state.migrated, board().migration), (vec!["1→2: twice".to_owned()], offered));

    // Without the step: the state is newer than the code.
    project.replace("data/src/lib.rs", RIGHT, "");
    project.rename("ui", "three");
    let error = run.reload(Some("ui")).error().expect("it is refused");
    assert!(error.contains("schema version 2"), "{error}");
    assert!(board().failure.is_some() && board().migration.is_some(), "{:?}", board());
    run.handle().go_back_before_migration("ui");
    run.wait_for("the first code", "ui", |module| (module.generation == Some(first)).then_some(()));
    let state = state_of(&run);
    assert_eq!((&state["clicks"], &state["seen_by"]), (&json!(7), &json!(["one"])));
    assert_eq!(run.reload(Some("ui")).error(), None);
    let state = state_of(&run);
    assert_eq!((&state["clicks"], &state["seen_by"]), (&json!(7), &json!(["one", "three"])));
}

#[test]
fn a_version_without_its_step_does_not_compile() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let edit = || {
        // A step from 2, and none from 1.
        project.edit("data/src/lib.rs", |code| with_step(code, THIRD));
    };
    host.check(edit, &crate::NOT_COMPILED);
    let told = host.status().modules.remove(0).last_error.expect("the status tells the reason");
    assert!(told.contains("exactly one step for each version"), "{told}");
}
