//! `cargo xtask snapshot`: the state of the running app into a file and back, or today's schema frozen.

use crate::output::answer;
use crate::project::{ANSWER_LIMIT, Project};
use anyhow::Context;
use clap::Args;
use host::control::Request;
use host::os::command_line::shown;
use host::start::cli::Exit;
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write the state of a module to a file, or give it the state of one
#[derive(Args, Debug)]
pub(crate) struct Snapshot {
    /// The file [default: a place below target/pitstop, which is printed]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Give the module the state in this file instead
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    restore: Option<PathBuf>,

    /// The module [default: the only one]
    #[arg(long, value_name = "M")]
    module: Option<String>,

    /// Print one JSON object
    #[arg(long)]
    json: bool,

    /// Freeze today's schema instead: write state/golden/vN.snapshot from the example state
    #[arg(long, conflicts_with_all = ["out", "module", "json"])]
    golden: bool,
}

/// The test that writes the golden file of today's version, and refuses to overwrite one. It is a
/// test because only the state's own crate knows its types.
const WRITE_GOLDEN: [&str; 9] = [
    "test",
    "--quiet",
    "--workspace",
    "--test",
    "golden",
    "--",
    "--ignored",
    "--nocapture",
    "write_the_golden_file",
];

impl Snapshot {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        if self.golden {
            let mut cargo = project.cargo();
            let line = shown(cargo.args(WRITE_GOLDEN));
            let status = cargo.status().with_context(|| format!("cannot start `{line}`"))?;
            return Ok(if status.success() { Exit::Done } else { Exit::Failed }.into());
        }
        // The host has a working directory of its own.
        let out = self.out.map(std::path::absolute).transpose()?;
        if let Some(file) = self.restore {
            let file = std::path::absolute(file)?;
            let request = Request::Restore { module: self.module, file };
            let reply = project.ask(&request, Some(ANSWER_LIMIT))?;
            return answer(&reply, self.json, || {
                let restored = reply.body.get("restore").cloned().unwrap_or_default();
                let [module, generation] = ["module", "generation"].map(|key| &restored[key]);
                format!("{} g{generation} has this state", module.as_str().unwrap_or_default())
            });
        }
        let request = Request::Snapshot { module: self.module, out };
        let reply = project.ask(&request, Some(ANSWER_LIMIT))?;
        answer(&reply, self.json, || {
            let value = reply.body.get("snapshot").cloned().unwrap_or_default();
            match value["path"].as_str() {
                Some(path) => format!("snapshot written to {path}{}", sizes(&value)),
                None => value.to_string(),
            }
        })
    }
}

/// How large the parts of a snapshot are; the state comes first.
fn sizes(snapshot: &Value) -> String {
    let Some(sizes) = snapshot["sizes"].as_object() else { return String::new() };
    let mut sizes: Vec<(&String, &Value)> = sizes.iter().collect();
    sizes.sort_by_key(|(name, _)| *name != "state");
    let parts = sizes.iter().map(|(name, bytes)| format!("{name} {bytes} bytes"));
    format!(" ({})", parts.collect::<Vec<_>>().join(", "))
}
