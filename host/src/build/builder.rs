//! Builds the modules, again and again, in the quickest way that is right.
//!
//! Owns: the choice between cargo and a replay. Consumes: a fixed set of packages: another set would
//! unify features differently and rebuild what they share. Produces: [`Built`]. Never: decides when to
//! build, or touches sources.

use super::cargo::{Cargo, Run};
use super::replay::{Replay, ReplayConfig, Replayed};
use super::{Artifact, BuildError, Cancel, DepInfo, diagnostic, lock_file};
use crate::event::{BuildWay, Diagnostic, DiagnosticLevel};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

/// What to build; the same for the whole life of a host.
#[derive(Clone, Debug, Default)]
pub struct BuildConfig {
    /// Where cargo runs; canonical, as [`crate::workspace::Workspace::root`] is.
    pub workspace_root: PathBuf,
    /// A target directory of our own, so that editors and terminals do not wait for each other.
    pub target_dir: PathBuf,
    /// The module packages.
    pub packages: Vec<String>,
    /// More arguments for `cargo build`, such as a profile.
    pub args: Vec<OsString>,
    /// Environment variables for cargo on top of the host's own.
    pub env: Vec<(OsString, OsString)>,
    /// How builds are replayed; `None` to run cargo for each.
    pub replay: Option<ReplayConfig>,
}

/// How far a build has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Crates that are done, those included that needed nothing.
    pub done: u32,
    /// An estimate, because cargo does not tell; never less than `done`.
    pub total: u32,
    /// The crate that was finished last.
    pub unit: String,
}

/// A build that made all libraries, or some of them.
#[derive(Debug)]
pub struct Built {
    /// The libraries by package. Never empty.
    pub artifacts: BTreeMap<String, Artifact>,
    /// Why the other packages have none. A module that does not compile does not hold up the rest.
    pub failure: Option<BuildError>,
    /// What the compiler said all the same.
    pub warnings: Vec<Diagnostic>,
    /// Wall-clock time of the start, to compare with the times of files.
    pub started: SystemTime,
    /// From the start of cargo to the last library being hashed.
    pub elapsed: Duration,
    /// How it was built.
    pub way: BuildWay,
}

impl Built {
    /// All files that any of the libraries was built from.
    #[must_use]
    pub fn inputs(&self) -> BTreeSet<PathBuf> {
        let artifacts = self.artifacts.values();
        artifacts.flat_map(|artifact| artifact.inputs.iter().cloned()).collect()
    }
}

/// Builds one set of packages.
#[derive(Debug)]
pub struct Builder {
    config: BuildConfig,
    cargo: Cargo,
    /// `None` when everything goes through cargo.
    replay: Option<Replay>,
    /// How many crates the last successful run of cargo announced.
    units: Option<u32>,
}

/// When a build began.
#[derive(Clone, Copy)]
struct Start {
    wall: SystemTime,
    at: Instant,
}

impl Builder {
    /// Prepares; nothing runs yet.
    #[must_use]
    pub fn new(config: BuildConfig) -> Self {
        let target_dir = config.workspace_root.join(&config.target_dir);
        let replay = config.replay.clone().filter(|_| !has_wrapper(&config));
        let replay = replay.map(|replay| Replay::new(replay, &config.workspace_root, &target_dir));
        Self { cargo: Cargo::new(config.clone()), config, replay, units: None }
    }

    /// How the next build will be made, as far as files tell.
    #[must_use]
    pub fn way(&self) -> BuildWay {
        match &self.replay {
            Some(replay) if replay.is_current() => BuildWay::Replay,
            _ => BuildWay::Cargo,
        }
    }

    /// Builds all packages. Blocks until the compilers have ended, or until `cancel` asks to stop, which
    /// ends them and everything they started within a fraction of a second.
    ///
    /// # Errors
    /// [`BuildError`], when there is no library at all; its `diagnostics()` are never empty.
    pub fn build(
        &mut self,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Built, BuildError> {
        let start = Start { wall: SystemTime::now(), at: Instant::now() };
        if self.way() == BuildWay::Replay
            && let Some(replay) = &mut self.replay
        {
            let replayed = replay.build(cancel, on_progress)?;
            if !replayed.is_outdated {
                return self.finish(replayed, None, Vec::new(), start, BuildWay::Replay);
            }
        }
        self.build_with_cargo(start, cancel, on_progress)
    }

    fn build_with_cargo(
        &mut self,
        start: Start,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Built, BuildError> {
        let estimate = self.units.unwrap_or_else(|| self.locked_packages());
        let packages = &self.config.packages;
        let wrapped = self.replay.as_ref().map(|replay| replay.environment(packages));
        let mut run = self.cargo.run(wrapped.unwrap_or_default(), cancel, &mut |done, unit| {
            on_progress(Progress { done, total: estimate.max(done), unit });
        })?;
        if run.status.success() {
            self.units = Some(run.said.units);
        }
        let failure = self.failure_of(&mut run, start);
        let mut replayed = self.replay_after(&run, start, cancel, on_progress)?;
        for package in &self.config.packages {
            // Made by cargo itself: nobody captures, or there was nothing to do for it.
            let is_left = !replayed.failures.contains_key(package);
            if is_left
                && !replayed.artifacts.contains_key(package)
                && run.said.libraries.contains_key(package)
            {
                let artifact = self.artifact(package, &mut run)?;
                replayed.artifacts.insert(package.clone(), artifact);
            }
        }
        self.finish(replayed, failure, run.said.diagnostics, start, BuildWay::Cargo)
    }

    /// Compiles what cargo has left to the replay.
    fn replay_after(
        &mut self,
        run: &Run,
        start: Start,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Replayed, BuildError> {
        let Some(replay) = &mut self.replay else { return Ok(Replayed::default()) };
        let local: Vec<_> = run.said.local.values().cloned().collect();
        replay.learn(&local, &run.said.modules, start.wall, run.status.success());
        replay.build(cancel, on_progress)
    }

    /// What cargo complains about.
    fn failure_of(&self, run: &mut Run, start: Start) -> Option<BuildError> {
        if run.status.success() {
            return None;
        }
        let said = std::mem::take(&mut run.said.diagnostics);
        let diagnostics = run.said.failure(said, run.status, &self.config.workspace_root);
        Some(BuildError::Failed { diagnostics, elapsed: start.at.elapsed() })
    }

    fn finish(
        &self,
        replayed: Replayed,
        failure: Option<BuildError>,
        said: Vec<Diagnostic>,
        start: Start,
        way: BuildWay,
    ) -> Result<Built, BuildError> {
        let elapsed = start.at.elapsed();
        let Replayed { artifacts, failures, mut warnings, .. } = replayed;
        let diagnostics: Vec<Diagnostic> = failures.into_values().flatten().collect();
        let refused =
            (!diagnostics.is_empty()).then_some(BuildError::Failed { diagnostics, elapsed });
        let missing = self.config.packages.iter().find(|package| !artifacts.contains_key(*package));
        let no_library = missing.map(|package| BuildError::NoLibrary { package: package.clone() });
        warnings.splice(0..0, said);
        match failure.or(refused).or(no_library) {
            // Cargo also fails for reasons that no missing library shows.
            Some(failure) if artifacts.is_empty() || missing.is_none() => Err(failure),
            failure => {
                Ok(Built { artifacts, failure, warnings, started: start.wall, elapsed, way })
            }
        }
    }

    fn artifact(&self, package: &str, run: &mut Run) -> Result<Artifact, BuildError> {
        let Some((path, fresh)) = run.said.libraries.remove(package) else {
            return Err(BuildError::NoLibrary { package: package.to_owned() });
        };
        let mut artifact = Artifact::read(package, path, fresh)?;
        match DepInfo::beside(&artifact.path, &self.config.workspace_root) {
            Ok(info) => {
                // What a build script generates changes with each build and is no one's to edit.
                let generated = &self.canonical_target_dir();
                let files = info.files.into_iter();
                artifact.inputs = files.filter(|file| !file.starts_with(generated)).collect();
            }
            Err(error) => run.said.diagnostics.push(Diagnostic {
                level: DiagnosticLevel::Note,
                ..diagnostic::from_text(&format!(
                    "cannot tell which files `{package}` was built from ({}: {error}); those outside of its packages are not watched",
                    artifact.path.with_extension("d").display()
                ))
            }),
        }
        Ok(artifact)
    }

    fn canonical_target_dir(&self) -> PathBuf {
        let dir = self.config.workspace_root.join(&self.config.target_dir);
        fs::canonicalize(&dir).unwrap_or(dir)
    }

    /// What the lock file says stands for the number of crates until a build has counted them.
    fn locked_packages(&self) -> u32 {
        let lock = fs::read_to_string(self.config.workspace_root.join("Cargo.lock"));
        let count = lock.map_or(0, |text| lock_file::reachable(&text, &self.config.packages));
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

/// Whether the user has a wrapper of their own in the place that a capture needs.
fn has_wrapper(config: &BuildConfig) -> bool {
    let name = "RUSTC_WORKSPACE_WRAPPER";
    std::env::var_os(name).is_some() || config.env.iter().any(|(known, _)| known == name)
}
