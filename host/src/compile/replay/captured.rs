//! One call of rustc, as cargo made it.
//!
//! Owns: the file that a call is written to. Produces: [`Captured`]. Never: runs anything.

use super::arguments::Arguments;
use crate::os::whole_file;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Cargo's own job server is gone when the call is made again.
const OF_THE_JOB_SERVER: [&str; 3] = ["CARGO_MAKEFLAGS", "MAKEFLAGS", "MFLAGS"];

/// A command line with everything that it depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Captured {
    pub(super) program: String,
    pub(super) args: Vec<String>,
    /// Where it ran; relative names in `args` and in messages start here.
    pub(super) dir: PathBuf,
    /// The whole environment.
    pub(super) env: Vec<(String, String)>,
}

impl Captured {
    pub(super) fn new(
        program: String,
        args: Vec<String>,
        dir: PathBuf,
        env: impl Iterator<Item = (String, String)>,
    ) -> Self {
        let env = env.filter(|(name, _)| !OF_THE_JOB_SERVER.contains(&name.as_str())).collect();
        Self { program, args, dir, env }
    }

    /// # Errors
    /// Those of reading a file, and of one that holds something else.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    }

    /// Writes it so that a reader sees it whole or not at all. Nobody else may read it: an
    /// environment can hold secrets.
    ///
    /// # Errors
    /// Those of writing a file.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        whole_file::write_private(path, &serde_json::to_vec(self)?)
    }

    pub(super) fn arguments(&self) -> Arguments {
        Arguments::parse(&self.args)
    }

    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.env.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same call with other arguments.
    pub(super) fn with(&self, arguments: &Arguments) -> Self {
        Self { args: arguments.to_vec(), ..self.clone() }
    }

    /// Ready to run in its directory.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        let env = self.env.iter().map(|(name, value)| (name, value));
        command.args(&self.args).env_clear().envs(env);
        command
    }
}

/// The name of a crate's files without `lib` and extension: its name, and cargo's hash of what it
/// was built from.
pub(super) fn stem_of(arguments: &Arguments) -> Option<String> {
    let name = arguments.first("--crate-name")?;
    Some(format!("{name}{}", arguments.codegen("extra-filename").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_comes_back_whole_and_without_cargos_job_server() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let args = ["--crate-name", "ui", "-C", "extra-filename=-1f"].map(str::to_owned).to_vec();
        let env = [("OUT_DIR", "/o"), ("CARGO_MAKEFLAGS", "-j"), ("MAKEFLAGS", "-j")];
        let env = env.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let captured = Captured::new("rustc".to_owned(), args, "/w".into(), env);
        let path = dir.path().join("ui-1f.json");
        captured.write(&path).expect("it can be written");
        let read = Captured::read(&path).expect("it can be read");
        assert_eq!(read, captured);
        assert_eq!(read.env, [("OUT_DIR".to_owned(), "/o".to_owned())]);
        assert_eq!(stem_of(&read.arguments()).as_deref(), Some("ui-1f"));
        let files = fs::read_dir(dir.path()).expect("it is a directory").count();
        assert_eq!(files, 1, "nothing is left beside it");
    }
}
