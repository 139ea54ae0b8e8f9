//! Other tools for the same purpose, on the same module: hot-lib-reloader with cargo-watch.
//!
//! - [`workspace`] writes the cargo workspace that they work on, and installs what they need.
//! - [`process`] runs them and waits for new code.
//!
//! Twice: with the settings that their documentation begins with, and with the shortest waits that
//! it suggests. Everything lies below `<target>/pitstop-bench`.

pub mod process;
pub mod workspace;

pub use process::{AS_CHILD, Peer, as_child};
pub use workspace::Workspace;

/// How long the two tools wait for more changes.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// For the report.
    pub name: &'static str,
    /// Of the crate that is reloaded.
    pub library: &'static str,
    /// `file_watch_debounce` of hot-lib-reloader, in milliseconds.
    pub debounce_ms: u32,
    /// `--delay` of cargo-watch, in seconds, as it is written.
    pub delay: &'static str,
}

/// As documented, and as fast as documented.
pub const SETTINGS: [Settings; 2] = [
    Settings { name: "hot-lib-reloader", library: "ui", debounce_ms: 500, delay: "0.5" },
    Settings {
        name: "hot-lib-reloader tuned",
        library: "ui_tuned",
        debounce_ms: 20,
        delay: "0.02",
    },
];
