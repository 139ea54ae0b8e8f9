//! Modules of different versions of egui in one window.

use crate::RELOADED;
use crate::window::Bench;
use egui::accesskit::Role;
use pitstop_tests::{Project, repo, wait_until};
use std::process::Command;

/// Adds a module that is built with egui 0.36 to a project whose module is built with that of the host.
fn add_older(project: &Project) {
    let api = repo().join("hot_api/versions/0.36");
    // What it needs is not among the packages of this workspace, and may not be here yet.
    let mut fetch = Command::new(env!("CARGO"));
    fetch.args(["fetch", "--locked", "--quiet"]).current_dir(&api);
    let fetched = fetch.output().expect("cargo can be run");
    assert!(fetched.status.success(), "{}", String::from_utf8_lossy(&fetched.stderr));
    let package = project.package("older");
    project.replace("Cargo.toml", "\"unrelated\"]", "\"unrelated\", \"older\"]");
    project.save(
        "older/Cargo.toml",
        &format!(
            "[package]\nname = {package:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             hot_api = {{ path = {api:?} }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n"
        ),
    );
    project.save("older/src/lib.rs", include_str!("../fixtures/older.rs"));
    project.edit("pitstop.toml", |text| {
        format!("{text}[[module]]\nname = \"older\"\npackage = {package:?}\n")
    });
}

#[test]
fn a06_modules_of_two_versions_of_egui_share_a_window() {
    let project = Project::new();
    add_older(&project);
    let Some(mut bench) = Bench::with(project, Vec::new()) else { return };
    bench.window.click("older");
    bench.window.find("older one");
    bench.window.find("0 of hot_api 0.36.0");
    let field = bench.window.find_role(Role::TextInput);
    bench.window.click_on(&field);
    bench.window.type_text("typed");
    bench.window.click("Click the older");
    wait_until("what was typed and clicked", || {
        let state = bench.host.state("older");
        (state["text"] == "typed" && state["clicks"] == 1).then_some(())
    });
    let project = &bench.project;
    bench.host.check(|| project.rename("older", "two"), &RELOADED);
    bench.window.find("older two");
    bench.window.find("1 of hot_api 0.36.0");
    bench.host.check(|| project.rename("ui", "two"), &RELOADED);
    bench.window.click("ui");
    bench.window.find("two");
    assert_eq!(bench.host.state("older")["text"], "typed");
}
