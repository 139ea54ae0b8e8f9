//! What the environment wishes.
//!
//! Owns: the names and forms of the `PITSTOP_…` variables. Consumes: a look-up. Produces:
//! [`EnvSettings`]. Never: changes the environment.

use crate::journal::{EventsTo, LogLevel};
use std::ffi::OsString;
use std::path::PathBuf;

/// The variables that are set, understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvSettings {
    pub(super) watch: Option<bool>,
    pub(super) headless: Option<bool>,
    pub(super) events: Option<EventsTo>,
    pub(super) log: Option<LogLevel>,
}

/// A variable whose value means nothing.
#[derive(Debug, thiserror::Error)]
#[error("{name} is `{value}`, which it cannot be; set it to {expected}, or unset it")]
pub struct EnvError {
    name: &'static str,
    value: String,
    expected: &'static str,
}

impl EnvSettings {
    /// Reads this process's environment.
    ///
    /// # Errors
    /// The first variable that cannot be understood.
    pub fn read() -> Result<Self, EnvError> {
        Self::look_up(|name| std::env::var_os(name))
    }

    /// Reads an environment. A variable that is set to nothing counts as unset.
    ///
    /// # Errors
    /// The first variable that cannot be understood.
    pub fn look_up(get: impl Fn(&str) -> Option<OsString>) -> Result<Self, EnvError> {
        let get = |name| get(name).filter(|value| !value.is_empty());
        let switch = |name| parse(name, get(name), "1 or 0", switch);
        Ok(Self {
            watch: switch("PITSTOP_WATCH")?,
            headless: switch("PITSTOP_HEADLESS")?,
            events: get("PITSTOP_EVENTS").map(|value| match value.to_str() {
                Some("-") => EventsTo::Stdout,
                _ => EventsTo::File(PathBuf::from(value)),
            }),
            log: parse(
                "PITSTOP_LOG",
                get("PITSTOP_LOG"),
                "off, error, warn, info, debug or trace",
                |text| text.parse().ok(),
            )?,
        })
    }
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

fn parse<T>(
    name: &'static str,
    value: Option<OsString>,
    expected: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, EnvError> {
    let Some(value) = value else { return Ok(None) };
    let read = value.to_str().and_then(read);
    read.map(Some).ok_or_else(|| {
        let value = value.to_string_lossy().into_owned();
        EnvError { name, value, expected }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_up(variables: &[(&str, &str)]) -> Result<EnvSettings, String> {
        EnvSettings::look_up(|name| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into())
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn variables_are_understood_or_refused() {
        let none = EnvSettings::default;
        let file = EventsTo::File("e.jsonl".into());
        for (name, value, expected) in [
            ("PITSTOP_WATCH", "1", EnvSettings { watch: Some(true), ..none() }),
            ("PITSTOP_WATCH", "0", EnvSettings { watch: Some(false), ..none() }),
            ("PITSTOP_WATCH", "", none()),
            ("PITSTOP_HEADLESS", "true", EnvSettings { headless: Some(true), ..none() }),
            ("PITSTOP_EVENTS", "-", EnvSettings { events: Some(EventsTo::Stdout), ..none() }),
            ("PITSTOP_EVENTS", "e.jsonl", EnvSettings { events: Some(file), ..none() }),
            ("PITSTOP_LOG", "debug", EnvSettings { log: Some(LogLevel::Debug), ..none() }),
            ("PITSTOP_OTHER", "maybe", none()),
        ] {
            assert_eq!(look_up(&[(name, value)]), Ok(expected), "{name}={value}");
        }
        for (name, value, says) in [
            (
                "PITSTOP_WATCH",
                "maybe",
                "PITSTOP_WATCH is `maybe`, which it cannot be; set it to 1 or 0",
            ),
            ("PITSTOP_LOG", "loud", "PITSTOP_LOG is `loud`"),
        ] {
            let error = look_up(&[(name, value)]).expect_err("nonsense");
            assert!(error.starts_with(says), "{error}");
        }
    }
}
