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
mod output;
mod plan;
mod program;
mod run;
mod shared;
mod sysroot;
mod unit;
mod wrapper;

pub use program::WrapperProgram;
pub use wrapper::intercept;

pub(super) use guards::LocalPackage;

use super::stamp::Stamps;
use super::{Artifact, BuildError, Cancel, Progress};
use crate::journal::event::Diagnostic;
use crate::sources::workspace::ModuleTarget;
use captured::Captured;
use graph::Graph;
use known::Known;
use plan::{Places, Plan};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use unit::Unit;

/// How much a debugger gets to know of a module that is replayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DebugInfo {
    /// Files and lines, for backtraces: quicker to write and to link.
    #[default]
    Lines,
    /// What the profile says.
    Profile,
}

/// How builds are replayed.
#[derive(Clone, Debug)]
pub struct ReplayConfig {
    /// The program that cargo calls instead of rustc.
    pub wrapper: WrapperProgram,
    /// Link modules against one shared library of everything that rarely changes.
    pub thin_link: bool,
    /// Packages of the workspace that belong into it, too.
    pub shared: Vec<String>,
    /// How much a debugger gets to know of the modules.
    pub debug_info: DebugInfo,
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
    /// Libraries do not fit together, which may be for cargo to fix.
    pub(super) is_outdated: bool,
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
    pub(super) fn environment(&self, modules: &[ModuleTarget]) -> Vec<(OsString, OsString)> {
        if fs::create_dir_all(self.captured_dir()).is_err() {
            return Vec::new();
        }
        let Ok(wrapper) = self.config.wrapper.file(&self.dir) else { return Vec::new() };
        vec![
            ("RUSTC_WORKSPACE_WRAPPER".into(), wrapper.into()),
            (wrapper::CAPTURE_DIR.into(), self.captured_dir().into()),
            (wrapper::CAPTURE_ONLY.into(), wrapper::only(modules).into()),
        ]
    }

    /// Removes what the compilers of a run of cargo that was stopped have left of this workspace's crates.
    pub(super) fn sweep(&self) {
        for entry in fs::read_dir(self.captured_dir()).into_iter().flatten().flatten() {
            if let Ok(unit) = Unit::read(&entry.path())
                && unit.captured.dir == self.root
            {
                output::sweep_objects(&unit);
            }
        }
    }

    fn captured_dir(&self) -> PathBuf {
        self.dir.join("captured")
    }

    /// Forgets what cargo has told, so that it is run for the next build.
    pub(super) fn forget(&mut self) {
        self.plan = None;
    }

    /// Learns from a run of cargo that began at `since`, with this lock file. `modules` are the packages
    /// whose module it left to the replay; `is_complete` when it made everything else.
    pub(super) fn learn(
        &mut self,
        packages: &[LocalPackage],
        modules: &BTreeSet<String>,
        lock_file: Stamps,
        since: SystemTime,
        is_complete: bool,
    ) {
        let before = self.plan.take();
        let read = |file: &str| Unit::read(&self.captured_dir().join(file)).ok();
        let modules: Vec<Unit> =
            modules.iter().filter_map(|package| read(&wrapper::module_file(package))).collect();
        let Some(toolchain) = modules.first().and_then(|unit| toolchain_of(&unit.captured)) else {
            return;
        };
        let libraries = packages.iter().flat_map(|package| &package.libraries);
        let units: Vec<Unit> =
            libraries.filter_map(|library| read(&format!("{}.json", stem(library)))).collect();
        let mut guards = guards::look(&self.root, &toolchain, packages, &units, since);
        let other_inputs = guards::other_inputs(&self.root, packages, &units);
        let is_shared = |package: &str| {
            package == crate::sources::workspace::API_PACKAGE
                || self.config.shared.iter().any(|shared| shared == package)
        };
        let graph = Graph::new(modules, &units, is_shared);
        guards.extend(Stamps::of_products(graph.made_by_cargo()));
        guards.extend(lock_file);
        let known = graph.units.iter().enumerate().map(|(index, unit)| {
            let earlier = before.as_ref().and_then(|plan| plan.known_of(&unit.stem));
            match graph.modules.contains(&index) {
                true => earlier.cloned(),
                // Cargo has just seen to it.
                false => Known::of(unit, since, earlier.map_or(&[], |known| &known.diagnostics)),
            }
        });
        let known = known.collect();
        let with_allocator = graph.units.iter().find(|unit| unit.chooses_an_allocator());
        self.plan = Some(Plan {
            with_allocator: with_allocator.map(|unit| unit.crate_name().to_owned()),
            graph,
            guards,
            other_inputs,
            toolchain,
            known,
            made: BTreeMap::new(),
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
        let places = Places { dir: &self.dir, target_dir: &self.target_dir };
        plan.build(&self.config, &places, cancel, on_progress)
    }
}

/// The name of a library's crate and the hash that cargo appends.
fn stem(library: &Path) -> String {
    let stem = library.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let prefix = std::env::consts::DLL_PREFIX;
    stem.strip_prefix("lib").or(stem.strip_prefix(prefix)).unwrap_or(stem).to_owned()
}

/// The toolchain's directory, as the very compiler of this call says.
fn toolchain_of(call: &Captured) -> Option<PathBuf> {
    let question = Captured { args: vec!["--print".into(), "sysroot".into()], ..call.clone() };
    let output = question.command().current_dir(&call.dir).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(path.trim_end())).filter(|path| path.is_dir())
}
