//! `cargo xtask ci`: what has to pass before a change lands.

use crate::EFRAME_OLDER;
use crate::older;
use crate::output::say;
use crate::project::Project;
use anyhow::Context;
use clap::Args;
use host::os::command_line::shown;
use host::start::cli::Exit;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Check everything: format, lints, documentation, tests, and unsafe code under Miri
#[derive(Args, Debug)]
pub(crate) struct Ci {}

/// One call of cargo.
struct Step {
    name: &'static str,
    args: &'static [&'static str],
}

/// Features that nothing else enables: the application's own executable, and what makes modules of applications.
const APPS: &str = "hot_ui/app,clock/hot_api,plot/hot_api,tiles/hot_api";

/// The steps before those of older versions of egui, cheapest first.
const STEPS: [Step; 4] = [
    Step { name: "format", args: &["fmt", "--all", "--check"] },
    // With the application's own executable, whose feature nothing else enables.
    Step {
        name: "lints",
        args: &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            APPS,
            "--",
            "--deny",
            "warnings",
        ],
    },
    // As above: what has been checked is not checked again with other features.
    Step { name: "documentation", args: &["doc", "--workspace", "--no-deps", "--features", APPS] },
    // What users depend on, as they would get it; with all features it is built above.
    Step { name: "package", args: &["package", "--package", "hot_api", "--no-default-features"] },
];

/// The command of the README, with everything that has to pass.
const TESTS: Step = Step { name: "tests", args: &["xtask", "test", "--all"] };

/// All steps, each the name and the arguments for cargo.
fn steps() -> impl Iterator<Item = (String, Vec<String>)> {
    let owned = |Step { name, args }| {
        let args: &[&str] = args;
        (str::to_owned(name), args.iter().map(ToString::to_string).collect())
    };
    let older = EFRAME_OLDER.into_iter().filter(|minor| older::is_checked_by_ci(*minor));
    STEPS.into_iter().map(owned).chain(older.flat_map(older::checks)).chain([owned(TESTS)])
}

impl Ci {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        for (name, args) in steps() {
            let mut cargo = project.cargo();
            // Read by rustdoc alone, whose warnings have no flag of cargo's own.
            cargo.args(args).env("RUSTDOCFLAGS", "-D warnings");
            if !step(&name, &mut cargo)? {
                return Ok(Exit::Failed.into());
            }
        }
        if has_miri(project) {
            let mut miri = project.cargo();
            miri.args(["miri", "test", "--package", "hot_api", "--no-default-features"]);
            if !step("unsafe code under Miri", &mut miri)? {
                return Ok(Exit::Failed.into());
            }
        } else {
            say("\n== unsafe code under Miri: skipped, it is not installed")?;
            say("   to install it: rustup toolchain install nightly --component miri")?;
        }
        say("\nall checks passed")?;
        Ok(Exit::Done.into())
    }
}

/// Runs one step under its heading; whether it passed.
fn step(name: &str, command: &mut Command) -> anyhow::Result<bool> {
    let line = shown(command);
    say(&format!("\n== {name}: {line}"))?;
    let started = Instant::now();
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    let seconds = started.elapsed().as_secs_f64();
    if status.success() {
        say(&format!("== {name}: passed in {seconds:.1} s"))?;
    } else {
        say(&format!("== {name}: failed after {seconds:.1} s; to repeat it alone: {line}"))?;
    }
    Ok(status.success())
}

fn has_miri(project: &Project) -> bool {
    let mut miri = project.cargo();
    miri.args(["miri", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    miri.status().is_ok_and(|status| status.success())
}
