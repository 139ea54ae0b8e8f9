//! What the engine's thread is told while it runs.

use super::error::EngineError;
use super::next_host::HostReport;
use super::state_edit::{StateEdit, TakenState};
use super::tickets::Ticket;
use crate::compile::{BuildError, Built, FirstBuild, Progress};
use crate::journal::event::{BuildWay, FailureKind, Generation, Trigger};
use crate::sources::watch::WatchEvent;
use crossbeam_channel::{SendTimeoutError, Sender};
use hot_api::services::lifecycle::ServiceId;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Everything the engine reacts to.
pub(super) enum Message {
    Watch(WatchEvent),
    /// Of the files of the application's configuration.
    Config(WatchEvent),
    Host(HostReport),
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
    /// A service is to run, or to end.
    Service {
        id: ServiceId,
        start: bool,
    },
}

/// What the build thread reports.
#[derive(Debug)]
pub(super) enum BuildReport {
    Started(BuildWay),
    First(FirstBuild),
    Progress(Progress),
    Done {
        result: Result<Built, BuildError>,
        started: Instant,
        /// The content of the lock file that it was made with.
        lock_file: Option<blake3::Hash>,
    },
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
