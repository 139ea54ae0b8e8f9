//! Real cargo runs: libraries, diagnostics, cancelling.

use crate::project::{Project, build, succeed, wait_for};
use host::compile::{BuildError, Builder, Cancel, Progress};
use host::journal::event::{BuildWay, Diagnostic, DiagnosticLevel};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const MODULE: &str = "#[unsafe(no_mangle)]\npub extern \"C\" fn answer() -> i32 {\n    42\n}\n";

/// The first error of a build that must fail.
#[track_caller]
fn fail(builder: &mut Builder) -> Diagnostic {
    let error = build(builder).expect_err("the build must fail");
    assert!(matches!(error, BuildError::Failed { .. }), "{error}");
    let mut diagnostics = error.diagnostics().into_iter();
    diagnostics
        .find(|diagnostic| diagnostic.level == DiagnosticLevel::Error)
        .expect("a failure has an error to show")
}

#[test]
fn a_first_build_says_beforehand_how_many_packages_it_compiles() {
    let project = Project::new(&["ui", "near"]);
    project.package("ui", "ui", true, "[dependencies]\nnear = { path = \"../near\" }\n");
    project.package(
        "near",
        "near",
        false,
        "[build-dependencies]\ntool = { path = \"../../tool\" }\n",
    );
    project.package("../tool", "tool", false, "");
    project.write("near/build.rs", "fn main() {}\n");
    project.write("ui/src/lib.rs", MODULE);
    let mut builder = project.builder(&["ui"]);
    let first = builder.first_build(&Cancel::new()).expect("nothing was built yet");
    assert_eq!(first.packages, 3, "build scripts are part of their package: {first}");
    assert_eq!(first.downloaded, None, "all of them are here");
    let mut steps: Vec<Progress> = Vec::new();
    builder.build(&Cancel::new(), &mut |step| steps.push(step)).expect("it compiles");
    assert!(steps.iter().all(|step| step.total == 3), "{steps:?}");
    assert_eq!(steps.last().map(|step| step.done), Some(3), "{steps:?}");
    let again = project.builder(&["ui"]).first_build(&Cancel::new());
    assert_eq!(again, None, "another host finds what was built");
}

#[test]
fn k16_a_build_tells_what_it_made_and_what_it_read() {
    let project = Project::new(&["ui"]);
    project.package("ui", "ui", true, "[dependencies]\nfar = { path = \"../../far away\" }\n");
    project.package("../far away", "far", false, "");
    project.write("../far away/src/lib.rs", "pub fn n() -> i32 { 42 }\n");
    project.write("else where/wörds.txt", "hello");
    project.write("ui/src/.hidden.rs", "pub fn m() -> i32 { 1 }\n");
    project.write(
        "ui/src/lib.rs",
        "include!(\".hidden.rs\");\npub const WORDS: &str = include_str!(\"../../else where/wörds.txt\");\n#[unsafe(no_mangle)]\npub extern \"C\" fn answer() -> i32 { let unused = 1; far::n() + m() }\n",
    );
    project.write("ui/build.rs", "fn main() { println!(\"cargo::rerun-if-changed=build.rs\"); }\n");
    let mut builder = project.builder(&["ui"]);
    let mut steps: Vec<Progress> = Vec::new();
    let built = builder
        .build(&Cancel::new(), &mut |step| steps.push(step))
        .unwrap_or_else(|error| panic!("{error}: {:#?}", error.diagnostics()));
    assert_eq!(built.way, BuildWay::Cargo);
    let ui = &built.artifacts["ui"];
    let bytes = fs::read(&ui.path).expect("the library is where it is said to be");
    assert_eq!(ui.bytes, bytes.len() as u64, "its size");
    assert_eq!(ui.hash, blake3::hash(&bytes).to_hex().as_str(), "its hash");
    assert!(!ui.fresh, "it was built just now");
    for input in
        ["ui/src/lib.rs", "ui/src/.hidden.rs", "else where/wörds.txt", "../far away/src/lib.rs"]
    {
        let input = project.path(input);
        assert!(built.inputs().contains(&input), "{input:?}: {:#?}", ui.inputs);
    }
    let warning = built.warnings.first().expect("the warning is kept");
    assert_eq!(warning.level, DiagnosticLevel::Warning, "{warning:?}");
    assert_eq!(warning.code.as_deref(), Some("unused_variables"));
    assert!(warning.rendered.contains('\u{1b}'), "in colour: {warning:?}");

    assert!(steps.windows(2).all(|two| two[0].done < two[1].done), "{steps:?}");
    assert!(steps.iter().all(|step| step.total == 0), "nobody knows yet: {steps:?}");
    let last = steps.last().expect("a build makes progress");
    let mut again = Vec::new();
    let fresh =
        builder.build(&Cancel::new(), &mut |step| again.push(step)).expect("nothing changed");
    assert!(fresh.artifacts["ui"].fresh, "nothing was to be done");
    assert_eq!(fresh.artifacts["ui"].hash, ui.hash, "the same library");
    assert_eq!(fresh.warnings, built.warnings, "told again");
    assert_eq!(again.last().map(|step| step.total), Some(last.done), "the total is known now");
}

#[test]
fn k03_a_comment_gives_the_same_library() {
    let project = Project::with_module(MODULE);
    let mut builder = project.builder(&["ui"]);
    let before = succeed(&mut builder);
    project.write("ui/src/lib.rs", &format!("{MODULE}// a comment\n"));
    let after = succeed(&mut builder);
    assert!(!after.artifacts["ui"].fresh, "it was compiled");
    assert_eq!(before.artifacts["ui"].hash, after.artifacts["ui"].hash);
}

#[test]
fn k04_a_compile_error_names_the_place_and_a_fix_builds() {
    let project = Project::with_module("\npub fn f() {\n    let x: u32 = \"a\";\n}\n");
    let mut builder = project.builder(&["ui"]);
    let error = fail(&mut builder);
    assert_eq!(error.code.as_deref(), Some("E0308"));
    assert_eq!(error.message, "mismatched types");
    assert_eq!(error.file.as_deref(), Some(Path::new("ui/src/lib.rs")));
    assert_eq!((error.line, error.column), (Some(3), Some(18)));
    assert!(error.rendered.contains("let x: u32"), "{}", error.rendered);
    project.write("ui/src/lib.rs", MODULE);
    assert!(succeed(&mut builder).artifacts.contains_key("ui"));
}

#[test]
fn k04_errors_that_only_cargo_knows_are_shown_too() {
    let project = Project::with_module(MODULE);
    let mut builder = project.builder(&["ui"]);
    project.write("ui/build.rs", "fn main() { panic!(\"no such tool\"); }\n");
    let error = fail(&mut builder);
    assert!(error.message.contains("custom build command"), "{error:?}");
    assert!(error.rendered.contains("no such tool"), "{error:?}");
    project.write("ui/Cargo.toml", "[package]\nname = \"ui\"\nfoo bar\n");
    let error = fail(&mut builder);
    assert_eq!(error.file.as_deref(), Some(Path::new("ui/Cargo.toml")), "{error:?}");
    assert_eq!((error.line, error.column), (Some(3), Some(5)));
    assert!(error.rendered.contains("foo bar"), "the whole text: {error:?}");
}

#[test]
fn k21_several_modules_are_built_together() {
    let project = Project::new(&["ui", "tools"]);
    for name in ["ui", "tools"] {
        project.package(name, name, true, "");
    }
    let built = succeed(&mut project.builder(&["ui", "tools"]));
    let names: Vec<_> = built.artifacts.keys().map(String::as_str).collect();
    assert_eq!(names, ["tools", "ui"]);
}

#[test]
fn what_a_module_lacks_is_said() {
    let project = Project::new(&["ui"]);
    project.package("ui", "ui", false, "");
    let error = build(&mut project.builder(&["ui"])).expect_err("an rlib cannot be loaded");
    assert!(matches!(error, BuildError::NoLibrary { .. }), "{error}");
    assert!(error.to_string().contains("cdylib"), "{error}");
    fs::remove_dir_all(&project.root).expect("remove the workspace");
    let error = build(&mut project.builder(&["ui"])).expect_err("there is nowhere to run");
    assert!(matches!(error, BuildError::Cargo { .. }), "{error}");
    let shown = error.diagnostics();
    assert!(shown[0].rendered.contains("wörk space"), "{shown:?}");
}

#[test]
fn a_cancelled_build_never_starts() {
    let project = Project::with_module(MODULE);
    let cancel = Cancel::new();
    cancel.cancel();
    let result = project.builder(&["ui"]).build(&cancel, &mut |_| {});
    assert!(matches!(result, Err(BuildError::Cancelled)), "{result:?}");
    assert!(!project.path("target").exists(), "cargo did not run");
}

/// The build script's child ignores SIGTERM, so only the end of the whole group ends it.
#[cfg(target_os = "linux")]
#[test]
fn cancelling_ends_cargo_and_everything_it_started() {
    let project = Project::with_module(MODULE);
    project.write(
        "ui/build.rs",
        "fn main() {\n    let script = \"trap '' TERM; echo $$ > pid.tmp; mv pid.tmp pid; sleep 600; true\";\n    std::process::Command::new(\"sh\").args([\"-c\", script]).status().unwrap();\n}\n",
    );
    let mut builder = project.builder(&["ui"]);
    let cancel = Cancel::new();
    let (result, took) = std::thread::scope(|scope| {
        let handle = cancel.clone();
        let build = scope.spawn(move || builder.build(&handle, &mut |_| {}));
        let pid =
            wait_for("the build script runs", || fs::read_to_string(project.path("ui/pid")).ok());
        let stat = format!("/proc/{}/stat", pid.trim());
        assert!(Path::new(&stat).exists(), "its child runs");
        let asked = Instant::now();
        cancel.cancel();
        let result = build.join().expect("building does not panic");
        let took = asked.elapsed();
        // Gone, or dead and only waiting for somebody to ask how it ended.
        wait_for("the child of the build script is gone", || {
            let stat = fs::read_to_string(&stat).unwrap_or_default();
            (stat.is_empty() || stat.contains(") Z ")).then_some(())
        });
        (result, took)
    });
    assert!(matches!(result, Err(BuildError::Cancelled)), "{result:?}");
    assert!(took < Duration::from_secs(5), "cancelling took {took:?}");
}
