//! How loud an event is: the measure of `PITSTOP_LOG`.
//!
//! Owns: [`LogLevel`]. Consumes and produces plain values. Never: I/O.

use crate::journal::event::Event;
use std::fmt;
use std::str::FromStr;

/// From silent to everything. A line is written to `host.log` when its level is at most the one
/// configured; `events.jsonl` and the socket always have everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Nothing at all.
    Off,
    /// What the user has to fix.
    Error,
    /// What the user should look at.
    Warn,
    /// What happened.
    #[default]
    Info,
    /// How it happened.
    Debug,
    /// The chatter of modules as well.
    Trace,
}

impl LogLevel {
    const NAMES: [(&str, Self); 6] = [
        ("off", Self::Off),
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
    ];

    /// The level an event is logged at.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        match event {
            Event::BuildFailed { .. }
            | Event::Rejected { .. }
            | Event::Fault { .. }
            | Event::ConfigFailed { .. }
            | Event::ServicesFailed { .. }
            | Event::ServiceStopped { error: Some(_), .. } => Self::Error,
            Event::RolledBack { .. }
            | Event::TrialFailed { .. }
            | Event::Retired { unmapped: false, .. }
            | Event::ProcessNotStarted { .. }
            | Event::ServiceStopped { forced: true, .. }
            | Event::Missed { .. } => Self::Warn,
            Event::BuildProgress { .. }
            | Event::BuildStarted { .. }
            | Event::Retired { .. }
            | Event::Resolved { .. }
            | Event::Kept { .. }
            | Event::Waiting { .. }
            | Event::Busy { .. }
            | Event::Idle { .. }
            | Event::ServiceStarting { .. }
            | Event::ServiceStarted { .. }
            | Event::ServiceStopping { .. }
            | Event::ServiceStopped { .. }
            | Event::Checkpoint { .. } => Self::Debug,
            _ => Self::Info,
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(_, level)| level == self);
        f.pad(name.map_or("", |(name, _)| name))
    }
}

impl FromStr for LogLevel {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        Self::NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text))
            .map(|(_, level)| *level)
            .ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}

/// A word that names no level.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no log level; use off, error, warn, info, debug or trace")]
pub struct UnknownLevel(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for (name, level) in LogLevel::NAMES {
            assert_eq!(name.parse::<LogLevel>().expect(name), level);
            assert_eq!(level.to_string(), name);
        }
        assert_eq!("WARN".parse::<LogLevel>().expect("case"), LogLevel::Warn);
        let error = "loud".parse::<LogLevel>().expect_err("not a level");
        assert!(error.to_string().contains("use off, error"), "{error}");
    }

    #[test]
    fn failures_are_louder_than_progress() {
        let failed = Event::BuildFailed {
            ms: 1,
            diagnostics: Vec::new(),
            targets: Vec::new(),
            command: String::new(),
        };
        let pinned = Event::Retired { unmapped: false, why_not: None };
        let gone = Event::Retired { unmapped: true, why_not: None };
        assert!(LogLevel::of(&failed) < LogLevel::of(&pinned));
        assert!(LogLevel::of(&pinned) < LogLevel::of(&gone));
    }
}
