//! What the user asks for by clicking.
//!
//! Owns: the closed list of orders. Produced by the dashboard and the error panel, obeyed by the
//! window. Never: carries out anything.

use crate::engine::{FailureKind, StateEdit};
use crate::event::Generation;
use std::path::PathBuf;

/// One wish of the user; `String`s are names of modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Build and swap every module.
    ReloadAll,
    /// Build and swap one module.
    Reload(String),
    /// Build saved files at once, or keep them waiting.
    SetAutoReload(bool),
    /// Run an earlier generation again; `None` is the one before the one that runs.
    Rollback(String, Option<Generation>),
    /// Call the code that failed once more.
    Retry(String),
    /// Take the new code, although some of the state is lost.
    AcceptLoss(String),
    /// Take a failure of that kind away: the old code is to stay, or the message has been read.
    Dismiss(String, FailureKind),
    /// Begin again with the default state.
    ResetState(String),
    /// Look at the values of a module's state.
    Inspect(String),
    /// Change a value of a module's state.
    EditState(String, StateEdit),
    /// Show a place in the user's editor.
    OpenEditor {
        /// As the compiler or the panic names it: relative to the workspace, or absolute.
        file: PathBuf,
        /// 1-based.
        line: u32,
        /// 1-based.
        column: u32,
    },
    /// Open the error panel again.
    ShowError(String),
    /// Close the error panel.
    CloseError(String),
}
