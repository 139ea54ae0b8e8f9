//! The interface of whoever builds and tries the host that is to take the place of this one.

use crate::journal::event::Diagnostic;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// An executable that can take the place of the one that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHost {
    /// A copy of its own, which no build replaces.
    pub path: PathBuf,
    /// Hash of its content.
    pub hash: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// A copy of the one that it takes the place of.
    pub replaces: PathBuf,
    /// When its build was started: what was saved later is not in it.
    pub since: SystemTime,
}

/// A module as the new host will run it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialModule {
    /// Its name.
    pub name: String,
    /// Its library.
    pub library: PathBuf,
    /// Hash of the library.
    pub artifact: String,
    /// Whether it panics in the running host as well, and is not expected to draw.
    pub is_faulted: bool,
}

/// Why there is no new host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotBuilt {
    /// What the compiler says.
    pub diagnostics: Vec<Diagnostic>,
    /// What a user would type to see all of it.
    pub command: String,
}

/// Why a new host cannot take the place of this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrialFailure {
    /// What it was doing.
    pub stage: String,
    /// One line.
    pub reason: String,
    /// The signal that has ended it, if one has.
    pub signal: Option<i32>,
    /// The last lines that it has written.
    pub stderr: String,
}

/// What has become of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostReport {
    /// Of a build.
    Built {
        /// How long it took.
        took: Duration,
        /// `None` when it has made the executable that runs.
        result: Result<Option<NewHost>, NotBuilt>,
    },
    /// Of a trial.
    Tried {
        /// How long it took.
        took: Duration,
        /// Whether the new host can take over.
        result: Result<(), TrialFailure>,
    },
}

/// What keeps a new host from taking over at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// Its executable is gone.
    Gone,
    /// It would not start, for this reason.
    Because(String),
}

/// Where reports go. Any thread; may wait for room.
pub type OnHostReport = Box<dyn Fn(HostReport) + Send>;

/// Builds and tries new hosts, one order at a time, on a thread of its own. Dropping it ends what runs.
pub trait NextHost: Send {
    /// Called once, before any order.
    fn start(&mut self, on_report: OnHostReport);

    /// Builds the host from what is on disk. Returns at once.
    fn build(&mut self);

    /// Starts the new host in a process of its own, without a window, with these modules and their newest
    /// checkpoints, until it has drawn a frame. Returns at once.
    fn try_out(&mut self, host: &NewHost, modules: Vec<TrialModule>);

    /// Looks whether the new host would start now. May take some hundred milliseconds.
    fn hindrance(&mut self, host: &NewHost) -> Option<Hindrance>;
}
