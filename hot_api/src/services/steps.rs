//! What goes into a [`Lifecycle`](super::lifecycle::Lifecycle), and what comes out.

use crate::abi::service_report;
use std::fmt;
use std::time::Duration;

/// How long services may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until a service says that it is ready.
    pub start: Duration,
    /// From the request to end until it has ended.
    pub stop: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { start: Duration::from_secs(5), stop: Duration::from_secs(5) }
    }
}

/// What happens when a configuration cannot be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConfigError {
    /// Services run on, or again, with the last good one.
    #[default]
    Keep,
    /// No service runs until it is corrected.
    Stop,
}

/// A service of a module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceId {
    /// The module.
    pub module: String,
    /// The service's name in it.
    pub name: String,
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What a service says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// It has started.
    Ready,
    /// It has ended, with an error or without.
    Ended(Option<String>),
}

impl Report {
    /// From one of [`service_report`] and the text of an error; `None` for what this version does not know.
    #[must_use]
    pub fn decode(report: u32, error: String) -> Option<Self> {
        match report {
            service_report::READY => Some(Self::Ready),
            service_report::ENDED => Some(Self::Ended(None)),
            service_report::FAILED => Some(Self::Ended(Some(error))),
            _ => None,
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// List the services of the module with the current configuration, start those that are active (or the one that
    /// is named), and tell it by [`Lifecycle::listed`](super::lifecycle::Lifecycle::listed) or [`Lifecycle::refused`](super::lifecycle::Lifecycle::refused).
    Start {
        /// The module.
        module: String,
        /// One of its services alone.
        only: Option<String>,
        /// What these services are started with: tells their reports from those of services that were left behind.
        run: u64,
    },
    /// Ask a service to end.
    Stop(ServiceId),
    /// The last good configuration is the current one again.
    GoBack,
    /// Tell whoever looks.
    Tell(Told),
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named after their types")]
pub enum Told {
    /// A service gets its thread.
    Starting { id: ServiceId },
    /// It is ready.
    Started { id: ServiceId, after: Duration },
    /// It is asked to end.
    Stopping { id: ServiceId },
    /// It has ended; `forced` when it has not, and is left behind. `error` says why it ended by itself.
    Stopped { id: ServiceId, after: Duration, forced: bool, error: Option<String> },
    /// Of a reload: nothing runs any more.
    AllStopped,
    /// The set of a module has started, with all that runs. `inactive` were left out.
    AllStarted { module: String, names: Vec<String>, inactive: Vec<String> },
    /// A set has not started, and nothing of it runs.
    StartFailed { module: String, message: String },
    /// New values could not be used. Under [`OnConfigError::Keep`] the services start again with the ones before.
    ReloadFailed { message: String },
    /// Everything runs with the new values.
    Reloaded,
}

/// The answer to [`Step::Start`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Started {
    /// These have a thread now.
    pub active: Vec<String>,
    /// These were left out, because they are not to run.
    pub inactive: Vec<String>,
}
