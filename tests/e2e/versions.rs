//! Modules of different versions of egui, and of different toolchains, in one window.

use crate::RELOADED;
use crate::window::Bench;
use egui::Pos2;
use egui::accesskit::Role;
use host::control::Request;
use host::journal::event::Generation;
use pitstop_tests::host_process::pitstop_file;
use pitstop_tests::inspect::Widget;
use pitstop_tests::project::{build, build_dir};
use pitstop_tests::{Project, repo, wait_until, xvfb};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const OLDER: &str = include_str!("../fixtures/older.rs");

/// The directory of hot_api for a version of egui.
fn api(version: &str) -> PathBuf {
    let api = repo().join("hot_api");
    if version == "0.37" { api } else { api.join("versions").join(version) }
}

/// Adds the module `name`, which is built with the hot_api for a version of egui.
fn add_module(project: &Project, name: &str, version: &str) {
    let api = api(version);
    // What it needs is not among the packages of this workspace, and may not be here yet.
    let mut fetch = Command::new(env!("CARGO"));
    fetch.args(["fetch", "--locked", "--quiet"]).current_dir(&api);
    let fetched = fetch.output().expect("cargo can be run");
    assert!(fetched.status.success(), "{}", String::from_utf8_lossy(&fetched.stderr));
    let package = project.package(name);
    project.replace("Cargo.toml", "\"unrelated\"", &format!("{name:?}, \"unrelated\""));
    project.save(
        &format!("{name}/Cargo.toml"),
        &format!(
            "[package]\nname = {package:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n\n[dependencies]\nhot_api = {{ path = {api:?} }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n"
        ),
    );
    project.save(&format!("{name}/src/lib.rs"), &OLDER.replace("older", name));
    project.edit("pitstop.toml", |text| {
        format!("{text}[[module]]\nname = {name:?}\npackage = {package:?}\n")
    });
}

/// A project whose module is built with the egui of the host, and these beside it, each with its version of egui.
///
/// The first time, several eguis take longer to compile than anybody waits for a host. So another project has been
/// built before, with the same dependencies.
#[track_caller]
fn project(modules: &[(&str, &str)]) -> Project {
    let [earlier, project] = [(); 2].map(|()| {
        let project = Project::new();
        modules.iter().for_each(|(name, version)| add_module(&project, name, version));
        project
    });
    let packages: Vec<String> = modules.iter().map(|(name, _)| earlier.package(name)).collect();
    let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
    let _built = build(earlier.root(), &build_dir(), &packages);
    project
}

/// Types into the module and clicks on its button, and reads in the tree what has become of it.
#[track_caller]
fn use_module(bench: &mut Bench, name: &str, version: &str) {
    let text = bench.host.state(name)["text"].as_str().unwrap_or_default().to_owned();
    let clicks = bench.host.state(name)["clicks"].as_u64().expect("it counts");
    bench.window.find(&format!("{clicks} clicks, {name}, hot_api {version}.0"));
    let field = field_of(bench, name);
    bench.window.click_on(&field);
    bench.window.type_text("typed");
    bench.window.click(&format!("Click {name}"));
    wait_until("what was typed and clicked", || {
        let state = bench.host.state(name);
        (state["text"] == format!("{text}typed") && state["clicks"] == clicks + 1).then_some(())
    });
    bench.window.find(&format!("{} clicks, {name}, hot_api {version}.0", clicks + 1));
}

/// The text field of a module, which is that below its label.
#[track_caller]
fn field_of(bench: &mut Bench, name: &str) -> Widget {
    let label = bench.window.find(&format!("Text of {name}")).rect;
    wait_until("the text field", || {
        let is_below = |widget: &Widget| {
            widget.node.role() == Role::TextInput
                && widget.rect.min.y >= label.max.y
                && widget.rect.min.x <= label.max.x
                && label.min.x <= widget.rect.max.x
        };
        let fields = bench.window.widgets().into_iter().filter(is_below);
        fields.min_by(|a, b| a.rect.min.y.total_cmp(&b.rect.min.y))
    })
}

#[test]
fn a06_modules_of_two_versions_of_egui_share_a_window() {
    let project = project(&[("older", "0.36")]);
    let Some(mut bench) = Bench::with(project, Vec::new()) else { return };
    bench.window.click("older");
    bench.window.find("older one");
    use_module(&mut bench, "older", "0.36");
    let project = &bench.project;
    bench.host.check(|| project.rename("older", "two"), &RELOADED);
    bench.window.find("older two");
    bench.window.find("1 clicks, older, hot_api 0.36.0");
    bench.host.check(|| project.rename("ui", "two"), &RELOADED);
    bench.window.click("ui");
    bench.window.find("two");
    assert_eq!(bench.host.state("older")["text"], "typed");
}

/// Modules beside each other, and the version of egui of each. The last is replaced by one that nightly has built.
const SHARED: [(&str, &str); 4] =
    [("newest", "0.37"), ("before", "0.36"), ("oldest", "0.34"), ("nightly", "0.37")];

#[test]
fn a06_modules_of_three_versions_and_of_another_toolchain_share_a_window_soak() {
    if !has_nightly() {
        return;
    }
    let Some(mut bench) = Bench::with(project(&SHARED), Vec::new()) else { return };
    put_beside_each_other(&mut bench);
    replace_by_that_of_nightly(&mut bench, "nightly");
    bench.window.find("nightly built by nightly");
    for (name, version) in SHARED {
        use_module(&mut bench, name, version);
    }
    // One of them is exchanged, and nothing of the others is lost.
    let project = &bench.project;
    bench.host.check(|| project.rename("oldest", "two"), &RELOADED);
    bench.window.find("oldest two");
    bench.window.find("nightly built by nightly");
    for (name, version) in SHARED {
        use_module(&mut bench, name, version);
        assert_eq!(bench.host.state(name)["text"], "typedtyped");
    }
}

/// Whether there is a nightly toolchain; says what to do where there is none.
fn has_nightly() -> bool {
    let version = nightly().arg("--version").output();
    let is_there = version.is_ok_and(|output| output.status.success());
    if !is_there {
        xvfb::skip_without("nightly is not installed", "rustup toolchain install nightly");
    }
    is_there
}

/// Cargo of the nightly toolchain.
fn nightly() -> Command {
    let mut cargo = Command::new("cargo");
    for chosen in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTC", "RUSTDOC"] {
        cargo.env_remove(chosen);
    }
    cargo.arg("+nightly");
    cargo
}

/// Drags tabs until the four are side by side, each in a part of its own.
#[track_caller]
fn put_beside_each_other(bench: &mut Bench) {
    let screen = bench.window.screenshot();
    let (width, height) = (screen.width() as f32, screen.height() as f32);
    // To an edge of the area that is there: the right one first, then the lower ones of both halves.
    let places = [(0.98, 0.5), (0.25, 0.97), (0.75, 0.97), (0.25, 0.97)];
    for ((name, _), (x, y)) in SHARED.into_iter().zip(places) {
        let tab = bench.window.find(name);
        bench.window.drag(&tab, Pos2::new(width * x, height * y));
    }
    for (name, _) in SHARED {
        bench.window.find(&format!("Click {name}"));
    }
}

/// Puts a library that nightly has built in place of the first generation of a module, and goes back to it.
#[track_caller]
fn replace_by_that_of_nightly(bench: &mut Bench, module: &str) {
    let project = &bench.project;
    bench.host.check(|| project.rename(module, "replaced"), &RELOADED);
    bench.window.find(&format!("{module} replaced"));
    let library = build_by_nightly(project, module);
    let files = fs::read_dir(pitstop_file(project, "generations")).expect("the directory");
    let first = format!("{module}-g1.");
    let mut files = files.map(|file| file.expect("readable").path());
    let kept = files.find(|file| file.to_string_lossy().contains(&first)).expect("it is kept");
    wait_until("the first generation ends", || (bench.host.count("retired") > 0).then_some(()));
    fs::write(kept, library).expect("written");
    let to = Some(Generation(1));
    let reply = bench.host.request(&Request::Rollback { module: Some(module.to_owned()), to });
    assert!(reply.ok, "{:?}", reply.error);
}

/// Builds a module of the project by nightly, from a copy of its sources; the library that comes of it.
#[track_caller]
fn build_by_nightly(project: &Project, module: &str) -> Vec<u8> {
    let copy = project.path("target/by_nightly");
    let package = project.package(module);
    let text = |file: &str| project.read(&format!("{module}/{file}"));
    let save = |file: &str, text: &str| {
        let path = copy.join(file);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a directory");
        fs::write(path, text).expect("written");
    };
    save("Cargo.toml", &format!("{}\n[workspace]\n", text("Cargo.toml")));
    save("Cargo.lock", &project.read("Cargo.lock"));
    let code = text("src/lib.rs").replace("\"replaced\"", "\"built by nightly\"");
    // No other toolchain compiles it.
    save("src/lib.rs", &format!("#![feature(test)]\n{code}"));
    let target = build_dir().join("by_nightly");
    let mut cargo = nightly();
    cargo.args(["rustc", "--offline", "--quiet", "--lib", "--crate-type=cdylib", "--target-dir"]);
    cargo.arg(&target).env("CARGO_PROFILE_DEV_DEBUG", "0").current_dir(&copy);
    let built = cargo.output().expect("cargo can be run");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let library = format!("lib{package}.{}", std::env::consts::DLL_EXTENSION);
    let library = fs::read(target.join("debug").join(library)).expect("it was just built");
    project.remove_from(&target);
    library
}
