//! What the user asks for by clicking.
//!
//! Owns: the closed list of orders. Produced by the dashboard and the error panel, obeyed by the
//! window. Never: carries out anything.

use crate::engine::StateEdit;
use crate::journal::event::Generation;
use crate::journal::event::{FailureKind, PastMigration};
use egui::RichText;
use std::path::PathBuf;

/// What is offered about a migration of a module: text, explanation and order of each button.
pub(super) fn about_migration(
    module: &str,
    migration: &PastMigration,
) -> Vec<(RichText, &'static str, Order)> {
    let PastMigration { from, to, before } = migration;
    let again = (
        // Only the monospaced font has the arrow.
        RichText::new(format!("Run {from}→{to} again")).monospace(),
        "Starts the newest code with the state from before the migration; what has changed in the \
         state since is gone then",
        Order::RunMigrationAgain(module.to_owned()),
    );
    let back = before.map(|_| {
        (
            RichText::new("Back to before it").monospace(),
            "Runs the code from before the migration, with the state that it had then",
            Order::BackBeforeMigration(module.to_owned()),
        )
    });
    std::iter::once(again).chain(back).collect()
}

/// One request of the user; `String`s are names of modules, or of programs.
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
    /// Start the newest code with the state from before the newest migration.
    RunMigrationAgain(String),
    /// Bring back code and state from before the newest migration.
    BackBeforeMigration(String),
    /// Look at the values of a module's state.
    Inspect(String),
    /// Change a value of a module's state.
    EditState(String, StateEdit),
    /// Start a program that runs beside the modules.
    StartProgram(String),
    /// Ask a program that runs beside the modules to end.
    StopProgram(String),
    /// Have a service run, or end.
    Service {
        /// The module.
        module: String,
        /// The service's name in it.
        service: String,
        /// Whether it is to run.
        start: bool,
    },
    /// Open the page of services, or close it.
    ShowServices,
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
