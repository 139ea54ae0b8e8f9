//! The engine's thread: one loop, one message at a time.

use super::app_services::AppServices;
use super::builds::BuildThread;
use super::config::{BuildSource, EngineConfig, ModuleSpec};
use super::core::{Core, turn_until};
use super::deferred::Deferred;
use super::generations::Generations;
use super::handle::EngineHandle;
use super::host_change::HostChange;
use super::leftovers::Leftovers;
use super::messages::{BuildReport, Message, Outbox};
use super::migrations::Migrations;
use super::requests::Requests;
use super::swap::StateSource;
use super::tickets::Tickets;
use crate::compile::Builder;
use crate::journal::board::Board;
use crate::journal::event::{Event, Session, Trigger};
use crate::persist::checkpoint::Keeper;
use crate::slot::{Registry, Slot};
use crate::sources::watch::{WatchConfig, WatchEvent, Watcher};
use crossbeam_channel::{Receiver, bounded, select_biased};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Messages that may wait. Producers are few and wait for room, so this only evens out bursts.
const QUEUE: usize = 256;

/// A running engine. Dropping it stops builds and retires every module.
pub struct Engine {
    handle: EngineHandle,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts the engine; its first act is the first build.
    ///
    /// # Errors
    /// When files cannot be watched.
    pub fn start(mut config: EngineConfig) -> Result<Self, crate::sources::watch::WatchError> {
        let (messages, inbox) = bounded(QUEUE);
        let (ring, slots_bell) = bounded(1);
        let (dirty, capture_bell) = bounded(1);
        let registry = Registry::default();
        let names = config.modules.iter().map(|spec| spec.name.clone());
        config.journal.begin_board(Board::of(names, config.auto_reload));
        for ModuleSpec { name, package, views, .. } in &config.modules {
            let (name, package) = (name.clone(), package.clone());
            let slot = Slot::new(name, package, ring.clone(), config.frame_limit);
            registry.register(slot.with_views(views.clone()).with_capture_bell(dirty.clone()));
        }
        let keeper = config.checkpoints.clone().map(|store| {
            Keeper::start(store, registry.clone(), capture_bell, Arc::clone(&config.journal))
        });
        let handle = EngineHandle {
            messages: messages.clone(),
            registry: registry.clone(),
            journal: Arc::clone(&config.journal),
            ending: Arc::default(),
            ended: Arc::default(),
            failure: Arc::default(),
            hand_over: Arc::default(),
        };
        let outbox = Outbox { messages, stopping: Arc::default() };
        let watcher = start_watcher(&config.source, outbox.clone())?;
        let builder = Builder::new(config.source.build.clone());
        let builds = BuildThread::start(builder, outbox.clone());
        if let Some(next_host) = &mut config.next_host {
            let outbox = outbox.clone();
            next_host.start(Box::new(move |report| {
                outbox.send(Message::Host(report));
            }));
        }
        let ledger = config.ledger.take();
        let worker = Core {
            journal: Arc::clone(&config.journal),
            registry,
            watcher,
            services: AppServices::new(&config.app),
            outbox: outbox.clone(),
            config,
            builds,
            requests: Requests::default(),
            last_build: None,
            changed: BTreeSet::new(),
            tickets: Tickets::default(),
            generations: Generations::default(),
            duplicates: 0,
            migrations: Migrations::default(),
            keeper,
            restoring: BTreeMap::new(),
            ledger,
            ledger_fails: false,
            told_after_commit: BTreeMap::new(),
            give_up: None,
            next_look: None,
            hung: BTreeMap::new(),
            leftovers: Leftovers::default(),
            ending: Arc::clone(&handle.ending),
            hand_over: Arc::clone(&handle.hand_over),
            host_change: HostChange::default(),
            host_build_guard: None,
            hindered: None,
            trial_failure: None,
            only_built: BTreeSet::new(),
            started: Instant::now(),
            deferred: Deferred::default(),
            harmless: BTreeSet::new(),
            accepts_loss: BTreeSet::new(),
            ended: Arc::clone(&handle.ended),
            failure: Arc::clone(&handle.failure),
            stopping: outbox.stopping,
            build_guard: None,
        };
        let thread = std::thread::Builder::new()
            .name("pitstop-engine".to_owned())
            .spawn(move || worker.run(&inbox, &slots_bell))
            .expect("failed to spawn thread");
        Ok(Self { handle, thread: Some(thread) })
    }

    /// For orders.
    #[must_use]
    pub fn handle(&self) -> &EngineHandle {
        &self.handle
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.handle.end("the host ends");
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // its panic has been printed
        }
    }
}

fn start_watcher(
    source: &BuildSource,
    outbox: Outbox,
) -> Result<Option<Watcher>, crate::sources::watch::WatchError> {
    if !source.watch {
        return Ok(None);
    }
    let config = WatchConfig { inputs: source.inputs.clone(), poll_interval: source.poll_interval };
    let forward = move |event| {
        outbox.send(Message::Watch(event));
    };
    Watcher::start(config, Box::new(forward)).map(Some)
}

impl Core {
    fn run(mut self, inbox: &Receiver<Message>, slots_bell: &Receiver<()>) {
        self.begin();
        let ending = Arc::clone(&self.ending);
        let service_reports = self.services.reports();
        loop {
            let next_look = self.next_look.into_iter().chain(self.services.next_look()).min();
            let wait = turn_until(next_look);
            select_biased! {
                recv(ending.signal.signal()) -> _ => break,
                recv(slots_bell) -> _ => self.take_slot_events(),
                recv(service_reports) -> report => if let Ok(report) = report {
                    self.take_service_report(report);
                },
                recv(inbox) -> message => match message {
                    Ok(message) => self.take(message),
                    Err(_) => return,
                },
                default(wait) => (self.config.on_beat)(),
            }
            if self.next_look.is_some_and(|at| at <= Instant::now()) {
                self.look_after_unshown();
            }
            if self.services.next_look().is_some_and(|at| at <= Instant::now()) {
                self.look_after_services();
            }
            if let Some(reason) = self.give_up.take() {
                let _ = self.failure.set(reason.clone()); // only once
                let _ = ending.reason.set(reason);
                break;
            }
            self.try_new_host();
            // Whoever wants the end does not want another beginning.
            if ending.signal.is_cancelled() {
                break;
            }
            if let Some(hand_over) = self.restart_now() {
                let _ = ending.reason.set(hand_over.why.clone());
                let _ = self.hand_over.set(hand_over); // only once
                break;
            }
            // A safe point is passed once its moment is over, unless new code is about to be taken there.
            if self.requests.is_idle() {
                self.deferred.interruptible.clear();
            }
        }
        self.end(ending.reason.get().map_or("the host ends", String::as_str));
    }

    fn begin(&mut self) {
        self.take_over_proven();
        self.set_crashed_aside();
        match self.config.begin_from.take() {
            Some(from) => self.begin_from(from),
            None => {
                if self.config.begin_with_proven {
                    self.load_all_proven();
                }
                self.request(None, Trigger::Start, Instant::now(), true, Vec::new());
                if self.config.host_since.is_some() {
                    let saved = self.saved_files();
                    self.notice_newer_host_files(&saved);
                }
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Watch(WatchEvent::Change(set)) => self.on_change(&set),
            Message::Watch(WatchEvent::Notice(message)) => self.notice(message),
            Message::Config(event) => self.on_config_event(event),
            Message::Service { id, start } => self.order_service(&id, start),
            Message::Host(report) => self.on_host_report(report),
            Message::Build(BuildReport::Started(way)) => self.on_build_started(way),
            Message::Build(BuildReport::First(first)) => self.notice(first.to_string()),
            Message::Build(BuildReport::Progress(progress)) => {
                let crate::compile::Progress { done, total, unit } = progress;
                self.record(None, None, Event::BuildProgress { done, total, unit });
            }
            Message::Build(BuildReport::Done { result, started, lock_file }) => {
                if let Some(guard) = &mut self.build_guard {
                    guard.knows_lock_file(lock_file);
                }
                self.on_build_done(result, started);
            }
            Message::Reload { module, trigger, at, answer } => {
                self.on_order(module, trigger, at, answer);
            }
            Message::Rollback { module, to, answer } => {
                let result = self.roll_back(module.as_deref(), to);
                let _ = answer.send(result); // receiver gone: nobody to tell
            }
            Message::ResetState { module } => {
                let fresh = StateSource::Given(Vec::new());
                let _shown_on_the_board = self.swap_again(&module, fresh);
            }
            Message::RestoreState { module, snapshot, answer } => {
                let result = self.swap_again(&module, StateSource::Given(snapshot));
                let _ = answer.send(result); // receiver gone: nobody to tell
            }
            Message::TakeState { module, answer } => {
                let _ = answer.send(self.take_state(&module)); // receiver gone: nobody to tell
                (self.config.host_calls.request_repaint)(Duration::ZERO);
            }
            Message::EditState { module, edit } => self.edit_state(&module, edit),
            Message::Retry { module } => self.retry(&module),
            Message::AcceptLoss { module, at } => self.accept_loss(module, at),
            Message::RunMigrationAgain { module, at } => self.run_migration_again(module, at),
            Message::BackBeforeMigration { module } => self.go_back_before_migration(&module),
            Message::Dismiss { module, kind } => self.resolve(&module, kind),
            Message::SetAutoReload(on) => self.set_auto_reload(on),
        }
    }

    fn end(&mut self, reason: &str) {
        self.stopping.store(true, Ordering::Release);
        self.builds.stop();
        self.config.next_host = None;
        self.config.trials = None;
        self.host_build_guard = None;
        self.build_guard = None;
        self.watcher = None;
        // Modules draw on until their services have ended.
        self.end_services();
        self.take_slot_events();
        // What the user does from now on could not be kept.
        self.registry.slots().iter().for_each(|slot| slot.close());
        // Writes the last checkpoint of whatever still runs.
        self.keeper = None;
        self.note_host_end();
        for slot in self.registry.slots() {
            // A window that does not come to the end of its frame must not keep the host alive.
            for active in slot.take_all(super::swap::BOUNDARY_LIMIT) {
                self.retire(slot.name(), active);
            }
        }
        let ms = self.started.elapsed().as_millis() as u64;
        let session = Some(Session { ms, ..self.board().session });
        self.record(None, None, Event::Stopped { reason: reason.to_owned(), session });
        self.ended.store(true, Ordering::Release);
        (self.config.host_calls.request_repaint)(Duration::ZERO);
    }
}
