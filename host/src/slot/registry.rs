//! All modules of the window.

use super::slot::Slot;
use parking_lot::RwLock;
use std::sync::Arc;

/// The slots, in the order in which they were registered. Cheap to clone; open to more modules
/// while the host runs.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    slots: Arc<RwLock<Vec<Arc<Slot>>>>,
}

impl Registry {
    /// Adds a module. `false` when one of that name is there already.
    pub fn register(&self, slot: Slot) -> bool {
        let mut slots = self.slots.write();
        let is_new = slots.iter().all(|known| known.name() != slot.name());
        if is_new {
            slots.push(Arc::new(slot));
        }
        is_new
    }

    /// All of them.
    #[must_use]
    pub fn slots(&self) -> Vec<Arc<Slot>> {
        self.slots.read().clone()
    }

    /// The one of this name.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<Arc<Slot>> {
        self.slots.read().iter().find(|slot| slot.name() == name).cloned()
    }
}
