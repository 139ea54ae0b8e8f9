//! States of one version in code of another: real libraries, exchanged in a running host.

use crate::fault::last_rejection;
use crate::{REJECTED, RELOADED};
use host::build::Artifact;
use host::event::{Event, Generation, Stage, StateReport};
use host::status::ModuleHealth;
use pitstop_tests::in_process::Stage as Slots;
use pitstop_tests::{HostProcess, Project};
use serde_json::json;
use tempfile::TempDir;

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
            "{head}// migrations begin\npub const SCHEMA_VERSION: u32 = {version};\n\
             pub const MIGRATIONS: &[Migration] = &[{}];\n// migrations end{tail}",
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
    code.replace("SCHEMA_VERSION: u32 = 1", "SCHEMA_VERSION: u32 = 2")
        .replace("&[Migration] = &[]", &format!("&[Migration] = &[{step}]"))
}

/// Compiles the module, and keeps the library that the next build would overwrite.
#[track_caller]
fn build_as(project: &Project, dir: &TempDir, name: &str) -> Artifact {
    let mut artifact =
        project.build().artifacts.into_values().next().expect("one module was built");
    let path = dir.path().join(format!("{name}.so"));
    std::fs::copy(&artifact.path, &path).expect("copied");
    artifact.path = path;
    artifact
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

#[test]
fn m09_a_state_of_version_1_goes_through_every_step_and_one_of_version_4_is_refused() {
    let project = first_version();
    let libraries = pitstop_tests::temp_dir();
    let one = build_as(&project, &libraries, "one");
    project.edit("data/src/lib.rs", without_beginning);
    save_version(&project, 3, &[SECOND, THIRD], "three");
    let three = build_as(&project, &libraries, "three");
    let fourth = "Migration::new(3, \"nothing but a number\", |_| Ok(())),";
    save_version(&project, 4, &[SECOND, THIRD, fourth], "four");
    let four = build_as(&project, &libraries, "four");

    let mut slots = Slots::new();
    slots.reload(&one).expect("the first version runs");
    slots.frame(&[]);
    assert_eq!(slots.state()["clicks"], 7);
    let old = slots.snapshot();
    slots.reload(&three).expect("two versions on");
    slots.frame(&[]);
    let state = slots.state();
    assert_eq!((&state["presses"], &state["text"]), (&json!(7), &json!(["two", "words"])));

    slots.reload(&four).expect("one version on");
    slots.frame(&[]);
    let new = slots.snapshot();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), &new).expect("written");
    let bytes = std::fs::read(file.path()).expect("read");
    let rejection = slots.reload_with(&three, bytes).expect_err("it is newer");
    assert_eq!(rejection.stage, Stage::Restore);
    let reason = &rejection.reason;
    assert!(reason.contains("version 4") && reason.contains("up to 3"), "{reason}");
    assert_eq!(std::fs::read(file.path()).expect("read"), new, "the file is as it was");
    slots.frame(&[]);
    assert_eq!(slots.state()["seen_by"], json!(["one", "three", "four"]), "it runs on");
    slots.reload_with(&four, old).expect("the oldest version, three steps on");
    slots.frame(&[]);
    assert_eq!(slots.state()["text"], json!(["two", "words"]));
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
    let mend = || project.replace("data/src/lib.rs", what, "state.remove(\"ticks\")");
    host.check(mend, &RELOADED);
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

#[test]
fn a_version_without_its_step_does_not_compile() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let edit = || {
        project.replace("data/src/lib.rs", "SCHEMA_VERSION: u32 = 1", "SCHEMA_VERSION: u32 = 2");
    };
    host.check(edit, &crate::NOT_COMPILED);
    let told = host.status().modules.remove(0).last_error.expect("the status tells the reason");
    assert!(told.contains("exactly one step for each version"), "{told}");
}
