//! What an engine is told: once at the start, and in messages while it runs.

use super::builds::BuildReport;
use super::error::EngineError;
use super::fast_path::FastPath;
use super::state::{StateEdit, TakenState};
use super::tickets::Ticket;
use crate::compile::BuildConfig;
use crate::journal::Journal;
use crate::journal::board::{Board, FailureKind};
use crate::journal::event::{Generation, Trigger};
use crate::module::Services;
use crate::persist::checkpoint::Store;
use crate::persist::crash::CrashLedger;
use crate::sources::watch::WatchEvent;
use crate::sources::workspace::{Inputs, Tiers};
use crossbeam_channel::{SendTimeoutError, Sender};
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// One module, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleSpec {
    /// Its name in the window and the journal.
    pub name: String,
    /// The crate it is built from.
    pub package: String,
    /// Top-level fields of the state that are carried over; empty for all.
    pub state_keys: Vec<String>,
    /// Views to draw beside the main one; empty for all.
    pub views: Vec<String>,
}

impl ModuleSpec {
    /// All of the module in a package, under the package's name.
    #[must_use]
    pub fn of(package: &str) -> Self {
        let (state_keys, views) = (Vec::new(), Vec::new());
        Self { name: package.to_owned(), package: package.to_owned(), state_keys, views }
    }
}

/// What happens when new code would lose some of the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnStateLoss {
    /// Swap, and report what was lost.
    #[default]
    Accept,
    /// Ask in the window; without one, reject.
    Ask,
    /// Keep the old code running.
    Reject,
}

/// How modules are built, and what they are built from.
pub struct BuildSource {
    /// How to build.
    pub build: BuildConfig,
    /// What to watch.
    pub inputs: Inputs,
    /// Which file asks for what.
    pub tiers: Tiers,
    /// Whether to watch at all.
    pub watch: bool,
    /// Look at files this often instead of asking the system for events.
    pub poll_interval: Option<Duration>,
}

/// What an engine needs to run.
pub struct EngineConfig {
    /// The workspace's root; paths in the journal are relative to it.
    pub root: PathBuf,
    /// Where shadow copies go.
    pub generations_dir: PathBuf,
    /// The modules.
    pub modules: Vec<ModuleSpec>,
    /// How long one call may keep the window waiting.
    pub frame_limit: Duration,
    /// What happens when new code would lose some of the state.
    pub on_state_loss: OnStateLoss,
    /// Where the state is kept for the case that the process dies, and restored from at the first
    /// load; `None` to do neither.
    pub checkpoints: Option<Store>,
    /// Which code crashed earlier hosts; `None` to load whatever is built.
    pub ledger: Option<CrashLedger>,
    /// How many earlier generations can be gone back to.
    pub kept_generations: usize,
    /// Whether saved files are built at once.
    pub auto_reload: bool,
    /// Whether somebody starts this host again when it ends and asks for it. Otherwise it must not end
    /// itself.
    pub may_restart: bool,
    /// Where the code comes from.
    pub source: BuildSource,
    /// What modules may ask for.
    pub services: Services,
    /// What is tried before a save is built; `None` to build each.
    pub fast_path: Option<Box<dyn FastPath>>,
    /// Called on the engine thread whenever the [`Board`] changed.
    pub on_board: Arc<dyn Fn(&Board) + Send + Sync>,
    /// Where everything is recorded.
    pub journal: Arc<Journal>,
}

/// Everything the engine reacts to.
pub(super) enum Message {
    Watch(WatchEvent),
    Build(BuildReport),
    Reload {
        module: Option<String>,
        trigger: Trigger,
        at: Instant,
        answer: Ticket,
    },
    Rollback {
        module: Option<String>,
        to: Option<Generation>,
        answer: Sender<Result<Generation, EngineError>>,
    },
    Retry {
        module: String,
    },
    AcceptLoss {
        module: String,
        at: Instant,
    },
    RunMigrationAgain {
        module: String,
        at: Instant,
    },
    BackBeforeMigration {
        module: String,
    },
    /// The user has seen a failure of this kind, and it is taken off the board.
    Dismiss {
        module: String,
        kind: FailureKind,
    },
    ResetState {
        module: String,
    },
    RestoreState {
        module: String,
        snapshot: Vec<u8>,
        answer: Sender<Result<Generation, EngineError>>,
    },
    TakeState {
        module: String,
        answer: Sender<Result<TakenState, EngineError>>,
    },
    EditState {
        module: String,
        edit: StateEdit,
    },
    SetAutoReload(bool),
}

/// A way to the engine for the threads that the engine itself joins. When the engine is about to
/// join them it reads no messages any more, so they must not wait for room then.
#[derive(Clone)]
pub(super) struct Outbox {
    pub(super) messages: Sender<Message>,
    pub(super) stopping: Arc<AtomicBool>,
}

/// How often a thread that waits for room looks whether the engine still reads.
const ROOM_TURN: Duration = Duration::from_millis(50);

impl Outbox {
    /// Waits for room; `false` when the engine has ended or is about to.
    pub(super) fn send(&self, message: Message) -> bool {
        let mut message = message;
        while !self.stopping.load(Ordering::Acquire) {
            match self.messages.send_timeout(message, ROOM_TURN) {
                Ok(()) => return true,
                Err(SendTimeoutError::Disconnected(_)) => return false,
                Err(SendTimeoutError::Timeout(back)) => message = back,
            }
        }
        false
    }

    /// For what may be lost.
    pub(super) fn try_send(&self, message: Message) {
        let _ = self.messages.try_send(message); // full: it may be lost
    }
}
