//! Applications that their authors wrote for eframe, in a workspace of their own, reloaded by the installed tool.

use crate::{NOT_COMPILED, REJECTED, RELOADED};
use host::journal::event::{Event, StateReport};
use hot_api::state::Tree;
use pitstop_tests::host_binary::{target_dir, tool_binary};
use pitstop_tests::shell_env::as_from_a_shell;
use pitstop_tests::{HostOptions, HostProcess, Project, repo, wait_until};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const SOURCE: &str = "src/main.rs";

/// The line that exports the application of the fixture, with the one before it.
const EXPORT: &str = "#[cfg(feature = \"hot_api\")]\nhot_api::export_eframe_app!(|cc| Ok(Box::new(App::new(cc))));\n";

/// The user's own surroundings; packages come from what cargo has downloaded already.
pub(crate) fn options() -> HostOptions {
    let env = vec![("CARGO_NET_OFFLINE".into(), "true".into())];
    HostOptions { tool: true, env, ..HostOptions::default() }
}

/// Starts `cargo pitstop dev` in the project's directory, and waits until the application runs.
#[track_caller]
fn start(project: &Project) -> HostProcess {
    let mut host = HostProcess::launch(project, options());
    host.wait_for_commit(&project.package("app"));
    host.take_in();
    host
}

/// Runs `cargo pitstop` with these arguments to its end.
pub(crate) fn tool(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(tool_binary());
    as_from_a_shell(&mut command);
    command.arg("pitstop").args(args).env("CARGO_NET_OFFLINE", "true").current_dir(dir);
    command.stdin(std::process::Stdio::null());
    command.output().expect("the tool can be run")
}

pub(crate) fn words(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// What the application has saved, as RON.
#[track_caller]
fn saved(host: &HostProcess, project: &Project) -> String {
    let state = host.state(&project.package("app"));
    state["saved"]["app"].as_str().unwrap_or_else(|| panic!("nothing saved: {state}")).to_owned()
}

/// Waits until the application has saved this.
#[track_caller]
fn wait_for_saved(host: &HostProcess, project: &Project, text: &str) {
    wait_until(text, || saved(host, project).contains(text).then_some(()));
}

fn rename(project: &Project, file: &str, name: &str) {
    project.edit(file, |code| pitstop_tests::project::renamed(code, name));
}

/// What the newest commit says of the state.
fn report(host: &mut HostProcess) -> StateReport {
    let found = host.journal().iter().rev().find_map(|entry| match &entry.event {
        Event::Committed { state, .. } => Some(state.clone()),
        _ => None,
    });
    found.expect("there was a commit")
}

/// What the host has told its user so far.
fn notices(host: &mut HostProcess) -> Vec<String> {
    let notices = host.journal().iter().filter_map(|entry| match &entry.event {
        Event::Notice { message } => Some(message.clone()),
        _ => None,
    });
    notices.collect()
}

#[test]
fn a01_a02_an_application_of_one_file_moves_in_with_three_lines_and_reloads_what_it_saves() {
    let project = Project::eframe_app();
    project.replace(SOURCE, EXPORT, "");
    project.edit("Cargo.toml", |text| {
        let lines = text.split_inclusive('\n').filter(|line| !line.starts_with("hot_api"));
        lines.collect()
    });
    let files = [SOURCE, "Cargo.toml"];
    let before = files.map(|file| project.read(file));
    let (dir, path) = (project.root(), repo().display().to_string());
    // Nobody to ask: shown, and not done.
    let shown = tool(dir, &["init", "--path", &path]);
    assert_eq!(shown.status.code(), Some(1), "{}", words(&shown));
    assert_eq!(files.map(|file| project.read(file)), before);
    let done = tool(dir, &["init", "--yes", "--path", &path]);
    let said = words(&done);
    assert!(done.status.success(), "{said}");
    let is_change = |line: &&str| {
        line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---")
    };
    let changed: Vec<&str> = said.lines().filter(is_change).filter(|line| line.len() > 1).collect();
    assert_eq!(changed.len(), 3, "{said}");
    assert!(said.contains("src/main.rs:11: `main` does not run in a module"), "{said}");
    let once = files.map(|file| project.read(file));
    let again = tool(dir, &["init", "--yes", "--path", &path]);
    assert!(
        again.status.success() && words(&again).contains("nothing is changed"),
        "{}",
        words(&again)
    );
    assert_eq!(files.map(|file| project.read(file)), once);

    let mut host = start(&project);
    wait_for_saved(&host, &project, "one");
    host.check(|| rename(&project, SOURCE, "two"), &RELOADED);
    wait_for_saved(&host, &project, r#"["one","two"]"#);
    // A file that is part of it, and code that does not compile.
    let uses_part = || project.replace(SOURCE, "// in ui", "ui.label(part::TEXT);\n// in ui");
    host.check(uses_part, &NOT_COMPILED);
    project.save("src/part.rs", "pub const TEXT: &str = \"of another file\";\n");
    let names_part =
        || project.replace(SOURCE, "use eframe::egui;", "mod part;\nuse eframe::egui;");
    host.check(names_part, &RELOADED);
    host.check(|| project.replace("src/part.rs", "another", "one more"), &RELOADED);
    wait_for_saved(&host, &project, r#"["one","two"]"#);
}

#[test]
fn a02_a_library_moves_in_and_warnings_that_its_author_denies_stop_nothing() {
    let project = Project::eframe_app();
    let code = project.read(SOURCE);
    let library =
        code.replace("struct App", "pub struct App").replace("    fn new", "    pub fn new");
    let (before, after) = library.split_once("fn main()").expect("it has one");
    let (main, after) = after.split_once("\n}\n").expect("it ends");
    project.save(
        "src/lib.rs",
        &format!("#![deny(warnings)]\n#![forbid(unsafe_code)]\n{before}{after}"),
    );
    let name = project.package("app");
    let main = format!("fn main(){main}\n}}\n").replace("App::new", &format!("{name}::App::new"));
    project.save(SOURCE, &main);
    let mut host = start(&project);
    wait_for_saved(&host, &project, "one");
    host.check(|| rename(&project, "src/lib.rs", "two"), &RELOADED);
    wait_for_saved(&host, &project, r#"["one","two"]"#);
    let unused = || project.replace("src/lib.rs", "// in ui", "let unused = 1;\n// in ui");
    host.check(unused, &RELOADED);
}

#[test]
fn a02_an_application_with_an_allocator_of_its_own_has_one() {
    let project = Project::eframe_app();
    project.edit(SOURCE, |code| {
        format!(
            "{code}\n{}\n#[global_allocator]\nstatic TAGGED: Tagged = Tagged;\n",
            include_str!("../fixtures/tagged_allocator.rs")
        )
    });
    let mut host = start(&project);
    wait_for_saved(&host, &project, "one");
    host.check(|| rename(&project, SOURCE, "two"), &RELOADED);
    wait_for_saved(&host, &project, r#"["one","two"]"#);
}

#[test]
fn a02_the_applications_own_build_contains_nothing_of_ours() {
    let in_repo = |args: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(args).env("CARGO_TARGET_DIR", target_dir()).env("CARGO_NET_OFFLINE", "true");
        let output = cargo.current_dir(repo()).output().expect("cargo can be run");
        assert!(output.status.success(), "{args:?}: {}", words(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let tree = |more: &[&str]| {
        let tree = ["tree", "--package", "tiles", "--edges", "normal", "--prefix", "none"];
        in_repo(&[&tree[..], more].concat()).contains("hot_api")
    };
    assert!(!tree(&[]), "no dependency");
    assert!(tree(&["--features", "tiles/hot_api"]), "but in hot builds");
    in_repo(&["build", "--workspace", "--bin", "tiles"]);
    let program = fs::read(target_dir().join("debug/tiles")).expect("it was built");
    for needle in ["PITSTOP_MODULE", "pitstop", "hot_api"] {
        let found = program.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(!found, "{needle} is in the program");
    }
}

#[test]
fn a03_what_new_code_does_not_take_is_told_and_on_exit_runs_at_the_end_of_each_code() {
    let project = Project::eframe_app();
    let mut host = start(&project);
    wait_for_saved(&host, &project, "one");
    // A field more, whose type has a default: everything else stays.
    let field = || project.replace(SOURCE, "// fields", "// fields\nmore: u32,");
    host.check(field, &RELOADED);
    let told = report(&mut host);
    assert_eq!(told.defaulted, ["app.more: added, took its default"], "{told:?}");
    assert_eq!(told.dropped, [""; 0]);
    // One more without: eframe reads nothing of what was saved, and says so in a debug line alone.
    let no_default = || {
        project.edit(SOURCE, |code| {
            code.replace("#[serde(default)]\n", "").replace("more: u32,", "more: u32, again: u32,")
        });
    };
    rename(&project, SOURCE, "two");
    host.wait_for_kind("committed");
    wait_for_saved(&host, &project, r#"["one","two"]"#);
    host.check(no_default, &RELOADED);
    let told = report(&mut host);
    // In eframe's own words, which it writes into a log.
    let lost =
        told.defaulted.iter().chain(&told.dropped).find(|line| line.starts_with("app.seen_by"));
    assert!(lost.is_some_and(|line| line.contains("missing field")), "{told:?}");
    // A creator that fails refuses the code, with its words.
    let fails = || {
        project.edit(SOURCE, |code| {
            code.replacen("|cc| Ok(Box::new(App::new(cc)))", "|cc| { App::new(cc); Err(\"no licence\".into()) as Result<Box<dyn eframe::App>, _> }", 1)
        });
    };
    host.check(fails, &REJECTED);
    let reason = host.status().modules.remove(0).last_error.unwrap_or_default();
    assert!(reason.contains("the application cannot be created: no licence"), "{reason}");
    host.stop();
    let written = project.read("written.txt");
    let exits: Vec<&str> = written.lines().collect();
    // Two generations of each code; the one that was refused has not come to be an application.
    assert_eq!(exits, ["one exits", "one exits", "two exits", "two exits"], "{written}");
}

#[test]
fn a03_state_carries_the_whole_type_and_an_application_that_saves_nothing_is_told_so() {
    let project = Project::eframe_app();
    project.edit(SOURCE, |code| {
        let (head, rest) = code.split_once("    fn save(").expect("it has one");
        let (_, rest) = rest.split_once("    fn on_exit").expect("it comes next");
        format!("{head}    fn on_exit{rest}")
            .replace("        assert!(self.style_set);\n", "")
            .replace("struct App {", "#[derive(Default, Serialize, Deserialize)]\nstruct App {")
    });
    let mut host = start(&project);
    let told = notices(&mut host);
    assert!(told.iter().any(|told| told.contains("`save` stores nothing")), "{told:?}");
    host.check(|| rename(&project, SOURCE, "two"), &RELOADED);
    assert_eq!(host.state(&project.package("app"))["saved"], serde_json::json!({}));
    let whole = || {
        project
            .edit(SOURCE, |code| code.replacen("App::new(cc))));", "App::new(cc))), state);", 1));
    };
    host.check(whole, &RELOADED);
    host.check(|| rename(&project, SOURCE, "three"), &RELOADED);
    wait_until("both have run", || {
        let state = host.state(&project.package("app"));
        (state["data"]["seen_by"] == serde_json::json!(["two", "three"])).then_some(())
    });
}

#[test]
fn a07_what_cannot_work_is_told_at_the_first_start_with_file_and_line() {
    let project = Project::eframe_app();
    project.replace(SOURCE, "    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {", "    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {\n        let _storage = frame.storage();");
    let line = |needle: &str| {
        let code = project.read(SOURCE);
        code.lines().position(|line| line.contains(needle)).expect("it is there") + 1
    };
    let mut host = start(&project);
    let told = notices(&mut host);
    let doctor = words(&tool(project.root(), &["doctor"]));
    for (needle, words) in [
        ("frame.storage()", "`Frame::storage` is always `None` in a module"),
        ("println!(\"main runs\")", "`main` does not run in a module"),
    ] {
        let start = format!("src/main.rs:{}: {words}", line(needle));
        assert!(told.iter().any(|told| told.starts_with(&start)), "{start}: {told:?}");
        let place = format!("src/main.rs:{} ", line(needle));
        let is_found = |text: &str| text.contains(&place) && text.contains(words);
        assert!(doctor.lines().any(is_found), "{place}: {doctor}");
    }
    assert!(doctor.contains("exported in src/main.rs"), "{doctor}");
    host.stop();
}

#[test]
fn a01_whoever_names_no_module_is_told_what_there_is() {
    let temp = pitstop_tests::temp_dir();
    let dir = temp.path();
    let save = |path: &str, text: &str| {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().expect("below the directory")).expect("a directory");
        fs::write(path, text).expect("written");
    };
    let api = repo().join("hot_api");
    let package = |name: &str, code: &str| {
        let head = format!("[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        save(
            &format!("{name}/Cargo.toml"),
            &format!("{head}[dependencies]\nhot_api = {{ path = {api:?} }}\n"),
        );
        save(&format!("{name}/src/lib.rs"), code);
    };
    save("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"a\", \"b\"]\n");
    package("a", "");
    package("b", "// export_module!(Ui);\n");
    let dev = || tool(dir, &["dev", "--headless"]);
    let none = dev();
    assert_eq!(none.status.code(), Some(1), "{}", words(&none));
    for part in ["no package in the workspace", "exports a module", "`cargo pitstop init`"] {
        assert!(words(&none).contains(part), "{part}: {}", words(&none));
    }
    package("a", "hot_api::export_module!(Ui);\n");
    package("b", "hot_api::export_module!(Ui);\n");
    let several = words(&dev());
    assert!(several.contains("several packages export a module: a, b"), "{several}");
    let outside = pitstop_tests::temp_dir();
    let nowhere = words(&tool(outside.path(), &["status"]));
    assert!(nowhere.contains("no cargo workspace or package at or above"), "{nowhere}");
    let tests = words(&tool(dir, &["test"]));
    assert!(tests.contains("here it is `cargo test`"), "{tests}");
}

#[test]
fn a04_a_new_project_builds_tests_and_reloads() {
    let project = Project::to_be_made("my-notes");
    let parent = project.root().parent().expect("a directory").to_owned();
    let path = repo().display().to_string();
    let made = tool(&parent, &["new", "my-notes", "--path", &path]);
    assert!(made.status.success(), "{}", words(&made));
    let again = tool(&parent, &["new", "my-notes", "--path", &path]);
    assert!(words(&again).contains("is there already, and not empty"), "{}", words(&again));
    project.share_builds();
    let mut host = HostProcess::launch(&project, options());
    host.wait_for_commit("hot_ui");
    host.take_in();
    let text = || project.replace("hot_ui/src/lib.rs", "open\"", "still open\"");
    host.check(text, &RELOADED);
    let field = || {
        project.replace(
            "state/src/lib.rs",
            "    /// The list.",
            "    pub title: String,\n    /// The list.",
        );
    };
    host.check(field, &RELOADED);
    assert_eq!(report(&mut host).defaulted, ["title: added, took its default"]);
    host.stop();
    // Its own tests: what the hot build has compiled is used again.
    project.replace("hot_ui/src/lib.rs", "still open\"", "open\"");
    project.replace("state/src/lib.rs", "    pub title: String,\n", "");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--workspace", "--quiet"]).current_dir(project.root());
    cargo
        .env("CARGO_TARGET_DIR", project.path("target/pitstop/build"))
        .env("CARGO_NET_OFFLINE", "true");
    let tests = cargo.output().expect("cargo can be run");
    assert!(tests.status.success(), "{}", words(&tests));
    assert!(words(&tests).contains("3 passed"), "{}", words(&tests));
    let alias = Command::new(env!("CARGO"))
        .args(["xtask", "--help"])
        .current_dir(project.root())
        .env("PATH", path_with_tool())
        .output();
    let help = words(&alias.expect("cargo can be run"));
    assert!(help.contains("cargo pitstop <COMMAND>"), "{help}");
}

/// The search path with the tool in front, as after its installation.
fn path_with_tool() -> std::ffi::OsString {
    let dir = tool_binary().parent().expect("a directory").to_owned();
    let others = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(dir).chain(std::env::split_paths(&others)))
        .expect("no colon in it")
}

#[test]
fn a05_programs_around_other_peoples_crates_reload_with_what_they_hold() {
    type Same = fn(&serde_json::Value, &serde_json::Value) -> bool;
    /// Package, file, an edit of it, what a user has changed before, and whether that is kept.
    type Program = (&'static str, &'static str, [&'static str; 2], fn(&mut Tree), Same);
    let none: fn(&mut Tree) = |_| {};
    let table: [Program; 3] = [
        (
            "tiles",
            "src/main.rs",
            ["\"Note {}\"", "\"Remark {}\""],
            |state| {
                let note = |mut saved: BTreeMap<String, String>| {
                    let app = saved.get_mut("app").expect("it has been saved");
                    *app = app.replacen("number:2,note:\"\"", "number:2,note:\"a note\"", 1);
                    saved
                };
                state.map("saved", note).expect("texts by name");
            },
            |before, after| {
                // Tiles are in a map without order.
                let sorted = |state: &serde_json::Value| {
                    let mut bytes = state.to_string().into_bytes();
                    bytes.sort_unstable();
                    bytes
                };
                let app = after["saved"]["app"].as_str().unwrap_or_default();
                app.contains("number:2,note:\"a note\"") && sorted(before) == sorted(after)
            },
        ),
        (
            "plot",
            "src/lib.rs",
            ["\"Frequency\"", "\"Hertz\""],
            |state| state.set("title", "Tides").expect("it has a title"),
            |before, after| before == after && after["title"] == "Tides",
        ),
        // It counts by itself, and on.
        ("clock", "src/main.rs", ["\"Ticks\"", "\"Ticks of tokio\""], none, |before, after| {
            let count =
                |state: &serde_json::Value| state["saved"]["count"].as_str()?.parse::<u64>().ok();
            count(before) > Some(0) && count(before) <= count(after)
        }),
    ];
    for (name, file, [old, new], alter, is_kept) in table {
        let project = Project::copy_of_app(name);
        let mut host = HostProcess::launch(&project, options());
        host.wait_for_commit(name);
        host.take_in();
        wait_until("it has run", || {
            let state = host.state(name);
            (state["saved"] != serde_json::json!({}) && state["saved"]["count"] != "0")
                .then_some(())
        });
        host.take_in();
        host.edit_state(name, alter);
        host.take_in();
        let before = host.state(name);
        let edit = || project.replace(&format!("{name}/{file}"), old, new);
        host.check(edit, &RELOADED);
        let told = report(&mut host);
        assert_eq!((told.dropped.len(), told.defaulted.len()), (0, 0), "{name}: {told:?}");
        let after = host.state(name);
        assert!(is_kept(&before, &after), "{name}: {before} became {after}");
        if name == "clock" {
            // Its frames go on by themselves, and its tasks have ended with `on_exit`.
            host.wait_for("the old code is gone", |entry| {
                matches!(entry.event, Event::Retired { unmapped: true, .. })
            });
        }
        host.stop();
    }
}
