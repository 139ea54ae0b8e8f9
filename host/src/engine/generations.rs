//! The library copies of each module, what each of them has proven, and which can be gone back to.
//!
//! Owns: the standing of every copy. Consumes: how attempts end. Produces: rollback targets, and
//! the copies whose files stay. Never: touches a file, or loads one.
//!
//! A copy is a rollback target once it has been committed. A refused attempt never was, so it is
//! neither counted nor offered. What was committed and taken back within its probation is no target
//! either, unless an earlier run of the same generation had got further.

use crate::journal::event::Generation;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A generation's own copy of its library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LibraryCopy {
    pub(super) path: PathBuf,
    /// Hash of the build.
    pub(super) artifact: String,
}

/// How far a copy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is being loaded, or its first frame has not been shown.
    Attempt,
    /// Committed once.
    Committed,
    /// Committed more than once, or by an earlier host.
    Proven,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    copy: LibraryCopy,
    standing: Standing,
}

/// All copies of all modules.
#[derive(Debug, Default)]
pub(super) struct Generations {
    modules: BTreeMap<String, BTreeMap<Generation, Known>>,
}

impl Generations {
    /// A copy was made for this attempt.
    pub(super) fn attempt(&mut self, module: &str, generation: Generation, copy: LibraryCopy) {
        self.insert(module, generation, copy, Standing::Attempt);
    }

    /// An earlier host has committed this copy.
    pub(super) fn proven_before(
        &mut self,
        module: &str,
        generation: Generation,
        copy: LibraryCopy,
    ) {
        self.insert(module, generation, copy, Standing::Proven);
    }

    fn insert(&mut self, module: &str, generation: Generation, copy: LibraryCopy, as_: Standing) {
        let known = Known { copy, standing: as_ };
        self.modules.entry(module.to_owned()).or_default().insert(generation, known);
    }

    /// Its first frame was shown, or it runs unseen.
    pub(super) fn committed(&mut self, module: &str, generation: Generation) {
        if let Some(known) = self.known_mut(module, generation) {
            known.standing = match known.standing {
                Standing::Attempt => Standing::Committed,
                Standing::Committed | Standing::Proven => Standing::Proven,
            };
        }
    }

    /// A fault within its probation has taken it back. Returns whether it is a rollback target
    /// no longer.
    pub(super) fn taken_back(&mut self, module: &str, generation: Generation) -> bool {
        match self.known_mut(module, generation) {
            Some(known) if known.standing == Standing::Committed => {
                known.standing = Standing::Attempt;
                true
            }
            _ => false,
        }
    }

    /// The copy of a generation, whatever its standing.
    pub(super) fn copy(&self, module: &str, generation: Generation) -> Option<&LibraryCopy> {
        Some(&self.modules.get(module)?.get(&generation)?.copy)
    }

    /// The hash of a generation's build; empty when there is no copy of it.
    pub(super) fn artifact(&self, module: &str, generation: Generation) -> String {
        self.copy(module, generation).map(|copy| copy.artifact.clone()).unwrap_or_default()
    }

    /// What can be gone back to while `running` runs, oldest first.
    pub(super) fn targets(&self, module: &str, running: Option<Generation>) -> Vec<Generation> {
        let committed = self.committed_of(module).map(|(generation, _)| generation);
        committed.filter(|generation| Some(*generation) != running).collect()
    }

    /// The newest target that is older than `running`; the newest of all when nothing runs.
    pub(super) fn previous(&self, module: &str, running: Option<Generation>) -> Option<Generation> {
        let targets = self.targets(module, running).into_iter().rev();
        targets.into_iter().find(|target| running.is_none_or(|running| *target < running))
    }

    /// The copy of a rollback target.
    pub(super) fn target(&self, module: &str, generation: Generation) -> Option<&LibraryCopy> {
        let known = self.modules.get(module)?.get(&generation)?;
        (known.standing != Standing::Attempt).then_some(&known.copy)
    }

    /// Committed copies, those of earlier hosts included, newest first.
    pub(super) fn newest_first(&self, module: &str) -> Vec<(Generation, LibraryCopy)> {
        let mut committed: Vec<(Generation, LibraryCopy)> = self
            .committed_of(module)
            .map(|(generation, copy)| (generation, copy.clone()))
            .collect();
        committed.reverse();
        committed
    }

    /// Forgets attempts that have ended, and the oldest committed copies beyond `limit`; what is in
    /// `live` stays and does not count. Returns the generations whose files stay.
    ///
    /// Call it only between swaps: an attempt that is not live then has ended.
    pub(super) fn tidy(
        &mut self,
        module: &str,
        live: &[Generation],
        limit: usize,
    ) -> BTreeSet<Generation> {
        let Some(copies) = self.modules.get_mut(module) else { return BTreeSet::new() };
        copies.retain(|generation, known| {
            known.standing != Standing::Attempt || live.contains(generation)
        });
        let mut idle: Vec<Generation> =
            copies.keys().copied().filter(|generation| !live.contains(generation)).collect();
        idle.truncate(idle.len().saturating_sub(limit));
        for oldest in idle {
            copies.remove(&oldest);
        }
        copies.keys().copied().collect()
    }

    /// Whether some generation of the module has this file for its copy.
    pub(super) fn has_file(&self, module: &str, path: &Path) -> bool {
        let copies = self.modules.get(module).into_iter().flat_map(BTreeMap::values);
        copies.into_iter().any(|known| known.copy.path == path)
    }

    fn committed_of(&self, module: &str) -> impl Iterator<Item = (Generation, &LibraryCopy)> {
        let copies = self.modules.get(module).into_iter().flatten();
        copies
            .filter(|(_, known)| known.standing != Standing::Attempt)
            .map(|(generation, known)| (*generation, &known.copy))
    }

    fn known_mut(&mut self, module: &str, generation: Generation) -> Option<&mut Known> {
        self.modules.get_mut(module)?.get_mut(&generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(generation: u64) -> LibraryCopy {
        let path = PathBuf::from(format!("ui-g{generation}.so"));
        LibraryCopy { path, artifact: format!("hash {generation}") }
    }

    /// What happens to one generation.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        /// A copy is made, and refused.
        Refused(u64),
        /// A copy is made, and its first frame shown.
        Good(u64),
        /// It is committed once more, after a rollback or a change of its state.
        Again(u64),
        /// A fault within probation takes it back.
        TakenBack(u64),
        /// An earlier host left it.
        Before(u64),
    }

    /// Plays the steps; after each, files are tidied with `running` alone live.
    fn play(steps: &[Step], limit: usize) -> (Generations, BTreeSet<Generation>) {
        let mut generations = Generations::default();
        let mut running = Generation(0);
        let mut fallback = Generation(0);
        let mut files = BTreeSet::new();
        for step in steps {
            match *step {
                Step::Refused(n) => generations.attempt("ui", Generation(n), copy(n)),
                Step::Good(n) => {
                    generations.attempt("ui", Generation(n), copy(n));
                    generations.committed("ui", Generation(n));
                    fallback = std::mem::replace(&mut running, Generation(n));
                }
                Step::Again(n) => {
                    generations.committed("ui", Generation(n));
                    fallback = std::mem::replace(&mut running, Generation(n));
                }
                Step::TakenBack(n) => {
                    let _no_target = generations.taken_back("ui", Generation(n));
                    running = fallback;
                }
                Step::Before(n) => generations.proven_before("ui", Generation(n), copy(n)),
            }
            files = generations.tidy("ui", &[running], limit);
        }
        (generations, files)
    }

    #[test]
    fn g06_only_committed_code_is_gone_back_to() {
        use Step::{Again, Before, Good, Refused, TakenBack};
        for (steps, running, targets, previous) in [
            (&[Good(1), Refused(2), Good(3)][..], 3, &[1][..], Some(1)),
            (&[Good(1), Refused(2), Refused(3)], 1, &[], None),
            (&[Good(1), Good(2), TakenBack(2), Good(3)], 3, &[1], Some(1)),
            // It was gone back to, or its state was changed, and only that attempt was taken back.
            (&[Good(1), Good(2), Good(3), Again(2), Again(2), TakenBack(2)], 2, &[1, 3], Some(1)),
            (&[Good(1), Again(1), TakenBack(1)], 1, &[], None),
            // After going back, "previous" is older still, and what is newer can be named.
            (&[Good(1), Good(2), Good(3), Again(2)], 2, &[1, 3], Some(1)),
            (&[Good(1), Good(2), Again(1)], 1, &[2], None),
            (&[Before(4), Refused(5), Good(6)], 6, &[4], Some(4)),
        ] {
            let (generations, _) = play(steps, 5);
            let expected: Vec<Generation> = targets.iter().copied().map(Generation).collect();
            let running = Some(Generation(running));
            assert_eq!(generations.targets("ui", running), expected, "{steps:?}");
            assert_eq!(generations.previous("ui", running), previous.map(Generation), "{steps:?}");
            for n in 1..=6 {
                let is_target = generations.target("ui", Generation(n)).is_some();
                let expected = expected.contains(&Generation(n)) || running == Some(Generation(n));
                assert_eq!(is_target, expected, "g{n} after {steps:?}");
            }
        }
    }

    #[test]
    fn g06_refused_code_takes_no_place_and_leaves_no_file() {
        use Step::{Before, Good, Refused, TakenBack};
        for (steps, limit, files) in [
            (&[Good(1), Refused(2), Refused(3), Refused(4), Good(5)][..], 1, &[1, 5][..]),
            (&[Good(1), Refused(2)], 1, &[1]),
            (&[Good(1), Good(2), TakenBack(2), Good(3)], 1, &[1, 3]),
            (&[Good(1), Good(2), Good(3), Good(4)], 2, &[2, 3, 4]),
            (&[Good(1), Good(2), Refused(3)], 0, &[2]),
            (&[Before(1), Before(2), Before(3), Good(4)], 2, &[2, 3, 4]),
        ] {
            let (_, left) = play(steps, limit);
            let expected: BTreeSet<Generation> = files.iter().copied().map(Generation).collect();
            assert_eq!(left, expected, "{steps:?} with {limit}");
        }
    }

    #[test]
    fn what_is_live_stays_whatever_its_standing() {
        let mut generations = Generations::default();
        generations.attempt("ui", Generation(1), copy(1));
        generations.attempt("other", Generation(1), copy(1));
        let left = generations.tidy("ui", &[Generation(1)], 0);
        assert_eq!(left, BTreeSet::from([Generation(1)]), "its first frame is still to come");
        assert!(generations.has_file("ui", Path::new("ui-g1.so")));
        assert_eq!(generations.tidy("ui", &[], 0), BTreeSet::new());
        assert!(!generations.has_file("ui", Path::new("ui-g1.so")));
        assert!(generations.copy("other", Generation(1)).is_some(), "another module's");
        assert_eq!(generations.tidy("nobody", &[], 0), BTreeSet::new());
    }
}
