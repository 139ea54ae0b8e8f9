//! `cargo xtask bench`: how fast it is, against a baseline measured in the same run.

use crate::program;
use crate::project::Project;
use anyhow::{Context, bail};
use clap::Args;
use host::cli::Exit;
use std::process::{Command, ExitCode, Stdio};

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
        // The packages of the tests: any other choice would compile egui once more.
        cargo.args(["build", "--workspace", "--bin", "bench"]);
        cargo.arg("--message-format=json-render-diagnostics");
        let built = cargo.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        if !built.status.success() {
            bail!("the benchmarks were not built; mend what cargo says and try again");
        }
        let bench = program::among(&*built.stdout, "bench");
        let mut bench = Command::new(bench.context("cargo built no program `bench`")?);
        let passed = bench.args(self.name).args(self.json.then_some("--json")).status()?.success();
        Ok(if passed { Exit::Done } else { Exit::Failed }.into())
    }
}
