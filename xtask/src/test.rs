//! `cargo xtask test`: all tests.

use crate::doctor::{self, MEND_WINDOW_TESTS};
use crate::output::say;
use crate::project::Project;
use clap::Args;
use host::cli::Exit;
use std::process::ExitCode;

/// Run all tests, or those whose names contain FILTER
#[derive(Args, Debug)]
pub(crate) struct Test {
    /// Part of a test's name, such as k06
    filter: Option<String>,
}

impl Test {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        let mut cargo = project.cargo();
        cargo.args(["test", "--workspace"]);
        if let Some(filter) = &self.filter {
            cargo.args(["--", filter]);
        }
        let passed = cargo.status()?.success();
        if !doctor::can_show_windows() {
            say("\ntests that open a window were skipped: there is no display and no Xvfb;")?;
            say(&format!("to run them: {MEND_WINDOW_TESTS}"))?;
        }
        Ok(if passed { Exit::Done } else { Exit::Failed }.into())
    }
}
