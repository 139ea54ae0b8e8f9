//! From sources to programs.
//!
//! Owns: one run of cargo for some executables, in the target directory that the user's own builds have.
//! Produces: [`BuiltPrograms`]. Never: runs a program.

use super::cargo::{Said, with_messages};
use super::dep_info::DepInfo;
use super::toolchain::Toolchain;
use super::{BuildError, Cancel, process};
use crate::os::child_env;
use crate::sources::workspace::Bin;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Instant, SystemTime};

/// What cargo made.
#[derive(Clone, Debug)]
pub struct BuiltPrograms {
    /// The executables by name.
    pub paths: BTreeMap<String, PathBuf>,
    /// What they were compiled from, as far as the compiler says.
    pub inputs: BTreeSet<PathBuf>,
    /// When cargo was started.
    pub since: SystemTime,
}

/// The command that builds programs, for people and for [`build_programs`].
#[must_use]
pub fn programs_command(bins: &[Bin], root: &Path) -> Command {
    let mut cargo = Toolchain::of(root).cargo();
    cargo.arg("build");
    let packages: BTreeSet<&str> = bins.iter().map(|bin| bin.package.as_str()).collect();
    for package in packages {
        cargo.args(["--package", package]);
    }
    for bin in bins {
        cargo.args(["--bin", &bin.name]);
    }
    let features = bins.iter().flat_map(|bin| {
        let package = &bin.package;
        bin.features.iter().map(move |feature| format!("{package}/{feature}"))
    });
    for feature in features.collect::<BTreeSet<String>>() {
        cargo.args(["--features", &feature]);
    }
    cargo
}

/// The command that builds a program of this workspace with the features that the whole workspace has, as tests and
/// `dev` build it: for those of its package alone cargo would compile egui once more.
#[must_use]
pub fn workspace_command(bin: &str, root: &Path) -> Command {
    let mut cargo = Toolchain::of(root).cargo();
    cargo.args(["build", "--workspace", "--bin", bin]);
    cargo
}

/// Builds programs. Blocks until cargo ends, or is asked to stop.
///
/// # Errors
/// [`BuildError`].
pub fn build_programs(
    bins: &[Bin],
    root: &Path,
    cancel: &Cancel,
) -> Result<BuiltPrograms, BuildError> {
    run(programs_command(bins, root), bins, root, cancel)
}

/// Builds the host. Blocks until cargo ends, or is asked to stop.
///
/// # Errors
/// [`BuildError`].
pub fn build_host(bin: &Bin, root: &Path, cancel: &Cancel) -> Result<BuiltPrograms, BuildError> {
    run(workspace_command(&bin.name, root), std::slice::from_ref(bin), root, cancel)
}

fn run(
    mut cargo: Command,
    bins: &[Bin],
    root: &Path,
    cancel: &Cancel,
) -> Result<BuiltPrograms, BuildError> {
    child_env::without_internal(&mut cargo);
    with_messages(&mut cargo);
    let (started, since) = (Instant::now(), SystemTime::now());
    let mut said = Said::default();
    let status = process::run(cargo, root, cancel, &mut |line| {
        said.take(line, root);
    })?;
    if !status.success() {
        let diagnostics = std::mem::take(&mut said.diagnostics);
        let diagnostics = said.failure(diagnostics, status, root);
        return Err(BuildError::Failed { diagnostics, elapsed: started.elapsed() });
    }
    let (mut paths, mut inputs) = (BTreeMap::new(), BTreeSet::new());
    for Bin { name, .. } in bins {
        let path = said.programs.remove(name);
        let path = path.ok_or_else(|| BuildError::NoProgram { bin: name.clone() })?;
        // Without it the packages' directories are watched all the same.
        inputs.extend(DepInfo::beside(&path, root).map(|info| info.files).unwrap_or_default());
        paths.insert(name.clone(), path);
    }
    Ok(BuiltPrograms { paths, inputs, since })
}
