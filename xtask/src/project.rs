//! The workspace that the commands are about.
//!
//! Owns: finding it, and calling cargo and the host for it. Consumes: the working directory.
//! Produces: [`Project`]. Never: reads sources.

use anyhow::{Context, bail};
use host::control::{Client, Reply, Request};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A running host answers at once, unless it is in the middle of a swap whose steps have limits of
/// their own.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(40);

/// A workspace on disk.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) root: PathBuf,
}

impl Project {
    /// The workspace of the working directory, or its package when it belongs to none.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let here = env::current_dir().context("the working directory is gone; enter another")?;
        Self::at(&here)
    }

    fn at(dir: &Path) -> anyhow::Result<Self> {
        let mut cargo = cargo();
        cargo.current_dir(dir).args(["locate-project", "--workspace", "--message-format", "plain"]);
        let said = cargo.output().context("cannot run cargo; install Rust (https://rustup.rs)")?;
        let manifest = PathBuf::from(String::from_utf8_lossy(&said.stdout).trim_end());
        // Half-written manifests do not keep commands from a host that runs.
        let known = dir.ancestors().find(|dir| dir.join("pitstop.toml").is_file());
        match manifest.parent().filter(|_| said.status.success()).or(known) {
            Some(root) => Ok(Self { root: root.to_owned() }),
            None => bail!(
                "no cargo workspace or package at or above {}; enter a project first\n{}",
                dir.display(),
                String::from_utf8_lossy(&said.stderr).trim_end()
            ),
        }
    }

    /// The cargo that runs this, to be started in the root.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = cargo();
        cargo.current_dir(&self.root);
        cargo
    }

    /// Asks the running host one thing. `Ok` also when the host says no.
    pub(crate) fn ask(&self, request: &Request, limit: Option<Duration>) -> anyhow::Result<Reply> {
        Ok(self.client()?.call(request, limit)?)
    }

    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        Ok(Client::connect(&self.root)?)
    }
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a01_the_project_is_the_workspace_or_the_package_around_a_directory() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let dir = fs::canonicalize(temp.path()).expect("it exists");
        let none = Project::at(&dir).expect_err("there is none").to_string();
        assert!(none.contains("no cargo workspace or package at or above"), "{none}");
        let package = |path: &str, more: &str| {
            let path = dir.join(path);
            fs::create_dir_all(path.join("src")).expect("a directory");
            fs::write(path.join("src/lib.rs"), "").expect("a source");
            let manifest = format!("[package]\nname = \"p\"\nedition = \"2024\"\n{more}");
            fs::write(path.join("Cargo.toml"), manifest).expect("a manifest");
        };
        package("alone", "");
        package("members/one", "");
        fs::write(dir.join("members/Cargo.toml"), "[workspace]\nmembers = [\"one\"]\n")
            .expect("written");
        for (from, root) in
            [("alone/src", "alone"), ("members/one/src", "members"), ("members", "members")]
        {
            let found = Project::at(&dir.join(from)).expect("there is one");
            assert_eq!(found.root, dir.join(root), "{from}");
        }
    }
}
