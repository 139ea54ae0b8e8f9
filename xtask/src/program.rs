//! A program that cargo builds, and where cargo has put it.
//!
//! Owns: the one way to build a program that is then run. Consumes: a call of cargo. Produces: a path.
//! Never: runs it.

use crate::launch::{Ended, Launcher};
use crate::project::{Project, shown};
use anyhow::{Context, bail};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

/// The call that builds a program of this workspace, with the features that the whole workspace has, as tests
/// are built: cargo would compile egui once more for those of a package alone.
pub(crate) fn of_workspace(project: &Project, name: &str) -> Command {
    let mut cargo = project.cargo();
    cargo.args(["build", "--workspace", "--bin", name]);
    cargo
}

/// Builds the program of this name by `cargo`, a `cargo build`; its path, or how cargo ended without one.
/// Cargo itself shows how far it is, with a bar on a terminal and with plain lines elsewhere.
pub(crate) fn build(
    launcher: &Launcher,
    mut cargo: Command,
    name: &str,
) -> anyhow::Result<Result<PathBuf, Ended>> {
    cargo.arg("--message-format=json-render-diagnostics");
    cargo.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut reading: Option<std::io::Result<JoinHandle<Option<PathBuf>>>> = None;
    let shown = shown(&cargo);
    let ended = launcher.run(&mut cargo, |stdout| {
        reading = stdout.map(|messages| {
            let reader = std::thread::Builder::new().name("xtask-cargo".to_owned());
            let name = name.to_owned();
            reader.spawn(move || among(messages, &name))
        });
    })?;
    match ended {
        Ended::With(status) if status.success() => {}
        Ended::With(_) => bail!("{name} was not built; fix what cargo says and try again"),
        other => return Ok(Err(other)),
    }
    let path = reading.transpose()?.and_then(|reading| reading.join().ok()?);
    path.map(Ok).with_context(|| format!("`{shown}` did not say where {name} is; is it a program?"))
}

/// The program of this name among cargo's messages (`--message-format=json…`), read to their end.
fn among(messages: impl Read, name: &str) -> Option<PathBuf> {
    let lines = BufReader::new(messages).lines().map_while(Result::ok);
    lines
        .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
        .filter(|message| message["target"]["name"] == name)
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .last()
}

#[cfg(test)]
mod tests {
    use super::among;

    #[test]
    fn a_program_is_found_by_its_name() {
        let messages = r#"
            {"reason":"compiler-artifact","target":{"name":"host"},"executable":null}
            {"reason":"compiler-artifact","target":{"name":"other"},"executable":"/t/other"}
            {"reason":"compiler-artifact","target":{"name":"host"},"executable":"/t/a b/host"}
            not json
            {"reason":"build-finished","success":true}"#;
        assert_eq!(among(messages.as_bytes(), "host"), Some("/t/a b/host".into()));
        assert_eq!(among(messages.as_bytes(), "absent"), None);
        assert_eq!(among(&b""[..], "host"), None);
    }
}
