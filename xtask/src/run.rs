//! `cargo xtask run`: the same application without hot reload.

use crate::launch::Launcher;
use crate::project::Project;
use clap::Args;
use std::ffi::OsString;
use std::process::ExitCode;

/// Run the same app with the module linked in: no loader, no watcher
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// Arguments for the application
    #[arg(last = true)]
    args: Vec<OsString>,
}

impl Run {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        let mut cargo = project.cargo();
        cargo.args(["run", "--package", "host", "--features", "linked", "--"]).args(self.args);
        Ok(Launcher::new()?.run(&mut cargo, |_| {})?.code())
    }
}
