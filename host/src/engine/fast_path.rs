//! A way from a save to the running code that needs no build.
//!
//! Owns: when it may be tried. Consumes: change sets, builds that ended in running code. Produces:
//! `literals` in the journal. Never: keeps a save from being built when there is any doubt.
//!
//! It is not tried while anything is being built, waits to be swapped, has failed or has panicked:
//! then the files say something else than the code that runs, and one save more is built with them.

use super::engine_loop::EngineLoop;
use crate::compile::Built;
use crate::journal::board::ModuleStatus;
use crate::journal::event::{Event, Generation};
use crate::journal::stage_clock::micros;
use crate::slot::{Candidate, Slot};
use crate::sources::watch::ChangeSet;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Applies some saves to the running code without a build. All methods run on the engine thread.
pub trait FastPath: Send {
    /// A build for this module begins: what runs is no longer what the files say.
    fn build_begins(&mut self, module: &str);

    /// Tries to apply a save to every module that it concerns. Waits for a frame boundary at most.
    fn apply(&mut self, concerned: &[Concerned]) -> Attempt;

    /// What `compiled` describes is what runs, and saves are compared with from now on. Generations
    /// that `is_kept` does not name cannot come back. Returns whether the running code shows something
    /// else now.
    ///
    /// # Errors
    /// The reason in words, when the running code does not show what was compiled.
    fn built(
        &mut self,
        compiled: &Compiled<'_>,
        is_kept: &dyn Fn(Generation) -> bool,
    ) -> Result<bool, String>;

    /// Code of a generation that may have run before is loaded anew, and is to show what it showed then.
    ///
    /// # Errors
    /// The reason in words, when it shows what was compiled.
    fn loaded(
        &mut self,
        module: &str,
        generation: Generation,
        candidate: &mut Candidate,
    ) -> Result<(), String>;

    /// New code of this module has been shown; there is time to prepare the next save.
    fn committed(&mut self, module: &str);
}

/// A running module, and the saved files that it is made of.
pub struct Concerned {
    /// Where it runs.
    pub slot: Arc<Slot>,
    /// What runs.
    pub generation: Generation,
    /// The files.
    pub files: BTreeSet<PathBuf>,
}

/// What became of a save.
#[derive(Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It has to be built.
    NeedsBuild,
    /// It could have been applied, and one module did not take it; those before it did. It has to be
    /// built.
    Refused {
        /// Which one.
        module: String,
        /// What runs there.
        generation: Generation,
        /// Why.
        reason: String,
    },
    /// How many values have changed in each module.
    Applied(Vec<u32>),
}

/// Running code, and what the compiler made it from.
pub struct Compiled<'a> {
    /// Where it runs.
    pub slot: &'a Slot,
    /// What runs.
    pub generation: Generation,
    /// The library that is mapped.
    pub library: &'a Path,
    /// The files that the compiler has read.
    pub inputs: &'a BTreeSet<PathBuf>,
    /// When it began to.
    pub started: SystemTime,
}

impl EngineLoop {
    /// Tries to apply a save without a build. `concerned` are the modules, each with those of the files
    /// that it is made of. `false` when the save has to be built.
    pub(super) fn try_fast_path(
        &mut self,
        set: &ChangeSet,
        concerned: &BTreeMap<String, BTreeSet<PathBuf>>,
    ) -> bool {
        if !self.requests.is_idle() {
            return false;
        }
        let running = concerned.iter().map(|(name, files)| self.running_as_saved(name, files));
        let Some(running) = running.collect::<Option<Vec<_>>>() else { return false };
        let Some(fast_path) = &mut self.config.fast_path else { return false };
        let values = match fast_path.apply(&running) {
            Attempt::NeedsBuild => return false,
            Attempt::Refused { module, generation, reason } => {
                let message = format!("{module}: not taken over without a build: {reason}");
                self.record(Some(&module), Some(generation), Event::Notice { message });
                (self.config.services.request_repaint)(Duration::ZERO);
                return false;
            }
            Attempt::Applied(values) => values,
        };
        (self.config.services.request_repaint)(Duration::ZERO);
        let total_us = micros(set.first_event.elapsed());
        for (Concerned { slot, generation, files }, values) in running.into_iter().zip(values) {
            let name = slot.name();
            let files = files.iter().map(|file| self.relative(file)).collect();
            let event = Event::Literals { files, values, total_us };
            let words = crate::journal::in_words(&event);
            let several = self.config.modules.len() > 1;
            let notice = if several { format!("{name}: {words}") } else { words };
            self.board.change(|board| board.notice = Some(notice));
            self.record(Some(name), Some(generation), event);
        }
        true
    }

    /// A module whose running code is what its files said before they were saved.
    fn running_as_saved(&self, name: &str, files: &BTreeSet<PathBuf>) -> Option<Concerned> {
        let board = self.board.get();
        let module = board.module(name)?;
        if module.status != ModuleStatus::Ok || module.failure.is_some() {
            return None;
        }
        let slot = self.registry.slot(name)?;
        let generation = slot.generation()?;
        Some(Concerned { slot, generation, files: files.clone() })
    }

    /// After a build: when its library is what runs, saves are compared with what it was compiled from.
    pub(super) fn note_compiled(&mut self, name: &str, built: &Built) {
        let Some(slot) = self.registry.slot(name) else { return };
        let Some(artifact) = built.artifacts.get(slot.package()) else { return };
        let Some(generation) = slot.generation() else { return };
        let Some(copy) = self.generations.copy(name, generation) else { return };
        if slot.artifact().as_ref() != Some(&artifact.hash) {
            return;
        }
        let Some(fast_path) = &mut self.config.fast_path else { return };
        let compiled = Compiled {
            slot: &slot,
            generation,
            library: &copy.path,
            inputs: &artifact.inputs,
            started: built.started,
        };
        let generations = &self.generations;
        let is_kept = |shown| generations.copy(name, shown).is_some();
        match fast_path.built(&compiled, &is_kept) {
            Ok(true) => (self.config.services.request_repaint)(Duration::ZERO),
            Ok(false) => {}
            Err(reason) => self.notice(format!("{name}: {reason}")),
        }
    }
}
