//! What takes hours: another toolchain, older versions of egui, cold benchmarks, fuzzing.
//!
//! Owns: their order, and what to say where something is not installed. Produces: counts, like tests.

use super::closing::{Closing, Count};
use super::executables::Toolchain;
use super::tier::Tier;
use crate::EFRAME_OLDER;
use crate::older;
use crate::output::say;
use crate::project::Project;
use anyhow::Context;
use host::os::command_line::shown;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const NIGHTLY: Toolchain = Toolchain { name: Some("nightly") };
const INSTALL_NIGHTLY: &str = "rustup toolchain install nightly";
const INSTALL_FUZZ: &str = "cargo install cargo-fuzz";

/// All targets together; `PITSTOP_FUZZ_SECONDS` says otherwise.
const FUZZ_SECONDS: u64 = 3600;

pub(super) fn run(project: &Project, closing: &mut Closing) -> anyhow::Result<()> {
    if succeeds(Command::new("cargo").args(["+nightly", "--version"])) {
        super::tests(project, &NIGHTLY, Tier::Quick, None, closing)?;
    } else {
        skip(closing, "tests on nightly", "it is not installed", INSTALL_NIGHTLY)?;
    }
    for minor in EFRAME_OLDER.into_iter().filter(|minor| !older::is_checked_by_ci(*minor)) {
        for (name, args) in older::checks(minor) {
            step(closing, &name, project.cargo().args(args))?;
        }
    }
    cold_build(project, closing)?;
    // Not this program: the builds in between may have put a new one in its place.
    step(closing, "benchmarks", project.cargo().args(["xtask", "bench"]))?;
    fuzz(project, closing)
}

/// Keeps what was measured and the closing lines, to be committed.
pub(super) fn log(project: &Project, closing: &Closing) -> anyhow::Result<()> {
    let path = project.root.join("docs/test-extended.txt");
    let text = format!("cargo xtask test --extended\n\n{}", closing.log());
    std::fs::write(&path, text).with_context(|| path.display().to_string())
}

/// What a first build costs: nothing is there but the sources of the dependencies.
fn cold_build(project: &Project, closing: &mut Closing) -> anyhow::Result<()> {
    let dir = tempfile::tempdir_in(project.root.join("target")).context("target")?;
    for (name, package) in [("cold build of the commands", "xtask"), ("cold build", "host")] {
        let mut cargo = project.cargo();
        cargo.args(["build", "--package", package, "--target-dir"]).arg(dir.path().join(package));
        step(closing, name, &mut cargo)?;
    }
    Ok(())
}

fn fuzz(project: &Project, closing: &mut Closing) -> anyhow::Result<()> {
    let dir = project.root.join("tests/fuzz");
    let installed = [
        (&["+nightly", "--version"][..], "the nightly toolchain", INSTALL_NIGHTLY),
        (&["+nightly", "fuzz", "--version"], "cargo-fuzz", INSTALL_FUZZ),
    ];
    for (args, what, install) in installed {
        if !succeeds(Command::new("cargo").args(args)) {
            return skip(closing, "fuzzing", &format!("{what} is not installed"), install);
        }
    }
    let targets = targets(&dir)?;
    let wanted = std::env::var("PITSTOP_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let seconds = wanted.unwrap_or(FUZZ_SECONDS) / targets.len().max(1) as u64;
    for target in targets {
        let mut cargo = Command::new("cargo");
        cargo.args(["+nightly", "fuzz", "run", "--fuzz-dir"]).arg(&dir).arg(&target);
        // What is found goes to the first directory, which is not committed.
        for corpus in ["corpus", "seeds"] {
            let corpus = dir.join(corpus).join(&target);
            std::fs::create_dir_all(&corpus).with_context(|| corpus.display().to_string())?;
            cargo.arg(corpus);
        }
        cargo.arg("--").arg(format!("-max_total_time={}", seconds.max(1)));
        cargo.arg("-print_final_stats=1").current_dir(&dir);
        cargo.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTC");
        step(closing, &format!("fuzzing {target}"), &mut cargo)?;
    }
    Ok(())
}

fn targets(dir: &Path) -> anyhow::Result<Vec<String>> {
    let dir = dir.join("fuzz_targets");
    let entries = dir.read_dir().with_context(|| dir.display().to_string())?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut names: Vec<String> =
        paths.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}

/// Runs one command under its heading.
fn step(closing: &mut Closing, name: &str, command: &mut Command) -> anyhow::Result<()> {
    let line = shown(command);
    say(&format!("== {name}: {line}"))?;
    let started = Instant::now();
    // What has been measured so far is not lost for one step that cannot be taken.
    let has_passed = match command.stdin(Stdio::null()).status() {
        Ok(status) => status.success(),
        Err(error) => {
            say(&format!("   cannot start `{line}`: {error}"))?;
            false
        }
    };
    let passed = Count { passed: 1, ..Count::default() };
    closing.add(name, started, if has_passed { passed } else { Count::FAILED });
    Ok(())
}

fn skip(closing: &mut Closing, name: &str, why: &str, install: &str) -> anyhow::Result<()> {
    say(&format!("== {name}: skipped, {why}"))?;
    say(&format!("   to install it: {install}"))?;
    closing.add(name, Instant::now(), Count::SKIPPED);
    Ok(())
}

fn succeeds(command: &mut Command) -> bool {
    command.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
