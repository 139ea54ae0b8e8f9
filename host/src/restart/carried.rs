//! What one process tells the next, apart from the state.
//!
//! Owns: `target/pitstop/restart.json`, which is written for one start and removed by it.

use crate::engine::HandOver;
use crate::os::whole_file;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// A larger file was not written here.
const BYTES_MAX: u64 = 1 << 20;

/// What goes over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Carried {
    /// Of the engine.
    pub hand_over: HandOver,
    /// The window, in its own words.
    pub window: Option<serde_json::Value>,
    /// How long the run has taken so far: the journal's times go on.
    pub ran_for: Duration,
}

impl Carried {
    /// Writes it for the next process.
    ///
    /// # Errors
    /// Those of writing a file.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        whole_file::write(&dir.join(NAME), &text)
    }

    /// What the process before this one has written in `dir`, once. What cannot be read is as good as none: the state
    /// does not depend on it.
    #[must_use]
    pub fn take(dir: &Path) -> Option<Self> {
        let path = dir.join(NAME);
        let read = whole_file::read(&path, BYTES_MAX).ok()?;
        // It speaks of the process that has just ended, and of no other.
        let _ = fs::remove_file(&path);
        serde_json::from_slice(&read).ok()
    }
}

const NAME: &str = "restart.json";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::RunningModule;
    use crate::journal::event::Generation;

    #[test]
    fn c13_what_is_carried_over_is_read_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let carried = Carried {
            hand_over: HandOver {
                why: "host/src/main.rs has changed".to_owned(),
                host: None,
                host_since: Some(std::time::SystemTime::UNIX_EPOCH),
                modules_since: None,
                auto_reload: false,
                running: vec![RunningModule {
                    name: "ui".to_owned(),
                    generation: Generation(3),
                    artifact: "hash".to_owned(),
                    file: "ui-g3.so".to_owned(),
                }],
                waiting: ["ui".to_owned()].into(),
                waiting_changes: 2,
            },
            window: Some(serde_json::json!({ "zoom": 1.5 })),
            ran_for: Duration::from_micros(1_234_567),
        };
        assert_eq!(Carried::take(dir.path()), None);
        carried.write(dir.path()).expect("written");
        assert_eq!(Carried::take(dir.path()), Some(carried));
        assert_eq!(Carried::take(dir.path()), None, "it is for one start");
        fs::write(dir.path().join(NAME), "{\"hand_over\": 3").expect("written");
        assert_eq!(Carried::take(dir.path()), None);
    }
}
