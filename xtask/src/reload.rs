//! `cargo xtask reload`: new code into the running app.

use crate::output::answer;
use crate::project::{ANSWER_LIMIT, Project};
use clap::Args;
use host::control::{Reply, Request};
use host::engine::{ModuleOutcome, ModuleResult};
use host::journal::event::{Entry, NoChange, Trigger};
use host::journal::{Colour, EventLine};
use std::io;
use std::process::ExitCode;

/// Reload the modules of the running app
#[derive(Args, Debug)]
#[command(after_help = "With --wait, exit code 1 says that the new code was rejected.")]
pub(crate) struct Reload {
    /// Reload this module only
    #[arg(long, value_name = "M")]
    module: Option<String>,

    /// Wait for the outcome, and print it
    #[arg(long)]
    wait: bool,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Reload {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        let Self { module, wait, json } = self;
        let request = Request::Reload { module, wait, trigger: Trigger::Command };
        // A first build takes as long as it takes.
        let limit = (!wait).then_some(ANSWER_LIMIT);
        let reply = project.ask(&request, limit)?;
        answer(&reply, json, || if wait { outcome(&reply) } else { ASKED.to_owned() })
    }
}

const ASKED: &str = "reload asked for; `--wait` waits for the outcome";

fn outcome(reply: &Reply) -> String {
    let modules = reply.body.get("modules").cloned().unwrap_or_default();
    let modules: Vec<ModuleOutcome> = serde_json::from_value(modules).unwrap_or_default();
    if modules.is_empty() {
        return "there was nothing to reload".to_owned();
    }
    modules.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(outcome: &ModuleOutcome) -> String {
    let committed = |entry: &Entry| EventLine::of(entry, Colour::detect(&io::stdout())).to_string();
    let module = &outcome.module;
    match &outcome.result {
        ModuleResult::Committed { entry } => committed(entry),
        ModuleResult::NoChange { reason: NoChange::SameContent } => {
            format!("{module}: no change, the sources are what they were")
        }
        ModuleResult::NoChange { reason: NoChange::SameArtifact } => {
            format!("{module}: no change, the build gave the library that already runs")
        }
        ModuleResult::NoChange { reason: NoChange::NotAsked } => {
            format!("{module}: no change, nothing was saved since the running code was chosen")
        }
        ModuleResult::BuildFailed { .. } => format!("{module}: the build failed"),
        ModuleResult::Rejected { stage, reason, .. } => {
            format!("{module}: rejected at {stage}: {reason}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn outcomes_in_words() {
        for (modules, words) in [
            (json!([]), "there was nothing to reload"),
            (
                json!([{"module": "a", "generation": 2, "result": "no_change", "reason": "same_artifact"},
                       {"module": "b", "generation": null, "result": "no_change", "reason": "same_content"}]),
                "a: no change, the build gave the library that already runs\n\
                 b: no change, the sources are what they were",
            ),
        ] {
            assert_eq!(outcome(&Reply::with("modules", modules)), words);
        }
    }
}
