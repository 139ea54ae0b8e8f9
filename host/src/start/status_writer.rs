//! Keeps `status.json` and the window up to date with the board.
//!
//! Owns: when the file is written. Consumes: boards, and a beat of the engine. Produces: the file, and
//! repaints. Never: says what is in the file.

use crate::control::host_control::HostFacts;
use crate::journal::board::Board;
use crate::journal::event::Event;
use crate::journal::status::StatusFile;
use crate::journal::{Journal, ShowBoard};
use crate::os::own_command;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Progress of a build is worth this many writes a second at most.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// Writes the status file when there is something new to say.
pub(super) struct StatusWriter {
    /// `None` when the host has ended: the handle that signals use outlives everything else, and
    /// must not bring the file back.
    file: Mutex<Option<StatusFile>>,
    facts: Arc<HostFacts>,
    written: Mutex<Option<(Instant, Arc<Board>)>>,
    repaint: Arc<dyn Fn(Duration) + Send + Sync>,
    trouble: Mutex<Trouble>,
}

/// What became of the last failure to write.
#[derive(Debug, Default)]
enum Trouble {
    #[default]
    None,
    /// For the next beat, which may record it.
    ToTell(String),
    Told,
}

impl StatusWriter {
    pub(super) fn new(
        file: StatusFile,
        facts: Arc<HostFacts>,
        repaint: Arc<dyn Fn(Duration) + Send + Sync>,
    ) -> Self {
        let (file, written, trouble) = (Mutex::new(Some(file)), Mutex::default(), Mutex::default());
        Self { file, facts, written, repaint, trouble }
    }

    /// Removes the file: no host, no status.
    pub(super) fn end(&self) {
        *self.file.lock() = None;
    }

    /// Writes the sign of life, and records that the file cannot be written, once.
    pub(super) fn beat(&self, journal: &Journal) {
        self.write_now(&journal.board());
        let mut trouble = self.trouble.lock();
        if let Trouble::ToTell(message) = &mut *trouble {
            let message = std::mem::take(message);
            *trouble = Trouble::Told;
            drop(trouble);
            journal.record(None, None, Event::Notice { message });
        }
    }

    fn write_now(&self, board: &Arc<Board>) {
        *self.written.lock() = Some((Instant::now(), Arc::clone(board)));
        let mut file = self.file.lock();
        let Some(file) = file.as_mut() else { return };
        if let Err(error) = file.write(&self.facts.status(board)) {
            let mut trouble = self.trouble.lock();
            if matches!(*trouble, Trouble::None) {
                let message =
                    format!("{error}; `{} status` will not find this host", own_command());
                *trouble = Trouble::ToTell(message);
            }
        }
    }
}

impl ShowBoard for StatusWriter {
    fn write(&self, board: &Arc<Board>) {
        let only_progress = self.written.lock().as_ref().is_some_and(|(at, last)| {
            at.elapsed() < PROGRESS_INTERVAL && last.has_status_of(board)
        });
        if !only_progress {
            self.write_now(board);
        }
    }

    fn changed(&self) {
        (self.repaint)(Duration::ZERO);
    }
}
