//! Saves that reach the running code without a build.
//!
//! Owns: when the [`FastPath`](super::fast_path::FastPath) may be tried. Consumes: change sets, builds that
//! ended in running code. Produces: `literals` in the journal. Never: keeps a save from being built when
//! there is any doubt.
//!
//! It is not tried while anything is being built, waits to be swapped, has failed or has panicked:
//! then the files say something else than the code that runs, and one save more is built with them.

use super::core::Core;
use super::fast_path::{Attempt, Compiled, Concerned};
use crate::compile::Built;
use crate::journal::board::ModuleHealth;
use crate::journal::event::Event;
use crate::journal::stage_clock::micros;
use crate::sources::watch::ChangeSet;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

impl Core {
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
        let values = match self.config.fast_path.apply(&running) {
            Attempt::NeedsBuild => return false,
            Attempt::Refused { module, generation, reason } => {
                let message = format!("{module}: not taken over without a build: {reason}");
                self.record(Some(&module), Some(generation), Event::Notice { message });
                (self.config.host_calls.request_repaint)(Duration::ZERO);
                return false;
            }
            Attempt::Applied(values) => values,
        };
        (self.config.host_calls.request_repaint)(Duration::ZERO);
        let total_us = micros(set.first_event.elapsed());
        for (Concerned { slot, generation, files }, values) in running.into_iter().zip(values) {
            let name = slot.name();
            let files = files.iter().map(|file| self.relative(file)).collect();
            let event = Event::Literals { files, values, total_us };
            self.record(Some(name), Some(generation), event);
        }
        true
    }

    /// A module whose running code is what its files said before they were saved.
    fn running_as_saved(&self, name: &str, files: &BTreeSet<PathBuf>) -> Option<Concerned> {
        let board = self.board();
        let module = board.module(name)?;
        if module.status != ModuleHealth::Ok || module.failure.is_some() {
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
        let compiled = Compiled {
            slot: &slot,
            generation,
            library: &copy.path,
            inputs: &artifact.inputs,
            started: built.started,
        };
        let generations = &self.generations;
        let is_kept = |shown| generations.copy(name, shown).is_some();
        match self.config.fast_path.built(&compiled, &is_kept) {
            Ok(true) => (self.config.host_calls.request_repaint)(Duration::ZERO),
            Ok(false) => {}
            Err(reason) => self.notice(format!("{name}: {reason}")),
        }
    }
}
