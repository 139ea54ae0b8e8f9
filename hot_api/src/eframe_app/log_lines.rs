//! What the application says through the `log` crate, in the log of the host; and what eframe says there of texts that
//! it could not read, which it says nowhere else.
//!
//! `main`, which usually chooses a logger, does not run in a module.

use crate::host::LogLevel;
use crate::lock::lock;
use crate::runner::current_host;
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// How eframe's message begins (`eframe::get_value`).
const UNREAD: &str = "Failed to decode RON: ";

/// `None` while no creator runs.
static READING: Mutex<Option<Reading>> = Mutex::new(None);

/// What a creator reads.
#[derive(Default)]
struct Reading {
    /// The text that was asked for last.
    key: String,
    /// Why texts could not be read, by their names; the last attempt at each counts.
    unread: BTreeMap<String, String>,
}

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
            && let Some(reading) = lock(&READING).as_mut()
        {
            reading.unread.insert(reading.key.clone(), reason.to_owned());
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
    *lock(&READING) = Some(Reading::default());
    // It fails where the application has chosen one in a static constructor.
    let _ = log::set_logger(&ToHost);
    log::set_max_level(LevelFilter::Debug);
}

/// Called after the creator.
pub(super) fn begun() {
    *lock(&READING) = None;
    log::set_max_level(LevelFilter::Info);
}

/// The creator asks for a text. eframe, which reads it at once, does not name it when it cannot.
pub(super) fn text_is_read(key: &str) {
    if let Some(reading) = lock(&READING).as_mut() {
        reading.unread.remove(key);
        key.clone_into(&mut reading.key);
    }
}

/// Why eframe could not read texts that the creator has asked for, by their names.
pub(super) fn unread_texts() -> BTreeMap<String, String> {
    lock(&READING).as_mut().map(|reading| std::mem::take(&mut reading.unread)).unwrap_or_default()
}

/// What threads say from now on goes nowhere.
pub(super) fn end() {
    log::set_max_level(LevelFilter::Off);
}
