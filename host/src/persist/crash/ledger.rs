//! The record on disk.
//!
//! Owns: `crashes.json`, replaced in one step before anything dangerous happens. Never: keeps the
//! host from running; without the file a crash is merely forgotten.

use super::record::{LoadedWith, ProvenCode, Record, Verdict};
use crate::journal::event::{Generation, StartReason};
use crate::journal::unix_ms;
use crate::os::child_env::RESTARTED_AFTER;
use crate::os::whole_file;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How the host before this one ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// As it should, or long ago.
    InOrder,
    /// By its own doing, such as a bad memory access.
    Crashed,
    /// Somebody else killed it, which says nothing about its code.
    Killed,
    /// It asked to be started again.
    Asked,
    /// It ended for a newer one of itself.
    Changed,
    /// It crashed again and again because of its own newest code; this one is the host before.
    WentBack,
}

impl Before {
    /// The value of [`RESTARTED_AFTER`].
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::InOrder => "start",
            Self::Crashed => "crash",
            Self::Killed => "kill",
            Self::Asked => "restart",
            Self::Changed => "code_change",
            Self::WentBack => "went_back",
        }
    }

    /// What whoever started this host says; `None` when nobody would start it again.
    #[must_use]
    pub fn from_environment() -> Option<Self> {
        let word = std::env::var(RESTARTED_AFTER).ok()?;
        let known = [
            Self::InOrder,
            Self::Crashed,
            Self::Killed,
            Self::Asked,
            Self::Changed,
            Self::WentBack,
        ];
        known.into_iter().find(|before| before.word() == word)
    }

    /// Why a host starts after such an end, as the journal has it.
    #[must_use]
    pub fn start_reason(self) -> StartReason {
        match self {
            Self::InOrder => StartReason::Start,
            Self::Crashed | Self::Killed | Self::WentBack => StartReason::Crash,
            Self::Asked => StartReason::Resources,
            Self::Changed => StartReason::CodeChange,
        }
    }
}

/// The file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot write {}: {source}; code that crashes the host will not be recognised after a restart",
    path.display()
)]
pub struct LedgerError {
    path: PathBuf,
    source: io::Error,
}

/// The record of this workspace. Every change is on disk when it returns; a crash of the process
/// does not lose it, a loss of power may.
#[derive(Debug)]
pub struct CrashLedger {
    path: PathBuf,
    record: Record,
    verdict: Verdict,
}

impl CrashLedger {
    /// Opens the record in `dir` (`target/pitstop`). A host that starts in order, and not because
    /// one died, gives quarantined code another try. A file that cannot be read is an empty one.
    ///
    /// # Errors
    /// When it cannot be written; the ledger works all the same, in memory.
    pub fn open(dir: &Path, before: Before) -> (Self, Result<(), LedgerError>) {
        let path = dir.join("crashes.json");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let read = serde_json::from_str(&text).ok();
        let mut record = read.filter(Record::is_plausible).unwrap_or_default();
        let verdict = match before {
            Before::Crashed => record.start_after_crash(unix_ms()),
            Before::Killed | Before::Asked | Before::Changed => {
                record.start_after_kill(unix_ms());
                Verdict::Unproven
            }
            Before::WentBack => {
                record.start_after_other_host(unix_ms());
                Verdict::Unproven
            }
            Before::InOrder => {
                record.start_in_order();
                Verdict::Unproven
            }
        };
        let ledger = Self { path, record, verdict };
        let saved = ledger.save();
        (ledger, saved)
    }

    /// What the crash of the host before says.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Whether this artifact is not to be loaded.
    #[must_use]
    pub fn is_quarantined(&self, artifact: &str) -> bool {
        self.record.is_quarantined(artifact)
    }

    /// The newest number of a module that any host has minted for a load.
    #[must_use]
    pub fn last_generation(&self, module: &str) -> Generation {
        self.record.last_generation(module)
    }

    /// Code of a module that has drawn, oldest first; the files may be gone.
    #[must_use]
    pub fn proven(&self, module: &str) -> &[ProvenCode] {
        self.record.proven(module)
    }

    /// Notes what is about to be loaded.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn loading(
        &mut self,
        module: &str,
        generation: Generation,
        artifact: &str,
        with: LoadedWith,
    ) -> Result<(), LedgerError> {
        self.record.loading(module, generation, artifact, with, unix_ms());
        self.save()
    }

    /// Notes that the host ends in order.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(&mut self) -> Result<(), LedgerError> {
        self.record.end(unix_ms());
        self.save()
    }

    /// Notes that it was refused or taken back, and the code before it runs on.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn refused(&mut self, module: &str) -> Result<(), LedgerError> {
        self.record.refused(module);
        self.save()
    }

    /// Notes that it has drawn; `limit` such generations of a module are remembered.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn committed(
        &mut self,
        module: &str,
        code: ProvenCode,
        limit: usize,
    ) -> Result<(), LedgerError> {
        self.record.committed(module, code, limit, unix_ms());
        self.save()
    }

    /// Notes that what was committed has not lasted: it is not to be loaded in place of other code.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn not_proven(&mut self, module: &str, generation: Generation) -> Result<(), LedgerError> {
        self.record.not_proven(module, generation);
        self.save()
    }

    fn save(&self) -> Result<(), LedgerError> {
        let text = serde_json::to_string_pretty(&self.record)
            .expect("names and numbers have a form in JSON");
        let written = whole_file::write(&self.path, text.as_bytes());
        written.map_err(|source| LedgerError { path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s17_the_record_outlives_the_process() {
        let dir = tempfile::tempdir().expect("a directory");
        let code = |n: u64, artifact: &str| ProvenCode {
            generation: Generation(n),
            artifact: artifact.to_owned(),
            file: format!("g{n}.so"),
            lasted: false,
        };
        let (mut ledger, saved) = CrashLedger::open(dir.path(), Before::InOrder);
        saved.expect("written");
        ledger.loading("ui", Generation(1), "good", LoadedWith::Own).expect("written");
        ledger.committed("ui", code(1, "good"), 5).expect("written");
        for n in 2..=3 {
            ledger.loading("ui", Generation(n), "bad", LoadedWith::Own).expect("written");
            drop(ledger);
            (ledger, _) = CrashLedger::open(dir.path(), Before::Crashed);
        }
        let bad = Verdict::Quarantined { module: "ui".into(), artifact: "bad".into() };
        assert_eq!(ledger.verdict(), &bad);
        assert!(ledger.is_quarantined("bad"));
        assert_eq!(ledger.proven("ui"), [code(1, "good")]);
        assert_eq!(ledger.last_generation("ui"), Generation(3));
    }

    #[test]
    fn a_record_that_cannot_be_read_or_written_is_an_empty_one() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("crashes.json"), "{\"modules\": 3").expect("written");
        let (ledger, saved) = CrashLedger::open(dir.path(), Before::Crashed);
        saved.expect("replaced");
        assert_eq!(ledger.verdict(), &Verdict::Unproven);
        let (_, saved) = CrashLedger::open(&dir.path().join("gone"), Before::InOrder);
        let error = saved.expect_err("no directory").to_string();
        assert!(error.contains("crashes.json"), "{error}");
    }
}
