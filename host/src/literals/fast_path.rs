//! Saves that the running code can take over without a build.
//!
//! Owns: when that is allowed. Consumes: change sets, builds that ended in running code. Produces:
//! values in running modules, and `literals` in the journal. Never: keeps a save from being built
//! when there is any doubt.
//!
//! It is not allowed while anything is being built, waits to be swapped, has failed or has panicked:
//! then the files say something else than the code that runs, and one save more is built with them.

use super::board::ModuleStatus;
use super::worker::Worker;
use crate::build::Built;
use crate::event::{Event, Generation};
use crate::literals::{Baseline, Takeover};
use crate::stage_clock::micros;
use crate::swap::Candidate;
use crate::watch::ChangeSet;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// How long a window that is in the middle of a frame, and then the module, may take. Beyond that a
/// build is no slower.
const TAKE_LIMIT: Duration = Duration::from_millis(250);

impl Worker {
    /// Takes over a save that changed nothing but literals. `concerned` are the modules, each with
    /// those of the files that it is made of. `false` when the save has to be built; modules that had
    /// taken it by then show it already.
    pub(super) fn take_over_literals(
        &mut self,
        set: &ChangeSet,
        concerned: &BTreeMap<String, BTreeSet<PathBuf>>,
    ) -> bool {
        if self.building.is_some() || self.waiting.is_some() {
            return false;
        }
        let plan = |(name, files): (&String, _)| Some((name.clone(), self.takeover(name, files)?));
        let Some(plans) = concerned.iter().map(plan).collect::<Option<Vec<_>>>() else {
            return false;
        };
        let mut taken = Vec::new();
        for (name, takeover) in plans {
            let (generation, changed) = (takeover.generation, takeover.changed);
            if let Err(reason) = self.put(&name, takeover) {
                let message = format!("{name}: not taken over without a build: {reason}");
                self.record(Some(&name), Some(generation), Event::Notice { message });
                return false;
            }
            taken.push((name, generation, changed, micros(set.first_event.elapsed())));
        }
        for (name, generation, values, total_us) in taken {
            let files = concerned[&name].iter().map(|file| self.relative(file)).collect();
            let event = Event::Literals { files, values, total_us };
            let words = crate::journal::in_words(&event);
            let several = self.config.modules.len() > 1;
            let notice = if several { format!("{name}: {words}") } else { words };
            self.board.change(|board| board.notice = Some(notice));
            self.record(Some(&name), Some(generation), event);
        }
        true
    }

    fn takeover(&self, name: &str, files: &BTreeSet<PathBuf>) -> Option<Takeover> {
        let board = self.board.get();
        let module = board.module(name)?;
        if module.status != ModuleStatus::Ok || module.failure.is_some() {
            return None;
        }
        let running = self.registry.slot(name)?.generation()?;
        self.literals.takeover(name, running, files)
    }

    fn put(&mut self, name: &str, takeover: Takeover) -> Result<(), String> {
        let slot = self.registry.slot(name).ok_or_else(|| format!("there is no module {name}"))?;
        let taken = slot.set_literals(takeover.generation, takeover.values(), TAKE_LIMIT);
        taken.map_err(|error| error.to_string())?;
        (self.config.services.request_repaint)(Duration::ZERO);
        self.literals.taken(name, takeover);
        Ok(())
    }

    /// After a build: when its library is what runs, what it was compiled from is what saves are
    /// compared with. Values that its code had before are compiled in, or gone from the files.
    pub(super) fn note_compiled(&mut self, name: &str, built: &Built) {
        let Some(slot) = self.registry.slot(name) else { return };
        let Some(artifact) = built.artifacts.get(slot.package()) else { return };
        let Some(generation) = slot.generation() else { return };
        let Some(file) = self.generations.copy(name, generation) else { return };
        if slot.artifact().as_ref() != Some(&artifact.hash) {
            return;
        }
        if !self.literals.shown(name, generation).is_empty() {
            match slot.set_literals(generation, Vec::new(), TAKE_LIMIT) {
                Ok(()) => (self.config.services.request_repaint)(Duration::ZERO),
                Err(error) => {
                    self.notice(format!("{name}: literals are not as compiled: {error}"));
                    return;
                }
            }
        }
        let (library, root) = (file.path.clone(), self.config.root.clone());
        let baseline = Baseline::read(&artifact.inputs, built.started, library, root);
        let generations = &self.generations;
        let is_kept = |shown| generations.copy(name, shown).is_some();
        self.literals.built(name, generation, baseline, is_kept);
    }

    /// Code that is loaded anew shows what it last showed.
    pub(super) fn show_again(&self, name: &str, generation: Generation, candidate: &mut Candidate) {
        let values = self.literals.shown(name, generation);
        if values.is_empty() {
            return;
        }
        if let Err(error) = candidate.set_literals(values) {
            self.notice(format!(
                "{name}: {generation} shows the literals it was built with: {error}"
            ));
        }
    }
}
