//! All modules of the window.

use super::slot::Slot;
use parking_lot::RwLock;
use std::sync::Arc;

/// It is not clear which module is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhichModule {
    /// The name is wrong.
    #[error("there is no module `{module}`; name one of: {}", known.join(", "))]
    Unknown {
        /// The name asked for.
        module: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// No name was given, and there is more than one module.
    #[error("say which module with --module; there are: {}", known.join(", "))]
    Several {
        /// The names there are.
        known: Vec<String>,
    },
}

fn names(slots: &[Arc<Slot>]) -> Vec<String> {
    slots.iter().map(|slot| slot.name().to_owned()).collect()
}

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

    /// The module that is meant by a request, which may leave the name out where there is only one.
    ///
    /// # Errors
    /// [`WhichModule`].
    pub fn the_one(&self, module: Option<&str>) -> Result<Arc<Slot>, WhichModule> {
        let slots = self.slots.read();
        match (module, slots.as_slice()) {
            (Some(module), slots) => {
                slots.iter().find(|slot| slot.name() == module).cloned().ok_or_else(|| {
                    WhichModule::Unknown { module: module.to_owned(), known: names(slots) }
                })
            }
            (None, [only]) => Ok(Arc::clone(only)),
            (None, several) => Err(WhichModule::Several { known: names(several) }),
        }
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
