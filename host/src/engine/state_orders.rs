//! Orders that look at the state of a running module, or change it by hand.
//!
//! Consumes: snapshots of the running generation. Produces: named trees, and swaps of the running code
//! for itself with a changed state. Never: a way into a state that is not the one of a reload.

use super::config::OnStateLoss;
use super::core::Core;
use super::error::EngineError;
use super::state_edit::{StateEdit, TakenState};
use super::swap::{STEP_LIMIT, StateSource};
use crate::journal::event::{Event, Generation};
use hot_api::state::{STATE_SECTION, Snapshot};

impl Core {
    pub(super) fn take_state(&self, name: &str) -> Result<TakenState, EngineError> {
        let bytes = self.slot(name)?.snapshot(STEP_LIMIT)?;
        let snapshot = Snapshot::decode(&bytes)?;
        let section = snapshot.section(STATE_SECTION).ok_or(EngineError::NoState)?;
        let state = section.tree()?;
        Ok(TakenState { state, bytes: bytes.len() as u64 })
    }

    /// Swaps the running generation for itself with another state.
    pub(super) fn swap_again(
        &mut self,
        name: &str,
        state: StateSource,
    ) -> Result<Generation, EngineError> {
        let slot = self.slot(name)?;
        let module = || name.to_owned();
        let running =
            slot.generation().ok_or_else(|| EngineError::NotRunning { module: module() })?;
        let file = self.generations.copy(name, running).cloned();
        let file = file.ok_or(EngineError::NoCopy { generation: running })?;
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
