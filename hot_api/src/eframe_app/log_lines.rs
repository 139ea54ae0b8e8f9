//! What the application says through the `log` crate, in the log of the host; and what eframe says there of texts that
//! it could not read, which it says nowhere else.
//!
//! `main`, which usually chooses a logger, does not run in a module.

use crate::host::LogLevel;
use crate::lock::lock;
use crate::runner::current_host;
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::sync::Mutex;

/// How eframe's message begins (`eframe::get_value`).
const UNREAD: &str = "Failed to decode RON: ";

/// What eframe has said since the creator began; `None` while no creator runs.
static UNREAD_TEXTS: Mutex<Option<Vec<String>>> = Mutex::new(None);

struct ToHost;

impl Log for ToHost {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= Level::Info || metadata.target().starts_with("eframe")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let text = record.args().to_string();
        if let Some(reason) = text.strip_prefix(UNREAD)
            && let Some(unread) = lock(&UNREAD_TEXTS).as_mut()
        {
            unread.push(reason.to_owned());
        }
        let level = match record.level() {
            Level::Error => LogLevel::Error,
            Level::Warn => LogLevel::Warn,
            Level::Info => LogLevel::Info,
            Level::Debug => LogLevel::Debug,
            Level::Trace => LogLevel::Trace,
        };
        if let Some(host) = current_host() {
            host.log(level, &format!("{}: {text}", record.target()));
        }
    }

    fn flush(&self) {}
}

/// From now on lines go to the host. Called before the creator.
pub(super) fn begin() {
    *lock(&UNREAD_TEXTS) = Some(Vec::new());
    // Another module of the same library has done so, where it fails.
    let _ = log::set_logger(&ToHost);
    log::set_max_level(LevelFilter::Debug);
}

/// Called after the creator.
pub(super) fn begun() {
    *lock(&UNREAD_TEXTS) = None;
    log::set_max_level(LevelFilter::Info);
}

/// Why eframe could not read texts that the creator has asked for.
pub(super) fn unread_texts() -> Vec<String> {
    lock(&UNREAD_TEXTS).as_mut().map(std::mem::take).unwrap_or_default()
}

/// What threads say from now on goes nowhere.
pub(super) fn end() {
    log::set_max_level(LevelFilter::Off);
}
