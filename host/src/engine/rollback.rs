//! Orders that load a library copy again: rollback, and a changed state for what runs.

use super::core::Core;
use super::error::EngineError;
use super::generations::LibraryCopy;
use super::swap::{StateSource, Swap};
use super::tickets::Ticket;
use crate::compile::ShadowCopy;
use crate::journal::board::ModuleBoard;
use crate::journal::event::{Event, FailureKind, Generation, Trigger};
use crate::journal::stage_clock::StageClock;
use crate::persist::crash::LoadedWith;
use crate::slot::Slot;
use crossbeam_channel::bounded;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

impl Core {
    /// Removes the files of ended attempts and of generations beyond the number that is kept, and
    /// `retired` when it is the duplicate that a rollback was loaded from.
    pub(super) fn tidy_copies(&mut self, name: &str, retired: Option<&Path>) {
        let live = self.registry.slot(name).map(|slot| slot.live_generations()).unwrap_or_default();
        // When nothing runs any more, the newest is what the next host may need.
        let limit = self.config.kept_generations + usize::from(live.is_empty());
        let stay = self.generations.tidy(name, &live, limit);
        if let Some(retired) = retired
            && !self.generations.has_file(name, retired)
        {
            let _ = std::fs::remove_file(retired); // the next prune tries again
        }
        let _ = ShadowCopy::prune(&self.config.generations_dir, name, &stay);
    }

    /// Records what can be gone back to when that has changed; `running` is what runs, if
    /// anything does.
    pub(super) fn record_kept(&self, name: &str, running: Option<Generation>) {
        if running.is_none() {
            return;
        }
        let generations = self.generations.targets(name, running);
        let migration = self.migrations.shown(name, &self.generations);
        let board = self.board();
        let is_known =
            |module: &ModuleBoard| module.kept == generations && module.migration == migration;
        if board.module(name).is_some_and(|module| !is_known(module)) {
            self.record(Some(name), running, Event::Kept { generations, migration });
        }
    }

    pub(super) fn roll_back(
        &mut self,
        module: Option<&str>,
        to: Option<Generation>,
    ) -> Result<Generation, EngineError> {
        let slot = self.registry.the_one(module)?;
        let name = slot.name().to_owned();
        let current = slot.generation();
        let generations = &self.generations;
        let target = to.or_else(|| generations.previous(&name, current));
        let found = target.and_then(|target| Some((target, generations.target(&name, target)?)));
        let Some((target, copy)) = found.map(|(target, copy)| (target, copy.clone())) else {
            let kept = generations.targets(&name, current);
            return Err(EngineError::NoSuchGeneration { module: name, kept });
        };
        let state = StateSource::Running;
        self.swap_from_copy(&slot, target, &copy, state, true)
    }

    /// The user takes the loss that was asked about: by the newest code, or by a rollback.
    pub(super) fn accept_loss(&mut self, module: String, at: Instant) {
        let board = self.board();
        let failure = board.module(&module).and_then(|module| module.failure.as_ref());
        let asked = failure.filter(|failure| failure.kind == FailureKind::Loss);
        let asked = asked.and_then(|failure| failure.generation);
        self.accepts_loss.insert(module.clone());
        let target = asked.filter(|asked| self.generations.target(&module, *asked).is_some());
        let Some(target) = target else {
            let (tell, _) = bounded(1); // the board shows what becomes of it
            self.on_order(Some(module), Trigger::Button, at, Ticket::new(tell));
            return;
        };
        if let Err(reason) = self.roll_back(Some(&module), Some(target)) {
            self.accepts_loss.remove(&module);
            self.notice(format!("{module}: {target} was not gone back to: {reason}"));
        }
    }

    /// Loads a duplicate of a library copy and swaps to it.
    pub(super) fn swap_from_copy(
        &mut self,
        slot: &Arc<Slot>,
        generation: Generation,
        copy: &LibraryCopy,
        state: StateSource,
        is_rollback: bool,
    ) -> Result<Generation, EngineError> {
        // A file of its own: the loader would hand out the one that may still be mapped.
        self.duplicates += 1;
        let name = slot.name();
        let duplicate = copy.path.with_file_name(format!(
            "{name}-{generation}-r{}.{}",
            self.duplicates,
            std::env::consts::DLL_EXTENSION
        ));
        ShadowCopy::duplicate(&copy.path, &duplicate)
            .map_err(|source| EngineError::Duplicate { path: copy.path.clone(), source })?;
        let with = match &state {
            StateSource::Given(snapshot) if !snapshot.is_empty() => LoadedWith::ByHand,
            StateSource::Edited(_) | StateSource::Earlier(_) => LoadedWith::ByHand,
            StateSource::Running | StateSource::Given(_) => LoadedWith::Own,
        };
        let swapped = self.swap(Swap {
            slot,
            generation,
            trigger: Trigger::Command,
            artifact: copy.artifact.clone(),
            file: &duplicate,
            clock: StageClock::start(Instant::now()),
            state,
            is_rollback,
            with,
        });
        if swapped.is_err() {
            self.tidy_copies(name, Some(&duplicate));
        }
        swapped
    }

    /// Where a module runs.
    pub(super) fn slot(&self, module: &str) -> Result<Arc<Slot>, EngineError> {
        Ok(self.registry.the_one(Some(module))?)
    }
}
