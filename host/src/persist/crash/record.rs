//! What is known of crashes: a pure record, told what happens and at which time.

use crate::journal::event::Generation;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// An artifact that is loaded after a crash of its own and crashes within this time again is in
/// quarantine. A crash later than that may have another cause.
pub const AGAIN_WITHIN: Duration = Duration::from_secs(10);

/// Code that has drawn in this workspace, and the copy of its library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenCode {
    /// The number it had when it was committed.
    pub generation: Generation,
    /// Hash of the library.
    pub artifact: String,
    /// The name of the copy it was loaded from, among the shadow copies.
    pub file: String,
    /// Whether it has run for longer than [`AGAIN_WITHIN`]: a crash right after it is loaded once
    /// more then speaks against the state that it was loaded with.
    #[serde(default)]
    pub lasted: bool,
}

/// The state that code is loaded with, as far as it can be to blame for a crash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadedWith {
    /// The default state, or that of the code that ran before.
    #[default]
    Own,
    /// The checkpoint of this file name.
    Checkpoint(String),
    /// One that somebody has edited or restored.
    ByHand,
}

/// What a crash says about the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not enough to act upon.
    Unproven,
    /// This artifact is not to be loaded again.
    Quarantined {
        /// Whose code it is.
        module: String,
        /// Hash of the library.
        artifact: String,
    },
    /// The code has run for long, and crashes when it is loaded with this checkpoint.
    Checkpoint {
        /// Whose checkpoint it is.
        module: String,
        /// The name of its file.
        file: String,
    },
    /// The host crashed twice before it had loaded anything.
    Host,
}

/// The whole record; this is what the file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    modules: BTreeMap<String, ModuleRecord>,
    /// What was being loaded when the process died, if anything was.
    loading: Option<String>,
    /// Artifacts that have been blamed for a crash.
    blamed: BTreeSet<String>,
    quarantined: BTreeSet<String>,
    /// Crashes in a row of a host that had loaded nothing.
    empty_crashes: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct ModuleRecord {
    /// The newest number that was minted.
    last: Generation,
    /// The newest code, which runs unless it is being loaded.
    newest: Option<Newest>,
    /// What it took the place of.
    before: Option<Newest>,
    /// Oldest first; each artifact once.
    proven: Vec<ProvenCode>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Newest {
    artifact: String,
    /// When it was seen for the first time, in whichever host.
    first_ms: u64,
    /// When this host loaded it; `None` when it has not.
    loaded_ms: Option<u64>,
    /// The state that it was loaded with.
    #[serde(default)]
    with: LoadedWith,
}

impl Newest {
    /// Whether it has run for so long that a crash may have another cause than loading it.
    fn has_lasted(&self, now_ms: u64) -> bool {
        let age = self.loaded_ms.map(|loaded| now_ms.saturating_sub(loaded));
        age.is_some_and(|age| u128::from(age) > AGAIN_WITHIN.as_millis())
    }
}

impl ModuleRecord {
    fn note_lasting(&mut self, now_ms: u64) {
        let Some(newest) = self.newest.as_ref().filter(|newest| newest.has_lasted(now_ms)) else {
            return;
        };
        for code in self.proven.iter_mut().filter(|code| code.artifact == newest.artifact) {
            code.lasted = true;
        }
    }
}

/// A higher number is none that a host has counted to, and leaves none to count on with.
const GENERATION_MAX: Generation = Generation(1 << 53);

impl Record {
    /// Whether its numbers are such as hosts write.
    pub(super) fn is_plausible(&self) -> bool {
        self.modules.values().all(|record| record.last <= GENERATION_MAX)
    }

    /// A host starts in order: whatever was in quarantine may have another try.
    pub(super) fn start_in_order(&mut self) {
        self.blamed.clear();
        self.quarantined.clear();
        self.empty_crashes = 0;
        self.forget_loaded();
    }

    /// A host starts because the one before was killed, for which no code is to blame.
    pub(super) fn start_after_kill(&mut self, now_ms: u64) {
        self.note_lasting(now_ms);
        self.forget_loaded();
    }

    /// A host starts because the one before has crashed by its own fault: what was blamed for that was not to blame.
    pub(super) fn start_after_other_host(&mut self, now_ms: u64) {
        self.blamed.clear();
        self.empty_crashes = 0;
        self.start_after_kill(now_ms);
    }

    /// The host ends in order: nothing that it has loaded is to blame for what happens from now on.
    pub(super) fn end(&mut self, now_ms: u64) {
        self.note_lasting(now_ms);
        self.forget_loaded();
    }

    /// What has run for long is not suspected of a crash that follows on loading it once more.
    fn note_lasting(&mut self, now_ms: u64) {
        for record in self.modules.values_mut() {
            record.note_lasting(now_ms);
        }
    }

    /// A host starts because the one before crashed, just now.
    pub(super) fn start_after_crash(&mut self, now_ms: u64) -> Verdict {
        let blamed = self.blame();
        self.note_lasting(now_ms);
        self.forget_loaded();
        let Some((module, newest)) = blamed else {
            self.empty_crashes = self.empty_crashes.saturating_add(1);
            return if self.empty_crashes > 1 { Verdict::Host } else { Verdict::Unproven };
        };
        self.empty_crashes = 0;
        let soon = newest.loaded_ms.is_some() && !newest.has_lasted(now_ms);
        let Newest { artifact, with, .. } = newest;
        if self.blamed.insert(artifact.clone()) || !soon {
            return Verdict::Unproven;
        }
        if self.has_lasted(&module, &artifact) {
            match with {
                LoadedWith::Own => {}
                LoadedWith::Checkpoint(file) => return Verdict::Checkpoint { module, file },
                // The next host starts from a checkpoint, and blames that if need be.
                LoadedWith::ByHand => return Verdict::Unproven,
            }
        }
        self.quarantined.insert(artifact.clone());
        for record in self.modules.values_mut() {
            record.proven.retain(|code| code.artifact != artifact);
        }
        Verdict::Quarantined { module, artifact }
    }

    /// What was being loaded, or else the newest that was loaded.
    fn blame(&self) -> Option<(String, Newest)> {
        let loaded = self.modules.iter().filter_map(|(module, record)| {
            let newest = record.newest.clone().filter(|newest| newest.loaded_ms.is_some())?;
            Some((module.clone(), newest))
        });
        loaded.max_by_key(|(module, newest)| {
            (self.loading.as_ref() == Some(module), newest.first_ms, newest.loaded_ms)
        })
    }

    fn has_lasted(&self, module: &str, artifact: &str) -> bool {
        self.proven(module).iter().any(|code| code.artifact == artifact && code.lasted)
    }

    fn forget_loaded(&mut self) {
        self.loading = None;
        for record in self.modules.values_mut() {
            for newest in record.newest.iter_mut().chain(&mut record.before) {
                newest.loaded_ms = None;
            }
        }
    }

    /// Code of a module is about to be loaded.
    pub(super) fn loading(
        &mut self,
        module: &str,
        generation: Generation,
        artifact: &str,
        with: LoadedWith,
        now: u64,
    ) {
        let record = self.modules.entry(module.to_owned()).or_default();
        record.note_lasting(now);
        record.last = record.last.max(generation);
        // That the same code is loaded again says nothing, unless with a state that is not its own.
        let known = record.newest.as_ref().filter(|newest| newest.artifact == artifact);
        let known = known.filter(|_| with != LoadedWith::ByHand);
        let first_ms = known.map_or(now, |newest| newest.first_ms);
        let artifact = artifact.to_owned();
        let newest = Newest { artifact, first_ms, loaded_ms: Some(now), with };
        record.before = record.newest.replace(newest);
        self.loading = Some(module.to_owned());
    }

    /// It was refused or taken back; what was there before runs on.
    pub(super) fn refused(&mut self, module: &str) {
        self.loading = None;
        if let Some(record) = self.modules.get_mut(module) {
            record.newest = record.before.take();
        }
    }

    /// It has drawn. At most `limit` such generations of a module are remembered.
    pub(super) fn committed(&mut self, module: &str, code: ProvenCode, limit: usize, now: u64) {
        self.loading = None;
        let record = self.modules.entry(module.to_owned()).or_default();
        if record.newest.as_ref().is_none_or(|newest| newest.artifact != code.artifact) {
            // Nobody said that it would be loaded: nothing newer is older than this.
            let (artifact, with) = (code.artifact.clone(), LoadedWith::Own);
            record.newest = Some(Newest { artifact, first_ms: 0, loaded_ms: Some(now), with });
        }
        let known = record.proven.iter().find(|known| known.artifact == code.artifact);
        let lasted = code.lasted || known.is_some_and(|known| known.lasted);
        record.proven.retain(|known| known.artifact != code.artifact);
        record.proven.push(ProvenCode { lasted, ..code });
        let over = record.proven.len().saturating_sub(limit);
        record.proven.drain(..over);
    }

    /// It was committed and taken back within its probation.
    pub(super) fn not_proven(&mut self, module: &str, generation: Generation) {
        if let Some(record) = self.modules.get_mut(module) {
            record.proven.retain(|code| code.generation != generation);
        }
    }

    pub(super) fn is_quarantined(&self, artifact: &str) -> bool {
        self.quarantined.contains(artifact)
    }

    pub(super) fn last_generation(&self, module: &str) -> Generation {
        self.modules.get(module).map_or(Generation(0), |record| record.last)
    }

    pub(super) fn proven(&self, module: &str) -> &[ProvenCode] {
        self.modules.get(module).map_or(&[], |record| &record.proven)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON_MS: u64 = 10_000;

    fn code(generation: u64, artifact: &str) -> ProvenCode {
        let file = format!("ui-g{generation}.so");
        let artifact = artifact.to_owned();
        ProvenCode { generation: Generation(generation), artifact, file, lasted: false }
    }

    fn load(record: &mut Record, module: &str, generation: u64, artifact: &str, now: u64) {
        load_with(record, module, generation, artifact, LoadedWith::Own, now);
    }

    fn load_with(
        record: &mut Record,
        module: &str,
        generation: u64,
        artifact: &str,
        with: LoadedWith,
        now: u64,
    ) {
        record.loading(module, Generation(generation), artifact, with, now);
        record.committed(module, code(generation, artifact), 5, now);
    }

    fn quarantined(module: &str, artifact: &str) -> Verdict {
        Verdict::Quarantined { module: module.to_owned(), artifact: artifact.to_owned() }
    }

    #[test]
    fn s17_twice_in_a_short_time_is_quarantine() {
        for (second_load, second_crash, verdict) in [
            (60_000, 60_000 + SOON_MS, quarantined("ui", "bad")),
            (60_000, 60_001 + SOON_MS, Verdict::Unproven),
            // However long the first load was ago, and however long the build took.
            (9_000_000, 9_000_000, quarantined("ui", "bad")),
        ] {
            let mut record = Record::default();
            load(&mut record, "ui", 1, "good", 0);
            record.loading("ui", Generation(2), "bad", LoadedWith::Own, 10_000);
            assert_eq!(record.start_after_crash(50_000), Verdict::Unproven, "once is bad luck");
            assert!(!record.is_quarantined("bad"));
            load(&mut record, "ui", 3, "bad", second_load);
            assert_eq!(record.start_after_crash(second_crash), verdict);
            let is_bad = verdict != Verdict::Unproven;
            assert_eq!(record.is_quarantined("bad"), is_bad);
            assert!(!record.is_quarantined("good"));
            let left: Vec<u64> = record.proven("ui").iter().map(|code| code.generation.0).collect();
            assert_eq!(left, if is_bad { vec![1] } else { vec![1, 3] });
            assert_eq!(record.last_generation("ui"), Generation(3));
        }
    }

    #[test]
    fn s17_the_newest_of_several_modules_is_blamed() {
        let mut record = Record::default();
        load(&mut record, "left", 1, "old", 0);
        load(&mut record, "right", 1, "new", 500);
        for _ in 0..2 {
            // After a restart the modules are loaded in another order, which says nothing.
            load(&mut record, "right", 2, "new", 1_000);
            load(&mut record, "left", 2, "old", 1_001);
            let _verdict = record.start_after_crash(2_000);
        }
        assert!(record.is_quarantined("new") && !record.is_quarantined("old"));

        let mut record = Record::default();
        load(&mut record, "right", 1, "new", 500);
        for _ in 0..2 {
            load(&mut record, "right", 2, "new", 1_000);
            record.loading("left", Generation(2), "loading", LoadedWith::Own, 400);
            let _verdict = record.start_after_crash(2_000);
        }
        assert!(record.is_quarantined("loading"), "what is being loaded is blamed before");
    }

    #[test]
    fn what_was_refused_is_not_blamed() {
        let mut record = Record::default();
        load(&mut record, "ui", 1, "good", 0);
        for _ in 0..2 {
            record.loading("ui", Generation(2), "refused", LoadedWith::Own, 100);
            record.refused("ui");
            let _verdict = record.start_after_crash(200);
            load(&mut record, "ui", 3, "good", 300);
        }
        assert!(!record.is_quarantined("refused") && record.is_quarantined("good"));
    }

    #[test]
    fn s17_what_a_host_had_loaded_that_ended_in_order_is_not_blamed_for_the_next_one() {
        let mut record = Record::default();
        for n in 1..=3 {
            load(&mut record, "ui", n, "code", 1_000 * n);
            record.end(1_000 * n + 100);
            // The next host crashes before it has loaded anything; then one runs for a while.
            let verdict = record.start_after_crash(1_000 * n + 200);
            assert_ne!(verdict, quarantined("ui", "code"));
            record.start_after_kill(1_000 * n + 300);
        }
        assert!(!record.is_quarantined("code"));
    }

    #[test]
    fn s17_what_ran_in_a_host_that_gave_way_is_not_blamed_afterwards() {
        let mut record = Record::default();
        load(&mut record, "ui", 1, "code", 0);
        assert_eq!(record.start_after_crash(100), Verdict::Unproven);
        load(&mut record, "ui", 1, "code", 200);
        record.start_after_other_host(300);
        load(&mut record, "ui", 1, "code", 400);
        assert_eq!(record.start_after_crash(500), Verdict::Unproven);
    }

    #[test]
    fn g13_what_was_loaded_last_is_blamed_whatever_asked_for_it() {
        let mut record = Record::default();
        load(&mut record, "ui", 1, "old", 0);
        load(&mut record, "ui", 2, "new", 100);
        load(&mut record, "other", 1, "other", 200);
        for round in 1..=2 {
            // Back to the old code of the first module.
            load(&mut record, "ui", 1, "old", round * 1_000);
            let _verdict = record.start_after_crash(round * 1_000 + 1);
        }
        let is = |artifact| record.is_quarantined(artifact);
        assert_eq!(["old", "new", "other"].map(is), [true, false, false]);

        // The same code with a state that somebody has edited.
        let mut record = Record::default();
        load(&mut record, "ui", 1, "code", 0);
        load(&mut record, "other", 1, "other", 200);
        load_with(&mut record, "ui", 1, "code", LoadedWith::ByHand, 1_000);
        let _verdict = record.start_after_crash(1_001);
        assert_eq!(record.blamed, BTreeSet::from(["code".to_owned()]));
    }

    #[test]
    fn g13_code_that_has_lasted_is_not_blamed_for_its_state() {
        let long_ms = SOON_MS + 1;
        let checkpoint = |name: &str| LoadedWith::Checkpoint(name.to_owned());
        let aside =
            |file: &str| Verdict::Checkpoint { module: "ui".to_owned(), file: file.to_owned() };
        for (first_life, with, verdict) in [
            (long_ms, checkpoint("c9"), aside("c9")),
            (long_ms, LoadedWith::ByHand, Verdict::Unproven),
            (long_ms, LoadedWith::Own, quarantined("ui", "code")),
            // It has never run for long: nothing says that the state is to blame.
            (SOON_MS, checkpoint("c9"), quarantined("ui", "code")),
        ] {
            let mut record = Record::default();
            load(&mut record, "ui", 1, "code", 0);
            assert_eq!(record.start_after_crash(first_life), Verdict::Unproven);
            record.loading("ui", Generation(2), "code", with.clone(), 60_000);
            assert_eq!(record.start_after_crash(61_000), verdict, "{first_life} ms, {with:?}");
            let is_bad = matches!(verdict, Verdict::Quarantined { .. });
            assert_eq!(record.is_quarantined("code"), is_bad);
        }
    }

    #[test]
    fn g13_one_checkpoint_after_the_other_is_tried_and_then_the_code_is_blamed() {
        let mut record = Record::default();
        load(&mut record, "ui", 1, "code", 0);
        record.end(SOON_MS + 1);
        record.start_in_order();
        let mut verdicts = Vec::new();
        for (round, with) in ["c3", "c3", "c2", "c1", ""].into_iter().enumerate() {
            let now = 100_000 + round as u64 * 1_000;
            let with = match with {
                "" => LoadedWith::Own,
                file => LoadedWith::Checkpoint(file.to_owned()),
            };
            record.loading("ui", Generation(2), "code", with, now);
            verdicts.push(match record.start_after_crash(now + 1) {
                Verdict::Checkpoint { file, .. } => file,
                other => format!("{other:?}"),
            });
        }
        assert_eq!(verdicts[..4], ["Unproven", "c3", "c2", "c1"]);
        assert!(record.is_quarantined("code"), "{verdicts:?}");
    }

    #[test]
    fn to_be_killed_is_nobodys_fault() {
        let mut record = Record::default();
        for _ in 0..3 {
            load(&mut record, "ui", 1, "good", 0);
            record.start_after_kill(0);
        }
        assert!(!record.is_quarantined("good"));
        for _ in 0..2 {
            load(&mut record, "ui", 2, "bad", 10);
            let _verdict = record.start_after_crash(20);
        }
        record.start_after_kill(0);
        assert!(record.is_quarantined("bad"), "nor is it another try");
    }

    #[test]
    fn a_host_that_loads_nothing_is_given_up_after_the_second_crash() {
        let mut record = Record::default();
        assert_eq!(record.start_after_crash(0), Verdict::Unproven);
        assert_eq!(record.start_after_crash(10), Verdict::Host);
        load(&mut record, "ui", 1, "good", 20);
        assert_eq!(record.start_after_crash(30), Verdict::Unproven, "it got further");
        assert_eq!(record.start_after_crash(40), Verdict::Unproven);
    }

    #[test]
    fn starting_in_order_is_another_try() {
        let mut record = Record::default();
        for _ in 0..2 {
            load(&mut record, "ui", 1, "bad", 0);
            let _verdict = record.start_after_crash(1);
        }
        assert!(record.is_quarantined("bad"));
        record.start_in_order();
        assert!(!record.is_quarantined("bad"));
        load(&mut record, "ui", 2, "bad", 10);
        assert_eq!(record.start_after_crash(11), Verdict::Unproven, "it counts from one again");
    }

    #[test]
    fn g06_what_was_taken_back_is_not_loaded_in_place_of_other_code() {
        let mut record = Record::default();
        load(&mut record, "ui", 1, "good", 0);
        load(&mut record, "ui", 2, "panics", 10);
        record.refused("ui");
        record.not_proven("ui", Generation(2));
        assert_eq!(record.proven("ui"), [code(1, "good")]);
    }

    #[test]
    fn proven_code_is_remembered_once_and_up_to_a_limit() {
        let mut record = Record::default();
        for (generation, artifact) in [(1, "a"), (2, "b"), (3, "c"), (4, "b"), (5, "d")] {
            record.committed("ui", code(generation, artifact), 3, 0);
        }
        let left: Vec<u64> = record.proven("ui").iter().map(|code| code.generation.0).collect();
        assert_eq!(left, [3, 4, 5]);
    }
}
