//! Which room of the host may use which.

use super::{root, rust_files};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every room of `host/src` with the rooms that it may use: those on which it stands. A room that needs
/// another one offers it an interface instead, as the engine does with `FastPath`.
const ROOMS: [(&str, &[&str]); 15] = [
    ("os", &[]),
    ("journal", &["os"]),
    ("sources", &["os"]),
    ("module", &["journal", "os"]),
    // The library of shared parts is named after the copy that uses it: `module::companion`.
    ("compile", &["journal", "module", "os", "sources"]),
    ("supervise", &["compile", "journal", "os", "sources"]),
    ("slot", &["journal", "module"]),
    ("persist", &["journal", "os", "slot"]),
    ("engine", &["compile", "journal", "module", "os", "persist", "slot", "sources"]),
    ("literals", &["engine", "journal", "module", "slot"]),
    ("control", &["engine", "journal", "os", "supervise"]),
    ("trial", &["engine", "journal", "module", "os", "slot"]),
    ("restart", &["compile", "engine", "journal", "module", "os", "persist", "sources", "trial"]),
    ("shell", &["engine", "journal", "module", "os", "slot", "supervise"]),
    (
        "start",
        &[
            "compile",
            "control",
            "engine",
            "journal",
            "literals",
            "module",
            "os",
            "persist",
            "restart",
            "shell",
            "slot",
            "sources",
            "supervise",
            "trial",
        ],
    ),
];

fn source() -> PathBuf {
    root().join("host/src")
}

/// The code of a file that is compiled into the host: no comments, and no tests, which may use anything.
fn product_code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The names that follow a path such as `crate::`.
fn used<'a>(code: &'a str, path: &str) -> impl Iterator<Item = &'a str> {
    let after: Vec<&str> = code.split(path).skip(1).collect();
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    after.into_iter().map(move |rest| rest.split(|c| !is_of_name(c)).next().unwrap_or_default())
}

/// Room → room → the files that make the arrow.
fn arrows() -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let source = source();
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut arrows: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for file in files {
        let path = file.strip_prefix(&source).expect("below it").display().to_string();
        let Some((room, _)) = path.split_once('/') else { continue };
        if path.contains("tests") || path.contains("fuzzing") {
            continue;
        }
        let code = product_code(&std::fs::read_to_string(&file).expect("a source file"));
        let arrows = arrows.entry(room.to_owned()).or_default();
        for used in used(&code, "crate::").filter(|used| *used != room) {
            arrows.entry(used.to_owned()).or_default().insert(path.clone());
        }
    }
    arrows
}

#[test]
fn rooms_use_what_they_stand_on_and_nothing_else() {
    let arrows = arrows();
    let rooms: BTreeSet<&str> = arrows.keys().map(String::as_str).collect();
    let known: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    assert_eq!(rooms, known, "a new room says here what it may use");
    let mut wrong = Vec::new();
    for (room, may_use) in ROOMS {
        for (used, files) in &arrows[room] {
            if !may_use.contains(&used.as_str()) {
                wrong.push(format!("{room} uses {used} in {files:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_no_cycles_and_no_arrow_that_nobody_needs() {
    let arrows = arrows();
    for (at, (room, may_use)) in ROOMS.iter().enumerate() {
        for used in *may_use {
            let place = ROOMS.iter().position(|(other, _)| other == used);
            assert!(place.is_some_and(|place| place < at), "{room} and {used}: who is lower?");
            assert!(arrows[*room].contains_key(*used), "{room} does not use {used} any more");
        }
    }
}

#[test]
fn an_arrow_is_seen_wherever_it_is_written() {
    let code = "use crate::engine::X;\n// crate::shell\nfn f(x: &crate::slot::Y) {}\n#[cfg(test)]\nmod tests {\n crate::control\n}";
    let code = product_code(code);
    assert_eq!(used(&code, "crate::").collect::<Vec<_>>(), ["engine", "slot"]);
}

/// File → the other files of the engine that it names.
fn engine_files() -> BTreeMap<String, BTreeSet<String>> {
    let mut files = Vec::new();
    rust_files(&source().join("engine"), &mut files);
    let name = |file: &Path| file.file_stem().expect("a name").to_string_lossy().into_owned();
    let names: BTreeSet<String> = files.iter().map(|file| name(file)).collect();
    let uses = |file: &PathBuf| {
        let code = product_code(&std::fs::read_to_string(file).expect("a source file"));
        let named = used(&code, "super::").filter(|named| names.contains(*named));
        (name(file), named.map(str::to_owned).collect())
    };
    files.iter().map(uses).collect()
}

#[test]
fn files_of_the_engine_have_no_cycles() {
    let mut left = engine_files();
    assert!(left.len() > 15 && left["swap"].contains("core"), "{left:?}");
    // Whatever uses nothing that is left is no part of a cycle.
    loop {
        let free: Vec<String> = left
            .iter()
            .filter(|(_, uses)| uses.iter().all(|used| !left.contains_key(used)))
            .map(|(file, _)| file.clone())
            .collect();
        if free.is_empty() {
            break;
        }
        for file in free {
            left.remove(&file);
        }
    }
    assert!(left.is_empty(), "these use each other, or what does: {left:#?}");
}
