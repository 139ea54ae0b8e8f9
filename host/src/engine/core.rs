//! What the engine knows; lives on its thread.

use super::app_services::AppServices;
use super::builds::BuildThread;
use super::config::EngineConfig;
use super::deferred::Deferred;
use super::ending::Ending;
use super::generations::Generations;
use super::hand_over::HandOver;
use super::host_change::HostChange;
use super::leftovers::Leftovers;
use super::messages::Outbox;
use super::migrations::Migrations;
use super::requests::Requests;
use super::tickets::Tickets;
use crate::journal::Journal;
use crate::journal::board::Board;
use crate::journal::event::{Event, Generation};
use crate::journal::status::HEARTBEAT_EVERY;
use crate::persist::checkpoint::Keeper;
use crate::persist::crash::CrashLedger;
use crate::slot::{Registry, Rejection};
use crate::sources::watch::{BuildGuard, Watcher};
use once_cell::sync::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant, SystemTime};

/// The engine's own state; lives on its thread.
pub(super) struct Core {
    pub(super) config: EngineConfig,
    pub(super) journal: Arc<Journal>,
    pub(super) registry: Registry,
    pub(super) watcher: Option<Watcher>,
    /// For the threads that the engine starts while it runs.
    pub(super) outbox: Outbox,
    pub(super) services: AppServices,
    pub(super) builds: BuildThread,
    pub(super) requests: Requests,
    /// When the newest build that succeeded was started.
    pub(super) last_build: Option<SystemTime>,
    /// Files saved since then.
    pub(super) changed: BTreeSet<PathBuf>,
    pub(super) tickets: Tickets,
    pub(super) generations: Generations,
    /// Tells the duplicates of one library copy apart.
    pub(super) duplicates: u64,
    pub(super) migrations: Migrations,
    /// `None` when nothing is kept on disk, and at the end.
    pub(super) keeper: Option<Keeper>,
    /// How old the checkpoint was that a module has started from, until its first frame is shown.
    pub(super) restoring: BTreeMap<String, Duration>,
    pub(super) ledger: Option<CrashLedger>,
    /// The user knows that the ledger cannot be written.
    pub(super) ledger_fails: bool,
    /// Refusals of code in whose place an earlier generation has been loaded.
    pub(super) told_after_commit: BTreeMap<String, (Generation, Rejection)>,
    /// Why the host cannot go on.
    pub(super) give_up: Option<String>,
    /// When to look next after swaps that no frame has confirmed.
    pub(super) next_look: Option<Instant>,
    /// New code whose first frame has not returned and that nothing can take the place of: whoever
    /// waited for it has been answered.
    pub(super) hung: BTreeMap<String, Generation>,
    /// Whether the host has to start again, for what they take.
    pub(super) leftovers: Leftovers,
    pub(super) ending: Arc<Ending>,
    pub(super) hand_over: Arc<OnceCell<HandOver>>,
    /// As [`Self::build_guard`], for builds of the host.
    pub(super) host_build_guard: Option<BuildGuard>,
    /// Where and why the newest trial has failed, if that has been told.
    pub(super) trial_failure: Option<(String, String)>,
    /// Why a new host would not start, and when that was seen.
    pub(super) hindered: Option<(Instant, String)>,
    /// Modules whose next build is not swapped in, since nothing has changed.
    pub(super) only_built: BTreeSet<String>,
    /// When this engine was started.
    pub(super) started: Instant,
    /// How far the successor of this host is.
    pub(super) host_change: HostChange,
    /// New code that waits for work of the running code.
    pub(super) deferred: Deferred,
    /// Hashes of libraries that have passed a trial, or have drawn here.
    pub(super) harmless: BTreeSet<String>,
    /// Modules whose next swap may lose some of the state.
    pub(super) accepts_loss: BTreeSet<String>,
    pub(super) ended: Arc<AtomicBool>,
    pub(super) failure: Arc<OnceCell<String>>,
    pub(super) stopping: Arc<AtomicBool>,
    /// While cargo runs, what it writes itself is no change.
    pub(super) build_guard: Option<BuildGuard>,
}

impl Core {
    pub(super) fn record(
        &self,
        module: Option<&str>,
        generation: Option<Generation>,
        event: Event,
    ) {
        self.journal.record(module, generation, event);
    }

    pub(super) fn notice(&self, message: String) {
        self.record(None, None, Event::Notice { message });
    }

    /// What the journal says so far.
    pub(super) fn board(&self) -> Arc<Board> {
        self.journal.board()
    }

    pub(super) fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.config.root).unwrap_or(path).to_path_buf()
    }
}

/// How long the engine may wait for something to happen, when it has to look again then: a beat at most.
pub(super) fn turn_until(next_look: Option<Instant>) -> Duration {
    next_look.map_or(HEARTBEAT_EVERY, |at| {
        at.saturating_duration_since(Instant::now()).min(HEARTBEAT_EVERY)
    })
}
