//! For each module: what its newest library was compiled from, and what its generations show.
//!
//! Owns: both. Consumes: builds that ended in running code, and sets of values that a module has
//! taken. Produces: [`Takeover`]s. Never: offers one for a generation that is not what the newest
//! build of its module has made: then the files say something else than the code that runs.

use super::Baseline;
use crate::journal::event::Generation;
use crate::module::LiteralValue;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What is known of all modules.
#[derive(Debug, Default)]
pub struct Ledger {
    modules: BTreeMap<String, Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The newest build, as long as nothing newer was tried.
    newest: Option<(Generation, Baseline)>,
    shown: BTreeMap<Generation, Values>,
}

/// By file. A file without any is as it was compiled.
type Values = BTreeMap<PathBuf, Vec<LiteralValue>>;

/// A save that a running generation can take over without a build.
#[derive(Clone, Debug)]
pub struct Takeover {
    /// Which generation it is for.
    pub generation: Generation,
    /// How many literals have another value than before.
    pub changed: u32,
    values: Values,
}

impl Takeover {
    /// Everything that is to stand in place of literals then.
    #[must_use]
    pub fn values(&self) -> Vec<LiteralValue> {
        self.values.values().flatten().cloned().collect()
    }
}

impl Ledger {
    /// A build for this module begins: until it has made running code, there is nothing to compare
    /// a save with.
    pub fn building(&mut self, module: &str) {
        if let Some(known) = self.modules.get_mut(module) {
            known.newest = None;
        }
    }

    /// What runs as `generation` is what `baseline` was compiled to. Generations that
    /// `is_loadable` does not name cannot come back, and are forgotten.
    pub fn built(
        &mut self,
        module: &str,
        generation: Generation,
        baseline: Baseline,
        is_loadable: impl Fn(Generation) -> bool,
    ) {
        let known = self.modules.entry(module.to_owned()).or_default();
        known.shown.retain(|shown, _| *shown != generation && is_loadable(*shown));
        known.newest = Some((generation, baseline));
    }

    /// Does what can be done before the next save, when there is time for it.
    pub fn prepare(&self, module: &str) {
        if let Some((_, baseline)) =
            self.modules.get(module).and_then(|known| known.newest.as_ref())
        {
            baseline.prepare();
        }
    }

    /// What stands in place of literals in a generation, also when its code is loaded anew.
    #[must_use]
    pub fn shown(&self, module: &str, generation: Generation) -> Vec<LiteralValue> {
        let shown = self.modules.get(module).and_then(|known| known.shown.get(&generation));
        shown.map_or_else(Vec::new, |values| values.values().flatten().cloned().collect())
    }

    /// What it takes to have these files, just saved, in `running`; `None` when that takes a build.
    #[must_use]
    pub fn takeover(
        &self,
        module: &str,
        running: Generation,
        files: &BTreeSet<PathBuf>,
    ) -> Option<Takeover> {
        let known = self.modules.get(module)?;
        let (generation, baseline) =
            known.newest.as_ref().filter(|(newest, _)| *newest == running)?;
        let before = known.shown.get(generation).cloned().unwrap_or_default();
        let mut values = before.clone();
        for file in files {
            values.insert(file.clone(), baseline.values(file)?);
        }
        let changed = u32::try_from(differences(&before, &values)).unwrap_or(u32::MAX);
        Some(Takeover { generation: *generation, changed, values })
    }

    /// The module has taken it over.
    pub fn taken(&mut self, module: &str, takeover: Takeover) {
        if let Some(known) = self.modules.get_mut(module) {
            known.shown.insert(takeover.generation, takeover.values);
        }
    }
}

/// How many literals have another value in one than in the other.
fn differences(before: &Values, after: &Values) -> usize {
    let all = |values: &Values| -> BTreeMap<(String, u32), String> {
        let values = values.values().flatten().cloned();
        values.map(|value| ((value.place, value.index), value.value)).collect()
    };
    let (before, after) = (all(before), all(after));
    let places: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    places.into_iter().filter(|place| before.get(place) != after.get(place)).count()
}
