//! What the application says through the `log` crate, in the log of the host.
//!
//! `main`, which usually chooses a logger, does not run in a module. An application that chooses one in its creator
//! keeps it.

use crate::host::LogLevel;
use crate::runner::current_host;
use log::{Level, LevelFilter, Log, Metadata, Record};

struct ToHost;

impl Log for ToHost {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        let level = match record.level() {
            Level::Error => LogLevel::Error,
            Level::Warn => LogLevel::Warn,
            Level::Info => LogLevel::Info,
            Level::Debug => LogLevel::Debug,
            Level::Trace => LogLevel::Trace,
        };
        if let Some(host) = current_host().filter(|_| self.enabled(record.metadata())) {
            host.log(level, &format!("{}: {}", record.target(), record.args()));
        }
    }

    fn flush(&self) {}
}

/// Lines go to the host, unless the application has a logger.
pub(super) fn forward() {
    if log::set_logger(&ToHost).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}

/// What threads say from now on goes nowhere.
pub(super) fn end() {
    log::set_max_level(LevelFilter::Off);
}
