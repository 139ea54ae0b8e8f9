//! `cargo xtask stop`: ends the running app.

use crate::output::{answer, say};
use crate::project::{ANSWER_LIMIT, Project};
use anyhow::bail;
use clap::Args;
use host::control::{ClientError, Request};
use host::start::cli::Exit;
use std::process::ExitCode;
use std::time::Duration;

/// The host writes a checkpoint, ends its threads and then closes its connections.
const END_LIMIT: Duration = Duration::from_secs(15);

/// End the running app, and wait until it has ended
#[derive(Args, Debug)]
pub(crate) struct Stop {}

impl Stop {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
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
                "the host was told to end and has not within {} s; `cargo xtask status` names its pid",
                END_LIMIT.as_secs()
            ),
        }
        say("the host has ended")?;
        Ok(Exit::Done.into())
    }
}
