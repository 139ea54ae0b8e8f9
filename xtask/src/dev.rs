//! `cargo xtask dev`: builds the host, runs it, and starts it again when it crashes.

use crate::launch::{Ended, Launcher};
use crate::output::say;
use crate::project::Project;
use crate::supervise;
use anyhow::{Context, bail};
use clap::Args;
use host::cli::DevArgs;
use serde_json::Value;
use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::thread::JoinHandle;

/// Run the app with hot reload: build, start, and swap the code on every save
#[derive(Args, Debug)]
#[command(after_help = "\
While it runs: save a file, press Ctrl+Alt+R, click \"Hot Reload\", or run `cargo xtask reload`.

Environment: PITSTOP_WATCH=0|1, PITSTOP_HEADLESS=1, PITSTOP_EVENTS=FILE, PITSTOP_LOG=LEVEL;
PITSTOP_HOST_BIN=FILE runs a host that is built already. Flags win over the environment, and the
environment over pitstop.toml.")]
pub(crate) struct Dev {
    #[command(flatten)]
    args: DevArgs,
}

impl Dev {
    /// The workspace that is meant.
    pub(crate) fn project(&self) -> anyhow::Result<Project> {
        match &self.args.workspace {
            Some(root) => Ok(Project { root: std::path::absolute(root)? }),
            None => Project::find(),
        }
    }

    pub(crate) fn run(mut self, project: &Project) -> anyhow::Result<ExitCode> {
        let launcher = Launcher::new()?;
        let host = match env::var_os("PITSTOP_HOST_BIN") {
            Some(host) => PathBuf::from(host),
            None => match build(project, &launcher)? {
                Ok(host) => host,
                Err(ended) => return Ok(ended.code()),
            },
        };
        self.args.workspace = Some(project.root.clone());
        let ended = supervise::run(&launcher, &host, self.args)?;
        if let Ended::Killed = ended {
            say(
                "the host did not end in time and was killed; target/pitstop/host.log may say why",
            )?;
        }
        Ok(ended.code())
    }
}

/// Builds the host; its path, or how cargo ended without one. Cargo itself shows how far it is,
/// with a bar on a terminal and with plain lines elsewhere.
fn build(project: &Project, launcher: &Launcher) -> anyhow::Result<Result<PathBuf, Ended>> {
    let mut cargo = project.cargo();
    cargo.args(["build", "--package", "host", "--message-format=json-render-diagnostics"]);
    cargo.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut reading: Option<std::io::Result<JoinHandle<Option<PathBuf>>>> = None;
    let ended = launcher.run(&mut cargo, |child| {
        reading = child.stdout.take().map(|messages| {
            let reader = std::thread::Builder::new().name("xtask-cargo".to_owned());
            reader.spawn(move || host_in(messages))
        });
    })?;
    match ended {
        Ended::With(status) if status.success() => {}
        Ended::With(_) => bail!("the host was not built; mend what cargo says and try again"),
        other => return Ok(Err(other)),
    }
    let path = reading.transpose()?.and_then(|reading| reading.join().ok()?);
    path.map(Ok).context("cargo built the host and did not say where; is `host` a program?")
}

/// The program `host` among cargo's messages.
fn host_in(messages: impl Read) -> Option<PathBuf> {
    let lines = BufReader::new(messages).lines().map_while(Result::ok);
    lines
        .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
        .filter(|message| message["target"]["name"] == "host")
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_among_cargos_messages() {
        let messages = r#"
            {"reason":"compiler-artifact","target":{"name":"host"},"executable":null}
            {"reason":"compiler-artifact","target":{"name":"other"},"executable":"/t/other"}
            {"reason":"compiler-artifact","target":{"name":"host"},"executable":"/t/a b/host"}
            not json
            {"reason":"build-finished","success":true}"#;
        assert_eq!(host_in(messages.as_bytes()), Some("/t/a b/host".into()));
        assert_eq!(host_in(&b""[..]), None);
    }
}
