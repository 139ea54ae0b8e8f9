//! Replayed builds beside those of cargo: the same behaviour, edit after edit.
#![expect(unsafe_code, reason = "what was built is called")]

use crate::project::{Project, build, succeed, wait_for};
use host::compile::{BuildError, Built, Cancel};
use host::journal::event::{BuildWay, DiagnosticLevel};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

const UI: &str = r#"
mod part;
include!(concat!(env!("OUT_DIR"), "/made.rs"));
const WORDS: &str = include_str!("words.txt");
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> i32 {
    let feature = if cfg!(feature = "more") { 100_000 } else { 0 };
    let checked = if cfg!(debug_assertions) { 0 } else { 200_000 };
    let env = option_env!("ANSWER").map_or(0, |text| text.len() as i32 * 1_000_000);
    part::number() + MADE + WORDS.len() as i32 * 10 + data::number() + far::number() + macros::number!() + feature + checked + env
}
"#;

const SCRIPT: &str = r#"
fn main() {
    println!("cargo::rerun-if-changed=made.txt");
    let made = std::fs::read_to_string("made.txt").unwrap();
    let path = std::path::PathBuf::from(std::env::var_os("OUT_DIR").unwrap()).join("made.rs");
    std::fs::write(path, format!("const MADE: i32 = {};", made.trim())).unwrap();
}
"#;

const MACROS: &str = "use proc_macro::TokenStream;\n#[proc_macro]\npub fn number(_: TokenStream) -> TokenStream { \"1000\".parse().unwrap() }\n";

/// A module with everything that a build can depend on.
fn project() -> Project {
    let project = Project::new(&["ui", "data", "macros"]);
    project.package(
        "ui",
        "ui",
        true,
        "[features]\nmore = []\n[dependencies]\ndata = { path = \"../data\" }\nmacros = { path = \"../macros\" }\nfar = { path = \"../../far away\" }\n",
    );
    project.package("data", "data", false, "");
    project.package("../far away", "far", false, "");
    project.package("macros", "macros", false, "");
    let manifest = fs::read_to_string(project.path("macros/Cargo.toml")).expect("it is there");
    project.write(
        "macros/Cargo.toml",
        &manifest.replace("crate-type = [\"rlib\"]", "proc-macro = true"),
    );
    project.write("macros/src/lib.rs", MACROS);
    project.write("data/src/lib.rs", "pub fn number() -> i32 { 1 }\n");
    project.write("../far away/src/lib.rs", "pub fn number() -> i32 { 10_000 }\n");
    project.write("ui/src/part.rs", "pub fn number() -> i32 { 2 }\n");
    project.write("ui/src/words.txt", "ab");
    project.write("ui/made.txt", "3");
    project.write("ui/build.rs", SCRIPT);
    project.write("ui/src/lib.rs", UI);
    project
}

/// What the module answers.
#[track_caller]
fn answer(built: &Built, project: &Project) -> i32 {
    // A loader takes a file of a name that it knows for the library that it has.
    let copy = project.path("target").join(format!("{}.so", built.artifacts["ui"].hash));
    fs::copy(&built.artifacts["ui"].path, &copy).expect("the library is there");
    // SAFETY: a library that was built from the code above.
    let library = unsafe { libloading::Library::new(&copy) }.expect("it can be loaded");
    // SAFETY: the function has this type.
    let answer = unsafe { library.get::<extern "C" fn() -> i32>(b"answer") };
    answer.expect("it is exported")()
}

#[test]
fn a_replay_does_what_cargo_does_edit_after_edit() {
    type Edit = (&'static str, fn(&Project), BuildWay, i32);
    let edits: [Edit; 16] = [
        ("the beginning", |_| {}, BuildWay::Cargo, 11_026),
        (
            "a function",
            |p| p.write("ui/src/part.rs", "pub fn number() -> i32 { 4 }\n"),
            BuildWay::Replay,
            11_028,
        ),
        ("an included text", |p| p.write("ui/src/words.txt", "abc"), BuildWay::Replay, 11_038),
        (
            "a new file",
            |p| {
                p.write("ui/src/part/deep.rs", "pub const N: i32 = 5;\n");
                p.write("ui/src/part.rs", "mod deep;\npub fn number() -> i32 { deep::N }\n");
            },
            BuildWay::Replay,
            11_039,
        ),
        (
            "the new file",
            |p| p.write("ui/src/part/deep.rs", "pub const N: i32 = 6;\n"),
            BuildWay::Replay,
            11_040,
        ),
        (
            "a crate of the workspace",
            |p| p.write("data/src/lib.rs", "pub fn number() -> i32 { 2 }\n"),
            BuildWay::Replay,
            11_041,
        ),
        (
            "a procedural macro",
            |p| p.write("macros/src/lib.rs", &MACROS.replace("1000", "2000")),
            BuildWay::Replay,
            12_041,
        ),
        ("what a build script reads", |p| p.write("ui/made.txt", "7"), BuildWay::Cargo, 12_045),
        (
            "a build script",
            |p| p.write("ui/build.rs", &SCRIPT.replace("made.trim()", "made.trim().len()")),
            BuildWay::Cargo,
            12_039,
        ),
        (
            "a function, after cargo has run",
            |p| p.write("ui/src/part/deep.rs", "pub const N: i32 = 7;\n"),
            BuildWay::Replay,
            12_040,
        ),
        (
            "a package outside of the workspace",
            |p| p.write("../far away/src/lib.rs", "pub fn number() -> i32 { 20_000 }\n"),
            BuildWay::Cargo,
            22_040,
        ),
        (
            "a feature",
            |p| {
                let manifest = fs::read_to_string(p.path("ui/Cargo.toml")).expect("it is there");
                p.write(
                    "ui/Cargo.toml",
                    &manifest.replace("more = []", "more = []\ndefault = [\"more\"]"),
                );
            },
            BuildWay::Cargo,
            122_040,
        ),
        (
            "a profile",
            |p| {
                let manifest = fs::read_to_string(p.path("Cargo.toml")).expect("it is there");
                let profile = "[profile.dev]\ndebug-assertions = false\n";
                p.write("Cargo.toml", &format!("{manifest}{profile}"));
            },
            BuildWay::Cargo,
            322_040,
        ),
        (
            "cargo's configuration",
            |p| p.write(".cargo/config.toml", "[env]\nANSWER = \"x\"\n"),
            BuildWay::Cargo,
            1_322_040,
        ),
        (
            "a tracked variable",
            |p| p.write(".cargo/config.toml", "[env]\nANSWER = \"xy\"\n"),
            BuildWay::Cargo,
            2_322_040,
        ),
        (
            "a function, at the end",
            |p| p.write("ui/src/part/deep.rs", "pub const N: i32 = 8;\n"),
            BuildWay::Replay,
            2_322_041,
        ),
    ];
    let project = project();
    let (mut replay, mut cargo) = (project.replaying_builder(&["ui"]), project.builder(&["ui"]));
    for (what, edit, way, expected) in edits {
        edit(&project);
        assert_eq!(replay.way(), way, "{what}");
        let replayed = succeed(&mut replay);
        assert_eq!(replayed.way, way, "{what}");
        let by_cargo = succeed(&mut cargo);
        let answers = [answer(&replayed, &project), answer(&by_cargo, &project)];
        assert_eq!(answers, [expected; 2], "{what}");
        let inputs = [&replayed, &by_cargo].map(Built::inputs);
        assert_eq!(inputs[0], inputs[1], "{what}: what is watched");
        assert!(!replayed.artifacts["ui"].fresh, "{what}: it was compiled");
        let again = succeed(&mut replay);
        assert_eq!((again.way, again.artifacts["ui"].fresh), (BuildWay::Replay, true), "{what}");
        assert_eq!(again.artifacts["ui"].hash, replayed.artifacts["ui"].hash, "{what}");
    }
}

#[test]
fn errors_are_those_of_cargo_and_are_fixed_by_a_replay() {
    let project = project();
    let (mut replay, mut cargo) = (project.replaying_builder(&["ui"]), project.builder(&["ui"]));
    succeed(&mut replay);
    for file in ["ui/src/part.rs", "data/src/lib.rs"] {
        project.write(file, "pub fn number() -> i32 {\n    let x: u32 = \"a\";\n}\n");
        assert_eq!(replay.way(), BuildWay::Replay);
        let errors = [&mut replay, &mut cargo].map(|builder| {
            let error = build(builder).expect_err("the code is wrong");
            let mut told = error.diagnostics();
            told.retain(|said| said.level == DiagnosticLevel::Error);
            told
        });
        assert_eq!(errors[0], errors[1], "{file}");
        assert!(errors[0].iter().any(|said| said.file.as_deref() == Some(Path::new(file))));
        project.write(file, "pub fn number() -> i32 { let unused = 1; 5 }\n");
        let fixed = succeed(&mut replay);
        assert_eq!(fixed.way, BuildWay::Replay, "{file}");
        let again = succeed(&mut replay);
        let codes = again.warnings.iter().filter_map(|warning| warning.code.as_deref());
        assert!(codes.eq(fixed.warnings.iter().filter_map(|warning| warning.code.as_deref())));
        assert!(!again.warnings.is_empty(), "warnings are told again");
    }
}

#[test]
fn an_error_before_the_first_library_is_fixed() {
    let project = project();
    let mut replay = project.replaying_builder(&["ui"]);
    for file in ["ui/src/part.rs", "data/src/lib.rs"] {
        let good = fs::read_to_string(project.path(file)).expect("it is there");
        project.write(file, "pub fn number() -> i32 { true }\n");
        let error = build(&mut replay).expect_err("the code is wrong");
        let told = error.diagnostics();
        assert_eq!(
            told.iter().filter(|said| said.code.as_deref() == Some("E0308")).count(),
            1,
            "{told:#?}"
        );
        project.write(file, &good);
        assert_eq!(answer(&succeed(&mut replay), &project), 11_026, "{file}");
    }
}

#[test]
fn a_build_script_that_appears_and_what_it_is_made_of_go_through_cargo() {
    let project = Project::with_module(
        "#[unsafe(no_mangle)]\npub extern \"C\" fn answer() -> i32 { option_env!(\"MADE\").map_or(0, |made| made.len() as i32) }\n",
    );
    let mut replay = project.replaying_builder(&["ui"]);
    assert_eq!(answer(&succeed(&mut replay), &project), 0);
    project.write("ui/part.rs", "pub const MADE: &str = \"xx\";\n");
    let script = "mod part;\nfn main() {\n    println!(\"cargo::rerun-if-env-changed=NOTHING\");\n    println!(\"cargo::rustc-env=MADE={}\", part::MADE);\n}\n";
    project.write("ui/build.rs", script);
    let built = succeed(&mut replay);
    assert_eq!((built.way, answer(&built, &project)), (BuildWay::Cargo, 2));
    project.write("ui/part.rs", "pub const MADE: &str = \"xxx\";\n");
    let built = succeed(&mut replay);
    assert_eq!((built.way, answer(&built, &project)), (BuildWay::Cargo, 3));
    assert_eq!(replay.way(), BuildWay::Replay);
}

/// Cargo goes by the times of files and would not see it.
#[test]
fn new_content_under_an_old_time_is_built() {
    let project = project();
    let mut replay = project.replaying_builder(&["ui"]);
    succeed(&mut replay);
    project.write("ui/src/part.rs", "pub fn number() -> i32 { 9 }\n");
    let file = File::options().write(true).open(project.path("ui/src/part.rs"));
    let long_ago = SystemTime::now() - Duration::from_secs(100_000);
    file.and_then(|file| file.set_modified(long_ago)).expect("its time can be set");
    let built = succeed(&mut replay);
    assert_eq!((built.way, answer(&built, &project)), (BuildWay::Replay, 11_033));
}

/// What was captured outlives the process that did it.
#[test]
fn another_host_replays_what_cargo_finds_up_to_date() {
    let project = project();
    succeed(&mut project.replaying_builder(&["ui"]));
    let mut next = project.replaying_builder(&["ui"]);
    assert_eq!(succeed(&mut next).way, BuildWay::Cargo);
    project.write("data/src/lib.rs", "pub fn number() -> i32 { 2 }\n");
    let built = succeed(&mut next);
    assert_eq!((built.way, answer(&built, &project)), (BuildWay::Replay, 11_027));
}

#[test]
fn a_damaged_capture_or_library_is_made_again() {
    let project = project();
    let mut replay = project.replaying_builder(&["ui"]);
    succeed(&mut replay);
    let deps = project.path("target/pitstop/replayed/debug/deps");
    for entry in fs::read_dir(deps).expect("cargo made it").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("libdata-") {
            // Written in place, it would damage the compiler's incremental data, which it shares.
            fs::remove_file(entry.path()).expect("it can be removed");
            fs::write(entry.path(), "no library").expect("it can be written");
        }
    }
    project.write("ui/src/part.rs", "pub fn number() -> i32 { 9 }\n");
    let built = succeed(&mut replay);
    assert_eq!(answer(&built, &project), 11_033, "the crate whose library was damaged, too");
    let captured = project.path("target/pitstop/replayed/replay/captured");
    for entry in fs::read_dir(captured).expect("it is there").flatten() {
        fs::write(entry.path(), "{").expect("it can be written");
    }
    let mut next = project.replaying_builder(&["ui"]);
    assert_eq!(answer(&succeed(&mut next), &project), 11_033);
    project.write("data/src/lib.rs", "pub fn number() -> i32 { 2 }\n");
    assert_eq!(answer(&succeed(&mut next), &project), 11_034);
}

#[test]
fn several_modules_are_compiled_and_fail_on_their_own() {
    let project = Project::new(&["left", "right"]);
    for name in ["left", "right"] {
        project.package(name, name, true, "");
    }
    let mut replay = project.replaying_builder(&["left", "right"]);
    succeed(&mut replay);
    project.write("left/src/lib.rs", "pub fn wrong() -> i32 { true }\n");
    project.write("right/src/lib.rs", "pub fn right() {}\n");
    let built = succeed(&mut replay);
    assert_eq!(built.way, BuildWay::Replay);
    assert_eq!(built.artifacts.keys().collect::<Vec<_>>(), ["right"]);
    assert!(matches!(built.failure, Some(BuildError::Failed { .. })), "{:?}", built.failure);
    project.write("left/src/lib.rs", "pub fn right() {}\n");
    assert_eq!(succeed(&mut replay).artifacts.len(), 2);
}

/// As `cargo clean` does beside a running host.
#[test]
fn g09_a_build_directory_that_is_removed_is_filled_again() {
    let project = project();
    let wrapper = project.path("target/host");
    fs::create_dir_all(project.path("target")).expect("a directory");
    fs::copy(env!("CARGO_BIN_EXE_host"), &wrapper).expect("the host's executable");
    let mut replay = project.replaying_builder_by(&["ui"], wrapper);
    succeed(&mut replay);
    for (number, removed) in [
        (9, "target/pitstop/replayed"),
        (10, "target"),
        (11, "target/pitstop/replayed/debug"),
        (12, "target/pitstop/replayed/replay"),
    ] {
        fs::remove_dir_all(project.path(removed)).expect("it is there");
        project.write("ui/src/part.rs", &format!("pub fn number() -> i32 {{ {number} }}\n"));
        let built = succeed(&mut replay);
        assert_eq!(answer(&built, &project), 11_024 + number, "{removed}");
        project.write("ui/src/part.rs", &format!("pub fn number() -> i32 {{ {number} + 1 }}\n"));
        let built = succeed(&mut replay);
        let (way, now) = (built.way, answer(&built, &project));
        assert_eq!((way, now), (BuildWay::Replay, 11_025 + number), "after {removed}");
    }
}

#[test]
fn g09_a_library_that_cargo_alone_makes_and_that_is_gone_sends_the_build_to_cargo() {
    let project = project();
    let mut replay = project.replaying_builder(&["ui"]);
    succeed(&mut replay);
    for entry in fs::read_dir(project.path("target/pitstop/replayed/debug/deps")).expect("deps") {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libfar-")) {
            fs::remove_file(path).expect("it can be removed");
        }
    }
    project.write("ui/src/part.rs", "pub fn number() -> i32 { 9 }\n");
    let built = succeed(&mut replay);
    assert_eq!((built.way, answer(&built, &project)), (BuildWay::Cargo, 11_033));
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn g09_a_shared_library_that_could_not_be_linked_is_tried_again() {
    let project = project();
    let mut replay = project.replaying_builder(&["ui"]);
    let shared = project.path("target/pitstop/replayed/replay/shared");
    project.write("target/pitstop/replayed/replay/shared", "in the way");
    let is_static = |built: &Built| built.artifacts["ui"].shared.is_none();
    let built = succeed(&mut replay);
    let notes = built.warnings.iter().map(|said| said.message.as_str());
    assert!(
        notes.into_iter().any(|note| note.contains("linked statically")),
        "{:?}",
        built.warnings
    );
    assert!(is_static(&built));
    fs::remove_file(shared).expect("it is there");
    project.write("ui/src/part.rs", "pub fn number() -> i32 { 9 }\n");
    let built = succeed(&mut replay);
    assert_eq!((built.way, is_static(&built)), (BuildWay::Replay, false));
}

/// How often the build script below has run.
fn runs(project: &Project) -> usize {
    fs::read_to_string(project.path("ui/runs.txt")).map_or(0, |text| text.lines().count())
}

/// Stands for somebody who runs `cargo update` while the first build is under way.
const UPDATES_ONCE: &str = r##"
use std::io::Write;
fn append(path: &str, line: &str) {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true).open(path).unwrap().write_all(line.as_bytes()).unwrap();
}
fn main() {
    println!("cargo::rerun-if-changed=../Cargo.lock");
    if !std::path::Path::new("runs.txt").exists() {
        append("../Cargo.lock", "# by hand\n");
    }
    append("runs.txt", "once\n");
}
"##;

#[test]
fn g14_a_lock_file_that_changes_while_cargo_runs_makes_it_run_again() {
    let project = Project::with_module("");
    project.write("ui/build.rs", UPDATES_ONCE);
    let mut replay = project.replaying_builder(&["ui"]);
    assert_eq!(succeed(&mut replay).way, BuildWay::Cargo);
    assert_eq!(runs(&project), 2, "with the lock file as it is now");
    assert_eq!(replay.way(), BuildWay::Replay, "nothing has changed since");
    let lock = fs::read(project.path("Cargo.lock")).expect("cargo has written it");
    assert_eq!(replay.lock_file(), Some(blake3::hash(&lock)));
}

/// A toolchain beside the one that runs this test, and the number of its release.
fn another_toolchain() -> Option<(String, i32)> {
    let output = Command::new("rustup").args(["toolchain", "list"]).output().ok()?;
    let list = String::from_utf8(output.stdout).ok()?;
    let minor = |toolchain: &str| {
        let output = Command::new("rustup").args(["run", toolchain, "rustc", "--version"]).output();
        let version = String::from_utf8(output.ok()?.stdout).ok()?;
        version.split('.').nth(1)?.parse::<i32>().ok()
    };
    let own = std::env::var("RUSTUP_TOOLCHAIN").ok()?;
    let own_minor = minor(&own)?;
    let others = list.lines().filter_map(|line| line.split_whitespace().next());
    let mut others = others.filter(|name| *name != own && !name.starts_with("nightly"));
    others.find_map(|name| Some((name.to_owned(), minor(name).filter(|n| *n != own_minor)?)))
}

const TELLS_ITS_RELEASE: &str = r#"
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = std::env::var_os("RUSTC").unwrap();
    let output = std::process::Command::new(rustc).arg("--version").output().unwrap();
    let version = String::from_utf8(output.stdout).unwrap();
    println!("cargo::rustc-env=RELEASE={}", version.split('.').nth(1).unwrap());
}
"#;

#[test]
fn g16_another_toolchain_file_is_followed_by_the_next_build() {
    let Some((toolchain, minor)) = another_toolchain() else {
        eprintln!(
            "skipped: needs rustup and a second stable toolchain, such as `rustup toolchain install 1.95.0`"
        );
        return;
    };
    let project = Project::with_module(
        "#[unsafe(no_mangle)]\npub extern \"C\" fn answer() -> i32 { env!(\"RELEASE\").parse::<i32>().unwrap() + 1000 * N }\nconst N: i32 = 0;\n",
    );
    project.write("ui/build.rs", TELLS_ITS_RELEASE);
    let mut replay = project.replaying_builder(&["ui"]);
    assert_ne!(answer(&succeed(&mut replay), &project), minor);
    project.write("rust-toolchain.toml", &format!("[toolchain]\nchannel = {toolchain:?}\n"));
    let built = succeed(&mut replay);
    assert_eq!((built.way, answer(&built, &project)), (BuildWay::Cargo, minor));
    let code = fs::read_to_string(project.path("ui/src/lib.rs")).expect("it is there");
    project.write("ui/src/lib.rs", &code.replace("N: i32 = 0", "N: i32 = 1"));
    let built = succeed(&mut replay);
    assert_eq!((built.way, answer(&built, &project)), (BuildWay::Replay, minor + 1000));
}

#[cfg(unix)]
#[test]
fn g25_a_wrapper_in_cargo_s_configuration_is_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let code = "#[unsafe(no_mangle)]\npub extern \"C\" fn answer() -> i32 { cfg!(wrapped) as i32 + N }\nconst N: i32 = 0;\n";
    for key in ["rustc-workspace-wrapper", "rustc-wrapper"] {
        let project = Project::with_module(code);
        let script = "#!/bin/sh\nrustc=\"$1\"\nshift\nexec \"$rustc\" \"$@\" --cfg wrapped --check-cfg 'cfg(wrapped)'\n";
        project.write("wrapper.sh", script);
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(project.path("wrapper.sh"), mode).expect("a script");
        let mut replay = project.replaying_builder(&["ui"]);
        assert_eq!(answer(&succeed(&mut replay), &project), 0);
        project.write(".cargo/config.toml", &format!("[build]\n{key} = \"./wrapper.sh\"\n"));
        for n in [0, 100] {
            project.write("ui/src/lib.rs", &code.replace("N: i32 = 0", &format!("N: i32 = {n}")));
            let built = succeed(&mut replay);
            assert_eq!(answer(&built, &project), 1 + n, "{key}");
        }
    }
}

/// Everything below the build directory that a compiler should not have left behind.
fn leftovers(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let is_temporary = name.starts_with("rustc") || name.starts_with("rmeta");
        let is_dir = path.is_dir();
        if name.ends_with(".rcgu.o") || (is_dir && is_temporary) {
            found.push(path);
        } else if is_dir && name != "incremental" && !name.starts_with("sysroot-") {
            found.extend(leftovers(&path));
        }
    }
    found
}

/// A linker that takes as long as it is let.
const SLOW_LINKER: &str = "#!/bin/sh\nif [ -e \"${0%/*}/slow\" ]; then echo > \"${0%/*}/linking\"; sleep 600; fi\nexec cc \"$@\"\n";

#[cfg(unix)]
#[test]
fn g19_a_build_that_is_stopped_leaves_no_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::new(&["ui", "data"]);
    project.package("ui", "ui", true, "[dependencies]\ndata = { path = \"../data\" }\n");
    project.package("data", "data", false, "");
    let code = |n: u32| {
        let functions: String = (0..200)
            .map(|f| {
                format!("pub fn f{f}(x: u32) -> String {{ format!(\"{{}}\", x + {n} + {f}) }}\n")
            })
            .collect();
        format!("#[unsafe(no_mangle)]\npub extern \"C\" fn answer() -> i32 {{ {n} }}\n{functions}")
    };
    project.write("ui/src/lib.rs", &code(0));
    project.write("linker.sh", SLOW_LINKER);
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(project.path("linker.sh"), mode).expect("a script");
    let linker = project.path("linker.sh");
    let config = format!("[target.'cfg(all())']\nlinker = {linker:?}\n");
    project.write(".cargo/config.toml", &config);
    let mut replay = project.replaying_builder(&["ui"]);
    succeed(&mut replay);
    let build_dir = project.path("target/pitstop/replayed");
    assert_eq!(leftovers(&build_dir), Vec::<PathBuf>::new(), "after a build that has ended");
    for n in 1..4 {
        project.write("ui/src/lib.rs", &code(n));
        project.write("slow", "");
        let cancel = Cancel::new();
        let result = std::thread::scope(|scope| {
            let handle = cancel.clone();
            let replay = &mut replay;
            let build = scope.spawn(move || replay.build(&handle, &mut |_| {}));
            wait_for("the linker runs", || fs::metadata(project.path("linking")).ok());
            cancel.cancel();
            build.join().expect("building does not panic")
        });
        assert!(matches!(result, Err(BuildError::Cancelled)), "{result:?}");
        assert_eq!(leftovers(&build_dir), Vec::<PathBuf>::new(), "after a build that was stopped");
        fs::remove_file(project.path("slow")).expect("it is there");
        fs::remove_file(project.path("linking")).expect("it is there");
    }
    let built = succeed(&mut replay);
    assert_eq!((built.way, answer(&built, &project)), (BuildWay::Replay, 3));
}
