//! `cargo xtask events`: the journal of the running app.

use crate::output::{answer, say};
use crate::project::{ANSWER_LIMIT, Project};
use clap::Args;
use host::control::{ClientError, Request};
use host::journal::{Colour, EventLine};
use host::start::cli::Exit;
use std::io;
use std::process::ExitCode;

/// Show what has happened in the running app
#[derive(Args, Debug)]
#[command(after_help = "The journal of the last run is in target/pitstop/events.jsonl.")]
pub(crate) struct Events {
    /// Go on showing what happens, until the app ends
    #[arg(long, short)]
    follow: bool,

    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

impl Events {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        let mut client = project.client()?;
        let request = Request::Events { follow: self.follow, since: None };
        let reply = client.call(&request, Some(ANSWER_LIMIT))?;
        let Some(mut at_once) = reply.body.get("entries").and_then(serde_json::Value::as_u64)
        else {
            return answer(&reply, self.json, String::new);
        };
        let colour = Colour::detect(&io::stdout());
        while self.follow || at_once > 0 {
            let entry = match client.entry(None) {
                Ok(entry) => entry,
                // The app has ended, and with it what was asked for.
                Err(ClientError::Closed) if self.follow => break,
                Err(error) => return Err(error.into()),
            };
            let Some(entry) = entry else { continue };
            at_once = at_once.saturating_sub(1);
            if self.json {
                say(&serde_json::to_string(&entry)?)?;
            } else {
                say(&EventLine::for_terminal(&entry, colour).to_string())?;
            }
        }
        Ok(Exit::Done.into())
    }
}
