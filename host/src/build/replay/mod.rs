//! Compiling without cargo: the calls of rustc that cargo made, made again.
//!
//! ```text
//! cargo ──wrapper──▶ Captured ──▶ Unit ──▶ Graph ──run──▶ libraries
//!   ▲                                        │
//!   └──────── Guards: something changed ─────┘
//! ```
//!
//! Owns: when a call has to be made again, and in which order. Consumes: what one run of cargo said.
//! Produces: artifacts. Never: works out a command line; every one is cargo's own, and whatever
//! cargo decides by sends the next build back to cargo.

mod arguments;
mod captured;
mod graph;
mod guards;
mod known;
mod level;
mod run;
mod shared;
mod stamp;
mod sysroot;
mod unit;
mod wrapper;

pub use wrapper::intercept;

pub(super) use guards::LocalPackage;

use super::{Artifact, BuildError, Cancel, Progress};
use crate::event::{Diagnostic, DiagnosticLevel};
use graph::{Graph, Index};
use known::Known;
use shared::Shared;
use stamp::Stamps;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;
use unit::Unit;

/// How builds are replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayConfig {
    /// The program that cargo calls instead of rustc: one that begins with [`intercept`].
    pub wrapper: PathBuf,
    /// Link modules against one shared library of everything that rarely changes.
    pub thin_link: bool,
    /// Packages of the workspace that belong into it, too.
    pub shared: Vec<String>,
    /// Where copies for generations are made; a spare one is put there ahead of time.
    pub generations_dir: PathBuf,
}

/// What a replay made.
#[derive(Debug, Default)]
pub(super) struct Replayed {
    /// By package.
    pub(super) artifacts: BTreeMap<String, Artifact>,
    /// Why the other packages have none.
    pub(super) failures: BTreeMap<String, Vec<Diagnostic>>,
    pub(super) warnings: Vec<Diagnostic>,
    /// Libraries do not fit together, which may be for cargo to mend.
    pub(super) is_outdated: bool,
}

/// What is known from the last run of cargo.
#[derive(Debug)]
struct Plan {
    graph: Graph,
    guards: Stamps,
    /// Sources of local libraries that are not captured.
    other_inputs: BTreeSet<PathBuf>,
    toolchain: PathBuf,
    /// For each unit.
    known: Vec<Option<Known>>,
    /// `Err` says why modules are linked statically.
    shared: Option<Result<Shared, String>>,
    /// Cargo made everything that was asked for.
    is_complete: bool,
    /// See [`Replayed::is_outdated`].
    is_outdated: bool,
}

/// Replays builds of one workspace.
#[derive(Debug)]
pub(super) struct Replay {
    config: ReplayConfig,
    root: PathBuf,
    target_dir: PathBuf,
    dir: PathBuf,
    plan: Option<Plan>,
}

impl Replay {
    pub(super) fn new(config: ReplayConfig, root: &Path, target_dir: &Path) -> Self {
        let dir = target_dir.join("replay");
        let (root, target_dir) = (root.to_owned(), target_dir.to_owned());
        Self { config, root, target_dir, dir, plan: None }
    }

    /// Whether the last run of cargo still tells everything.
    pub(super) fn is_current(&self) -> bool {
        let plan = self.plan.as_ref();
        plan.is_some_and(|plan| plan.is_complete && plan.guards.changed().is_none())
    }

    /// What makes a run of cargo call the wrapper; empty when there is no place to write to.
    pub(super) fn environment(&self, packages: &[String]) -> Vec<(OsString, OsString)> {
        if fs::create_dir_all(self.captured_dir()).is_err() {
            return Vec::new();
        }
        vec![
            ("RUSTC_WORKSPACE_WRAPPER".into(), self.config.wrapper.clone().into()),
            (wrapper::CAPTURE_DIR.into(), self.captured_dir().into()),
            (wrapper::CAPTURE_ONLY.into(), packages.join(",").into()),
        ]
    }

    fn captured_dir(&self) -> PathBuf {
        self.dir.join("captured")
    }

    /// Learns from a run of cargo that began at `since`. `modules` are the crates that it left to the
    /// replay, by package; `is_complete` when it made everything else.
    pub(super) fn learn(
        &mut self,
        packages: &[LocalPackage],
        modules: &BTreeMap<String, String>,
        since: SystemTime,
        is_complete: bool,
    ) {
        let before = self.plan.take();
        let read = |stem: &str| Unit::read(&self.captured_dir().join(format!("{stem}.json"))).ok();
        let modules = modules
            .iter()
            .filter_map(|(package, name)| read(name).filter(|unit| unit.package() == package));
        let modules: Vec<Unit> = modules.collect();
        let Some(program) = modules.first().map(|unit| unit.captured.program.clone()) else {
            return;
        };
        let Some(toolchain) = toolchain_of(&program) else { return };
        let libraries = packages.iter().flat_map(|package| &package.libraries);
        let units: Vec<Unit> = libraries.filter_map(|library| read(&stem(library))).collect();
        let guards = guards::look(&self.root, &toolchain, packages, &units, since);
        let other_inputs = guards::other_inputs(&self.root, packages, &units);
        let is_shared = |package: &str| {
            package == crate::workspace::API_PACKAGE
                || self.config.shared.iter().any(|shared| shared == package)
        };
        let graph = Graph::new(modules, &units, is_shared);
        let known = graph.units.iter().enumerate().map(|(index, unit)| {
            let earlier = before.as_ref().and_then(|plan| plan.known_of(&unit.stem));
            match graph.modules.contains(&index) {
                true => earlier.cloned(),
                // Cargo has just seen to it.
                false => Known::of(unit, since, earlier.map_or(&[], |known| &known.diagnostics)),
            }
        });
        let known = known.collect();
        self.plan = Some(Plan {
            graph,
            guards,
            other_inputs,
            toolchain,
            known,
            shared: None,
            is_complete,
            is_outdated: false,
        });
    }

    /// Compiles what is not up to date. Blocks until rustc ends, or `cancel` asks to stop.
    ///
    /// # Errors
    /// [`BuildError::Cancelled`], and when rustc cannot be run; code that does not compile is none.
    pub(super) fn build(
        &mut self,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Replayed, BuildError> {
        let Some(plan) = &mut self.plan else { return Ok(Replayed::default()) };
        fs::create_dir_all(self.dir.join("out")).map_err(|source| BuildError::Cargo {
            program: "rustc".into(),
            dir: self.dir.join("out"),
            source,
        })?;
        let mut progress = level::Counted::new(plan.graph.units.len(), on_progress);
        let mut failed: BTreeMap<Index, Vec<Diagnostic>> = BTreeMap::new();
        let libraries = (0..plan.graph.units.len()).filter(|i| !plan.graph.modules.contains(i));
        let mut levels: BTreeMap<usize, Vec<Index>> = BTreeMap::new();
        for index in libraries {
            levels.entry(plan.graph.depth[index]).or_default().push(index);
        }
        for level in levels.into_values() {
            let units: Vec<(Index, Unit)> =
                level.into_iter().map(|index| (index, plan.graph.units[index].clone())).collect();
            plan.compile(&units, &mut failed, cancel, &mut progress)?;
        }
        let (config, dir) = (&self.config, &self.dir);
        if config.thin_link && shared::SUPPORTED {
            plan.see_to_shared(dir, cancel)?;
        }
        let shared = plan.shared.as_ref().and_then(|shared| shared.as_ref().ok()).cloned();
        let modules: Vec<(Index, Unit)> = plan
            .graph
            .modules
            .iter()
            .map(|&index| (index, plan.graph.units[index].as_module(dir, shared.as_ref())))
            .collect();
        let compiled = std::thread::scope(|scope| {
            if let Some(shared) = &shared {
                // Without a spare, or without a thread for it, the copy is made when it is needed.
                let make = || drop(shared.library.make_spare(&config.generations_dir));
                let _ahead = std::thread::Builder::new().spawn_scoped(scope, make);
            }
            plan.compile(&modules, &mut failed, cancel, &mut progress)
        })?;
        plan.results(&modules, &compiled, &failed, shared.as_ref(), &self.target_dir, dir)
    }
}

impl Plan {
    fn known_of(&self, stem: &str) -> Option<&Known> {
        let index = self.graph.units.iter().position(|unit| unit.stem == stem)?;
        self.known[index].as_ref()
    }

    /// Makes the shared library, unless it is there and fits.
    fn see_to_shared(&mut self, dir: &Path, cancel: &Cancel) -> Result<(), BuildError> {
        let fits = self.shared.as_ref().is_some_and(|shared| match shared {
            Ok(shared) => !shared.is_outdated(),
            Err(_) => true,
        });
        let Some(&module) = self.graph.modules.first().filter(|_| !fits) else {
            return Ok(());
        };
        let like = &self.graph.units[module].captured;
        let made = Shared::make(like, &self.toolchain, &self.graph.parts, dir, cancel);
        if cancel.is_cancelled() {
            return Err(BuildError::Cancelled);
        }
        if let Some(Ok(before)) = self.shared.replace(made)
            && let Some(Ok(now)) = &self.shared
        {
            before.remove_unless(now);
        }
        Ok(())
    }

    /// Compiles those of `units` that are not up to date and whose needs have not failed; returns which.
    fn compile(
        &mut self,
        units: &[(Index, Unit)],
        failed: &mut BTreeMap<Index, Vec<Diagnostic>>,
        cancel: &Cancel,
        progress: &mut level::Counted<'_>,
    ) -> Result<BTreeSet<Index>, BuildError> {
        let mut stale = Vec::new();
        for (index, unit) in units {
            let lacks = self.graph.reach[*index].iter().any(|needed| failed.contains_key(needed));
            let is_known = self.known[*index].as_ref().is_some_and(|known| known.fits(unit));
            match lacks || is_known {
                true => progress.done(unit),
                false => stale.push((*index, unit)),
            }
        }
        let mut compiled = BTreeSet::new();
        for done in level::run_all(&stale, cancel, progress)? {
            self.is_outdated |= done.is_outdated();
            self.known[done.index] = done.known;
            match done.failure {
                Some(diagnostics) => drop(failed.insert(done.index, diagnostics)),
                None => drop(compiled.insert(done.index)),
            }
        }
        Ok(compiled)
    }

    fn results(
        &self,
        modules: &[(Index, Unit)],
        compiled: &BTreeSet<Index>,
        failed: &BTreeMap<Index, Vec<Diagnostic>>,
        shared: Option<&Shared>,
        target_dir: &Path,
        dir: &Path,
    ) -> Result<Replayed, BuildError> {
        let target_dir = fs::canonicalize(target_dir).unwrap_or_else(|_| target_dir.to_owned());
        let mut replayed = Replayed { is_outdated: self.is_outdated, ..Replayed::default() };
        let known = self.known.iter().flatten();
        replayed.warnings.extend(known.flat_map(|known| known.diagnostics.iter().cloned()));
        if let Some(Err(reason)) = &self.shared {
            let text = format!("modules are linked statically, which takes longer: {reason}");
            let note = super::diagnostic::from_text(&text);
            replayed.warnings.push(Diagnostic { level: DiagnosticLevel::Note, ..note });
        }
        for (index, unit) in modules {
            let reach = &self.graph.reach[*index];
            let reasons: Vec<Diagnostic> =
                reach.iter().filter_map(|needed| failed.get(needed)).flatten().cloned().collect();
            let package = unit.package().to_owned();
            if reach.iter().any(|needed| failed.contains_key(needed)) {
                replayed.failures.insert(package, reasons);
                continue;
            }
            let is_fresh = !compiled.contains(index);
            let mut artifact = Artifact::read(&package, unit.library(), is_fresh)?;
            let known = reach.iter().filter_map(|needed| self.known[*needed].as_ref());
            let inputs = known.flat_map(Known::sources).chain(&self.other_inputs);
            artifact.inputs =
                inputs.filter(|file| !file.starts_with(&target_dir)).cloned().collect();
            artifact.is_ours = true;
            if let Some(shared) = shared {
                artifact = artifact.thin(&shared.library);
            }
            // For the curious, and for the benchmark; nothing here reads it.
            let _unwritten = unit.captured.write(&dir.join(format!("{package}.last.json")));
            replayed.artifacts.insert(package, artifact);
        }
        Ok(replayed)
    }
}

/// A name beside `path` that nobody else uses, for what is then renamed to it.
fn beside(path: &Path) -> PathBuf {
    static NAMES: AtomicU32 = AtomicU32::new(0);
    let n = NAMES.fetch_add(1, Ordering::Relaxed);
    path.with_extension(format!("{}-{n}.partial", std::process::id()))
}

/// The name of a library's crate and the hash that cargo appends.
fn stem(library: &Path) -> String {
    let stem = library.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let prefix = std::env::consts::DLL_PREFIX;
    stem.strip_prefix("lib").or(stem.strip_prefix(prefix)).unwrap_or(stem).to_owned()
}

/// The toolchain's directory, as this very compiler says.
fn toolchain_of(rustc: &str) -> Option<PathBuf> {
    let output = Command::new(rustc).args(["--print", "sysroot"]).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(path.trim_end())).filter(|path| path.is_dir())
}
