//! `cargo xtask rollback`: an earlier generation back into the running app.

use crate::output::answer;
use crate::project::{ANSWER_LIMIT, Project};
use clap::Args;
use host::control::Request;
use host::journal::event::Generation;
use std::process::ExitCode;

/// Go back to an earlier generation of a module, with the current state
#[derive(Args, Debug)]
#[command(after_help = "`cargo xtask status` shows which generations are kept.")]
pub(crate) struct Rollback {
    /// The generation, such as 3 or g3 [default: the one before the current]
    #[arg(long, value_name = "GEN", value_parser = generation)]
    to: Option<Generation>,

    /// The module [default: the only one]
    #[arg(long, value_name = "M")]
    module: Option<String>,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Rollback {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        let Self { to, module, json } = self;
        let reply = project.ask(&Request::Rollback { module, to }, Some(ANSWER_LIMIT))?;
        answer(&reply, json, || {
            let running = reply.body.get("rollback").map(|value| &value["generation"]);
            match running.and_then(serde_json::Value::as_u64) {
                Some(number) => format!("rolled back: {} runs", Generation(number)),
                None => "rolled back".to_owned(),
            }
        })
    }
}

fn generation(text: &str) -> Result<Generation, String> {
    let digits = text.strip_prefix('g').unwrap_or(text);
    digits
        .parse()
        .map(Generation)
        .map_err(|_| "a generation is a number, such as 3 or g3".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_read_as_they_are_shown() {
        assert_eq!(generation("3"), Ok(Generation(3)));
        assert_eq!(generation(&Generation(17).to_string()), Ok(Generation(17)));
        for text in ["", "g", "-1", "three", "gg3"] {
            assert!(generation(text).is_err(), "{text}");
        }
    }
}
