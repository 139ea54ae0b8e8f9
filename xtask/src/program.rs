//! A program that cargo builds, and where cargo has put it.
//!
//! Owns: the one way to build a program that is then run. Consumes: a call of cargo. Produces: a path.
//! Never: runs it.

use crate::launch::{Ended, Launcher};
use crate::project::Project;
use anyhow::{Context, bail};
use host::compile::workspace_command;
use host::os::command_line::shown;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// The call that builds a program of this workspace, in its root.
pub(crate) fn of_workspace(project: &Project, name: &str) -> Command {
    let mut cargo = workspace_command(name, &project.root);
    cargo.current_dir(&project.root);
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
    let shown = shown(&cargo);
    let (ended, messages) = launcher.run_to_read(&cargo)?;
    match ended {
        Ended::With(status) if status.success() => {}
        Ended::With(_) => bail!("{name} was not built; fix what cargo says and try again"),
        other => return Ok(Err(other)),
    }
    let path = among(&messages, name);
    path.map(Ok).with_context(|| format!("`{shown}` did not say where {name} is; is it a program?"))
}

/// The program of this name among cargo's messages (`--message-format=json…`).
fn among(messages: &[String], name: &str) -> Option<PathBuf> {
    messages
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back()
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
        let messages: Vec<String> = messages.lines().map(str::to_owned).collect();
        assert_eq!(among(&messages, "host"), Some("/t/a b/host".into()));
        assert_eq!(among(&messages, "absent"), None);
        assert_eq!(among(&[], "host"), None);
    }
}
