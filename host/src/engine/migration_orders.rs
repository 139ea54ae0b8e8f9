//! Orders that run a migration again, or go back to before it.

use super::core::Core;
use super::error::EngineError;
use super::migrations::Kept;
use super::swap::StateSource;
use super::tickets::Ticket;
use crate::journal::event::{Generation, Trigger};
use crossbeam_channel::bounded;
use std::time::Instant;

impl Core {
    /// Builds the newest code and starts it with the state from before the migration.
    pub(super) fn run_migration_again(&mut self, module: String, at: Instant) {
        if !self.migrations.kept.contains_key(&module) {
            self.notice(format!("{module}: {}", EngineError::NothingMigrated));
            return;
        }
        self.migrations.again.insert(module.clone());
        let (tell, _) = bounded(1); // the board shows what becomes of it
        self.on_order(Some(module), Trigger::Button, at, Ticket::new(tell));
    }

    /// Loads the generation from before the migration, with the state that it had then.
    pub(super) fn go_back_before_migration(&mut self, module: &str) {
        if let Err(reason) = self.try_back_before_migration(module) {
            self.notice(format!("{module}: not gone back to before the migration: {reason}"));
        }
    }

    fn try_back_before_migration(&mut self, module: &str) -> Result<Generation, EngineError> {
        let kept = self.migrations.kept.get(module);
        let Kept { snapshot, before, .. } = kept.ok_or(EngineError::NothingMigrated)?.clone();
        let before = before.ok_or(EngineError::NothingBefore)?;
        let copy = self.generations.target(module, before).cloned();
        let copy = copy.ok_or(EngineError::NotKept { generation: before })?;
        let slot = self.slot(module)?;
        self.swap_from_copy(&slot, before, &copy, StateSource::Earlier(snapshot), true)
    }
}
