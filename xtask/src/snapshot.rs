//! `cargo xtask snapshot`: the state of the running app into a file.

use crate::output::answer;
use crate::project::{ANSWER_LIMIT, Project};
use clap::Args;
use host::control::Request;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write the state of a module to a file
#[derive(Args, Debug)]
pub(crate) struct Snapshot {
    /// The file [default: a place below target/pitstop, which is printed]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// The module [default: the only one]
    #[arg(long, value_name = "M")]
    module: Option<String>,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Snapshot {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        // The host has a working directory of its own.
        let out = self.out.map(std::path::absolute).transpose()?;
        let request = Request::Snapshot { module: self.module, out };
        let reply = project.ask(&request, Some(ANSWER_LIMIT))?;
        answer(&reply, self.json, || {
            let value = reply.body.get("snapshot").cloned().unwrap_or_default();
            match value["path"].as_str() {
                Some(path) => format!("snapshot written to {path}"),
                None => value.to_string(),
            }
        })
    }
}
