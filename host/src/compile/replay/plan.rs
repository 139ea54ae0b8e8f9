//! What one run of cargo has told, and how to repeat it.
//!
//! Owns: what is known of each crate. Consumes: a [`Graph`]. Produces: [`Replayed`]. Never: asks cargo.

use super::graph::{Graph, Index};
use super::known::Known;
use super::level;
use super::shared::{self, Shared};
use super::unit::Unit;
use super::{ReplayConfig, Replayed};
use crate::compile::stamp::Stamps;
use crate::compile::{Artifact, BuildError, Cancel, Progress, diagnostic};
use crate::journal::event::{Diagnostic, DiagnosticLevel};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What is known from the last run of cargo.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) graph: Graph,
    pub(super) guards: Stamps,
    /// Sources of local libraries that are not captured.
    pub(super) other_inputs: BTreeSet<PathBuf>,
    pub(super) toolchain: PathBuf,
    /// For each unit.
    pub(super) known: Vec<Option<Known>>,
    /// What each module was last compiled to, so that one which is up to date is not read again.
    pub(super) made: BTreeMap<Index, Artifact>,
    /// The crate that had an allocator of its own when cargo ran.
    pub(super) with_allocator: Option<String>,
    /// `Err` when modules are linked statically.
    pub(super) shared: Option<Result<Shared, NotShared>>,
    /// Cargo made everything that was asked for.
    pub(super) is_complete: bool,
    /// See [`Replayed::is_outdated`].
    pub(super) is_outdated: bool,
}

/// Why there is no shared library.
#[derive(Debug)]
pub(super) struct NotShared {
    reason: String,
    /// How often it has been tried in vain.
    attempts: u32,
}

/// A reason that was there so often stays until cargo runs again: each attempt makes a build longer.
const ATTEMPTS_MAX: u32 = 3;

/// Where things are.
pub(super) struct Places<'a> {
    /// The replay's own directory.
    pub(super) dir: &'a Path,
    /// Cargo's target directory. What lies in it is nobody's to edit.
    pub(super) target_dir: &'a Path,
}

impl Plan {
    /// Compiles what is not up to date: libraries in their order, then the modules side by side.
    ///
    /// # Errors
    /// [`BuildError::Cancelled`], and when rustc cannot be run.
    pub(super) fn build(
        &mut self,
        config: &ReplayConfig,
        places: &Places<'_>,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Replayed, BuildError> {
        let mut progress = level::Counted::new(self.graph.units.len(), on_progress);
        let mut failed: BTreeMap<Index, Vec<Diagnostic>> = BTreeMap::new();
        let libraries = (0..self.graph.units.len()).filter(|i| !self.graph.modules.contains(i));
        let mut levels: BTreeMap<usize, Vec<Index>> = BTreeMap::new();
        for index in libraries {
            levels.entry(self.graph.depth[index]).or_default().push(index);
        }
        for level in levels.into_values() {
            let units: Vec<(Index, Unit)> =
                level.into_iter().map(|index| (index, self.graph.units[index].clone())).collect();
            self.compile(&units, &mut failed, places, cancel, &mut progress)?;
        }
        if config.thin_link && shared::SUPPORTED {
            self.see_to_shared(places.dir, cancel)?;
        }
        let shared = self.shared.as_ref().and_then(|shared| shared.as_ref().ok()).cloned();
        let modules: Vec<(Index, Unit)> = self
            .graph
            .modules
            .iter()
            .map(|&index| {
                (
                    index,
                    self.graph.units[index].as_module(
                        places.dir,
                        shared.as_ref(),
                        config.debug_info,
                    ),
                )
            })
            .collect();
        let compiled = std::thread::scope(|scope| {
            if let Some(shared) = &shared {
                // Without a spare, or without a thread for it, the copy is made when it is needed.
                let make = || drop(shared.library.make_spare(&config.generations_dir));
                let _ahead = std::thread::Builder::new().spawn_scoped(scope, make);
            }
            self.compile(&modules, &mut failed, places, cancel, &mut progress)
        })?;
        self.results(&modules, &compiled, &failed, shared.as_ref(), places)
    }

    pub(super) fn known_of(&self, stem: &str) -> Option<&Known> {
        let index = self.graph.units.iter().position(|unit| unit.stem == stem)?;
        self.known[index].as_ref()
    }

    /// Makes the shared library, unless it is there and fits.
    fn see_to_shared(&mut self, dir: &Path, cancel: &Cancel) -> Result<(), BuildError> {
        if let Some(name) = &self.with_allocator {
            let reason =
                format!("{name} has a #[global_allocator], and a library has one allocator");
            self.shared = Some(Err(NotShared { reason, attempts: ATTEMPTS_MAX }));
            return Ok(());
        }
        let attempts = match &self.shared {
            Some(Err(before)) => before.attempts,
            _ => 0,
        };
        let fits = self.shared.as_ref().is_some_and(|shared| match shared {
            Ok(shared) => !shared.is_outdated(),
            Err(_) => attempts >= ATTEMPTS_MAX,
        });
        let Some(&module) = self.graph.modules.first().filter(|_| !fits) else {
            return Ok(());
        };
        let like = &self.graph.units[module].captured;
        let made = Shared::make(like, &self.toolchain, &self.graph.parts, dir, cancel)
            .map_err(|reason| NotShared { reason, attempts: attempts + 1 });
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
        places: &Places<'_>,
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
        for done in level::run_all(&stale, places.dir, cancel, progress)? {
            self.is_outdated |= done.is_outdated;
            self.known[done.index] = done.known;
            self.made.remove(&done.index);
            match done.failure {
                Some(diagnostics) => drop(failed.insert(done.index, diagnostics)),
                None => drop(compiled.insert(done.index)),
            }
        }
        Ok(compiled)
    }

    fn results(
        &mut self,
        modules: &[(Index, Unit)],
        compiled: &BTreeSet<Index>,
        failed: &BTreeMap<Index, Vec<Diagnostic>>,
        shared: Option<&Shared>,
        places: &Places<'_>,
    ) -> Result<Replayed, BuildError> {
        let target_dir =
            fs::canonicalize(places.target_dir).unwrap_or_else(|_| places.target_dir.to_owned());
        let mut replayed = Replayed { is_outdated: self.is_outdated, ..Replayed::default() };
        let known = self.known.iter().flatten();
        replayed.warnings.extend(known.flat_map(|known| known.diagnostics.iter().cloned()));
        if let Some(Err(NotShared { reason, .. })) = &self.shared {
            let text = format!("modules are linked statically, which takes longer: {reason}");
            let note = diagnostic::from_text(&text);
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
            let artifact = match self.made.remove(index) {
                Some(made) => made,
                None => {
                    // For the curious, and for the benchmark; nothing here reads it.
                    let path = places.dir.join(format!("{package}.last.json"));
                    let _unwritten = unit.captured.write(&path);
                    self.read(*index, unit, shared, &target_dir)?
                }
            };
            let artifact = Artifact { fresh: !compiled.contains(index), ..artifact };
            self.made.insert(*index, artifact.clone());
            replayed.artifacts.insert(package, artifact);
        }
        Ok(replayed)
    }

    /// Reads what a module was compiled to.
    fn read(
        &self,
        index: Index,
        unit: &Unit,
        shared: Option<&Shared>,
        target_dir: &Path,
    ) -> Result<Artifact, BuildError> {
        let mut artifact = Artifact::read(unit.package(), unit.library(), false)?;
        let reach = self.graph.reach[index].iter();
        let known = reach.filter_map(|needed| self.known[*needed].as_ref());
        let inputs = known.flat_map(Known::sources).chain(&self.other_inputs);
        artifact.inputs = inputs.filter(|file| !file.starts_with(target_dir)).cloned().collect();
        artifact.is_ours = true;
        Ok(match shared {
            Some(shared) => artifact.thin(&shared.library),
            None => artifact,
        })
    }
}
