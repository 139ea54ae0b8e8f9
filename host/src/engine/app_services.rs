//! What the engine knows of services and of their configuration.

use super::config::AppConfig;
use crate::journal::event::{ConfigValue, Generation};
use crate::module::{HostCalls, ServiceStops};
use crate::sources::watch::Watcher;
use crossbeam_channel::{Receiver, Sender, unbounded};
use hot_api::config::{Configuration, Entry};
use hot_api::services::lifecycle::{Lifecycle, Report};
use hot_api::services::{Listeners, Read};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// A configuration that was read.
pub(super) struct Loaded {
    pub(super) configuration: Configuration,
    /// As modules get it.
    pub(super) payload: Arc<Vec<u8>>,
}

impl Loaded {
    pub(super) fn new(configuration: Configuration) -> Self {
        let payload = Arc::new(configuration.payload().to_bytes());
        Self { configuration, payload }
    }

    /// For the journal, masked where they may be secret.
    pub(super) fn values(&self) -> Vec<ConfigValue> {
        let entries = self.configuration.entries().into_iter();
        entries.map(|Entry { key, value, source }| ConfigValue { key, value, source }).collect()
    }
}

/// What the services of a candidate will have.
#[derive(Default)]
pub(super) struct ForServices {
    /// `None` when it has none, or nothing can be read.
    pub(super) payload: Option<Arc<Vec<u8>>>,
    /// Where it is not the current one, what is current from its commit on.
    pub(super) newer: Option<Loaded>,
}

/// What a service of a module says of itself.
pub(super) struct ServiceReport {
    pub(super) module: String,
    pub(super) run: u64,
    pub(super) name: String,
    pub(super) report: Report,
}

/// What the engine knows of services and of their configuration.
pub(super) struct AppServices {
    pub(super) lifecycle: Lifecycle,
    /// What services have; `None` until a module with services is loaded, and while no file can be read.
    pub(super) current: Option<Loaded>,
    /// The module whose new code has brought a newer configuration along, and what was current before.
    pub(super) brought: Option<(String, Loaded)>,
    /// What they had before the newest reload.
    pub(super) before: Option<Loaded>,
    pub(super) watcher: Option<Watcher>,
    /// Files that have changed since they were read.
    pub(super) changed: BTreeSet<PathBuf>,
    /// Files that have changed since services have run with what they say.
    pub(super) unused: BTreeSet<PathBuf>,
    /// When they are to be read.
    pub(super) due: Option<Instant>,
    /// Why services do not run with what the files say.
    pub(super) error: Option<String>,
    /// That is because modules cannot read it.
    pub(super) is_unreadable: bool,
    /// What the files say cannot be used, and nothing is to run.
    pub(super) is_halted: bool,
    /// The user knows that the files are not read because of a module that cannot be asked.
    pub(super) is_postponed: bool,
    /// What each module has read of the configuration.
    pub(super) reads: BTreeMap<String, Read>,
    /// Unknown keys that have been told.
    pub(super) told: BTreeSet<String>,
    /// Modules whose new code was refused for the configuration.
    pub(super) refused: BTreeSet<String>,
    /// Whose services run, or are about to.
    pub(super) owners: BTreeMap<String, (Generation, ServiceStops)>,
    /// Modules whose services start for the first time, with the host.
    pub(super) first: BTreeSet<String>,
    reports: (Sender<ServiceReport>, Receiver<ServiceReport>),
    pub(super) listeners: Arc<Listeners>,
}

impl AppServices {
    pub(super) fn new(config: &AppConfig) -> Self {
        Self {
            lifecycle: Lifecycle::new(config.limits, config.on_error),
            current: None,
            brought: None,
            before: None,
            watcher: None,
            changed: BTreeSet::new(),
            unused: BTreeSet::new(),
            due: None,
            error: None,
            is_unreadable: false,
            is_halted: false,
            is_postponed: false,
            reads: BTreeMap::new(),
            told: BTreeSet::new(),
            refused: BTreeSet::new(),
            owners: BTreeMap::new(),
            first: BTreeSet::new(),
            // A service says two things in its life, and must be able to when nobody listens any more.
            reports: unbounded(),
            listeners: Arc::default(),
        }
    }

    pub(super) fn reports(&self) -> Receiver<ServiceReport> {
        self.reports.1.clone()
    }

    /// When the engine has to look at services or at the configuration.
    pub(super) fn next_look(&self) -> Option<Instant> {
        // A change during a reload waits for its end.
        let due = self.due.filter(|_| !self.lifecycle.is_reloading());
        self.lifecycle.deadline().into_iter().chain(due).min()
    }

    /// What a generation of this module may ask for beside `host_calls`.
    pub(super) fn host_calls(&self, module: &str, host_calls: HostCalls) -> HostCalls {
        let (reports, of) = (self.reports.0.clone(), module.to_owned());
        let (listeners, listener) = (Arc::clone(&self.listeners), module.to_owned());
        HostCalls {
            on_service: Arc::new(move |run, name, report| {
                let (module, name) = (of.clone(), name.to_owned());
                let _ = reports.send(ServiceReport { module, run, name, report }); // the host ends
            }),
            listen: Arc::new(move |address| listeners.listen_raw(&listener, address)),
            ..host_calls
        }
    }
}
