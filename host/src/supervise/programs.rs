//! The programs of `[[auto_run]]`: built together, each with a runner of its own.
//!
//! Owns: their threads, from the start of the host to its end. Consumes: the journal, which says when modules
//! were built and when the user asks for a reload. Produces: orders for runners and builds. Never: decides when
//! a program is started; its policy does.

use super::builds::{BuildOrders, Builds, IsOn, Listener, Watched};
use super::policy::Terms;
use super::program::Program;
use super::runner::{OnEvent, Order, Runner};
use crate::journal::event::{Entry, Event, Trigger};
use crate::journal::{Journal, NothingYet};
use crate::sources::watch::WatchError;
use crossbeam_channel::{Receiver, unbounded};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What is run beside the modules.
#[derive(Debug)]
pub struct ProgramsConfig {
    /// Each with a name of its own.
    pub programs: Vec<(Program, Terms)>,
    /// How those that have a `target` are built; `None` when none has.
    pub watched: Option<Watched>,
    /// Whether a change is a reason to build, as long as auto reload is on as well.
    pub is_watching: bool,
    /// Locked as long as any of the programs is there, also when the host is not: the next host starts none
    /// before that.
    pub lock: PathBuf,
}

/// The running programs. Dropping it asks them all to end, and waits until they have.
#[derive(Debug, Default)]
pub struct Programs {
    handle: ProgramsHandle,
    threads: Vec<JoinHandle<()>>,
    follower: Option<JoinHandle<()>>,
    over: Arc<AtomicBool>,
    builds: Option<Builds>,
}

/// The user's orders to programs. Cheap to clone; any thread; every method returns at once.
#[derive(Clone, Debug, Default)]
pub struct ProgramsHandle {
    runners: Arc<BTreeMap<String, Listener>>,
    builds: Option<BuildOrders>,
}

/// A name that no program has.
#[derive(Debug, thiserror::Error)]
#[error("pitstop.toml has no [[auto_run]] called `{name}`; it has {}", if known.is_empty() { "none at all".to_owned() } else { known.join(", ") })]
pub struct UnknownProgram {
    /// The name asked for.
    pub name: String,
    /// The names there are.
    pub known: Vec<String>,
}

/// How far the follower may be behind the journal.
const BEHIND_MAX: usize = 4096;
/// How long the follower may go without looking whether the host ends.
const TURN: Duration = Duration::from_millis(200);

impl ProgramsHandle {
    /// Starts a program that does not run, also one that is not enabled; it is built first if it has to be.
    ///
    /// # Errors
    /// [`UnknownProgram`].
    pub fn start(&self, name: &str) -> Result<(), UnknownProgram> {
        let target = self.tell(name, Order::Start)?;
        if let (Some(target), Some(builds)) = (target, &self.builds) {
            builds.include(target);
        }
        Ok(())
    }

    /// Asks a program to end; no build starts it again before [`Self::start`]. The second time it is killed.
    ///
    /// # Errors
    /// [`UnknownProgram`].
    pub fn halt(&self, name: &str) -> Result<(), UnknownProgram> {
        self.tell(name, Order::Halt).map(drop)
    }

    fn tell(&self, name: &str, order: Order) -> Result<Option<&str>, UnknownProgram> {
        let known = || self.runners.keys().cloned().collect();
        let unknown = || UnknownProgram { name: name.to_owned(), known: known() };
        let Listener { target, orders } = self.runners.get(name).ok_or_else(unknown)?;
        let _ = orders.send(order); // the host ends, and the program with it
        Ok(target.as_deref())
    }
}

impl Programs {
    /// Starts the runners. Programs are first built when the first build of modules is over: the window does not
    /// wait for them.
    ///
    /// # Errors
    /// When files cannot be watched, or a thread not be started.
    pub fn start(config: ProgramsConfig, journal: &Arc<Journal>) -> Result<Self, WatchError> {
        let ProgramsConfig { programs, watched, is_watching, lock } = config;
        if programs.is_empty() {
            return Ok(Self::default());
        }
        // Without it there may be two of one program for the time that the one of a killed host needs to end.
        let lock = File::create(lock).map(Arc::new).ok();
        let (mut runners, mut waiting) = (BTreeMap::new(), Vec::new());
        let mut enabled = BTreeSet::new();
        for (mut program, terms) in programs {
            program.held = lock.clone();
            let (orders, inbox) = unbounded();
            enabled.extend(program.target.clone().filter(|_| program.is_enabled));
            let target = program.target.clone();
            runners.insert(program.name.clone(), Listener { target, orders });
            waiting.push((program, terms, inbox));
        }
        let on_event = on_event(journal);
        let builds = watched.map(|watched| {
            let (listeners, board) = (runners.values().cloned().collect(), Arc::clone(journal));
            let is_on: IsOn = Box::new(move || is_watching && board.board().auto_reload);
            Builds::start(watched, BTreeSet::new(), listeners, is_on, Arc::clone(&on_event))
        });
        let builds = builds.transpose()?;
        let handle = ProgramsHandle {
            builds: builds.as_ref().map(Builds::orders),
            runners: Arc::new(runners),
        };
        let over = Arc::new(AtomicBool::new(false));
        let (threads, follower) = (Vec::new(), None);
        let mut programs = Self { handle, threads, follower, over, builds };
        for (program, terms, inbox) in waiting {
            let thread = run(program, terms, inbox, Arc::clone(&on_event));
            programs.threads.push(thread.map_err(WatchError::Thread)?);
        }
        let mut follower = Follower { handle: programs.handle.clone(), enabled };
        let (over, journal) = (Arc::clone(&programs.over), Arc::clone(journal));
        let thread = thread::Builder::new().name("pitstop-programs".to_owned()).spawn(move || {
            if let Some(lock) = lock {
                wait_for_those_before(&lock, &journal);
            }
            follower.follow(&journal, &over);
        });
        programs.follower = Some(thread.map_err(WatchError::Thread)?);
        Ok(programs)
    }

    /// For the user's orders.
    #[must_use]
    pub fn handle(&self) -> ProgramsHandle {
        self.handle.clone()
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        self.builds = None;
        for runner in self.handle.runners.values() {
            let _ = runner.orders.send(Order::Stop); // it has ended
        }
        for thread in self.threads.drain(..).chain(self.follower.take()) {
            let _ = thread.join(); // its panic has been printed
        }
    }
}

fn run(
    program: Program,
    terms: Terms,
    inbox: Receiver<Order>,
    on_event: OnEvent,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("pitstop-program".to_owned()).spawn(move || {
        Runner::new(program, terms, inbox, on_event).run();
    })
}

/// Waits until the programs of a host that was killed have ended, which is seen to by their guards.
fn wait_for_those_before(lock: &File, journal: &Journal) {
    if lock.try_lock().is_err() {
        let message = "programs of the host before are still ending; they are started again then";
        journal.record(None, None, Event::Notice { message: message.to_owned() });
        let _ = lock.lock(); // where nothing can be locked, nothing can be waited for
    }
}

fn on_event(journal: &Arc<Journal>) -> OnEvent {
    let journal = Arc::clone(journal);
    Arc::new(move |event| drop(journal.record(None, None, event)))
}

/// Reads the journal on a thread of its own.
struct Follower {
    handle: ProgramsHandle,
    /// The targets that are to be built as soon as the modules were.
    enabled: BTreeSet<String>,
}

impl Follower {
    fn follow(&mut self, journal: &Journal, over: &AtomicBool) {
        // The first build may be over already.
        let (earlier, entries) = journal.subscribe_since(None, BEHIND_MAX);
        earlier.iter().for_each(|entry| self.take(entry));
        while !over.load(Ordering::Acquire) {
            match entries.recv_timeout(TURN) {
                Ok(entry) => self.take(&entry),
                Err(NothingYet::Timeout) => {}
                Err(NothingYet::Closed) => return,
            }
        }
    }

    fn take(&mut self, entry: &Entry) {
        let is_of_module = entry.module.is_some();
        match &entry.event {
            Event::BuildFinished { artifact, .. } if is_of_module => {
                self.include_enabled();
                let result = format!("{} {artifact}", entry.module.as_deref().unwrap_or_default());
                let runners = self.handle.runners.values();
                for runner in runners.filter(|runner| runner.target.is_none()) {
                    let order = Order::Built { result: result.clone(), path: None };
                    let _ = runner.orders.send(order); // the host ends
                }
            }
            Event::BuildFailed { .. } | Event::NoChange { .. } if is_of_module => {
                self.include_enabled();
            }
            // A save that waits has no order yet.
            Event::Change { trigger: Trigger::Save | Trigger::Start, .. } => {}
            Event::Change { .. } | Event::AutoReload { on: true } => {
                if let Some(builds) = &self.handle.builds {
                    builds.build_changes();
                }
            }
            _ => {}
        }
    }

    fn include_enabled(&mut self) {
        if let Some(builds) = &self.handle.builds {
            std::mem::take(&mut self.enabled).iter().for_each(|target| builds.include(target));
        }
    }
}
