//! `cargo xtask stop` and `start`: end the running app, and end or start a program beside it.

use crate::output::{answer, say};
use crate::project::{ANSWER_LIMIT, Project};
use anyhow::bail;
use clap::Args;
use host::control::{ClientError, Request};
use host::os::own_command;
use host::start::cli::Exit;
use std::process::ExitCode;
use std::time::Duration;

/// The host writes a checkpoint, ends its threads and then closes its connections.
const END_LIMIT: Duration = Duration::from_secs(15);

/// Start a program of [[auto_run]] that does not run
#[derive(Args, Debug)]
pub(crate) struct Start {
    /// Its name, as in pitstop.toml
    name: String,
}

/// End the running app, and wait until it has ended; or end one program of [[auto_run]]
#[derive(Args, Debug)]
pub(crate) struct Stop {
    /// A program of [[auto_run]], which no build starts again then; a second time kills it
    name: Option<String>,
}

impl Start {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        let name = self.name.clone();
        let reply = project.ask(&Request::StartProcess { name }, Some(ANSWER_LIMIT))?;
        answer(&reply, false, || format!("{} starts, as soon as it is built", self.name))
    }
}

impl Stop {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        if let Some(name) = self.name {
            let request = Request::StopProcess { name: name.clone() };
            let reply = project.ask(&request, Some(ANSWER_LIMIT))?;
            return answer(&reply, false, || format!("{name} is asked to end"));
        }
        let mut client = project.client()?;
        let reply = client.call(&Request::Stop {}, Some(ANSWER_LIMIT))?;
        if !reply.ok {
            return answer(&reply, false, String::new);
        }
        // The host says no more on this connection: the next thing is its end.
        match client.entry(Some(END_LIMIT)) {
            Err(ClientError::Closed | ClientError::Broken { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => bail!(
                "the host was told to end and has not within {} s; `{} status` names its pid",
                END_LIMIT.as_secs(),
                own_command()
            ),
        }
        say("the host has ended")?;
        Ok(Exit::Done.into())
    }
}
