//! How a real host builds: through cargo where it must be, by a replay where that is the same.

use crate::{NOT_COMPILED, RELOADED};
use host::compile::Artifact;
use host::control::Request;
use host::journal::event::{BuildWay, Event, Stage};
use hot_api::abi::{BUILD_PREFIX, BUILD_UNSTAMPED};
use pitstop_tests::in_process::Stage as Host;
use pitstop_tests::{HostOptions, HostProcess, Project};
use std::fs;
use std::path::PathBuf;

/// How the state's crate notes who has drawn, and another way.
const SAY: &str = "push(name.to_owned())";
const SHOUT: &str = "push(format!(\"{name}!\"))";

/// The ways of all builds so far.
fn ways(host: &mut HostProcess) -> Vec<BuildWay> {
    let ways = host.journal().iter().filter_map(|entry| match entry.event {
        Event::BuildStarted { way, .. } => way,
        _ => None,
    });
    ways.collect()
}

/// The libraries of this project's generations: modules, and shared ones.
fn generations(project: &Project) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let files = fs::read_dir(project.path("target/pitstop/generations")).expect("they are there");
    let files = files.flatten().map(|entry| entry.path());
    files.filter(|path| !path.to_string_lossy().contains("spare")).partition(|path| {
        !path.file_name().unwrap_or_default().to_string_lossy().starts_with("libpitstop_shared-")
    })
}

/// The files that are mapped into the host.
fn maps(host: &mut HostProcess) -> String {
    let pid = host.status().pid;
    fs::read_to_string(format!("/proc/{pid}/maps")).expect("the host runs")
}

#[test]
fn a_save_is_replayed_and_a_manifest_goes_through_cargo() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    host.check(|| project.rename("ui", "two"), &RELOADED);
    host.check(|| project.replace("data/src/lib.rs", SAY, SHOUT), &RELOADED);
    host.check(|| project.replace("ui/src/lib.rs", "// in create", "wrong"), &NOT_COMPILED);
    let fixed = "std::hint::black_box(cfg!(feature = \"extra\"));";
    host.check(|| project.replace("ui/src/lib.rs", "wrong", fixed), &RELOADED);
    let features = "[features]\ndefault = [\"extra\"]\nextra = []\n\n[dependencies]";
    host.check(|| project.replace("ui/Cargo.toml", "[dependencies]", features), &RELOADED);
    host.check(|| project.rename("ui", "three"), &RELOADED);
    use BuildWay::{Cargo, Replay};
    assert_eq!(ways(&mut host), [Cargo, Replay, Replay, Replay, Replay, Cargo, Replay]);
}

#[test]
fn generations_share_no_library_and_leave_none_behind() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    for name in ["two", "three", "four"] {
        host.check(|| project.rename("ui", name), &RELOADED);
        let maps = maps(&mut host);
        let shared = maps.lines().filter(|line| line.contains("libpitstop_shared-"));
        let shared: std::collections::BTreeSet<&str> =
            shared.filter_map(|line| line.split_whitespace().last()).collect();
        assert!(
            (1..=3).contains(&shared.len()),
            "one for each generation that is loaded: {shared:?}"
        );
        assert!(!maps.contains("/libstd-"), "each generation has its own std");
    }
    let retired = host.wait_for_kind("retired").event;
    assert_eq!(retired, Event::Retired { unmapped: true, why_not: None });
    let (modules, shared) = generations(&project);
    assert_eq!(modules.len(), shared.len(), "{modules:?} {shared:?}");
}

#[test]
fn a_static_link_works_as_well_and_has_no_shared_library() {
    let project = Project::new();
    project.edit("pitstop.toml", |toml| format!("{toml}[build]\nthin_link = false\n"));
    let mut host = HostProcess::start(&project);
    host.check(|| project.rename("ui", "two"), &RELOADED);
    assert_eq!(ways(&mut host), [BuildWay::Cargo, BuildWay::Replay]);
    assert!(generations(&project).1.is_empty());
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
}

#[test]
fn a_package_of_the_workspace_can_be_shared_and_edited() {
    let project = Project::new();
    let data = project.package("data");
    project.edit("pitstop.toml", |toml| format!("{toml}[build]\nshared = [{data:?}]\n"));
    let mut host = HostProcess::start(&project);
    host.check(|| project.rename("ui", "two"), &RELOADED);
    host.check(|| project.replace("data/src/lib.rs", SAY, SHOUT), &RELOADED);
    host.check(|| project.rename("ui", "three"), &RELOADED);
    let ways = ways(&mut host);
    assert_eq!(ways[..1], [BuildWay::Cargo]);
    assert!(ways[1..].iter().all(|way| *way == BuildWay::Replay), "{ways:?}");
    assert_eq!(host.seen_by("ui").pop().as_deref(), Some("three!"), "the shared crate's new code");
}

#[test]
fn n11_what_is_committed_is_what_runs() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    for name in ["two", "three"] {
        host.check(|| project.rename("ui", name), &RELOADED);
        let module = host.status().modules.remove(0);
        let number = module.generation.expect("it runs").0;
        let library = project.path(&format!("target/pitstop/generations/ui-g{number}.so"));
        let code = fs::read(library).expect("its library is there");
        let stamp = format!("{BUILD_PREFIX}{}", module.artifact.expect("it is known"));
        assert!(code.windows(stamp.len()).any(|bytes| bytes == stamp.as_bytes()), "{stamp}");
    }
}

/// The loader is asked for one build and another is in its file.
#[test]
fn n11_code_of_another_build_is_refused() {
    let project = Project::new();
    let artifact = project.build().artifacts.into_values().next().expect("one module");
    let path = project.path("target/other.so");
    let mut code = fs::read(&artifact.path).expect("the library is there");
    let at =
        code.windows(BUILD_UNSTAMPED.len()).position(|bytes| bytes == BUILD_UNSTAMPED.as_bytes());
    let at = at.expect("a place for the stamp") + BUILD_PREFIX.len();
    code[at..at + 64].copy_from_slice(&[b'7'; 64]);
    fs::create_dir_all(project.path("target")).expect("a directory");
    fs::write(&path, &code).expect("a library");
    let other = Artifact::read("ui", path, false).expect("it is there");
    let mut host = Host::new();
    host.reload_with(&artifact, Vec::new()).expect("the build that it is");
    let rejection = host.reload(&other).expect_err("the stamp is another's");
    assert_eq!(rejection.stage, Stage::Handshake);
    assert!(rejection.reason.contains(&"7".repeat(64)), "{}", rejection.reason);
    assert!(rejection.retirement.is_some_and(|retirement| retirement.unmapped));
}

/// The test starts its hosts with this variable.
const IS_TOLD: &str = "const NAME: &str = match option_env!(\"PITSTOP_DIE_WITH_PARENT\") { Some(_) => \"told\", None => \"not told\" };";

#[test]
fn g23_what_a_host_is_told_does_not_reach_its_builds() {
    let project = Project::new();
    project.replace("ui/src/lib.rs", "const NAME: &str = \"one\";", IS_TOLD);
    let host = HostProcess::start(&project);
    assert_eq!(host.seen_by("ui"), ["not told"]);
}

#[test]
fn g09_after_cargo_clean_a_save_is_built_and_a_second_host_is_refused() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    fs::create_dir_all(project.path("ignored")).expect("a directory");
    // In one step, so that the host makes nothing again in the middle of it.
    fs::rename(project.path("target"), project.path("ignored/target")).expect("moved away");
    host.check(|| project.rename("ui", "two"), &RELOADED);
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
    let mut second = HostProcess::launch(&project, HostOptions::default());
    assert!(!second.wait_for_end().success());
    assert!(second.stderr().contains("already runs"), "{}", second.stderr());
    let back = Request::Rollback { module: None, to: None };
    assert!(!host.request(&back).ok, "its library is gone");
    host.check(|| project.rename("ui", "three"), &RELOADED);
    let (status, _) = host.stop();
    assert!(status.success(), "it ends in order");
}
