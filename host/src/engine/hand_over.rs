//! What the engine of the next process begins with, so that the user finds everything where it was.
//!
//! The state itself is in the newest checkpoint.

use super::next_host::NewHost;
use crate::journal::event::Generation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::SystemTime;

/// Made by an engine that has ended in order to be started again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// Why, for the user.
    pub why: String,
    /// The executable that is started; the same one when absent.
    #[serde(skip)]
    pub host: Option<NewHost>,
    /// When the build of the executable was started; `None` when nobody knows.
    pub host_since: Option<SystemTime>,
    /// When the newest build of modules that has succeeded was started.
    pub modules_since: Option<SystemTime>,
    /// Whether saved files are built at once.
    pub auto_reload: bool,
    /// The code that has run to the end.
    pub running: Vec<RunningModule>,
    /// Modules with changes that wait for an order.
    pub waiting: BTreeSet<String>,
    /// How many changes wait.
    pub waiting_changes: u32,
}

impl HandOver {
    /// Why, as the journal has it.
    pub(super) fn reason(&self) -> &'static str {
        if self.host.is_some() { "code_change" } else { "resources" }
    }
}

/// A module, and the library that it has run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningModule {
    /// Its name.
    pub name: String,
    /// What has run.
    pub generation: Generation,
    /// Hash of its library.
    pub artifact: String,
    /// The name of the library copy.
    pub file: String,
}
