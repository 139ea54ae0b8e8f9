//! When to report a change: pure, takes the time as an argument.
//!
//! Owns: what waits, and until when. Consumes: one [`Sight`] for each event. Produces:
//! [`ChangeSet`]s. Never: I/O, clocks, threads.
//!
//! Four rules:
//! 1. The first settled change is reported at once: waiting first would add to every reload.
//! 2. What settles later in the same burst is collected until the burst pauses, so that a hundred
//!    files saved together cost two change sets and not a hundred.
//! 3. A file that is being written, is empty or is gone waits a little: most saves pass through
//!    such a state, and a build of half a file would only show an error that nobody made.
//! 4. So does a file that was not there before, unless others are reported meanwhile: many tools
//!    write beside a file and rename, and a new file alone is nobody's input yet.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a burst must pause before its rest is reported. Tools that write a file in pieces do
/// so some 30 ms apart; this leaves room for a machine that is busy compiling.
const BURST_PAUSE: Duration = Duration::from_millis(75);

/// A burst that never pauses is reported this often all the same: no slower than a quick build, so that
/// this adds little to the time until new code runs.
const BURST_MAX: Duration = Duration::from_millis(250);

/// How long an unsettled file waits after its last event. Longer than [`BURST_PAUSE`], because
/// the file's writer is known to be at work; only deletions and new empty files take that long.
const SETTLE_GRACE: Duration = Duration::from_millis(100);

/// What one look at one file showed, compared with what was last reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// Nothing new, or not an input at all.
    Same,
    /// New content, complete as far as can be told.
    Changed,
    /// Different, but probably not for long: being written, empty, or gone.
    Unsettled,
    /// Complete, and not there before: an editor's way to save may make a file for a moment.
    Appeared,
}

/// Files whose content changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSet {
    /// Absolute paths, sorted, each once. Deleted files are among them.
    pub files: Vec<PathBuf>,
    /// When the system first told of one of them.
    pub first_event: Instant,
}

impl ChangeSet {
    /// Adds a later change set to one that has not been built yet.
    pub fn merge(&mut self, later: Self) {
        self.files.extend(later.files);
        self.files.sort();
        self.files.dedup();
        self.first_event = self.first_event.min(later.first_event);
    }
}

#[derive(Debug)]
struct Held {
    first: Instant,
    until: Instant,
    /// It may be reported together with others.
    is_complete: bool,
}

#[derive(Debug)]
struct Burst {
    began: Instant,
    last: Instant,
}

/// The state between events and reports.
#[derive(Debug, Default)]
pub(super) struct Debounce {
    ready: BTreeMap<PathBuf, Instant>,
    held: BTreeMap<PathBuf, Held>,
    burst: Option<Burst>,
}

impl Debounce {
    /// Takes in what a look at `path`, asked for by an event at `at`, has shown.
    pub(super) fn note(&mut self, path: &Path, sight: Sight, at: Instant) {
        match sight {
            Sight::Same => {
                self.held.remove(path);
            }
            Sight::Changed => {
                let first = self.held.remove(path).map_or(at, |held| held.first);
                self.ready.entry(path.to_owned()).or_insert(first);
                // An event after the pause begins a burst of its own.
                self.burst = self.burst.take().filter(|burst| at < burst.due());
                if let Some(burst) = &mut self.burst {
                    burst.last = burst.last.max(at);
                }
            }
            Sight::Unsettled | Sight::Appeared => {
                let (until, is_complete) = (at + SETTLE_GRACE, sight == Sight::Appeared);
                self.held
                    .entry(path.to_owned())
                    .and_modify(|held| *held = Held { first: held.first, until, is_complete })
                    .or_insert(Held { first: at, until, is_complete });
            }
        }
    }

    /// Files that stayed unsettled for so long that they must be taken as they are, each with
    /// its first event. The caller looks again and notes what it sees.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<(PathBuf, Instant)> {
        self.held
            .extract_if(.., |_, held| held.until <= now)
            .map(|(path, held)| (path, held.first))
            .collect()
    }

    /// New files that go along with what is reported at `now`. The caller looks again, as for
    /// [`Self::overdue`].
    pub(super) fn companions(&mut self, now: Instant) -> Vec<(PathBuf, Instant)> {
        if self.ready.is_empty() || self.is_pausing(now) {
            return Vec::new();
        }
        let complete = self.held.extract_if(.., |_, held| held.is_complete);
        complete.map(|(path, held)| (path, held.first)).collect()
    }

    fn is_pausing(&self, now: Instant) -> bool {
        self.burst.as_ref().is_some_and(|burst| now < burst.due())
    }

    /// What is to be reported at `now`, if anything.
    pub(super) fn take(&mut self, now: Instant) -> Option<ChangeSet> {
        if self.is_pausing(now) {
            return None;
        }
        self.burst = None;
        let first_event = self.ready.values().min().copied()?;
        self.burst = Some(Burst { began: now, last: now });
        Some(ChangeSet {
            files: std::mem::take(&mut self.ready).into_keys().collect(),
            first_event,
        })
    }

    /// When to call [`Self::overdue`] and [`Self::take`] again if no event comes before.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let held = self.held.values().map(|held| held.until).min();
        let burst = self.burst.as_ref().filter(|_| !self.ready.is_empty());
        held.into_iter().chain(burst.map(Burst::due)).min()
    }
}

impl Burst {
    fn due(&self) -> Instant {
        (self.last + BURST_PAUSE).min(self.began + BURST_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::Sight::{Appeared, Changed, Same, Unsettled};
    use super::*;

    /// One event: milliseconds since the start, file name, what the look showed.
    type Step = (u64, &'static str, Sight);
    /// One report: milliseconds since the start, file names, milliseconds of the first event.
    type Report = (u64, &'static [&'static str], u64);

    /// Plays the events as the watching thread would: it also wakes at every deadline, where an
    /// overdue file is still what it was.
    #[track_caller]
    fn check(name: &str, steps: &[Step], expected: &[Report]) {
        let start = Instant::now();
        let at = |millis: u64| start + Duration::from_millis(millis);
        let mut debounce = Debounce::default();
        let mut reports = Vec::new();
        let mut steps = steps.iter().peekable();
        loop {
            let event = steps.peek().map(|step| at(step.0));
            let Some(now) = event.into_iter().chain(debounce.deadline()).min() else {
                break;
            };
            while let Some((millis, path, sight)) = steps.next_if(|step| at(step.0) == now) {
                debounce.note(Path::new(path), *sight, at(*millis));
            }
            for (path, first) in debounce.overdue(now) {
                debounce.note(&path, Changed, first);
            }
            for (path, first) in debounce.companions(now) {
                debounce.note(&path, Changed, first);
            }
            if let Some(set) = debounce.take(now) {
                let millis = |instant: Instant| instant.duration_since(start).as_millis() as u64;
                let files: Vec<String> =
                    set.files.iter().map(|file| file.display().to_string()).collect();
                reports.push((millis(now), files, millis(set.first_event)));
            }
        }
        let expected: Vec<_> = expected
            .iter()
            .map(|(millis, files, first)| {
                let files = files.iter().map(|&file| file.to_owned()).collect();
                (*millis, files, *first)
            })
            .collect::<Vec<(u64, Vec<String>, u64)>>();
        assert_eq!(reports, expected, "{name}");
    }

    #[test]
    fn d01_each_way_of_saving_is_reported_once() {
        check("one write", &[(0, "a", Changed)], &[(0, &["a"], 0)]);
        check(
            "truncate, then write",
            &[(0, "a", Unsettled), (4, "a", Changed), (5, "a", Same)],
            &[(4, &["a"], 0)],
        );
        check(
            "backup, rename, create",
            &[(0, "a", Unsettled), (1, "a", Unsettled), (3, "a", Changed), (3, "a~", Same)],
            &[(3, &["a"], 0)],
        );
        check(
            "in pieces through one open file",
            &[(0, "a", Unsettled), (30, "a", Unsettled), (60, "a", Unsettled), (90, "a", Changed)],
            &[(90, &["a"], 0)],
        );
        check(
            "in pieces, closed after each: the first, then the rest",
            &[(0, "a", Changed), (30, "a", Changed), (60, "a", Changed), (90, "a", Changed)],
            &[(0, &["a"], 0), (165, &["a"], 30)],
        );
        check(
            "beside it under any name, then renamed",
            &[(0, "sedX", Appeared), (2, "sedX", Same), (2, "a", Changed)],
            &[(2, &["a"], 2)],
        );
        check("vanished and came back unchanged", &[(0, "a", Unsettled), (20, "a", Same)], &[]);
    }

    #[test]
    fn d06_a_deleted_file_is_reported_after_the_grace() {
        check("deleted", &[(0, "a", Unsettled)], &[(100, &["a"], 0)]);
        check(
            "renamed",
            &[(0, "old", Unsettled), (0, "new", Changed)],
            &[(0, &["new"], 0), (100, &["old"], 0)],
        );
        check(
            "a writer that never closes",
            &[(0, "a", Unsettled), (90, "a", Unsettled), (180, "a", Unsettled)],
            &[(280, &["a"], 0)],
        );
    }

    #[test]
    fn d06_a_new_file_waits_unless_others_are_reported() {
        check("alone", &[(0, "new", Appeared)], &[(100, &["new"], 0)]);
        check(
            "with the file that names it",
            &[(0, "new", Appeared), (20, "lib", Changed)],
            &[(20, &["lib", "new"], 0)],
        );
        check(
            "after it",
            &[(0, "lib", Changed), (20, "new", Appeared)],
            &[(0, &["lib"], 0), (120, &["new"], 20)],
        );
    }

    #[test]
    fn d09_w4_a_burst_is_two_reports() {
        check(
            "many files at once",
            &[(0, "a", Changed), (1, "b", Changed), (2, "c", Changed), (9, "d", Changed)],
            &[(0, &["a"], 0), (84, &["b", "c", "d"], 1)],
        );
        check(
            "two saves, a pause between",
            &[(0, "a", Changed), (500, "a", Changed)],
            &[(0, &["a"], 0), (500, &["a"], 500)],
        );
    }

    #[test]
    fn a_burst_without_a_pause_is_reported_four_times_a_second() {
        let steps: Vec<Step> = (0..10).map(|n| (n * 50, "a", Changed)).collect();
        check("endless", &steps, &[(0, &["a"], 0), (250, &["a"], 50), (500, &["a"], 300)]);
    }

    #[test]
    fn merging_keeps_every_file_once_and_the_earliest_event() {
        let start = Instant::now();
        let mut set = ChangeSet { files: vec!["b".into(), "c".into()], first_event: start };
        set.merge(ChangeSet {
            files: vec!["a".into(), "b".into()],
            first_event: start + Duration::from_millis(5),
        });
        assert_eq!(set.files, ["a", "b", "c"].map(PathBuf::from), "files of both sets");
        assert_eq!(set.first_event, start, "the earlier of both events");
    }
}
