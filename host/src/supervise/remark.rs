//! What is said of a program: the same words wherever it is run.

use super::policy::{AfterEnd, STARTS_MAX, STARTS_WITHIN};
use super::program::StopSignal;
use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

/// One thing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Nothing has been built yet.
    Waiting {
        /// What builds it.
        build: String,
    },
    /// It runs.
    Started {
        /// Its process id.
        pid: u32,
    },
    /// It cannot be started.
    NotStarted {
        /// What the system said.
        reason: String,
        /// Whether it is tried again after the next build.
        is_tried_again: bool,
    },
    /// A newer one is to take its place, or everything ends.
    AskedToEnd {
        /// Its process id.
        pid: u32,
        /// How.
        signal: StopSignal,
    },
    /// It was asked to end and has not.
    Killed {
        /// Its process id.
        pid: u32,
        /// How long it had; `None` when somebody was in a hurry.
        after: Option<Duration>,
    },
    /// It has ended by itself.
    Ended {
        /// How.
        status: ExitStatus,
        /// What follows.
        then: AfterEnd,
    },
    /// The build succeeded, and the program is not there.
    Missing {
        /// Where it should be.
        path: String,
    },
    /// A build has failed.
    BuildFailed {
        /// How many errors, and the first.
        summary: String,
        /// What shows all of it.
        build: String,
        /// What runs on, if anything does.
        pid: Option<u32>,
    },
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting { build } => write!(f, "waits for its first successful build: {build}"),
            Self::Started { pid } => write!(f, "started (pid {pid})"),
            Self::NotStarted { reason, is_tried_again } => {
                let then =
                    if *is_tried_again { "; it is tried again after the next build" } else { "" };
                write!(f, "cannot be started: {reason}{then}")
            }
            Self::AskedToEnd { pid, signal } => write!(f, "{signal} to pid {pid}"),
            Self::Killed { pid, after: Some(after) } => {
                write!(f, "pid {pid} has not ended within {} ms and is killed", after.as_millis())
            }
            Self::Killed { pid, after: None } => write!(f, "pid {pid} is killed"),
            Self::Ended { status, then } => {
                let then = match then {
                    AfterEnd::Waits => "it starts again after the next successful build".to_owned(),
                    AfterEnd::StartsAgain => "it is started again".to_owned(),
                    AfterEnd::GivenUp => format!(
                        "that was {STARTS_MAX} times within {} s; it starts again after the next \
                         successful build",
                        STARTS_WITHIN.as_secs()
                    ),
                };
                write!(f, "ended by itself ({status}); {then}")
            }
            Self::Missing { path } => write!(
                f,
                "the build succeeded, but there is no {path}; what runs stays, until the next build"
            ),
            Self::BuildFailed { summary, build, pid } => {
                let runs = match pid {
                    Some(pid) => format!("pid {pid} runs on"),
                    None => "nothing runs".to_owned(),
                };
                write!(f, "the build failed: {summary}; {runs}; to see all of it: {build}")
            }
        }
    }
}
