//! Edited literals as the engine's fast path.

use super::{Baseline, Ledger};
use crate::engine::{Attempt, Compiled, Concerned, FastPath};
use crate::journal::event::Generation;
use crate::slot::Candidate;
use std::path::PathBuf;
use std::time::Duration;

/// How long a window that is in the middle of a frame, and then the module, may take. Beyond that a
/// build is no slower.
const TAKE_LIMIT: Duration = Duration::from_millis(250);

/// Applies saves that changed nothing but literals inside `tweak!(…)`.
#[derive(Debug)]
pub struct Literals {
    ledger: Ledger,
    /// The workspace's root, which the places of literals are relative to.
    root: PathBuf,
}

impl Literals {
    /// For the workspace at `root`.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { ledger: Ledger::default(), root }
    }
}

impl FastPath for Literals {
    fn build_begins(&mut self, module: &str) {
        self.ledger.building(module);
    }

    fn apply(&mut self, concerned: &[Concerned]) -> Attempt {
        let plan = |Concerned { slot, generation, files }: &Concerned| {
            self.ledger.takeover(slot.name(), *generation, files)
        };
        let Some(plans) = concerned.iter().map(plan).collect::<Option<Vec<_>>>() else {
            return Attempt::NeedsBuild;
        };
        let mut changed = Vec::new();
        for (Concerned { slot, generation, .. }, takeover) in concerned.iter().zip(plans) {
            if let Err(error) = slot.set_literals(*generation, takeover.values(), TAKE_LIMIT) {
                let (module, reason) = (slot.name().to_owned(), error.to_string());
                return Attempt::Refused { module, generation: *generation, reason };
            }
            changed.push(takeover.changed);
            self.ledger.taken(slot.name(), takeover);
        }
        Attempt::Applied(changed)
    }

    /// Values that its code had before are compiled in, or gone from the files.
    fn built(
        &mut self,
        compiled: &Compiled<'_>,
        is_kept: &dyn Fn(Generation) -> bool,
    ) -> Result<bool, String> {
        let Compiled { slot, generation, library, inputs, started } = *compiled;
        let shows_others = !self.ledger.shown(slot.name(), generation).is_empty();
        if shows_others {
            slot.set_literals(generation, Vec::new(), TAKE_LIMIT)
                .map_err(|error| format!("literals are not as compiled: {error}"))?;
        }
        let baseline = Baseline::read(inputs, started, library.to_owned(), self.root.clone());
        self.ledger.built(slot.name(), generation, baseline, is_kept);
        Ok(shows_others)
    }

    fn loaded(
        &mut self,
        module: &str,
        generation: Generation,
        candidate: &mut Candidate,
    ) -> Result<(), String> {
        let values = self.ledger.shown(module, generation);
        if values.is_empty() {
            return Ok(());
        }
        candidate
            .set_literals(values)
            .map_err(|error| format!("{generation} shows the literals it was built with: {error}"))
    }

    fn committed(&mut self, module: &str) {
        self.ledger.prepare(module);
    }
}
