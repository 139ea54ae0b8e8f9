//! One run of cargo.
//!
//! Owns: the command line, and what a run of it says. Consumes: [`BuildConfig`]. Produces: [`Run`].
//! Never: reads what cargo has made.

use super::artifact::{library_of, package_name};
use super::builder::BuildConfig;
use super::diagnostic;
use super::replay::LocalPackage;
use super::toolchain::Toolchain;
use super::{BuildError, Cancel, process};
use crate::journal::event::{Diagnostic, DiagnosticLevel};
use crate::os::child_env;
use crate::os::lines::Line;
use crate::sources::workspace::{ModuleKind, ModuleTarget};
use cargo_metadata::{Message, TargetKind};
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::SystemTime;

/// Runs cargo, again and again, in the same way.
#[derive(Debug)]
pub(super) struct Cargo {
    config: BuildConfig,
    toolchain: Toolchain,
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) since: SystemTime,
    pub(super) status: ExitStatus,
    pub(super) said: Said,
}

impl Cargo {
    pub(super) fn new(config: BuildConfig) -> Self {
        Self { toolchain: Toolchain::of(&config.workspace_root), config }
    }

    /// Builds all packages, with `env` on top of the environment. Blocks until cargo ends.
    ///
    /// # Errors
    /// [`BuildError::Cancelled`], and [`BuildError::Cargo`] when cargo cannot be run.
    pub(super) fn run(
        &self,
        env: Vec<(OsString, OsString)>,
        cancel: &Cancel,
        on_unit: &mut dyn FnMut(u32, String),
    ) -> Result<Run, BuildError> {
        let mut command = self.command();
        command.envs(env);
        let root = &self.config.workspace_root;
        let mut said = Said::of(&self.config.modules);
        let since = SystemTime::now();
        let status = process::run(command, root, cancel, &mut |line| {
            if let Some(unit) = said.take(line, root) {
                on_unit(said.done(), unit);
            }
        })?;
        Ok(Run { since, status, said })
    }

    pub(super) fn root(&self) -> &Path {
        &self.config.workspace_root
    }

    fn command(&self) -> Command {
        let mut command = self.toolchain.cargo();
        command.args(["build", "--keep-going", "--target-dir"]);
        command.arg(&self.config.target_dir);
        with_messages(&mut command);
        let modules = &self.config.modules;
        if modules.iter().any(|module| module.kind == ModuleKind::Library) {
            command.arg("--lib");
        }
        for module in modules {
            if let ModuleKind::Program(name) = &module.kind {
                command.arg("--bin").arg(name);
            }
        }
        self.of_modules(command)
    }

    /// What lists the packages that a build compiles, each in a line, once or more often.
    pub(super) fn tree(&self) -> Command {
        let mut command = self.toolchain.cargo();
        command.args(["tree", "--color=never", "--edges=normal,build", "--prefix=none"]);
        self.of_modules(command)
    }

    /// Which packages it is about, with which features, and what the user has configured.
    fn of_modules(&self, mut command: Command) -> Command {
        child_env::without_internal(&mut command);
        for ModuleTarget { package, features, .. } in &self.config.modules {
            command.arg("--package").arg(package);
            for feature in features {
                command.arg("--features").arg(format!("{package}/{feature}"));
            }
        }
        command
            .args(&self.config.args)
            .envs(self.config.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// Lets `cargo build` say what [`Said`] understands.
pub(super) fn with_messages(cargo: &mut Command) {
    cargo.args(["--color=always", "--message-format=json-diagnostic-rendered-ansi"]);
    // A progress bar would end up in the text of cargo's errors.
    cargo.env("CARGO_TERM_PROGRESS_WHEN", "never");
}

/// What one run of cargo has said so far.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) diagnostics: Vec<Diagnostic>,
    /// By package: the library, and whether there was nothing to do for it.
    pub(super) libraries: BTreeMap<String, (PathBuf, bool)>,
    /// Packages whose module was not up to date.
    pub(super) modules: BTreeSet<String>,
    /// Local packages, by cargo's identifier.
    pub(super) local: BTreeMap<String, LocalPackage>,
    /// By name.
    pub(super) programs: BTreeMap<String, PathBuf>,
    stderr: Vec<String>,
    /// Packages that are done, by cargo's identifier: a build script or a second form does not count.
    units: BTreeSet<String>,
    /// Which crates are modules.
    targets: Vec<ModuleTarget>,
}

impl Said {
    fn of(modules: &[ModuleTarget]) -> Self {
        Self { targets: modules.to_vec(), ..Self::default() }
    }

    /// How many packages are done.
    pub(super) fn done(&self) -> u32 {
        u32::try_from(self.units.len()).unwrap_or(u32::MAX)
    }

    fn is_module(&self, artifact: &cargo_metadata::Artifact) -> bool {
        let package = package_name(&artifact.package_id);
        let mut targets = self.targets.iter();
        is_local(&artifact.package_id.repr)
            && targets.any(|it| it.package == package && it.is_target(&artifact.target))
    }

    /// Takes in one line; returns the name of a crate that it says is done.
    pub(super) fn take(&mut self, line: Line, root: &Path) -> Option<String> {
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
                let package = package_name(&artifact.package_id).to_owned();
                self.note_local(&artifact);
                let is_module = self.is_module(&artifact);
                if is_module && !artifact.fresh {
                    self.modules.insert(package.clone());
                }
                if let Some(program) = &artifact.executable {
                    let (name, path) = (artifact.target.name.clone(), program.clone());
                    self.programs.insert(name, path.into_std_path_buf());
                }
                if is_module && let Some(library) = library_of(&artifact) {
                    let library = (library, artifact.fresh);
                    self.libraries.insert(package.clone(), library);
                }
                let is_script = artifact.target.kind.contains(&TargetKind::CustomBuild);
                let is_new = !is_script && self.units.insert(artifact.package_id.repr);
                is_new.then_some(package)
            }
            Ok(Message::BuildScriptExecuted(script)) => {
                if is_local(&script.package_id.repr) {
                    let local = self.local.entry(script.package_id.repr).or_default();
                    local.out_dirs.insert(script.out_dir.into_std_path_buf());
                }
                None
            }
            // Kinds of messages that this program does not know carry nothing it needs.
            _ => None,
        }
    }

    fn note_local(&mut self, artifact: &cargo_metadata::Artifact) {
        if !is_local(&artifact.package_id.repr) {
            return;
        }
        let is_module = self.is_module(artifact);
        let local = self.local.entry(artifact.package_id.repr.clone()).or_default();
        local.manifest = artifact.manifest_path.clone().into_std_path_buf();
        let files = artifact.filenames.iter().map(|file| file.as_std_path());
        if artifact.target.kind.contains(&TargetKind::CustomBuild) {
            local.script_dirs.extend(files.filter_map(Path::parent).map(Path::to_owned));
        } else if !is_module {
            let is_library = |file: &&Path| {
                let extension = file.extension().unwrap_or_default();
                extension == "rlib" || extension == env::consts::DLL_EXTENSION
            };
            local.libraries.extend(files.filter(is_library).map(Path::to_owned));
        }
    }

    /// Takes in what an earlier run of the same build has done: this one had less to do.
    pub(super) fn follow(&mut self, earlier: &Self) {
        for (package, (_, fresh)) in &mut self.libraries {
            *fresh &= earlier.libraries.get(package).is_none_or(|(_, fresh)| *fresh);
        }
        self.modules.extend(earlier.modules.iter().cloned());
    }

    /// What `diagnostics` and cargo's own words say about a run that failed.
    pub(super) fn failure(
        &self,
        mut diagnostics: Vec<Diagnostic>,
        status: ExitStatus,
        root: &Path,
    ) -> Vec<Diagnostic> {
        let mut errors = diagnostics.iter();
        let told = errors.any(|diagnostic| diagnostic.level == DiagnosticLevel::Error);
        let cargos = diagnostic::from_cargo(&self.stderr, told, root);
        if cargos.is_none() && !told {
            let text = format!("cargo ended with {status}\n{}", self.stderr.join("\n"));
            diagnostics.push(diagnostic::from_text(&text));
        }
        diagnostics.extend(cargos);
        diagnostics
    }
}

/// Whether a package is someone's to edit, by cargo's identifier.
fn is_local(id: &str) -> bool {
    id.starts_with("path+")
}
