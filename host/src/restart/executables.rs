//! Which executable the host runs as, and which one it ran as before.
//!
//! Owns: `target/pitstop/host.json` and the copies in `target/pitstop/hosts`. Consumes: executables as cargo makes
//! them, and crashes. Produces: the path that is started next. Never: starts it.
//!
//! Cargo replaces its own file with each build, also by one that cannot run. What is started are copies, named after
//! their content: the running one, and the one before.

use crate::journal::unix_ms;
use crate::os::whole_file;
use crate::sources::watch::hash_of;
use serde::{Deserialize, Serialize};
use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A host that has run for longer than this has shown that it can.
const EARLY: Duration = Duration::from_secs(10);
/// So many crashes within [`EARLY`] are the host's fault.
const EARLY_CRASHES_MAX: u32 = 2;
/// Digits of the hash in the name of a copy.
const DIGITS: usize = 16;
/// A larger file was not written here.
const BYTES_MAX: u64 = 1 << 16;

/// What `host.json` says. There is none before another host is built for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executables {
    /// The name of the copy that runs.
    pub current: String,
    /// The name of the one that has run before, to go back to; `None` once that has happened.
    pub previous: Option<String>,
    /// When `current` was started, in milliseconds since 1970-01-01 UTC.
    pub since_unix_ms: u64,
    /// How many times `current` has crashed within a few seconds.
    pub early_crashes: u32,
}

/// What is started after a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterCrash {
    /// The same executable.
    Same,
    /// The one before: the newest one has crashed too often.
    Previous,
}

impl Executables {
    /// What the file in `dir` (`target/pitstop`) says. `None` as well when it cannot be read: then whoever starts the
    /// host starts what it knows.
    #[must_use]
    pub fn read(dir: &Path) -> Option<Self> {
        let text = whole_file::read(&dir.join(NAME), BYTES_MAX).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// # Errors
    /// Those of writing a file.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        whole_file::write(&dir.join(NAME), &serde_json::to_vec_pretty(self)?)
    }

    /// A host starts in order, as whoever starts it wants: what is here is of an earlier session.
    pub(crate) fn forget(dir: &Path) {
        let _ = fs::remove_file(dir.join(NAME)); // there is none
        let _ = fs::remove_dir_all(dir.join(COPIES)); // as above
    }

    /// `running` runs, and nothing else is known yet.
    ///
    /// # Errors
    /// Those of writing a file.
    pub(super) fn run_as(dir: &Path, running: &Path) -> io::Result<()> {
        match Self::read(dir) {
            Some(known) if known.current(dir) == running => Ok(()),
            _ => Self::take_over(dir, running, running),
        }
    }

    /// `next` is about to take the place of `running`.
    ///
    /// # Errors
    /// Those of writing a file.
    pub(super) fn take_over(dir: &Path, next: &Path, running: &Path) -> io::Result<()> {
        let name = |path: &Path| path.file_name().map(|it| it.to_string_lossy().into_owned());
        let current = name(next).ok_or(io::ErrorKind::InvalidInput)?;
        let previous = name(running).filter(|running| *running != current);
        let since_unix_ms = unix_ms();
        Self { current, previous, since_unix_ms, early_crashes: 0 }.write(dir)
    }

    /// What is started next.
    #[must_use]
    pub fn current(&self, dir: &Path) -> PathBuf {
        dir.join(COPIES).join(&self.current)
    }

    /// What would be gone back to.
    pub(super) fn previous(&self, dir: &Path) -> Option<PathBuf> {
        self.previous.as_ref().map(|name| dir.join(COPIES).join(name))
    }

    /// `current` has crashed, in a process that was started at `started_unix_ms`.
    pub fn after_crash(&mut self, started_unix_ms: u64, now_unix_ms: u64) -> AfterCrash {
        // The process may be older: it has become this executable in between.
        let since = self.since_unix_ms.max(started_unix_ms);
        let has_lasted = Duration::from_millis(now_unix_ms.saturating_sub(since)) > EARLY;
        self.early_crashes = if has_lasted { 0 } else { self.early_crashes.saturating_add(1) };
        let is_back = self.early_crashes >= EARLY_CRASHES_MAX;
        let previous = self.previous.take_if(|_| is_back);
        match previous {
            Some(previous) => {
                (self.current, self.early_crashes) = (previous, 0);
                self.since_unix_ms = now_unix_ms;
                AfterCrash::Previous
            }
            None => AfterCrash::Same,
        }
    }
}

/// A copy of an executable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) path: PathBuf,
    /// Hash of its content.
    pub(super) hash: String,
    /// Its size in bytes.
    pub(super) bytes: u64,
}

/// Copies an executable into `dir` (`target/pitstop`), unless its content is there already.
///
/// # Errors
/// Those of reading and writing files.
pub(super) fn keep(program: &Path, dir: &Path) -> io::Result<Copy> {
    let copies = dir.join(COPIES);
    fs::create_dir_all(&copies)?;
    let hash = hash_of(program).ok_or(io::ErrorKind::NotFound)?.to_hex().to_string();
    let path = copies.join(format!("host-{}{EXE_SUFFIX}", &hash[..DIGITS]));
    if hash_of(&path).is_none_or(|known| known.to_hex().as_str() != hash) {
        let beside = whole_file::beside(&path)?;
        // The permission to run it comes along.
        fs::copy(program, &beside)?;
        fs::rename(&beside, &path)?;
    }
    let bytes = path.metadata()?.len();
    Ok(Copy { path, hash, bytes })
}

/// Removes all copies but these.
pub(super) fn prune(dir: &Path, stay: &[&Path]) {
    let copies = fs::read_dir(dir.join(COPIES)).into_iter().flatten().flatten();
    for path in copies.map(|entry| entry.path()).filter(|path| !stay.contains(&path.as_path())) {
        let _ = fs::remove_file(path); // the next time
    }
}

const NAME: &str = "host.json";
const COPIES: &str = "hosts";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s17_a_host_that_crashes_twice_soon_after_it_took_over_gives_way() {
        const EARLY_MS: u64 = 10_000;
        let (same, previous) = (|| AfterCrash::Same, || AfterCrash::Previous);
        // Each crash: when the process was started, and when it crashed. The new host took over at 100,000.
        for (crashes, expected) in [
            (vec![(0, 100_001)], same()),
            (vec![(0, 100_001), (100_010, 100_020)], previous()),
            (vec![(0, 100_001), (100_010, 100_010 + EARLY_MS)], previous()),
            (vec![(0, 100_001), (100_010, 100_011 + EARLY_MS)], same()),
            // It has run for long.
            (vec![(0, 100_001 + EARLY_MS)], same()),
            (vec![(0, 100_001 + EARLY_MS), (200_000, 200_001)], same()),
            (vec![(0, 100_001 + EARLY_MS), (200_000, 200_001), (200_010, 200_011)], previous()),
            (vec![(0, 100_001), (100_010, 199_000), (200_000, 200_001)], same()),
        ] {
            let mut executables = Executables {
                current: "new".into(),
                previous: Some("old".into()),
                since_unix_ms: 100_000,
                early_crashes: 0,
            };
            let after = crashes.iter().map(|(at, crash)| executables.after_crash(*at, *crash));
            assert_eq!(after.last(), Some(expected), "{crashes:?}");
        }
    }

    #[test]
    fn s17_there_is_no_way_back_from_the_way_back() {
        let mut executables = Executables {
            current: "new".into(),
            previous: Some("old".into()),
            since_unix_ms: 0,
            early_crashes: 1,
        };
        assert_eq!(executables.after_crash(0, 5), AfterCrash::Previous);
        for _ in 0..4 {
            assert_eq!(executables.after_crash(6, 7), AfterCrash::Same);
            assert_eq!(executables.current, "old");
        }
    }

    #[test]
    fn copies_are_named_after_their_content_and_the_last_two_stay() {
        let temp = tempfile::tempdir().expect("a directory");
        let dir = temp.path().join("with space");
        let program = temp.path().join("host");
        let make = |content: &str| {
            fs::write(&program, content).expect("written");
            keep(&program, &dir).expect("copied")
        };
        let (one, two, three) = (make("1"), make("2"), make("3"));
        assert_eq!(make("2"), two, "it is there already");
        assert_eq!(fs::read(&one.path).expect("readable"), b"1");
        prune(&dir, &[&two.path, &three.path]);
        assert!(!one.path.exists() && two.path.exists() && three.path.exists());
        // What somebody has written to is made anew.
        fs::write(&two.path, "spoilt").expect("written");
        assert_eq!(fs::read(make("2").path).expect("readable"), b"2");
        Executables::take_over(&dir, &two.path, &three.path).expect("written");
        let read = Executables::read(&dir).expect("it is there");
        assert_eq!(read.current(&dir), two.path);
        assert!(three.path.ends_with(read.previous.expect("it is kept")));
        Executables::forget(&dir);
        assert!(Executables::read(&dir).is_none() && !two.path.exists());
    }
}
