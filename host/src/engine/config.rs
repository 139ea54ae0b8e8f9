//! What an engine is told at the start.

use super::code_trials::CodeTrials;
use super::fast_path::FastPath;
use super::hand_over::HandOver;
use super::next_host::NextHost;
use crate::compile::BuildConfig;
use crate::journal::Journal;
use crate::module::HostCalls;
use crate::persist::checkpoint::Store;
use crate::persist::crash::CrashLedger;
use crate::sources::workspace::{Inputs, Tiers};
use hot_api::config::DEBOUNCE;
use hot_api::services::lifecycle::{Limits, OnConfigError};
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

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
    /// Whether its new code is tried in a process of its own before it is loaded.
    pub is_tried: bool,
}

impl ModuleSpec {
    /// All of the module in a package, under the package's name.
    #[must_use]
    pub fn of(package: &str) -> Self {
        let (state_keys, views) = (Vec::new(), Vec::new());
        let name = package.to_owned();
        Self { package: name.clone(), name, state_keys, views, is_tried: true }
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

/// The application's own configuration, and how its services are treated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppConfig {
    /// The directory of its files; relative to the workspace.
    pub dir: PathBuf,
    /// For how long the files have to be the same before they are read.
    pub debounce: Duration,
    /// What services do while the files cannot be used.
    pub on_error: OnConfigError,
    /// How long services may take.
    pub limits: Limits,
}

impl Default for AppConfig {
    fn default() -> Self {
        let (on_error, limits) = (OnConfigError::default(), Limits::default());
        Self { dir: PathBuf::from("."), debounce: DEBOUNCE, on_error, limits }
    }
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
    /// Whether this process is replaced, or started again, when the engine ends for that. Otherwise it must not end
    /// itself.
    pub may_restart: bool,
    /// Makes the host that takes the place of this one when its sources change; `None` where that is for the user.
    pub next_host: Option<Box<dyn NextHost>>,
    /// Where the process before this one has ended, when it ended for this one.
    pub begin_from: Option<HandOver>,
    /// When the build of this executable was started, as far as that matters: files of the host that were saved later
    /// are built.
    pub host_since: Option<SystemTime>,
    /// Begin with the newest code that earlier hosts have proven, before anything is built: what is on disk may be for
    /// another host.
    pub begin_with_proven: bool,
    /// The application's own configuration.
    pub app: AppConfig,
    /// The user has just started this host: when its services do not start, it ends.
    pub is_first_start: bool,
    /// Where the code comes from.
    pub source: BuildSource,
    /// What modules may ask for.
    pub host_calls: HostCalls,
    /// Tries new code before it is loaded; `None` to load it at once.
    pub trials: Option<Box<dyn CodeTrials>>,
    /// What is tried before a save is built.
    pub fast_path: Box<dyn FastPath>,
    /// Called on the engine thread, about every [`HEARTBEAT_EVERY`](crate::journal::status::HEARTBEAT_EVERY)
    /// while nothing happens.
    pub on_beat: Arc<dyn Fn() + Send + Sync>,
    /// Where everything is recorded.
    pub journal: Arc<Journal>,
}
