//! Code that panics, in every function of the author's.

use crate::{REJECTED, RELOADED};
use host::journal::event::{Event, FaultSite, Generation, Stage};
use host::journal::status::ModuleHealth;
use pitstop_tests::{HostProcess, Project};

/// The newest rejection: stage, reason, full text.
#[track_caller]
pub(crate) fn last_rejection(host: &mut HostProcess) -> (Stage, String, String) {
    let found = host.journal().iter().rev().find_map(|entry| match &entry.event {
        Event::Rejected { stage, reason, detail, .. } => {
            Some((*stage, reason.clone(), detail.clone()))
        }
        _ => None,
    });
    found.unwrap_or_else(|| panic!("nothing was rejected\n{}", host.words()))
}

/// The newest fault: site, message, location, backtrace.
#[track_caller]
fn last_fault(host: &mut HostProcess) -> (FaultSite, String, String, String) {
    let found = host.journal().iter().rev().find_map(|entry| match &entry.event {
        Event::Fault { r#where, message, location, backtrace, .. } => {
            Some((*r#where, message.clone(), location.clone(), backtrace.clone()))
        }
        _ => None,
    });
    found.unwrap_or_else(|| panic!("nothing failed\n{}", host.words()))
}

/// Saves code that panics at `place` before its first frame is shown, and expects it to be refused
/// at `stage` while the old code runs on.
#[track_caller]
fn refuse(file: &str, place: &str, code: &str, stage: Stage) {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    host.check(|| project.replace(file, place, code), &REJECTED);
    let (at, reason, detail) = last_rejection(&mut host);
    assert_eq!((at, reason.as_str()), (stage, "it broke 7 times"), "{}", host.words());
    assert!(detail.contains(file), "the location: {detail}");
    assert!(detail.contains("data_") || detail.contains("ui_"), "the author's frames: {detail}");
    let status = host.status().modules.remove(0);
    assert_eq!((status.status, status.generation), (ModuleHealth::Failed, Some(Generation(1))));
    let told = status.last_error.expect("the status tells the reason");
    assert!(told.contains("it broke 7 times") && told.contains(file), "{told}");
    let repair = || {
        project.edit(file, |text| text.replace(code, place).replace("\"one\"", "\"two\""));
    };
    host.check(repair, &RELOADED);
    assert_eq!(host.seen_by("ui"), ["one", "two"], "the old code ran on with its state");
}

/// A panic with a message of its own.
const PANIC: &str = "let times = 7; panic!(\"it broke {times} times\");";

#[test]
fn k06_a_panic_in_create_is_contained() {
    refuse("ui/src/lib.rs", "// in create", PANIC, Stage::Restore);
}

#[test]
fn k06_a_panic_in_ui_is_contained() {
    refuse("ui/src/lib.rs", "// in ui", PANIC, Stage::FirstFrame);
}

#[test]
fn k06_a_panic_while_the_state_is_restored_is_contained() {
    let field = "    /// How often `logic` ran.\n";
    let panicking = "    /// How often `logic` ran.\n    #[serde(deserialize_with = \"broken\")]\n";
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let edit = || {
        project.edit("data/src/lib.rs", |code| {
            let function =
                "fn broken<'de, D: serde::Deserializer<'de>>(_: D) -> Result<u64, D::Error> {
                 let times = 7; panic!(\"it broke {times} times\") }";
            code.replace(field, panicking).replace("// at the end", function)
        });
    };
    host.check(edit, &REJECTED);
    let (stage, reason, detail) = last_rejection(&mut host);
    assert_eq!((stage, reason.as_str()), (Stage::Restore, "it broke 7 times"));
    assert!(detail.contains("data/src/lib.rs"), "the location: {detail}");
    assert_eq!(host.seen_by("ui"), ["one"], "the old code runs on with its state");
}

#[test]
fn k06_a_panic_in_logic_takes_the_new_code_back() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let before = host.status().modules[0].artifact.clone();
    host.check(
        || project.replace("ui/src/lib.rs", "// in logic", PANIC),
        &["change", "build_started", "build_finished", "fault", "rolled_back", "rejected"],
    );
    let (site, message, location, backtrace) = last_fault(&mut host);
    assert_eq!((site, message.as_str()), (FaultSite::Logic, "it broke 7 times"));
    assert!(location.contains("ui/src/lib.rs:"), "{location}");
    assert!(backtrace.contains("logic"), "{backtrace}");
    let status = host.status().modules.remove(0);
    assert_eq!((status.status, status.generation), (ModuleHealth::Failed, Some(Generation(1))));
    assert_eq!(status.artifact, before, "what runs is what ran before");
    let repair = || {
        project.edit("ui/src/lib.rs", |code| code.replace(PANIC, "").replace("\"one\"", "\"two\""));
    };
    host.check(repair, &RELOADED);
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
}

#[test]
fn k06_a_panic_while_the_old_code_is_dropped_is_contained() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let drop_panics = format!("impl Drop for Ui {{ fn drop(&mut self) {{ {PANIC} }} }}");
    host.check(|| project.replace("ui/src/lib.rs", "// at the end", &drop_panics), &RELOADED);
    host.check(
        || {
            project.edit("ui/src/lib.rs", |code| {
                code.replace(&drop_panics, "").replace("\"one\"", "\"two\"")
            });
        },
        &RELOADED,
    );
    host.wait_for_kind("fault");
    let (site, message, location, _) = last_fault(&mut host);
    assert_eq!((site, message.as_str()), (FaultSite::Drop, "it broke 7 times"));
    assert!(location.contains("ui/src/lib.rs:"), "{location}");
    let retired = host.wait_for("its end", |entry| {
        matches!(entry.event, Event::Retired { .. }) && entry.generation == Some(Generation(2))
    });
    assert!(matches!(retired.event, Event::Retired { unmapped: true, .. }), "{retired:?}");
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
    assert_eq!(host.status().modules[0].status, ModuleHealth::Ok, "what runs is well");
}

/// Panics as soon as a file is there: long after the new code has proven itself.
const LATER: &str = "if std::path::Path::new(concat!(env!(\"CARGO_MANIFEST_DIR\"), \
    \"/../ignored/panic\")).exists() { let times = 7; panic!(\"it broke {times} times\"); }";

#[test]
fn k06_a_panic_long_after_the_swap_stops_the_module_until_it_is_fixed() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    host.check(|| project.replace("ui/src/lib.rs", "// in logic", LATER), &RELOADED);
    host.wait_for_kind("retired");
    host.check(|| project.save("ignored/panic", ""), &["fault"]);
    let status = host.status().modules.remove(0);
    assert_eq!((status.status, status.generation), (ModuleHealth::Fault, Some(Generation(2))));
    host.check(
        || {
            project.edit("ui/src/lib.rs", |code| {
                code.replace(LATER, "").replace("\"one\"", "\"two\"")
            });
        },
        &RELOADED,
    );
    assert_eq!(host.seen_by("ui"), ["one", "two"], "its state was still there");
    assert_eq!(host.status().modules[0].status, ModuleHealth::Ok);
}

#[test]
fn r06_what_refused_code_did_to_the_state_never_happened() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let vandal = "data.seen_by = vec![\"vandal\".to_owned(); 1000];
         data.text.push('x');
         assert!(data.text.is_empty(), \"it broke 7 times\");";
    host.check(|| project.replace("ui/src/lib.rs", "// in ui", vandal), &REJECTED);
    let state = host.state("ui");
    assert_eq!(state["seen_by"], serde_json::json!(["one"]));
    assert_eq!(state["text"], "");
}

#[test]
fn k06_a_state_that_cannot_be_captured_keeps_the_old_code_which_takes_back_what_it_let_go_of() {
    let project = Project::new();
    // Its input would be asked for first.
    project.without_trials();
    let refuses = "#[serde(serialize_with = \"refuse\")]\n    pub text: String";
    project.replace("data/src/lib.rs", "pub text: String", refuses);
    let refuse = "fn refuse<S: serde::Serializer>(_: &String, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(\"not this one\"))
    }";
    project.replace("data/src/lib.rs", "// at the end", refuse);
    let note = |name: &str| {
        format!(
            "std::fs::write(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{name}\"), \"\").unwrap();"
        )
    };
    let methods = format!(
        "fn suspend(&mut self, _: &mut Data) {{ {} }}
         fn resume(&mut self, _: &mut Data) {{ {} }}
         fn logic(",
        note("suspended"),
        note("resumed")
    );
    project.replace("ui/src/lib.rs", "fn logic(", &methods);
    let mut host = HostProcess::start(&project);
    host.check(|| project.rename("ui", "two"), &REJECTED);
    assert!(host.words().contains("not this one"), "{}", host.words());
    assert!(project.path("ui/suspended").exists() && project.path("ui/resumed").exists());
    assert_eq!(host.status().modules[0].generation, Some(Generation(1)));
}
