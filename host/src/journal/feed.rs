//! The `--events` stream: the journal copied to a file or to standard output.
//!
//! Owns: one named thread. Consumes: a [`Subscription`]. Produces: JSON lines. Never: makes the
//! journal wait; standard output may be a pipe that nobody reads.

use super::sink::Sink;
use super::subscription::{NothingYet, Subscription};
use std::io::Write;
use std::path::Path;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// How long the end of the host waits for the stream to be written out: longer than any disk
/// needs, shorter than a user waits for a program whose output goes to a stuck pipe.
const DRAIN: Duration = Duration::from_secs(1);

/// The wait of one turn; the thread is woken by entries and by the end, so this only bounds it.
const TURN: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Feed {
    done: crossbeam_channel::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Feed {
    pub(super) fn start(
        entries: Subscription,
        name: &Path,
        out: Box<dyn Write + Send>,
    ) -> std::io::Result<Self> {
        let (tell, done) = crossbeam_channel::bounded(1);
        let mut sink = Sink::new(name, out);
        let thread = Builder::new().name("pitstop-events".to_owned()).spawn(move || {
            loop {
                match entries.recv_timeout(TURN) {
                    Ok(entry) => sink.write(&super::json_line(&entry)),
                    Err(NothingYet::Timeout) => {}
                    Err(NothingYet::Closed) => break,
                }
            }
            // Nobody listens when the host has given up waiting.
            let _ = tell.send(());
        })?;
        Ok(Self { done, thread: Some(thread) })
    }

    /// Waits until everything is written; the journal must have closed the subscription before.
    /// A thread that is stuck in its pipe is left behind: the process is about to end.
    pub(super) fn finish(&mut self) {
        if self.done.recv_timeout(DRAIN).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}
