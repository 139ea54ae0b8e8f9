//! A state that was taken out of a running module, and changes of one.

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
