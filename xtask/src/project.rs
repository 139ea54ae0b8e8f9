//! The workspace that the commands are about.
//!
//! Owns: finding it, and calling cargo and the host for it. Consumes: the working directory.
//! Produces: [`Project`]. Never: reads sources.

use anyhow::{Context, bail};
use host::control::{Client, Reply, Request};
use std::env;
use std::fs;
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
    /// The nearest workspace at or above the working directory.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let here = env::current_dir().context("the working directory is gone; enter another")?;
        let Some(root) = here.ancestors().find(|dir| is_root(dir)) else {
            bail!("no cargo workspace at or above {}; enter a project first", here.display());
        };
        Ok(Self { root: root.to_owned() })
    }

    /// The cargo that runs this, to be started in the root.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
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

fn is_root(dir: &Path) -> bool {
    dir.join("pitstop.toml").is_file()
        || fs::read_to_string(dir.join("Cargo.toml"))
            .is_ok_and(|manifest| manifest.lines().any(|line| line.trim() == "[workspace]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_a_workspace_or_has_a_pitstop_file() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let manifest = dir.path().join("Cargo.toml");
        assert!(!is_root(dir.path()));
        fs::write(&manifest, "[package]\nname = \"member\"\n").expect("written");
        assert!(!is_root(dir.path()));
        fs::write(&manifest, "[workspace]\nmembers = []\n").expect("written");
        assert!(is_root(dir.path()));
        fs::remove_file(&manifest).expect("removed");
        fs::write(dir.path().join("pitstop.toml"), "").expect("written");
        assert!(is_root(dir.path()));
    }
}
