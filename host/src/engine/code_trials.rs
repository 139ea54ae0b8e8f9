//! The interface of whoever tries new code in a process of its own before it is loaded here.

use crate::journal::event::{Generation, Stage};
use crate::module::InputPacket;
use crate::os::cancel::Cancel;
use crate::slot::Rejection;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;

/// Code that has not run in this process.
#[derive(Clone, Copy, Debug)]
pub struct CodeOnTrial<'a> {
    /// Its module.
    pub module: &'a str,
    /// The attempt.
    pub generation: Generation,
    /// Its library.
    pub library: &'a Path,
    /// Hash of the library.
    pub artifact: &'a str,
    /// The views that are drawn beside the main one; empty for all.
    pub views: &'a [String],
}

/// What it is tried with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrialInput {
    /// The state, by name; empty for the default one.
    #[serde(skip)]
    pub state: Vec<u8>,
    /// What each view was last shown with.
    pub shown: Vec<InputPacket>,
}

/// What the code has not come through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeFailure {
    /// Where.
    pub stage: Stage,
    /// One line.
    pub reason: String,
    /// All that is known of it: location, backtrace.
    pub detail: String,
    /// The signal that has ended the process, if one has.
    pub signal: Option<i32>,
    /// The last lines that the process has written.
    pub stderr: String,
}

/// How a trial has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrialEnd {
    /// The code has done everything that it is going to do here.
    Passed,
    /// It has failed in a way that costs this process nothing: what is loaded here decides.
    Failed(CodeFailure),
    /// It would have ended this process.
    Fatal(CodeFailure),
    /// It has not come to an end in time.
    Hung(CodeFailure),
    /// There was no trial, for this reason.
    NotTried(String),
    /// Nobody needs the result any more.
    Stopped,
}

/// What has become of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialReport {
    /// How it has ended.
    pub end: TrialEnd,
    /// How long it has taken.
    pub took: Duration,
    /// What the user should know of this and all further trials; told once.
    pub notices: Vec<String>,
}

/// Tries new code. Dropping it ends what runs.
pub trait CodeTrials: Send {
    /// Tries this code, and blocks until it is known how that ends, or `stop` is used. `input` is asked for when the
    /// trial has begun.
    ///
    /// # Errors
    /// That of `input`.
    fn try_out(
        &mut self,
        code: &CodeOnTrial<'_>,
        input: &mut dyn FnMut() -> Result<TrialInput, Rejection>,
        stop: &Cancel,
    ) -> Result<TrialReport, Rejection>;
}
