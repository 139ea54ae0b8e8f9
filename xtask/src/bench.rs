//! `cargo xtask bench`: how fast it is, against a baseline measured in the same run.

use crate::project::Project;
use clap::Args;
use host::cli::Exit;
use std::process::ExitCode;

/// Run benchmarks, each a ratio against its baseline measured in the same run
#[derive(Args, Debug)]
pub(crate) struct Bench {
    /// One benchmark, such as frame [default: all]
    name: Option<String>,

    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

impl Bench {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        let mut cargo = project.cargo();
        cargo.args(["run", "--package", "pitstop_tests", "--bin", "bench", "--"]);
        cargo.args(self.name).args(self.json.then_some("--json"));
        let passed = cargo.status()?.success();
        Ok(if passed { Exit::Done } else { Exit::Failed }.into())
    }
}
