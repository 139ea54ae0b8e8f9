//! What the repository promises about itself.

mod examples;
mod rooms;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace")
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a readable directory") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        // A link leads to files that are met where they are.
        if path.is_dir() && !path.is_symlink() && name != "target" && !name.starts_with('.') {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The folders that a line of the map is about: those in backticks in front of the first colon of a
/// paragraph or sentence.
fn folders_on_the_map(map: &str) -> BTreeSet<String> {
    let starts = map.lines().filter(|line| line.starts_with('`') || line.contains(". `"));
    let words = starts.flat_map(|line| line.split('`').skip(1).step_by(2));
    words.filter_map(|word| word.strip_suffix('/')).map(str::to_owned).collect()
}

#[test]
fn every_folder_with_code_has_a_paragraph_on_the_map() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the map");
    let (_, map) = map.split_once("## Map").expect("the map's heading");
    let mut files = Vec::new();
    rust_files(root(), &mut files);
    let folder = |file: &PathBuf| {
        let folder = file.strip_prefix(root()).expect("below the root").parent().expect("a folder");
        folder.display().to_string()
    };
    // A folder with nothing but the tests of the file that it is named after has no story of its own.
    let is_only_tests = |folder: &str| {
        folder.ends_with("/tests") && folder.contains("/src/")
            || files
                .iter()
                .filter(|file| file.parent() == Some(&root().join(folder)))
                .all(|file| file.file_name().is_some_and(|name| name == "tests.rs"))
    };
    let folders: BTreeSet<String> =
        files.iter().map(folder).filter(|folder| !is_only_tests(folder)).collect();
    assert!(folders.len() > 30, "{folders:?}");
    let listed = folders_on_the_map(map);
    let missing: Vec<&String> = folders.difference(&listed).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md says nothing about {missing:?}");
    let gone: Vec<&String> = listed.iter().filter(|name| !root().join(name).is_dir()).collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md has folders that are gone: {gone:?}");
}

#[test]
fn the_map_can_be_read_in_a_few_minutes() {
    let size = std::fs::metadata(root().join("ARCHITECTURE.md")).expect("the map").len();
    assert!(
        size < 20_000,
        "ARCHITECTURE.md has {size} bytes; details belong to the code's own docs"
    );
}

/// The identifiers that test names begin with: a letter and one or two digits.
fn identifiers(code: &str) -> BTreeSet<String> {
    let tests = code.split("#[test]").skip(1).filter_map(|rest| rest.split_once("fn "));
    let names = tests.filter_map(|(_, rest)| rest.split('(').next());
    let mut found = BTreeSet::new();
    for name in names {
        for part in name.split('_') {
            let Some((letter, number)) = part.split_at_checked(1) else { break };
            let is_one = "kmdsfhtgvarxwpcn".contains(letter) && (1..=2).contains(&number.len());
            match number.parse::<u8>() {
                Ok(number) if is_one => {
                    found.insert(format!("{}{number:02}", letter.to_uppercase()));
                }
                // Identifiers stand in front.
                _ => break,
            }
        }
    }
    found
}

#[test]
fn every_identifier_in_a_test_name_has_a_row_in_the_key() {
    let key = std::fs::read_to_string(root().join("docs/test-identifiers.md")).expect("the key");
    let rows = key.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next());
    let mut known = BTreeSet::new();
    for row in rows {
        let (first, last) = row.split_once('\u{2013}').unwrap_or((row, row));
        let number = |id: &str| id.get(1..).and_then(|number| number.parse::<u8>().ok());
        let (Some(from), Some(to)) = (number(first), number(last)) else { continue };
        known.extend((from..=to).map(|number| format!("{}{number:02}", &row[..1])));
    }
    let mut files = Vec::new();
    rust_files(root(), &mut files);
    let used: BTreeSet<String> = files
        .iter()
        .flat_map(|file| identifiers(&std::fs::read_to_string(file).expect("a source file")))
        .collect();
    assert!(used.len() > 50, "{used:?}");
    let unknown: Vec<&String> = used.difference(&known).collect();
    assert!(unknown.is_empty(), "docs/test-identifiers.md has no row for {unknown:?}");
}

/// Names of all packages that `package` is built from with these arguments.
fn tree(package: &str, arguments: &[&str]) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--package", package])
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo tree of {package}: {error}");
    let names = String::from_utf8_lossy(&output.stdout);
    names.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn the_dependency_graph_has_no_forbidden_edges() {
    let table: [(&str, &[&str], &[&str]); 7] = [
        ("host", &[], &["hot_ui", "state"]),
        ("host", &["--no-default-features"], &["eframe", "egui", "winit", "hot_ui", "state"]),
        ("hot_api", &["--no-default-features"], &["egui", "glow", "host"]),
        ("hot_api", &[], &["glow", "eframe", "host"]),
        ("state", &[], &["egui", "host"]),
        ("hot_ui", &[], &["host", "eframe", "winit", "libloading", "notify"]),
        ("hot_ui", &["--features", "app"], &["host", "notify", "interprocess", "xtask"]),
    ];
    for (package, arguments, forbidden) in table {
        let packages = tree(package, arguments);
        assert!(packages.contains(package), "{packages:?}");
        for name in forbidden {
            assert!(!packages.contains(*name), "{package} {arguments:?} depends on {name}");
        }
    }
}

#[test]
fn the_top_level_is_what_was_asked_for() {
    for name in ["Cargo.toml", "host", "hot_ui", "hot_api", "state", "xtask", "tests", "README.md"]
    {
        assert!(root().join(name).exists(), "{name} is missing");
    }
    let packages = tree("host", &[]);
    for name in
        ["libloading", "notify", "serde", "once_cell", "anyhow", "egui", "eframe", "interprocess"]
    {
        assert!(packages.contains(name), "the host does not use {name}");
    }
}

#[test]
fn g31_the_application_chooses_the_features_of_eframe() {
    let features = |package: &str, features: &str| -> BTreeSet<String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["tree", "--offline", "--edges", "normal", "--prefix", "none"])
            .args(["--format", "{p}|{f}", "--package", package, "--features", features])
            .current_dir(root())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8_lossy(&output.stdout).into_owned();
        let eframe = lines.lines().find(|line| line.starts_with("eframe v")).expect("it is used");
        let (_, features) = eframe.split_once('|').expect("the format has one");
        let names = features.split([',', ' ']).filter(|name| !name.is_empty() && *name != "(*)");
        names.map(str::to_owned).collect()
    };
    // The adapters bring none, or with their own `glow` the renderer that goes with it.
    assert_eq!(features("hot_api", "eframe"), BTreeSet::new());
    assert_eq!(features("hot_api", "standalone"), BTreeSet::new());
    assert_eq!(features("hot_api", "standalone,glow"), BTreeSet::from(["glow".to_owned()]));
    assert!(features("hot_ui", "app").contains("persistence"), "the demo keeps its state");
}

#[test]
fn g33_the_first_command_is_not_built_in_silence() {
    let config = std::fs::read_to_string(root().join(".cargo/config.toml")).expect("the alias");
    let alias = config.lines().find(|line| line.starts_with("xtask = ")).expect("the alias");
    assert!(!alias.contains("quiet") && !alias.contains(" -q"), "{alias}");
}

/// The text between quotation marks, or what else stands in that file, whose words are compared.
fn packages_in(file: &str, begin: &str, end: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join(file)).expect("a readable file");
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("{file} has no {begin}"));
    let (list, _) = rest.split_once(end).unwrap_or_else(|| panic!("{file}: no {end}"));
    let words = list.split_whitespace().filter(|word| *word != "\\" && !word.starts_with('-'));
    words.map(str::to_owned).collect()
}

#[test]
fn g41_everybody_names_the_same_packages_for_windows() {
    let installed = packages_in(".ci/run", "--no-install-recommends", ">/dev/null");
    assert!(installed.contains("xvfb") && installed.len() > 5, "{installed:?}");
    for file in ["tests/src/xvfb.rs", "xtask/src/doctor/window.rs"] {
        let end = if file.contains("doctor") { "(Debian)" } else { "`\";" };
        assert_eq!(packages_in(file, "apt-get install", end), installed, "{file}");
    }
}

#[test]
fn g39_no_message_has_gaps() {
    let mut files = Vec::new();
    rust_files(root(), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        for (number, line) in text.lines().enumerate() {
            let code = line.trim_start();
            let is_gap = |(at, _): (usize, &str)| {
                code[at + 1..].trim_start_matches(' ').starts_with(char::is_alphabetic)
            };
            // Formatted code has no such run of blanks outside of a text.
            let mut gaps =
                [";  ", ",  ", ".  "].into_iter().flat_map(|gap| code.match_indices(gap));
            let has_gap = gaps.any(is_gap);
            let (file, number) = (file.display(), number + 1);
            assert!(code.starts_with("//") || !has_gap, "{file}:{number} has a gap: {code}");
        }
    }
}
