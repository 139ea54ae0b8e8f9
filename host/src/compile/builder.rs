//! Builds the modules, again and again, in the quickest way that is right.
//!
//! Owns: the choice between cargo and a replay. Consumes: a fixed set of packages: another set would
//! unify features differently and rebuild what they share. Produces: [`Built`]. Never: decides when to
//! build, or touches sources.

use super::cargo::{Cargo, Run};
use super::first_build::{self, FirstBuild};
use super::replay::{Replay, ReplayConfig, Replayed};
use super::stamp::Stamps;
use super::{Artifact, BuildError, Cancel, DepInfo, diagnostic, user_wrapper};
use crate::journal::event::{BuildWay, Diagnostic, DiagnosticLevel};
use crate::sources::workspace::ModuleTarget;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

/// What to build; the same for the whole life of a host.
#[derive(Clone, Debug, Default)]
pub struct BuildConfig {
    /// Where cargo runs; canonical, as [`crate::sources::workspace::Workspace::root`] is.
    pub workspace_root: PathBuf,
    /// A target directory of our own, so that editors and terminals do not wait for each other.
    pub target_dir: PathBuf,
    /// The crates to build, one of a package.
    pub modules: Vec<ModuleTarget>,
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
    /// How many there are; 0 until it is known.
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
    /// `Cargo.lock` as the newest run of cargo found it.
    lock_file: Stamps,
    /// How many crates a build by cargo is made of: as many as the last one that succeeded, or what cargo lists for the
    /// first one; 0 until either is known.
    units: u32,
}

/// How often cargo is run for one build while somebody else changes the lock file.
const RUNS_MAX: u32 = 3;

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
        let replay = config.replay.clone();
        let replay = replay.map(|replay| Replay::new(replay, &config.workspace_root, &target_dir));
        let cargo = Cargo::new(config.clone());
        Self { cargo, config, replay, lock_file: Stamps::default(), units: 0 }
    }

    /// The content of the `Cargo.lock` that the newest build was made with; `None` when there was none.
    #[must_use]
    pub fn lock_file(&self) -> Option<blake3::Hash> {
        self.lock_file.content(&self.lock_path())
    }

    fn lock_path(&self) -> PathBuf {
        self.config.workspace_root.join("Cargo.lock")
    }

    /// How the next build will be made, as far as files tell.
    #[must_use]
    pub fn way(&self) -> BuildWay {
        match &self.replay {
            Some(replay) if replay.is_current() => BuildWay::Replay,
            _ => BuildWay::Cargo,
        }
    }

    /// What the next build will do when nothing was ever built there; what has to be downloaded is downloaded. Blocks
    /// until cargo has answered.
    pub fn first_build(&mut self, cancel: &Cancel) -> Option<FirstBuild> {
        // Cargo writes it before it compiles anything.
        if self.units > 0 || self.target_dir().join(".rustc_info.json").exists() {
            return None;
        }
        let first = first_build::ask(&self.cargo, cancel)?;
        self.units = first.packages;
        Some(first)
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
        // It is in the place of ours, so that nothing can be captured.
        let is_captured = !user_wrapper::is_configured(&self.config);
        let mut run = self.run_cargo(is_captured, cancel, on_progress)?;
        let failure = self.failure_of(&mut run, start);
        let by_cargo = run.said.done();
        let mut done = by_cargo;
        let mut replayed = self.replay_after(&run, is_captured, cancel, &mut |progress| {
            done = by_cargo + progress.done;
            on_progress(Progress { done, total: by_cargo + progress.total, ..progress });
        })?;
        if run.status.success() {
            self.units = done;
        }
        for ModuleTarget { package, .. } in &self.config.modules {
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

    /// Runs cargo, and again when the lock file has changed meanwhile: cargo may have done so itself
    /// before it compiled anything, and somebody else after it had read it.
    fn run_cargo(
        &mut self,
        is_captured: bool,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Run, BuildError> {
        let replay = self.replay.as_ref().filter(|_| is_captured);
        let wrapped = replay.map(|replay| replay.environment(&self.config.modules));
        let wrapped = wrapped.unwrap_or_default();
        let (total, mut told) = (self.units, 0);
        let (mut runs, mut earlier) = (0, None::<Run>);
        loop {
            runs += 1;
            self.lock_file = Stamps::of_sources([self.lock_path()], None);
            let ran = self.cargo.run(wrapped.clone(), cancel, &mut |done, unit| {
                if done > told {
                    told = done;
                    let total = if done <= total { total } else { 0 };
                    on_progress(Progress { done, total, unit });
                }
            });
            if ran.is_err()
                && let Some(replay) = &self.replay
            {
                replay.sweep();
            }
            let mut ran = ran?;
            if let Some(earlier) = &earlier {
                ran.said.follow(&earlier.said);
            }
            if runs == RUNS_MAX || self.lock_file.changed().is_none() {
                return Ok(ran);
            }
            earlier = Some(ran);
        }
    }

    /// Compiles what cargo has left to the replay.
    fn replay_after(
        &mut self,
        run: &Run,
        is_captured: bool,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Replayed, BuildError> {
        let Some(replay) = &mut self.replay else { return Ok(Replayed::default()) };
        if !is_captured {
            replay.forget();
            return Ok(Replayed::default());
        }
        let local: Vec<_> = run.said.local.values().cloned().collect();
        let lock_file = self.lock_file.clone();
        replay.learn(&local, &run.said.modules, lock_file, run.since, run.status.success());
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
        let mut modules = self.config.modules.iter();
        let missing = modules.find(|module| !artifacts.contains_key(&module.package));
        let no_library =
            missing.map(|module| BuildError::NoLibrary { package: module.package.clone() });
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

    fn target_dir(&self) -> PathBuf {
        self.config.workspace_root.join(&self.config.target_dir)
    }

    fn canonical_target_dir(&self) -> PathBuf {
        let dir = self.target_dir();
        fs::canonicalize(&dir).unwrap_or(dir)
    }
}
