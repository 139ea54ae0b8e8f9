//! From sources to a program.
//!
//! Owns: one run of cargo for one executable, in the target directory that the user's own builds have.
//! Produces: [`BuiltProgram`]. Never: runs the program.

use super::cargo::Said;
use super::dep_info::DepInfo;
use super::toolchain::Toolchain;
use super::{BuildError, Cancel};
use crate::os::{child_env, lines};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

/// An executable of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramTarget {
    /// Its package.
    pub package: String,
    /// Its name.
    pub bin: String,
    /// The features that it requires.
    pub features: Vec<String>,
}

/// What cargo made.
#[derive(Clone, Debug)]
pub struct BuiltProgram {
    /// The executable.
    pub path: PathBuf,
    /// What it was compiled from, as far as the compiler says.
    pub inputs: BTreeSet<PathBuf>,
    /// When cargo was started.
    pub since: SystemTime,
    /// From the start of cargo to its end.
    pub elapsed: Duration,
}

impl ProgramTarget {
    /// The command that builds it, for people and for [`Self::build`].
    #[must_use]
    pub fn command(&self, root: &Path) -> Command {
        let mut cargo = Toolchain::of(root).cargo();
        cargo.args(["build", "--package", &self.package, "--bin", &self.bin]);
        if !self.features.is_empty() {
            cargo.arg("--features").arg(self.features.join(","));
        }
        cargo
    }

    /// Builds it. Blocks until cargo ends, or is asked to stop.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn build(&self, root: &Path, cancel: &Cancel) -> Result<BuiltProgram, BuildError> {
        let mut cargo = self.command(root);
        child_env::without_internal(&mut cargo);
        cargo.args(["--color=always", "--message-format=json-diagnostic-rendered-ansi"]);
        // A progress bar would end up in the text of cargo's errors.
        cargo.env("CARGO_TERM_PROGRESS_WHEN", "never");
        let (started, since, mut said) = (Instant::now(), SystemTime::now(), Said::default());
        let program = cargo.get_program().to_owned();
        let status = lines::run(cargo, root, cancel, &mut |line| {
            said.take(line, root);
        });
        let status = status.map_err(|error| BuildError::of(error, program, root))?;
        let elapsed = started.elapsed();
        if !status.success() {
            let diagnostics = std::mem::take(&mut said.diagnostics);
            let diagnostics = said.failure(diagnostics, status, root);
            return Err(BuildError::Failed { diagnostics, elapsed });
        }
        let path = said.programs.remove(&self.bin);
        let path = path.ok_or_else(|| BuildError::NoProgram { bin: self.bin.clone() })?;
        // Without it the packages' directories are watched all the same.
        let inputs = DepInfo::beside(&path, root).map(|info| info.files).unwrap_or_default();
        Ok(BuiltProgram { path, inputs, since, elapsed })
    }
}
