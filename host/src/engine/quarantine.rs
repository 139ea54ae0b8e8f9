//! Code that brought the whole process down, and what runs in its place.

use super::core::Core;
use super::generations::LibraryCopy;
use super::hand_over::RunningModule;
use super::swap::Swap;
use crate::journal::event::{Event, Generation, Stage, Trigger};
use crate::journal::stage_clock::StageClock;
use crate::os::own_command;
use crate::persist::checkpoint::Aside;
use crate::persist::crash::{CrashLedger, LedgerError, LoadedWith, ProvenCode, Verdict};
use crate::slot::{Rejection, Slot};
use std::time::Instant;

/// How much of a hash is shown: enough to find it in the journal.
const HASH_SHOWN: usize = 12;

impl Core {
    /// Takes over what earlier hosts have proven: its numbers are not minted again, and it can be
    /// gone back to.
    pub(super) fn take_over_proven(&mut self) {
        let Some(ledger) = &self.ledger else { return };
        let mut found = Vec::new();
        for spec in &self.config.modules {
            let name = spec.name.as_str();
            self.requests.begin_after(name, ledger.last_generation(name));
            for ProvenCode { generation, artifact, file, .. } in ledger.proven(name) {
                let path = self.config.generations_dir.join(file);
                if path.is_file() && !ledger.is_quarantined(artifact) {
                    found.push((name.to_owned(), *generation, path, artifact.clone()));
                }
            }
        }
        for (name, generation, path, artifact) in found {
            self.generations.proven_before(&name, generation, LibraryCopy { path, artifact });
        }
    }

    /// Sets the checkpoint aside with which code that has lasted crashed the host again and again.
    pub(super) fn set_crashed_aside(&mut self) {
        let verdict = self.ledger.as_ref().map(|ledger| ledger.verdict().clone());
        let Some(Verdict::Checkpoint { module, file }) = verdict else { return };
        let Some(store) = self.config.checkpoints.as_ref() else { return };
        let place = match store.set_aside(&store.path_of(&file), Aside::Crashed) {
            Ok(aside) => format!("it is now {}", self.relative(&aside).display()),
            Err(error) => error.to_string(),
        };
        self.notice(format!(
            "{module}: the host crashed again with the checkpoint {file}, and its code has run for \
             long without: {place}; the one before it is used"
        ));
    }

    pub(super) fn is_quarantined(&self, artifact: &str) -> bool {
        self.ledger.as_ref().is_some_and(|ledger| ledger.is_quarantined(artifact))
    }

    /// A build has led to code that crashed the host before. What runs, runs on; when nothing runs,
    /// the newest code that is known to work takes its place, and without any the host ends.
    pub(super) fn refuse_quarantined(
        &mut self,
        slot: &Slot,
        generation: Generation,
        trigger: Trigger,
        artifact: &str,
    ) {
        let hash: String = artifact.chars().take(HASH_SHOWN).collect();
        let what = format!(
            "the library {hash} crashed the host, was loaded again, and crashed it again: it is in \
             quarantine"
        );
        if slot.generation().is_some() {
            self.rejected(slot, generation, quarantine(format!("{what}; {}", way_out())));
            return;
        }
        match self.load_proven(slot, trigger) {
            Some(previous) => {
                let reason = format!("{what}; {previous} runs in its place; {}", way_out());
                // Told when the previous code is on the screen, whose commit would hide it.
                let told = (generation, quarantine(reason));
                self.told_after_commit.insert(slot.name().to_owned(), told);
            }
            None => {
                let reason =
                    format!("{what}, and there is no earlier library of it; {}", way_out());
                self.rejected(slot, generation, quarantine(reason.clone()));
                self.give_up = Some(format!("{}: {reason}", slot.name()));
            }
        }
    }

    /// Loads the newest proven code of every module.
    pub(super) fn load_all_proven(&mut self) {
        for slot in self.registry.slots() {
            self.load_proven(&slot, Trigger::Start);
        }
    }

    /// Loads the newest code that an earlier host has proven, or else the one before it.
    fn load_proven(&mut self, slot: &Slot, trigger: Trigger) -> Option<Generation> {
        for (generation, copy) in self.generations.newest_first(slot.name()) {
            if self.is_quarantined(&copy.artifact) {
                continue;
            }
            let loaded = self.load_copy(slot, generation, copy, trigger);
            if loaded.is_some() {
                return loaded;
            }
        }
        None
    }

    /// Loads the code that the process before this one has run to its end. What it refuses is told, and built.
    pub(super) fn load_again(&mut self, module: &RunningModule) {
        let RunningModule { name, generation, artifact, file } = module;
        let path = self.config.generations_dir.join(file);
        let Some(slot) = self.registry.slot(name) else { return };
        if self.is_quarantined(artifact) || !path.is_file() {
            return;
        }
        let copy = LibraryCopy { path, artifact: artifact.clone() };
        // This host has passed its trial with it.
        self.harmless.insert(artifact.clone());
        self.load_copy(&slot, *generation, copy, Trigger::Start);
    }

    /// The first load of a module, from a library copy.
    fn load_copy(
        &mut self,
        slot: &Slot,
        generation: Generation,
        copy: LibraryCopy,
        trigger: Trigger,
    ) -> Option<Generation> {
        let LibraryCopy { path, artifact } = copy;
        let swap = |state| Swap {
            slot,
            generation,
            trigger,
            artifact: artifact.clone(),
            file: &path,
            clock: StageClock::start(Instant::now()),
            state,
            is_rollback: false,
            with: LoadedWith::Own,
        };
        self.first_swap(slot, generation, &swap).ok()
    }

    /// What had to wait until a commit was told.
    pub(super) fn tell_after_commit(&mut self, name: &str) {
        if let Some((generation, rejection)) = self.told_after_commit.remove(name)
            && let Some(slot) = self.registry.slot(name)
        {
            self.rejected(&slot, generation, rejection);
        }
    }

    // ---- the ledger ----

    pub(super) fn note_loading(
        &mut self,
        name: &str,
        generation: Generation,
        artifact: &str,
        with: LoadedWith,
    ) {
        let ledger = self.ledger.as_mut();
        let noted = ledger.map(|ledger| ledger.loading(name, generation, artifact, with));
        self.tell_ledger(noted);
    }

    pub(super) fn note_host_end(&mut self) {
        let noted = self.ledger.as_mut().map(CrashLedger::end);
        self.tell_ledger(noted);
    }

    pub(super) fn note_refused(&mut self, name: &str) {
        let noted = self.ledger.as_mut().map(|ledger| ledger.refused(name));
        self.tell_ledger(noted);
    }

    /// A fault within its probation has taken a generation back; what was there before runs on.
    pub(super) fn note_taken_back(&mut self, name: &str, generation: Generation) {
        self.note_refused(name);
        self.migrations.taken_back(name, generation);
        if self.generations.taken_back(name, generation) {
            let noted = self.ledger.as_mut().map(|ledger| ledger.not_proven(name, generation));
            self.tell_ledger(noted);
        }
    }

    pub(super) fn note_committed(&mut self, name: &str, generation: Generation) {
        let Some(LibraryCopy { path, artifact }) = self.generations.copy(name, generation) else {
            return;
        };
        let Some(file) = path.file_name().and_then(|file| file.to_str()) else { return };
        let (artifact, file) = (artifact.clone(), file.to_owned());
        let code = ProvenCode { generation, artifact, file, lasted: false };
        // One more than can be gone back to: the one that runs.
        let limit = self.config.kept_generations + 1;
        let noted = self.ledger.as_mut().map(|ledger| ledger.committed(name, code, limit));
        self.tell_ledger(noted);
    }

    /// A ledger that cannot be written is told of once; the app runs on.
    fn tell_ledger(&mut self, noted: Option<Result<(), LedgerError>>) {
        if let Some(Err(error)) = noted
            && !std::mem::replace(&mut self.ledger_fails, true)
        {
            self.record(None, None, Event::Notice { message: error.to_string() });
        }
    }
}

fn way_out() -> String {
    let command = own_command();
    format!(
        "change the code to go on, or start `{command} dev` anew to try the same code again, with `--fresh` when \
         the state may be to blame"
    )
}

fn quarantine(reason: String) -> Rejection {
    Rejection::new(Stage::Load, reason)
}
