//! The ordered stream of everything that happens, which the window, the terminal, the tests and
//! other programs all read.
//!
//! Owns: the order and times of entries, `events.jsonl` (this run), `events.previous.jsonl` (the run
//! before, and those that crashed), `host.log` (appended), the `--events` stream, the memory of this run. Consumes: [`Event`]s from any thread. Produces:
//! [`Entry`]s, in files and through [`Subscription`]s. Never: waits for a reader, or fails because
//! a disk does.

pub mod board;
mod clock;
pub mod event;
mod feed;
mod level;
mod line;
mod log_file;
mod previous;
mod sink;
pub mod stage_clock;
pub mod status;
mod stream;
mod subscription;
mod tail;
#[cfg(test)]
mod tests;
mod text;

pub use clock::unix_ms;
pub use level::{LogLevel, UnknownLevel};
pub use line::{Colour, EventLine};
pub use stream::EventStream;
pub use subscription::{NothingYet, Subscription};
pub(crate) use text::of as in_words;
pub use text::said;

use crate::journal::board::Board;
use crate::journal::event::{Entry, Event, Generation};
use clock::Clock;
use feed::Feed;
use log_file::LogFile;
use once_cell::sync::OnceCell;
use parking_lot::Mutex;
use sink::Sink;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Weak};
use std::time::Duration;
use subscription::Queue;

/// How many entries of this run stay in memory for those who ask later: some hundred reloads.
/// Older ones are in `events.jsonl`.
const HISTORY_ENTRIES_MAX: usize = 4096;

/// How far the `--events` stream may fall behind: many reloads, and a few megabytes at most.
const EVENTS_BEHIND_MAX: usize = 4096;

/// Where `--events` sends the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventsTo {
    /// `-`: standard output.
    Stdout,
    /// A file that is appended to.
    File(PathBuf),
}

impl FromStr for EventsTo {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == "-" { Self::Stdout } else { Self::File(PathBuf::from(text)) })
    }
}

/// What a journal needs to know.
#[derive(Clone, Debug)]
pub struct JournalConfig {
    /// `target/pitstop`, created when it is missing.
    pub dir: PathBuf,
    /// An additional copy of the stream.
    pub events: Option<EventsTo>,
    /// What is worth a line in `host.log`.
    pub log_level: LogLevel,
    /// How long the run has taken before this process, when it goes on with the run of the process before: then
    /// `events.jsonl` is continued.
    pub ran_for: Option<Duration>,
}

/// Who shows the board to others.
pub trait ShowBoard: Send + Sync {
    /// The board has changed. Called before any reader has the entry that changed it: whoever reads of an
    /// event and then asks for the status gets one that knows of it. The journal is locked: it must not
    /// record, and must not wait for a thread that does.
    fn write(&self, board: &Arc<Board>);
    /// As [`Self::write`], afterwards, with nothing locked.
    fn changed(&self);
}

/// Why the journal cannot start.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}; fix its permissions or the disk and start again", path.display())]
pub struct JournalError {
    /// The file or directory.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// The journal of one run of the host. Shared by all threads.
pub struct Journal {
    inner: Mutex<Inner>,
    /// Locked for no longer than the clone or the replacement of a pointer takes: the window asks for it in
    /// every frame.
    board: Mutex<Arc<Board>>,
    show: OnceCell<Arc<dyn ShowBoard>>,
    log_level: LogLevel,
    feed: Mutex<Option<Feed>>,
}

struct Inner {
    clock: Clock,
    events: Sink,
    log: Sink<LogFile>,
    history: VecDeque<Arc<Entry>>,
    readers: Vec<Weak<Queue>>,
}

impl Journal {
    /// Starts the journal of this run, whose clock starts here, or goes on with it. At the start of a run, what is in
    /// `events.jsonl` goes to `events.previous.jsonl`. Hold the [`crate::control::HostLock`] before.
    ///
    /// # Errors
    /// A file that cannot be opened.
    pub fn open(config: JournalConfig) -> Result<Arc<Self>, JournalError> {
        fs::create_dir_all(&config.dir).map_err(|e| at(&config.dir, e))?;
        let events = config.dir.join("events.jsonl");
        let file = match config.ran_for {
            Some(_) => tail::append(&events),
            None => {
                previous::set_aside(&events, &config.dir.join("events.previous.jsonl"));
                File::create(&events)
            }
        };
        let log = config.dir.join("host.log");
        let mut inner = Inner {
            clock: Clock::start(config.ran_for.unwrap_or_default()),
            events: Sink::new(&events, file.map_err(|e| at(&events, e))?),
            log: Sink::new(&log, LogFile::append(&log).map_err(|e| at(&log, e))?),
            history: VecDeque::new(),
            readers: Vec::new(),
        };
        let feed = config.events.map(|to| inner.feed(&to)).transpose()?;
        let (feed, inner) = (Mutex::new(feed), Mutex::new(inner));
        let (board, show) = (Mutex::default(), OnceCell::new());
        Ok(Arc::new(Self { inner, board, show, log_level: config.log_level, feed }))
    }

    /// Sets what the entries are applied to, those of this run that are in memory included.
    pub fn begin_board(&self, mut board: Board) {
        let inner = self.inner.lock();
        inner.history.iter().for_each(|entry| board.apply(entry));
        *self.board.lock() = Arc::new(board);
    }

    /// From now on this one is told of changes of the board; only the first call counts.
    pub fn show_board_to(&self, show: Arc<dyn ShowBoard>) {
        let _ = self.show.set(show); // only once
    }

    /// What the entries so far come to. Any thread; returns at once.
    #[must_use]
    pub fn board(&self) -> Arc<Board> {
        Arc::clone(&self.board.lock())
    }

    /// How long the run has taken so far. Any thread.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.inner.lock().clock.elapsed()
    }

    /// Tells all readers that nothing more comes, and waits until the `--events` stream is written out, for a second
    /// at most. The process is about to end.
    pub fn close(&self) {
        for reader in self.inner.lock().readers.iter().filter_map(Weak::upgrade) {
            reader.close();
        }
        if let Some(mut feed) = self.feed.lock().take() {
            feed.finish();
        }
    }

    /// Adds one entry. Any thread; the order of entries is the order of their times.
    pub fn record(
        &self,
        module: Option<&str>,
        generation: Option<Generation>,
        event: Event,
    ) -> Entry {
        let mut inner = self.inner.lock();
        let entry = Arc::new(Entry {
            t_us: inner.clock.tick_us(),
            unix_ms: unix_ms(),
            module: module.map(str::to_owned),
            generation,
            event,
        });
        let shown = self.apply(&entry);
        inner.events.write(&json_line(&entry));
        let level = LogLevel::of(&entry.event);
        if level <= self.log_level {
            let line = EventLine::of(&entry, Colour::Never).to_string();
            inner.log_line(entry.unix_ms, level, &line);
        }
        inner.remember(&entry);
        drop(inner);
        if let Some(shown) = shown {
            shown.changed();
        }
        Arc::unwrap_or_clone(entry)
    }

    /// Applies an entry to the board, which is written if it has changed; returns who is then to be told.
    /// The caller holds the lock of [`Inner`], which puts the entries in order.
    fn apply(&self, entry: &Entry) -> Option<&Arc<dyn ShowBoard>> {
        let before = self.board();
        let mut board = Board::clone(&before);
        board.apply(entry);
        if board == *before {
            return None;
        }
        let board = Arc::new(board);
        *self.board.lock() = Arc::clone(&board);
        self.show.get().inspect(|show| show.write(&board))
    }

    /// Adds one line to `host.log` alone, such as what a module logs. Any thread.
    pub fn log(&self, level: LogLevel, module: Option<&str>, text: &str) {
        if level <= self.log_level {
            let line = line::plain(&format!("{} {text}", module.unwrap_or("host")));
            self.inner.lock().log_line(unix_ms(), level, &line);
        }
    }

    /// Everything from now on. The reader may be `capacity` entries behind; what goes beyond is
    /// lost to it, and [`Event::Missed`] tells how much.
    #[must_use]
    pub fn subscribe(&self, capacity: usize) -> Subscription {
        self.inner.lock().subscribe(capacity)
    }

    /// The entries of this run after `t_us` as far as they are in memory, and everything from now
    /// on, with no gap in between.
    #[must_use]
    pub fn subscribe_since(
        &self,
        t_us: Option<u64>,
        capacity: usize,
    ) -> (Vec<Arc<Entry>>, Subscription) {
        let mut inner = self.inner.lock();
        (inner.since(t_us), inner.subscribe(capacity))
    }

    /// The entries of this run after `t_us` (all with `None`), as far as they are in memory.
    #[must_use]
    pub fn entries_since(&self, t_us: Option<u64>) -> Vec<Arc<Entry>> {
        self.inner.lock().since(t_us)
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("log_level", &self.log_level).finish_non_exhaustive()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}

impl Inner {
    fn feed(&mut self, to: &EventsTo) -> Result<Feed, JournalError> {
        let (name, out): (&Path, Box<dyn Write + Send>) = match to {
            EventsTo::Stdout => (Path::new("standard output"), Box::new(io::stdout())),
            EventsTo::File(path) => (path, Box::new(tail::append(path).map_err(|e| at(path, e))?)),
        };
        Feed::start(self.subscribe(EVENTS_BEHIND_MAX), name, out).map_err(|e| at(name, e))
    }

    fn subscribe(&mut self, capacity: usize) -> Subscription {
        let (subscription, queue) = Subscription::new(capacity);
        self.readers.push(Arc::downgrade(&queue));
        subscription
    }

    fn remember(&mut self, entry: &Arc<Entry>) {
        if self.history.len() == HISTORY_ENTRIES_MAX {
            self.history.pop_front();
        }
        self.history.push_back(Arc::clone(entry));
        self.readers.retain(|reader| reader.upgrade().inspect(|queue| queue.push(entry)).is_some());
    }

    fn since(&self, t_us: Option<u64>) -> Vec<Arc<Entry>> {
        let first = t_us.map_or(0, |t_us| self.history.partition_point(|e| e.t_us <= t_us));
        self.history.range(first..).cloned().collect()
    }

    fn log_line(&mut self, unix_ms: u64, level: LogLevel, text: &str) {
        self.log.write(&format!("{} {level:<5} {text}\n", clock::utc(unix_ms)));
    }
}

/// The entry as the journal's line, line feed included.
pub(crate) fn json_line(entry: &Entry) -> String {
    let line = serde_json::to_string(entry).or_else(|error| {
        // A file name that is not UTF-8 has no form in JSON; the event still has its place.
        let message = format!("an event cannot be shown: {error}");
        serde_json::to_string(&Entry { event: Event::Notice { message }, ..entry.clone() })
    });
    line.expect("a notice is plain text") + "\n"
}

fn at(path: &Path, source: io::Error) -> JournalError {
    JournalError { path: path.to_owned(), source }
}
