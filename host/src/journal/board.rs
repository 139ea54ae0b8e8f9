//! What the window shows, and the status file says, about every module.
//!
//! Owns: one immutable picture of the engine's state, replaced as a whole. Never: decisions.

use crate::journal::event::{Diagnostic, Entry, Generation, StagesMicros, StateReport, Trigger};
use parking_lot::Mutex;
use std::sync::Arc;

/// One module's condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModuleStatus {
    /// The newest code runs.
    #[default]
    Ok,
    /// The compiler is at work for it.
    Building,
    /// The newest attempt failed; older code runs.
    Failed,
    /// The running code panicked or does not return.
    Fault,
}

/// What kind of failure the error panel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The compiler refused.
    Build,
    /// The library was built and not taken.
    Rejected,
    /// It would lose some of the state, and the user is asked.
    Loss,
    /// The running code panicked.
    Fault,
    /// The running code does not return.
    Overdue,
    /// A thread that the module started itself panicked; the module runs on.
    Thread,
}

/// Everything there is to say about the newest failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// One line: what happened, and what runs now.
    pub title: String,
    /// One line: why.
    pub reason: String,
    /// The full text: message, location, backtrace.
    pub detail: String,
    /// The compiler's messages, errors first.
    pub diagnostics: Vec<Diagnostic>,
    /// The attempt.
    pub generation: Option<Generation>,
}

/// The newest reload that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastReload {
    /// What set it off.
    pub trigger: Trigger,
    /// From the first file event or key press to the first frame, in microseconds.
    pub total_us: u64,
    /// Where the time went.
    pub stages: StagesMicros,
    /// How long the window had to wait, in microseconds.
    pub ui_stall_us: u64,
    /// What became of the state.
    pub state: StateReport,
}

/// A migration whose original state is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastMigration {
    /// Version of the state before.
    pub from: u32,
    /// Version of the state after it.
    pub to: u32,
    /// What ran before it, if its library is still there.
    pub before: Option<Generation>,
}

/// One module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleBoard {
    /// Its name.
    pub name: String,
    /// What runs.
    pub generation: Option<Generation>,
    /// The hash of the library that runs.
    pub artifact: String,
    /// How it fares.
    pub status: ModuleStatus,
    /// Why it does not fare well.
    pub failure: Option<Failure>,
    /// The newest success.
    pub last_reload: Option<LastReload>,
    /// The same as the journal has it.
    pub last_entry: Option<Entry>,
    /// Generations that can be gone back to, oldest first.
    pub kept: Vec<Generation>,
    /// The newest migration of this session, which can be run again or gone back from.
    pub migration: Option<PastMigration>,
    /// Size of the newest snapshot in bytes.
    pub state_bytes: u64,
}

/// The build that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildBoard {
    /// Crates done.
    pub done: u32,
    /// Crates expected; 0 when nobody knows yet.
    pub total: u32,
    /// The newest one.
    pub unit: String,
}

impl BuildBoard {
    /// How far it has come, in a few characters; `None` when nothing is done yet.
    #[must_use]
    pub fn counted(&self) -> Option<String> {
        match (self.done, self.total) {
            (0, 0) => None,
            (done, 0) => Some(format!("{done} done")),
            (done, total) => Some(format!("{done}/{total}")),
        }
    }
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// In the order of registration.
    pub modules: Vec<ModuleBoard>,
    /// The build that runs, if one does.
    pub build: Option<BuildBoard>,
    /// Whether saved files are built at once.
    pub auto_reload: bool,
    /// Saved files that wait for an order, because auto reload is off.
    pub waiting_changes: usize,
    /// Why the host has to start anew, if it has to.
    pub restart_pending: Option<String>,
    /// The newest thing worth knowing that is no error.
    pub notice: Option<String>,
}

impl Board {
    /// The module of this name.
    #[must_use]
    pub fn module(&self, name: &str) -> Option<&ModuleBoard> {
        self.modules.iter().find(|module| module.name == name)
    }
}

/// The board as the engine changes it and others read it.
#[derive(Clone)]
pub(crate) struct SharedBoard {
    board: Arc<Mutex<Arc<Board>>>,
    changed: Arc<dyn Fn(&Board) + Send + Sync>,
}

impl SharedBoard {
    /// `changed` is called after every change, on the engine thread.
    pub(crate) fn new(board: Board, changed: Arc<dyn Fn(&Board) + Send + Sync>) -> Self {
        Self { board: Arc::new(Mutex::new(Arc::new(board))), changed }
    }

    pub(crate) fn get(&self) -> Arc<Board> {
        Arc::clone(&self.board.lock())
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Board)) {
        let changed = {
            let mut board = self.board.lock();
            change(Arc::make_mut(&mut board));
            Arc::clone(&board)
        };
        (self.changed)(&changed);
    }

    pub(crate) fn change_module(&self, name: &str, change: impl FnOnce(&mut ModuleBoard)) {
        self.change(|board| {
            if let Some(module) = board.modules.iter_mut().find(|module| module.name == name) {
                change(module);
            }
        });
    }
}
