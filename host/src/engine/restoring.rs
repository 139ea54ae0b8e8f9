//! The first load of a module: with the newest checkpoint that its code takes.

use super::core::Core;
use super::error::EngineError;
use super::swap::{StateSource, Swap};
use crate::journal::event::{Generation, Stage};
use crate::persist::checkpoint::{Aside, Checkpoint, CheckpointError, Store};
use crate::persist::crash::LoadedWith;
use crate::slot::{Rejection, Slot};
use std::path::PathBuf;
use std::time::Duration;

impl Core {
    /// Runs the first swap of a module. Checkpoints are offered to it, the newest first; one that is
    /// damaged, or that the code refuses, is told of, and the one before takes its place, and at
    /// last the default state. What was refused is set aside only when the code takes another state:
    /// code that takes none is at fault itself, and may be fixed with the next save.
    ///
    /// # Errors
    /// The reason; the journal, the board and whoever waits have been told.
    pub(super) fn first_swap<'a>(
        &mut self,
        slot: &Slot,
        generation: Generation,
        swap: &dyn Fn(StateSource) -> Swap<'a>,
    ) -> Result<Generation, EngineError> {
        let name = slot.name();
        let store = self.config.checkpoints.clone();
        let mut refused = Vec::new();
        for path in store.iter().flat_map(|store| store.newest_first(name)) {
            let checkpoint = match Checkpoint::read(&path) {
                Ok(checkpoint) => checkpoint,
                Err(error) => {
                    self.tell_unreadable(name, store.as_ref(), &path, &error);
                    continue;
                }
            };
            let carried = self.carried_fields(name, &checkpoint.bytes);
            let bytes = carried.unwrap_or(checkpoint.bytes);
            let file = path.file_name().and_then(|file| file.to_str());
            let with = file.map_or(LoadedWith::Own, |it| LoadedWith::Checkpoint(it.to_owned()));
            match self.try_swap(Swap { with, ..swap(StateSource::Given(bytes)) }) {
                Ok(()) => {
                    self.set_aside(name, store.as_ref(), &refused);
                    return Ok(self.first_swapped(name, generation, Some(checkpoint.age)));
                }
                Err(rejection) if is_for_the_state(&rejection) => {
                    let why = self.refusal(name, generation, rejection);
                    refused.push((path, why));
                }
                Err(rejection) => {
                    return Err(self.refuse(slot, generation, rejection));
                }
            }
        }
        match self.try_swap(swap(StateSource::Given(Vec::new()))) {
            Ok(()) => {
                self.set_aside(name, store.as_ref(), &refused);
                Ok(self.first_swapped(name, generation, None))
            }
            Err(rejection) => Err(self.refuse(slot, generation, rejection)),
        }
    }

    /// The swap is made; `age` is that of the checkpoint it was made with.
    fn first_swapped(
        &mut self,
        name: &str,
        generation: Generation,
        age: Option<Duration>,
    ) -> Generation {
        match age {
            Some(age) => self.restoring.insert(name.to_owned(), age),
            None => self.restoring.remove(name),
        };
        self.plan_look();
        (self.config.host_calls.request_repaint)(Duration::ZERO);
        generation
    }

    fn tell_unreadable(
        &self,
        name: &str,
        store: Option<&Store>,
        path: &std::path::Path,
        error: &CheckpointError,
    ) {
        // One that cannot even be opened is left where it is: its content may be whole.
        let is_damaged = matches!(error, CheckpointError::Damaged { .. });
        let aside = store.filter(|_| is_damaged).map(|store| {
            match store.set_aside(path, Aside::Unreadable) {
                Ok(aside) => format!("; it is now {}", self.relative(&aside).display()),
                Err(error) => format!("; {error}"),
            }
        });
        let aside = aside.unwrap_or_default();
        self.notice(format!("{name}: {error}{aside}; the one before it is tried"));
    }

    /// What there is to say of a candidate that did not take a state; it ends here.
    fn refusal(&mut self, name: &str, generation: Generation, rejection: Rejection) -> String {
        if let Some(retirement) = rejection.retirement {
            self.note_end(name, &retirement);
            self.record_retirement(name, generation, *retirement);
        }
        format!("{} ({})", rejection.reason, rejection.stage)
    }

    fn set_aside(&self, name: &str, store: Option<&Store>, refused: &[(PathBuf, String)]) {
        for (path, why) in refused {
            let place = match store.map(|store| store.set_aside(path, Aside::Refused)) {
                Some(Ok(aside)) => format!("it is now {}", self.relative(&aside).display()),
                Some(Err(error)) => error.to_string(),
                None => continue,
            };
            self.notice(format!(
                "{name}: the code refused the state in {}: {why}; {place}; the one before it is \
                 used",
                self.relative(path).display()
            ));
        }
    }
}

/// Whether another state may lead past this stage. A call that has not returned says nothing about the
/// state: it may be a large one, or the code hangs whatever it is given.
fn is_for_the_state(rejection: &Rejection) -> bool {
    matches!(rejection.stage, Stage::Restore | Stage::FirstFrame) && !rejection.timed_out
}
