//! Building through cargo: always right, a little slower than replaying rustc.
//!
//! Owns: the command line, and what one run of it says. Consumes: a fixed set of packages: another
//! set would unify features differently and rebuild what they share. Produces: [`Built`]. Never:
//! decides when to build, or touches sources.

use super::artifact::{library_of, package_name};
use super::process::{GroupProcess, Line, Step};
use super::{Artifact, BuildError, Cancel, DepInfo};
use super::{diagnostic, lock_file};
use crate::event::{BuildWay, Diagnostic, DiagnosticLevel};
use cargo_metadata::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
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

/// Runs cargo, again and again, in the same way.
#[derive(Debug)]
pub struct Builder {
    config: BuildConfig,
    /// How many crates the last successful build announced.
    units: Option<u32>,
}

impl Builder {
    /// Prepares; nothing runs yet.
    #[must_use]
    pub fn new(config: BuildConfig) -> Self {
        Self { config, units: None }
    }

    /// Builds all packages. Blocks until cargo ends, or until `cancel` asks to stop, which ends
    /// cargo and everything it started within a fraction of a second.
    ///
    /// # Errors
    /// [`BuildError`], when there is no library at all; its `diagnostics()` are never empty.
    pub fn build(
        &mut self,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Built, BuildError> {
        let (started, began) = (SystemTime::now(), Instant::now());
        let estimate = self.units.unwrap_or_else(|| self.locked_packages());
        let mut said = Said::default();
        let status = self.run(cancel, &mut |line| {
            if let Some(unit) = said.take(line, &self.config.workspace_root) {
                on_progress(Progress { done: said.units, total: estimate.max(said.units), unit });
            }
        })?;
        let packages = self.config.packages.iter();
        let (made, missing): (Vec<&String>, Vec<&String>) =
            packages.partition(|package| said.libraries.contains_key(*package));
        let mut artifacts = BTreeMap::new();
        for package in made {
            let artifact = self.artifact(package, &mut said)?;
            artifacts.insert(package.clone(), artifact);
        }
        let failure = if status.success() {
            self.units = Some(said.units);
            let no_library =
                |package: &&String| BuildError::NoLibrary { package: (*package).clone() };
            missing.first().map(no_library)
        } else {
            let diagnostics =
                std::mem::take(&mut said).into_failure(status, &self.config.workspace_root);
            Some(BuildError::Failed { diagnostics, elapsed: began.elapsed() })
        };
        match failure {
            // Cargo also fails for reasons that no missing library shows.
            Some(failure) if artifacts.is_empty() || missing.is_empty() => Err(failure),
            failure => Ok(Built {
                artifacts,
                failure,
                warnings: said.diagnostics,
                started,
                elapsed: began.elapsed(),
                way: BuildWay::Cargo,
            }),
        }
    }

    fn run(
        &self,
        cancel: &Cancel,
        on_line: &mut dyn FnMut(Line),
    ) -> Result<ExitStatus, BuildError> {
        if cancel.is_cancelled() {
            return Err(BuildError::Cancelled);
        }
        let command = self.command();
        let program = command.get_program().to_owned();
        let failed = |source: io::Error| BuildError::Cargo {
            program: program.clone(),
            dir: self.config.workspace_root.clone(),
            source,
        };
        let process = GroupProcess::spawn(command).map_err(failed)?;
        loop {
            match process.step(cancel) {
                Step::Line(line) => on_line(line),
                Step::End => return process.wait().map_err(failed),
                Step::Cancelled => return Err(BuildError::Cancelled),
            }
        }
    }

    fn command(&self) -> Command {
        // Set when cargo started us: the very program, not a proxy that has to look for it.
        let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(program);
        command
            .args(["build", "--lib", "--keep-going", "--color=always"])
            .arg("--message-format=json-diagnostic-rendered-ansi")
            .arg("--target-dir")
            .arg(&self.config.target_dir)
            // A progress bar would end up in the text of cargo's errors.
            .env("CARGO_TERM_PROGRESS_WHEN", "never")
            .current_dir(&self.config.workspace_root);
        for package in &self.config.packages {
            command.arg("--package").arg(package);
        }
        command
            .args(&self.config.args)
            .envs(self.config.env.iter().map(|(name, value)| (name, value)));
        command
    }

    fn artifact(&self, package: &str, said: &mut Said) -> Result<Artifact, BuildError> {
        let Some((path, fresh)) = said.libraries.remove(package) else {
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
            Err(error) => said.diagnostics.push(Diagnostic {
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

/// What one run of cargo has said so far.
#[derive(Debug, Default)]
struct Said {
    diagnostics: Vec<Diagnostic>,
    /// By package: the library, and whether there was nothing to do for it.
    libraries: BTreeMap<String, (PathBuf, bool)>,
    stderr: Vec<String>,
    units: u32,
}

impl Said {
    /// Takes in one line; returns the name of a crate that it says is done.
    fn take(&mut self, line: Line, root: &Path) -> Option<String> {
        let line = match line {
            Line::Out(line) => line,
            Line::Err(line) => {
                self.stderr.push(line);
                return None;
            }
        };
        match serde_json::from_str(&line) {
            Ok(Message::CompilerMessage(message)) => {
                let diagnostic = diagnostic::from_rustc(&message.message, root);
                self.diagnostics.extend(diagnostic);
                None
            }
            Ok(Message::CompilerArtifact(artifact)) => {
                self.units += 1;
                let package = package_name(&artifact.package_id).to_owned();
                if let Some(library) = library_of(&artifact) {
                    let library = (library, artifact.fresh);
                    self.libraries.insert(package.clone(), library);
                }
                Some(package)
            }
            // Kinds of messages that this program does not know carry nothing it needs.
            _ => None,
        }
    }

    fn into_failure(mut self, status: ExitStatus, root: &Path) -> Vec<Diagnostic> {
        let mut errors = self.diagnostics.iter();
        let told = errors.any(|diagnostic| diagnostic.level == DiagnosticLevel::Error);
        let cargos = diagnostic::from_cargo(&self.stderr, told, root);
        if cargos.is_none() && !told {
            let text = format!("cargo ended with {status}\n{}", self.stderr.join("\n"));
            self.diagnostics.push(diagnostic::from_text(&text));
        }
        self.diagnostics.extend(cargos);
        self.diagnostics
    }
}
