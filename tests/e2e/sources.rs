//! Which saved files lead to what.

use crate::{NOT_COMPILED, RELOADED, UNCHANGED};
use host::journal::event::{Event, NoChange};
use pitstop_tests::{HostProcess, Project};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// All files that `change` entries have named.
fn changed_files(host: &mut HostProcess) -> Vec<PathBuf> {
    let files = host.journal().iter().filter_map(|entry| match &entry.event {
        Event::Change { files, .. } => Some(files.clone()),
        _ => None,
    });
    files.flatten().collect()
}

#[test]
fn k03_the_same_bytes_again_are_no_change() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let rewritten_then_renamed = || {
        let code = project.read("ui/src/lib.rs");
        project.save("ui/src/lib.rs", &code);
        fs::write(project.path("data/src/lib.rs"), project.read("data/src/lib.rs")).expect("saved");
        let touched = File::options().write(true).open(project.path("ui/src/lib.rs"));
        touched.and_then(|file| file.set_modified(SystemTime::now())).expect("touched");
        // What follows shows that nothing came of the above.
        project.save("ui/src/new.rs", "");
    };
    host.check(rewritten_then_renamed, &UNCHANGED);
    assert_eq!(changed_files(&mut host).pop(), Some("ui/src/new.rs".into()));
}

#[test]
fn k03_a_comment_is_built_and_found_to_change_nothing() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    host.check(|| project.edit("ui/src/lib.rs", |code| format!("{code}// words\n")), &UNCHANGED);
    let entry = host.journal().iter().rev().find_map(|entry| match entry.event {
        Event::NoChange { reason } => Some(reason),
        _ => None,
    });
    assert_eq!(entry, Some(NoChange::SameArtifact));
    assert_eq!(host.count("committed"), 1, "nothing was swapped");
    assert_eq!(host.status().modules[0].generation.map(|generation| generation.0), Some(1));
}

#[test]
fn k16_files_come_and_go_and_move() {
    let project = Project::new();
    project.save("words/greeting.txt", "hello");
    let mut host = HostProcess::start(&project);
    let lib = "ui/src/lib.rs";

    host.check(|| project.save("ui/src/extra.rs", "pub const NAME: &str = \"extra\";"), &UNCHANGED);
    let use_extra =
        || project.replace(lib, "const NAME: &str = \"one\";", "mod extra; use extra::NAME;");
    host.check(use_extra, &RELOADED);
    host.check(|| project.replace("ui/src/extra.rs", "\"extra\"", "\"extra 2\""), &RELOADED);

    // One name appears and another goes: two events, which may be one change or two.
    fs::rename(project.path("ui/src/extra.rs"), project.path("ui/src/other.rs")).expect("moved");
    host.wait_for_kind("build_failed");
    let use_other =
        || project.replace(lib, "mod extra; use extra::NAME;", "mod other; use other::NAME;");
    // The library is the same to the byte: nothing in it says what file it came from.
    host.check(use_other, &UNCHANGED);
    host.check(|| project.replace("ui/src/other.rs", "\"extra 2\"", "\"other\""), &RELOADED);

    let include = "const NAME: &str = include_str!(\"../../words/greeting.txt\");";
    host.check(|| project.replace(lib, "mod other; use other::NAME;", include), &RELOADED);
    host.check(|| project.save("words/greeting.txt", "hello again"), &RELOADED);
    host.check(
        || fs::remove_file(project.path("words/greeting.txt")).expect("gone"),
        &NOT_COMPILED,
    );
    host.check(|| project.save("words/greeting.txt", "and back"), &RELOADED);
    assert_eq!(
        host.seen_by("ui"),
        ["one", "extra", "extra 2", "other", "hello", "hello again", "and back"]
    );
}

#[test]
fn k17_the_state_crate_counts_and_an_unrelated_crate_does_not() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let (say, shout) = ("push(name.to_owned())", "push(format!(\"{name}!\"))");
    host.check(|| project.replace("data/src/lib.rs", say, shout), &RELOADED);
    host.check(
        || {
            project.save("unrelated/src/lib.rs", "pub fn somebody_else_s_work() {}\n");
            project.save("README.md", "# Words\n");
            project.rename("ui", "two");
        },
        &RELOADED,
    );
    let files = changed_files(&mut host);
    assert_eq!(files, ["data/src/lib.rs", "ui/src/lib.rs"].map(PathBuf::from));
    let seen = host.seen_by("ui");
    assert_eq!(
        (seen.first().map(String::as_str), seen.last().map(String::as_str)),
        (Some("one"), Some("two!"))
    );
}

/// A way to save a file: its path and its new text.
type Save = fn(&std::path::Path, &str);

#[test]
fn d01_each_save_is_seen_once_however_the_editor_does_it() {
    let ways: [(&str, Save); 5] = [
        ("truncate", |path, text| fs::write(path, text).expect("written")),
        ("rename", |path, text| {
            let beside = path.with_extension("rs.tmp");
            fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).expect("replaced");
        }),
        ("ordinary", |path, text| {
            // A name that nothing tells from a source file, as `sed -i` uses.
            let beside = path.with_file_name("sedGbT3xW");
            fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).expect("replaced");
        }),
        ("backup", |path, text| {
            fs::rename(path, path.with_extension("rs~")).expect("moved away");
            fs::write(path, text).expect("written anew");
        }),
        ("chunks", |path, text| {
            let mut file = OpenOptions::new().write(true).truncate(true).open(path).expect("open");
            for chunk in text.as_bytes().chunks(text.len() / 3 + 1) {
                file.write_all(chunk).expect("written");
                // The pace of the editor, not a wait for anything.
                let _paused = crossbeam_channel::after(Duration::from_millis(30)).recv();
            }
        }),
    ];
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let mut names = vec!["one".to_owned()];
    for (commits, (way, save)) in (2..).zip(ways) {
        let text = pitstop_tests::project::renamed(&project.read("ui/src/lib.rs"), way);
        save(&project.path("ui/src/lib.rs"), &text);
        host.wait_for_commit("ui");
        names.push(way.to_owned());
        assert_eq!(host.seen_by("ui"), names);
        assert_eq!(host.count("committed"), commits, "{way}\n{}", host.words());
    }
    host.check(|| project.rename("ui", "fence"), &RELOADED);
    assert_eq!(host.count("committed"), 7, "{}", host.words());
    assert_eq!(host.count("build_failed"), 0, "{}", host.words());
}

/// A directory of a hundred files, each of which says who draws.
fn parts(project: &Project, name: &str) -> PathBuf {
    let modules: String = (0..100).map(|n| format!("pub mod part_{n};\n")).collect();
    project.save("ignored/parts/mod.rs", &format!("#![allow(dead_code)]\n{modules}"));
    for n in 0..100 {
        let code = format!("pub const NAME: &str = \"{name} {n}\";\n");
        project.save(&format!("ignored/parts/part_{n}.rs"), &code);
    }
    project.path("ignored/parts")
}

#[test]
fn d09_a_hundred_files_saved_at_once_are_one_build() {
    let project = Project::new();
    let place = project.path("ui/src/parts");
    fs::rename(parts(&project, "one"), &place).expect("moved");
    let use_parts = "mod parts; use parts::part_99::NAME;";
    project.replace("ui/src/lib.rs", "const NAME: &str = \"one\";", use_parts);
    let mut host = HostProcess::start(&project);
    // The one way to save a hundred files at the same moment.
    let next = parts(&project, "two");
    let exchange = rustix::fs::RenameFlags::EXCHANGE;
    let here = rustix::fs::CWD;
    rustix::fs::renameat_with(here, &next, here, &place, exchange).expect("exchanged");
    host.wait_for_commit("ui");
    let last = "ui/src/parts/part_99.rs";
    host.check(|| project.replace(last, "two 99", "fence"), &RELOADED);
    assert_eq!(host.count("build_started"), 3, "{}", host.words());
    assert_eq!(host.seen_by("ui"), ["one 99", "two 99", "fence"]);
    let changed: std::collections::BTreeSet<PathBuf> =
        changed_files(&mut host).into_iter().collect();
    assert_eq!(changed.len(), 100, "{changed:?}");
}

/// What the newest `no_change` entry says.
fn reason(host: &mut HostProcess) -> Option<NoChange> {
    host.journal().iter().rev().find_map(|entry| match entry.event {
        Event::NoChange { reason } => Some(reason),
        _ => None,
    })
}

#[test]
fn g40_files_that_say_what_runs_already_are_told_from_a_library_that_came_out_the_same() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    host.check(|| project.save("ui/src/new.rs", "// nobody's yet"), &UNCHANGED);
    assert_eq!(reason(&mut host), Some(NoChange::SameContent));
    host.check(|| project.edit("ui/src/lib.rs", |code| format!("{code}// words\n")), &UNCHANGED);
    assert_eq!(reason(&mut host), Some(NoChange::SameArtifact));
}

#[test]
fn g40_the_interval_of_polling_can_be_chosen() {
    let project = Project::new();
    project.edit("pitstop.toml", |toml| format!("poll_interval_ms = 86_400_000\n{toml}"));
    let mut host = HostProcess::start(&project);
    project.rename("ui", "two");
    host.reload_ok("ui");
    project.edit("pitstop.toml", |toml| toml.replace("86_400_000", "100"));
    assert_eq!(changed_files(&mut host), Vec::<PathBuf>::new(), "polling once a day sees nothing");
    let _ended = host.stop();
    let mut host = HostProcess::start(&project);
    host.check(|| project.rename("ui", "three"), &RELOADED);
}
