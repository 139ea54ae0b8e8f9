//! The state from before a migration, kept for the session.
//!
//! Owns: for each module the newest snapshot that a commit migrated. Consumes: commits. Produces: the
//! state to start from when the migration is to run again, or not to have run. Never: reads the
//! state itself; the envelope says its version.
//!
//! A migration runs once: afterwards the state has the new version. When the step was wrong, correct
//! code alone changes nothing, and code without the step refuses the state as newer than itself.

use super::generations::Generations;
use crate::journal::event::{Generation, PastMigration};
use crate::module::LiveSnapshot;
use hot_api::state::SnapshotRef;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What there is to go back to from a migration.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) snapshot: LiveSnapshot,
    /// Version of the state in it.
    pub(super) from: u32,
    /// Version that the migration led to.
    pub(super) to: u32,
    /// What ran before, if anything did.
    pub(super) before: Option<Generation>,
    /// Whose commit it was.
    pub(super) by: Generation,
}

/// Of all modules.
#[derive(Debug, Default)]
pub(super) struct Migrations {
    pub(super) kept: BTreeMap<String, Kept>,
    /// Modules whose next build starts from there.
    pub(super) again: BTreeSet<String>,
}

impl Migrations {
    /// `by` was committed with a state that `steps` migrations have changed, in place of `replaced`.
    pub(super) fn committed(
        &mut self,
        module: &str,
        by: Generation,
        snapshot: LiveSnapshot,
        steps: usize,
        replaced: Option<Generation>,
    ) {
        let Ok(envelope) = SnapshotRef::decode(&snapshot.bytes) else { return };
        let from = envelope.schema_version;
        let known = self.kept.get(module);
        let is_again = known.is_some_and(|kept| Arc::ptr_eq(&kept.snapshot.bytes, &snapshot.bytes));
        // Whoever runs it again has replaced code from behind the migration.
        let before = if is_again { known.and_then(|kept| kept.before) } else { replaced };
        // There is one step for each version.
        let to = from.saturating_add(u32::try_from(steps).unwrap_or(u32::MAX));
        self.kept.insert(module.to_owned(), Kept { snapshot, from, to, before, by });
    }

    /// A generation was taken back: if it has migrated the state, that never happened.
    pub(super) fn taken_back(&mut self, module: &str, generation: Generation) {
        self.kept.retain(|name, kept| name != module || kept.by != generation);
    }

    /// What the window offers.
    pub(super) fn shown(&self, module: &str, generations: &Generations) -> Option<PastMigration> {
        let Kept { from, to, before, .. } = self.kept.get(module)?;
        let before = before.filter(|before| generations.target(module, *before).is_some());
        Some(PastMigration { from: *from, to: *to, before })
    }

    /// The state that the next build of the module starts from, when it is not the running one.
    pub(super) fn start(&self, module: &str) -> Option<LiveSnapshot> {
        let is_asked = self.again.contains(module);
        self.kept.get(module).filter(|_| is_asked).map(|kept| kept.snapshot.clone())
    }

    /// The build that was asked for has come to its end.
    pub(super) fn settled(&mut self, module: &str) {
        self.again.remove(module);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::generations::LibraryCopy;
    use hot_api::state::Snapshot;

    fn snapshot(version: u32) -> LiveSnapshot {
        let (module, sections) = ("ui".to_owned(), Vec::new());
        let snapshot = Snapshot { module, schema_version: version, fingerprint: None, sections };
        LiveSnapshot::whole(snapshot.encode())
    }

    #[test]
    fn g43_the_state_before_the_newest_migration_is_kept() {
        let mut generations = Generations::default();
        let copy = LibraryCopy { path: "ui-g1.so".into(), artifact: "hash".to_owned() };
        generations.proven_before("ui", Generation(1), copy);
        let mut migrations = Migrations::default();
        assert_eq!(migrations.shown("ui", &generations), None);

        let first = snapshot(1);
        migrations.committed("ui", Generation(2), first.clone(), 1, Some(Generation(1)));
        let before = Some(Generation(1));
        let shown = PastMigration { from: 1, to: 2, before };
        assert_eq!(migrations.shown("ui", &generations), Some(shown.clone()));
        assert!(migrations.start("ui").is_none(), "nobody has asked");

        // Run again with corrected code: what ran before the first run is what can be gone back to.
        migrations.again.insert("ui".to_owned());
        let start = migrations.start("ui").expect("it was asked for");
        migrations.committed("ui", Generation(3), start, 1, Some(Generation(2)));
        migrations.settled("ui");
        assert_eq!(migrations.shown("ui", &generations), Some(shown));
        assert!(migrations.start("ui").is_none(), "the answer holds once");

        // A later migration takes its place, and is forgotten when its code is taken back.
        migrations.committed("ui", Generation(4), snapshot(2), 2, Some(Generation(3)));
        let shown = PastMigration { from: 2, to: 4, before: None };
        assert_eq!(migrations.shown("ui", &generations), Some(shown), "g3 has no copy");
        migrations.taken_back("ui", Generation(3));
        assert!(migrations.shown("ui", &generations).is_some(), "another generation");
        migrations.taken_back("ui", Generation(4));
        assert_eq!(migrations.shown("ui", &generations), None);
    }
}
