//! Events without a host: the same lines, in a file or on standard output.
//!
//! Owns: the clock of this process and the open file. Consumes: events. Produces: JSON lines. Never: what the
//! journal of a host does beside: no history, no readers, no board.

use super::clock::Clock;
use super::event::{Entry, Event};
use super::sink::Sink;
use super::{EventsTo, JournalError, at, json_line, tail, unix_ms};
use parking_lot::Mutex;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// A stream of events. Shared by all threads.
pub struct EventStream {
    inner: Mutex<(Clock, Sink<Box<dyn Write + Send>>)>,
}

impl EventStream {
    /// Starts the stream; its clock starts here.
    ///
    /// # Errors
    /// A file that cannot be opened.
    pub fn open(to: &EventsTo) -> Result<Self, JournalError> {
        let (name, out): (&Path, Box<dyn Write + Send>) = match to {
            EventsTo::Stdout => (Path::new("standard output"), Box::new(io::stdout())),
            EventsTo::File(path) => (path, Box::new(tail::append(path).map_err(|e| at(path, e))?)),
        };
        Ok(Self { inner: Mutex::new((Clock::start(Duration::ZERO), Sink::new(name, out))) })
    }

    /// Adds one event. Any thread.
    pub fn record(&self, event: Event) {
        let mut inner = self.inner.lock();
        let t_us = inner.0.tick_us();
        let entry = Entry { t_us, unix_ms: unix_ms(), module: None, generation: None, event };
        inner.1.write(&json_line(&entry));
    }
}
