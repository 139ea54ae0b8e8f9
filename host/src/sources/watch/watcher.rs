//! The watching thread.
//!
//! Owns: the thread `pitstop-watch`, joined on drop. Consumes: file events, and a few orders from
//! whoever builds. Produces: [`WatchEvent`]s on its own thread. Never: makes a caller wait, other
//! than at start, when it looks at all inputs, and at the end, when it is joined.

use super::WatchError;
use super::content::ContentIndex;
use super::debounce::{ChangeSet, Debounce, Sight};
use super::mailbox::{Mailbox, Orders, QUEUE, Task};
use super::source::{FileEvent, Forward, Source};
use crate::sources::workspace::Inputs;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// What to watch and how.
#[derive(Clone, Debug)]
pub struct WatchConfig {
    /// Where changes count.
    pub inputs: Inputs,
    /// Poll this often instead of asking the system for events.
    pub poll_interval: Option<Duration>,
}

/// What the watcher has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchEvent {
    /// Inputs have new content.
    Change(ChangeSet),
    /// Something the user should know, such as why changes take longer to be noticed.
    Notice(String),
}

/// A running watcher; dropping it stops it.
pub struct Watcher {
    mailbox: Arc<Mailbox>,
    thread: Option<JoinHandle<()>>,
}

/// As long as it lives a build runs, and may write `Cargo.lock`. Whether that file has changed is seen
/// when the guard is dropped.
#[must_use = "the build counts as ended when the guard is dropped"]
#[derive(Debug)]
pub struct BuildGuard {
    mailbox: Arc<Mailbox>,
    lock_file: Option<blake3::Hash>,
}

impl BuildGuard {
    /// Tells the content of `Cargo.lock` that the build was made with: any other is a change.
    pub fn knows_lock_file(&mut self, content: Option<blake3::Hash>) {
        self.lock_file = content;
    }
}

impl Drop for BuildGuard {
    fn drop(&mut self) {
        self.mailbox.order(|orders| {
            orders.builds -= 1;
            orders.build_ended = true;
            orders.lock_file = self.lock_file.or(orders.lock_file);
        });
    }
}

impl Watcher {
    /// Takes the inputs' content as known, then calls `on_event` for everything that differs.
    /// `on_event` runs on the watching thread (a first notice: on the caller's, before this
    /// returns). It must not wait for the thread that drops the watcher.
    ///
    /// # Errors
    /// [`WatchError`] when neither events nor polling nor the thread can be had.
    pub fn start(
        config: WatchConfig,
        on_event: Box<dyn FnMut(WatchEvent) + Send>,
    ) -> Result<Self, WatchError> {
        let (mailbox, tasks) = Mailbox::new();
        let forward: Forward = {
            let mailbox = Arc::clone(&mailbox);
            Arc::new(move |event| mailbox.file_event(event))
        };
        let root = config.inputs.root.clone();
        let (source, notice) = Source::start(&root, config.poll_interval, forward)?;
        let mut worker = Worker {
            index: ContentIndex::new(config.inputs),
            debounce: Debounce::default(),
            lockfile: root.join("Cargo.lock"),
            mailbox: Arc::clone(&mailbox),
            source,
            on_event,
        };
        worker.tell(notice);
        worker.cover()?;
        // What was saved before the watches stood is part of where we start.
        worker.index.scan_changes();
        let thread = std::thread::Builder::new()
            .name("pitstop-watch".to_owned())
            .spawn(move || worker.run(&tasks))
            .map_err(WatchError::Thread)?;
        Ok(Self { mailbox, thread: Some(thread) })
    }

    /// Replaces the inputs, for instance by [`Inputs::with_files`] after a build that began at
    /// `since`. An input not known before is a change only if it was written after that.
    pub fn set_inputs(&self, inputs: Inputs, since: SystemTime) {
        self.mailbox.order(|orders| orders.set_inputs(inputs, since));
    }

    /// Compares every input with what was last reported, as after lost events.
    pub fn rescan(&self) {
        self.mailbox.order(|orders| orders.rescan(Instant::now()));
    }

    /// To be held while cargo runs. Builds may overlap.
    pub fn build_guard(&self) -> BuildGuard {
        self.mailbox.order(|orders| orders.builds += 1);
        BuildGuard { mailbox: Arc::clone(&self.mailbox), lock_file: None }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.mailbox.order(|orders| orders.stop = true);
        if let Some(thread) = self.thread.take() {
            // A panic of `on_event` was printed when it happened.
            let _ = thread.join();
        }
    }
}

struct Worker {
    index: ContentIndex,
    debounce: Debounce,
    source: Source,
    on_event: Box<dyn FnMut(WatchEvent) + Send>,
    mailbox: Arc<Mailbox>,
    lockfile: PathBuf,
}

/// What happened to one path in one batch of events.
#[derive(Clone, Copy)]
struct Touch {
    settled: bool,
    first: Instant,
}

impl Worker {
    fn run(mut self, tasks: &Receiver<Task>) {
        loop {
            let first = match self.debounce.deadline() {
                Some(deadline) => tasks.recv_deadline(deadline),
                None => tasks.recv().map_err(RecvTimeoutError::from),
            };
            // One batch: a save is several events, and hashing once for all of them is enough.
            let mut touched = BTreeMap::new();
            for task in first.into_iter().chain(tasks.try_iter().take(QUEUE)) {
                if let Task::File(event, at) = task {
                    self.collect(event, at, &mut touched);
                }
            }
            let orders = self.mailbox.take();
            if orders.stop {
                return;
            }
            let building = orders.builds > 0;
            self.obey(orders, &mut touched);
            self.look(touched, building);
            self.report(Instant::now());
        }
    }

    fn obey(&mut self, orders: Orders, touched: &mut BTreeMap<PathBuf, Touch>) {
        if let Some(content) = orders.lock_file {
            self.index.knows(&self.lockfile, content);
        }
        if orders.build_ended {
            let lock_file = vec![self.lockfile.clone()];
            self.collect(FileEvent::Settled(lock_file), Instant::now(), touched);
        }
        if let Some((inputs, since)) = orders.inputs {
            let late = self.index.set_inputs(inputs, since);
            self.refresh();
            self.collect(FileEvent::Settled(late), Instant::now(), touched);
        }
        if let Some(at) = orders.rescan {
            self.collect(FileEvent::Rescan, at, touched);
        }
    }

    fn collect(&mut self, event: FileEvent, at: Instant, touched: &mut BTreeMap<PathBuf, Touch>) {
        let (paths, settled) = match event {
            FileEvent::Settled(paths) => (paths, true),
            FileEvent::Ongoing(paths) => (paths, false),
            FileEvent::Rescan => {
                // Every path begins with the empty one. A directory that was replaced among the
                // lost events would stay unwatched otherwise.
                self.source.forget_below(Path::new(""));
                self.refresh();
                (self.index.everything().into_iter().collect(), true)
            }
        };
        for path in paths {
            let touch = touched.entry(path).or_insert(Touch { settled, first: at });
            touch.settled |= settled;
        }
    }

    /// Compares what was touched with what is known.
    fn look(&mut self, touched: BTreeMap<PathBuf, Touch>, building: bool) {
        let moved: Vec<&PathBuf> =
            touched.keys().filter(|path| self.source.watches(path) || path.is_dir()).collect();
        for dir in &moved {
            self.source.forget_below(dir);
        }
        if !moved.is_empty() {
            self.refresh();
        }
        if touched.keys().any(|path| path.ends_with(".gitignore")) {
            self.index.reread_rules();
            self.refresh();
        }
        for (path, touch) in touched {
            for file in self.index.expand(&path) {
                if building && file == self.lockfile {
                    continue;
                }
                let sight = match self.index.sight(&file) {
                    Sight::Changed if touch.settled && self.index.is_new(&file) => Sight::Appeared,
                    Sight::Changed if touch.settled => {
                        self.index.accept(&file);
                        Sight::Changed
                    }
                    Sight::Changed => Sight::Unsettled,
                    sight => sight,
                };
                self.debounce.note(&file, sight, touch.first);
            }
        }
    }

    fn report(&mut self, now: Instant) {
        for (path, first) in self.debounce.overdue(now) {
            if self.index.accept(&path) {
                self.debounce.note(&path, Sight::Changed, first);
            }
        }
        for (path, first) in self.debounce.companions(now) {
            if self.index.accept(&path) {
                self.debounce.note(&path, Sight::Changed, first);
            }
        }
        if let Some(set) = self.debounce.take(now) {
            (self.on_event)(WatchEvent::Change(set));
        }
    }

    /// Watches the directories there are now; a failure is told, because the thread has to go on.
    fn refresh(&mut self) {
        if let Err(error) = self.cover() {
            self.tell(Some(error.to_string()));
        }
    }

    fn cover(&mut self) -> Result<(), WatchError> {
        let notice = self.source.cover(|| self.index.dirs())?;
        self.tell(notice);
        Ok(())
    }

    fn tell(&mut self, notice: Option<String>) {
        if let Some(notice) = notice {
            (self.on_event)(WatchEvent::Notice(notice));
        }
    }
}
