//! Work that must not be interrupted: what waits for it, and what ends the wait.

use crate::RELOADED;
use host::control::Request;
use host::journal::event::{Entry, Event};
use pitstop_tests::{HostProcess, Project, wait_until};
use serde_json::json;
use std::path::Path;

/// A module that is at work as long as a file is there, and says so once a second file is there that it can be
/// interrupted.
fn project() -> Project {
    let project = Project::new();
    project.save("ignored/empty", "");
    let (export, safe) = (project.path("ignored/export"), project.path("ignored/safe"));
    project.edit("ui/src/lib.rs", |text| at_work(text, &export, &safe));
    project
}

/// The module's code, at work as long as `export` is there, and once `safe` is there as well, at a point from which it
/// can go on.
pub(crate) fn at_work(code: &str, export: &Path, safe: &Path) -> String {
    let logic = format!(
        "if !std::path::Path::new({export:?}).exists() {{
            self.0 = None;
        }} else if self.0.is_none() {{
            self.0 = Some(frame.host().busy(\"export\"));
        }} else if std::path::Path::new({safe:?}).exists() {{
            frame.host().safe_point();
        }}"
    );
    code.replace("struct Ui;", "struct Ui(Option<hot_api::Busy>);")
        .replace("        Self\n", "        Self(None)\n")
        .replacen("_frame: &mut ModuleFrame", "frame: &mut ModuleFrame", 1)
        .replace("// in logic", &logic)
}

pub(crate) fn begin(project: &Project, host: &mut HostProcess) {
    project.save("ignored/export", "");
    let begins = |entry: &Entry| matches!(&entry.event, Event::Busy { name } if name == "export");
    host.wait_for("the work begins", begins);
}

#[test]
fn s15_c5_c10_new_code_waits_for_work_that_must_not_be_interrupted() {
    let project = project();
    let mut host = HostProcess::start(&project);
    let ticks = |host: &HostProcess| host.state("ui")["ticks"].as_u64().expect("a number");
    begin(&project, &mut host);
    let status = host.status();
    assert_eq!(
        (&status.modules[0].busy[..], status.modules[0].deferred),
        (&["export".to_owned()][..], false)
    );
    // Built, and not swapped.
    host.check(
        || project.rename("ui", "two"),
        &["change", "build_started", "build_finished", "deferred"],
    );
    host.check(
        || project.rename("ui", "three"),
        &["change", "build_started", "build_finished", "deferred"],
    );
    assert!(host.status().modules[0].deferred);
    assert_eq!(host.seen_by("ui"), ["one"]);
    // What the user asks for is refused, and says why.
    let reply = host.request(&Request::Rollback { module: None, to: None });
    assert!(!reply.ok, "{reply:?}");
    // The work goes on meanwhile.
    let before = ticks(&host);
    wait_until("frames", || (ticks(&host) > before).then_some(()));
    host.take_in();
    std::fs::remove_file(project.path("ignored/export")).expect("the work is over");
    host.wait_for_commit("ui");
    assert_eq!(host.seen_by("ui"), ["one", "three"]);
    let status = host.status();
    assert_eq!((status.modules[0].busy.len(), status.modules[0].deferred), (0, false));
    // Nothing waits any more.
    host.check(|| project.rename("ui", "four"), &RELOADED);
}

#[test]
fn s15_code_that_no_longer_compiles_is_not_swapped_in_afterwards() {
    let project = project();
    let mut host = HostProcess::start(&project);
    begin(&project, &mut host);
    host.check(
        || project.rename("ui", "two"),
        &["change", "build_started", "build_finished", "deferred"],
    );
    let broken = || project.replace("ui/src/lib.rs", "data.clicks += 1", "data.clicks += one");
    host.check(broken, &["change", "build_started", "build_failed"]);
    std::fs::remove_file(project.path("ignored/export")).expect("the work is over");
    host.wait_for_kind("idle");
    let mend = || project.replace("ui/src/lib.rs", "data.clicks += one", "data.clicks += 1");
    host.check(mend, &RELOADED);
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
}

#[test]
fn c10_work_at_a_safe_point_is_interrupted() {
    let project = project();
    let mut host = HostProcess::start(&project);
    begin(&project, &mut host);
    host.check(
        || project.rename("ui", "two"),
        &["change", "build_started", "build_finished", "deferred"],
    );
    project.save("ignored/safe", "");
    host.wait_for_commit("ui");
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
    // The new code takes a lease of its own, and the old one's is gone with it.
    wait_until("one lease", || {
        (json!(host.status().modules[0].busy) == json!(["export"])).then_some(())
    });
}
