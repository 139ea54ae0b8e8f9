//! The state of a running module, looked at and changed by hand.
//!
//! Owns: the two orders for that. Consumes: snapshots of the running generation. Produces: named
//! trees, and swaps of the running code for itself with a changed state. Never: a way into a state
//! that is not the one of a reload.

use super::swapping::{STEP_LIMIT, StateSource};
use super::worker::Worker;
use crate::config::OnStateLoss;
use crate::event::{Event, Generation};
use hot_api::state::{STATE_SECTION, Snapshot, Tree};
use std::fmt;
use std::sync::Arc;

/// A state as it was a moment ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenState {
    /// The author's state, by name.
    pub state: Tree,
    /// Size of the whole snapshot, egui's memory included.
    pub bytes: u64,
}

/// A change of a state, made when the module's own code does not run.
#[derive(Clone)]
pub struct StateEdit(Arc<Edit>);

type Edit = dyn Fn(&mut Tree) -> Result<(), String> + Send + Sync;

impl StateEdit {
    /// `edit` runs on the engine thread, and says in words why it cannot be made.
    pub fn new(edit: impl Fn(&mut Tree) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(edit))
    }

    /// Makes the edit.
    ///
    /// # Errors
    /// In words, when it cannot be made.
    pub fn apply_to(&self, state: &mut Tree) -> Result<(), String> {
        (self.0)(state)
    }

    /// The snapshot with the edit made.
    ///
    /// # Errors
    /// In words, when the snapshot cannot be read or the edit cannot be made.
    pub(super) fn apply(&self, snapshot: &[u8]) -> Result<Vec<u8>, String> {
        with_state(snapshot, |state| self.apply_to(state))
    }
}

/// A snapshot whose state `edit` has changed; everything else in it stays.
///
/// # Errors
/// In words, when the snapshot cannot be read or the edit cannot be made.
pub(super) fn with_state(
    snapshot: &[u8],
    edit: impl FnOnce(&mut Tree) -> Result<(), String>,
) -> Result<Vec<u8>, String> {
    let mut snapshot = Snapshot::decode(snapshot).map_err(|error| error.to_string())?;
    let section = snapshot.sections.iter_mut().find(|section| section.name == STATE_SECTION);
    let section = section.ok_or("the snapshot has no state")?;
    let mut tree = section.tree().map_err(|error| error.to_string())?;
    edit(&mut tree)?;
    section.payload = tree.encode();
    Ok(snapshot.encode())
}

impl fmt::Debug for StateEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateEdit")
    }
}

/// Two edits are the same when one was cloned from the other.
impl PartialEq for StateEdit {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for StateEdit {}

impl Worker {
    pub(super) fn take_state(&self, name: &str) -> Result<TakenState, String> {
        let slot = self.registry.slot(name).ok_or_else(|| format!("there is no module {name}"))?;
        let bytes = slot.snapshot(STEP_LIMIT).map_err(|error| error.to_string())?;
        let snapshot = Snapshot::decode(&bytes).map_err(|error| error.to_string())?;
        let section = snapshot.section(STATE_SECTION).ok_or("the snapshot has no state")?;
        let state = section.tree().map_err(|error| error.to_string())?;
        Ok(TakenState { state, bytes: bytes.len() as u64 })
    }

    /// Swaps the running generation for itself with another state.
    pub(super) fn swap_again(
        &mut self,
        name: &str,
        state: StateSource,
    ) -> Result<Generation, String> {
        let slot = self.registry.slot(name).ok_or_else(|| format!("there is no module {name}"))?;
        let running = slot.generation().ok_or_else(|| format!("{name} does not run yet"))?;
        let file = self.generations.copy(name, running).cloned();
        let file = file.ok_or_else(|| format!("the library of {running} is not kept"))?;
        self.swap_from_copy(&slot, running, &file, state, false)
    }

    /// Whether new code that does not know all of the running state is to be kept out.
    pub(super) fn refuses_loss(&self, name: &str, state: &StateSource) -> bool {
        // A state that somebody gave or typed in is one that they want.
        matches!(state, StateSource::Running)
            && self.config.on_state_loss != OnStateLoss::Accept
            && !self.accepts_loss.contains(name)
    }

    pub(super) fn edit_state(&mut self, name: &str, edit: StateEdit) {
        if let Err(reason) = self.swap_again(name, StateSource::Edited(edit)) {
            // A swap that was refused has said so itself; this also tells of one never begun.
            let message = format!("{name}: the state was not changed: {reason}");
            self.record(Some(name), None, Event::Notice { message });
        }
    }
}
