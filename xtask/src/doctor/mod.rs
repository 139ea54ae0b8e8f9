//! `cargo xtask doctor`: what this machine lacks, and the command that fixes it.
//!
//! Owns: the order and the verdict. Consumes: [`check::Check`]s. Produces: one line each. Never:
//! installs anything.

mod application;
mod check;
mod machine;
mod toolchain;
mod window;

pub(crate) use window::{FIX_WINDOW_TESTS, can_show_windows};

use crate::output::say;
use crate::project::Project;
use check::{Check, Verdict};
use clap::Args;
use host::os::own_command;
use host::start::cli::Exit;
use std::process::ExitCode;

/// Say what is missing on this machine, and the command that fixes it
#[derive(Args, Debug)]
#[command(after_help = "Exit code 1 says that something is missing without which nothing works.")]
pub(crate) struct Doctor {}

impl Doctor {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        let checks = [
            toolchain::checks(project),
            window::checks(),
            machine::checks(&project.root),
            application::checks(project),
        ]
        .concat();
        for check in &checks {
            say(&check.to_string())?;
        }
        let required = checks.iter().filter(|check| check.verdict() == Verdict::Missing).count();
        let optional = checks.iter().filter(|check| check.verdict() == Verdict::Lacking).count();
        say(&summary(required, optional))?;
        Ok(if required == 0 { Exit::Done } else { Exit::Failed }.into())
    }
}

fn summary(required: usize, optional: usize) -> String {
    match (required, optional) {
        (0, 0) => format!("\neverything is there; start with `{} dev`", own_command()),
        (0, n) => format!("\nthe app runs; {n} of the above would make it run better"),
        (n, _) => format!("\n{n} required above; fix that first"),
    }
}

/// The checks of one area.
type Checks = Vec<Check>;
