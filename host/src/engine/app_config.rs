//! The application's own configuration: read, watched, and handed to the services of modules.
//!
//! Consumes: the four files, and changes of them. Produces: reloads. Never: knows what a value means; modules do.

use super::app_services::{ForServices, Loaded};
use super::core::Core;
use super::messages::Message;
use super::swap::BOUNDARY_LIMIT;
use crate::journal::event::{Event, Stage, Trigger};
use crate::slot::{Candidate, Rejection, Slot};
use crate::sources::watch::{WatchConfig, WatchEvent, Watcher};
use crate::sources::workspace::Inputs;
use hot_api::config::{Configuration, FILES, files_in};
use hot_api::services::Read;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a change waits before it is looked again whether modules can be asked.
const POSTPONED_BY: Duration = Duration::from_secs(1);

impl Core {
    fn config_dir(&self) -> PathBuf {
        self.config.root.join(&self.config.app.dir)
    }

    /// Reads the configuration when the first module with services is about to be loaded, and watches its files.
    fn begin_config(&mut self) -> Result<(), String> {
        if self.services.current.is_some() {
            return Ok(());
        }
        if self.services.watcher.is_none() && self.config.source.watch {
            self.services.watcher = self.watch_config();
        }
        let loaded = self.read_config()?;
        let files = files_in(&self.config_dir()).iter().map(|file| self.relative(file)).collect();
        self.record(None, None, Event::ConfigLoaded { files, values: loaded.values() });
        self.services.current = Some(loaded);
        Ok(())
    }

    fn watch_config(&self) -> Option<Watcher> {
        let (root, dir) = (self.config.root.clone(), self.config_dir());
        let dir = std::fs::canonicalize(&dir).unwrap_or(dir);
        let files = FILES.iter().map(|name| dir.join(name)).collect();
        // The way to it is watched as well: it may be made, or made anew.
        let root = if dir.starts_with(&root) { root } else { dir.clone() };
        let inputs = Inputs { root, files, ..Inputs::default() };
        let config = WatchConfig { inputs, poll_interval: self.config.source.poll_interval };
        let outbox = self.outbox.clone();
        let forward = move |event: WatchEvent| match event {
            // The first comes on this very thread.
            WatchEvent::Notice(_) => outbox.try_send(Message::Config(event)),
            WatchEvent::Change(_) => drop(outbox.send(Message::Config(event))),
        };
        match Watcher::start(config, Box::new(forward)) {
            Ok(watcher) => Some(watcher),
            Err(error) => {
                let dir = dir.display();
                self.notice(format!("the configuration in {dir} is not watched: {error}"));
                None
            }
        }
    }

    /// One of the files has other content: it is read once all have been the same for a while.
    pub(super) fn on_config_event(&mut self, event: WatchEvent) {
        match event {
            WatchEvent::Change(set) => {
                self.services.changed.extend(set.files);
                self.services.due = Some(Instant::now() + self.config.app.debounce);
            }
            WatchEvent::Notice(message) => self.notice(message),
        }
    }

    /// Reads the files when they have been the same for long enough. A change during a reload waits for its end.
    pub(super) fn look_after_config(&mut self) {
        let is_due = self.services.due.is_some_and(|due| due <= Instant::now());
        if is_due && !self.services.lifecycle.is_reloading() {
            self.services.due = None;
            self.reload_config();
        }
    }

    fn reload_config(&mut self) {
        if let Some(module) = self.unaskable() {
            // Its services can neither be listed nor started now.
            self.services.due = Some(Instant::now() + POSTPONED_BY);
            if !std::mem::replace(&mut self.services.is_postponed, true) {
                let why =
                    "has panicked, or does not return: the configuration is read when that is over";
                self.notice(format!("{module} {why}"));
            }
            return;
        }
        self.services.is_postponed = false;
        let changed = std::mem::take(&mut self.services.changed);
        if !changed.is_empty() {
            self.record(None, None, Event::ConfigChanged { files: self.shown(&changed) });
        }
        let is_same = changed.is_empty();
        if !is_same {
            self.services.brought = None;
        }
        self.services.unused.extend(changed);
        match self.read_config().and_then(|loaded| self.validated(loaded, None)) {
            Ok(loaded) => {
                let before = self.services.current.replace(loaded);
                if before.is_some() {
                    self.services.before = before;
                }
                self.services.told.clear();
                self.services.is_halted = false;
                self.services.is_unreadable = false;
                let can_go_back = self.services.before.is_some();
                self.services.lifecycle.reload(can_go_back, Instant::now());
            }
            // Looked at once more for new code, and told before.
            Err(message) if is_same && self.services.error.as_ref() == Some(&message) => {}
            Err(message) => {
                self.config_unreadable(message);
                self.try_refused();
            }
        }
        self.perform_services();
    }

    fn config_unreadable(&mut self, message: String) {
        self.services.is_unreadable = true;
        self.services.lifecycle.reload_refused(message, Instant::now());
        self.perform_services();
    }

    /// A module whose services are concerned, and whose code cannot be asked.
    fn unaskable(&self) -> Option<String> {
        let slots = self.registry.slots();
        let slot = slots.iter().find(|slot| slot.has_services() && !slot.can_be_asked())?;
        Some(slot.name().to_owned())
    }

    fn read_config(&self) -> Result<Loaded, String> {
        let read = Configuration::read(&self.config_dir());
        read.map(Loaded::new).map_err(|error| error.to_string())
    }

    /// Files as the journal names them.
    fn shown(&self, files: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
        files.iter().map(|file| self.relative(file)).collect()
    }

    /// Every module with services but `without` reads it, and lists what would run.
    ///
    /// # Errors
    /// What one of them cannot use.
    fn validated(&mut self, loaded: Loaded, without: Option<&str>) -> Result<Loaded, String> {
        let limit = self.step_limit();
        let mut reads = Vec::new();
        let slots = self.registry.slots().into_iter();
        for slot in slots.filter(|it| it.has_services() && without != Some(it.name())) {
            let name = slot.name();
            let in_words = |error: crate::module::CallError| format!("{name}: {error}");
            let payload = || Arc::clone(&loaded.payload);
            let read = slot.check_config(payload(), BOUNDARY_LIMIT, &limit).map_err(in_words)?;
            let read = read.map_err(|it| loaded.configuration.explain(&it).to_string())?;
            let listed = slot.list_services(payload(), BOUNDARY_LIMIT, &limit).map_err(in_words)?;
            listed.map_err(|it| loaded.configuration.explain(&it).to_string())?;
            reads.push((name.to_owned(), read));
        }
        self.services.reads.extend(reads);
        Ok(loaded)
    }

    /// What a candidate makes of the configuration, before anything is stopped for it. Where no services run yet, it
    /// may come without: they start when the configuration is corrected.
    ///
    /// # Errors
    /// Why what runs stays.
    pub(super) fn check_candidate(
        &mut self,
        slot: &Slot,
        candidate: &mut Candidate,
        (trigger, is_of_new_code): (Trigger, bool),
    ) -> Result<ForServices, Rejection> {
        let name = slot.name();
        if !candidate.has_services() {
            return Ok(ForServices::default());
        }
        let message = match self.begin_config() {
            Ok(()) => match self.read_by(name, candidate, None)? {
                Ok(payload) => return Ok(ForServices { payload: Some(payload), newer: None }),
                Err(message) => message,
            },
            Err(message) => message,
        };
        // Code and files may have changed together, and neither fits what was before.
        if let Some(newer) = self.newer_config(name)
            && let Ok(payload) = self.read_by(name, candidate, Some(&newer))?
        {
            return Ok(ForServices { payload: Some(payload), newer: Some(newer) });
        }
        if slot.generation().is_some() && self.services.current.is_some() {
            if is_of_new_code {
                self.services.refused.insert(name.to_owned());
            }
            return Err(Rejection::new(Stage::Services, message));
        }
        if slot.generation().is_none() && self.config.is_first_start && trigger == Trigger::Start {
            self.end_at_first_start(message.clone());
            return Err(Rejection::new(Stage::Services, message));
        }
        self.config_unreadable(message);
        Ok(ForServices::default())
    }

    /// What the files say, when services do not run with it, and all other modules could.
    fn newer_config(&mut self, without: &str) -> Option<Loaded> {
        let services = &self.services;
        let is_due = services.due.is_some_and(|due| due <= Instant::now());
        let is_newer = services.error.is_some() || is_due;
        if !is_newer || self.unaskable().is_some_and(|module| module != without) {
            return None;
        }
        let loaded = self.read_config().ok()?;
        self.validated(loaded, Some(without)).ok()
    }

    /// New code has been swapped in that goes by the newer files: so does everything else.
    pub(super) fn take_newer(&mut self, module: &str, newer: Loaded) {
        let before = self.services.current.replace(newer);
        self.services.brought = before.map(|before| (module.to_owned(), before));
        self.services.is_halted = false;
        self.services.due.get_or_insert_with(Instant::now);
    }

    /// The code that has brought a newer configuration along is taken back, and what was current before is so again.
    pub(super) fn give_back_config(&mut self, module: &str) {
        if let Some((_, before)) = self.services.brought.take_if(|(of, _)| of == module) {
            self.settle_reload();
            self.services.current = Some(before);
            self.services.due.get_or_insert_with(Instant::now);
        }
    }

    /// What the files say may fit the code that runs now, where it has not before.
    pub(super) fn look_again_for_new_code(&mut self) {
        if self.services.is_unreadable || self.services.is_halted {
            self.services.due.get_or_insert_with(Instant::now);
        }
    }

    /// Has a candidate read the newer configuration, or the current one. Returns what it has read.
    fn read_by(
        &mut self,
        module: &str,
        candidate: &mut Candidate,
        newer: Option<&Loaded>,
    ) -> Result<Result<Arc<Vec<u8>>, String>, Rejection> {
        let Some(loaded) = newer.or(self.services.current.as_ref()) else {
            return Ok(Err("there is no configuration".to_owned()));
        };
        let payload = Arc::clone(&loaded.payload);
        match candidate.check_config(Arc::clone(&payload)) {
            Ok(Ok(read)) => {
                self.services.refused.remove(module);
                self.services.reads.insert(module.to_owned(), read);
                Ok(Ok(payload))
            }
            Ok(Err(refusal)) => Ok(Err(loaded.configuration.explain(&refusal).to_string())),
            Err(error) => Err(Rejection::of_call(Stage::Services, &error)),
        }
    }

    /// Services do not run with what the files say.
    pub(super) fn config_failed(&mut self, message: String) {
        self.services.error = Some(message.clone());
        self.record(None, None, Event::ConfigFailed { message });
    }

    /// All services run with what the files say.
    pub(super) fn config_reloaded(&mut self) {
        self.services.before = None;
        self.services.error = None;
        let files = std::mem::take(&mut self.services.unused);
        let values = self.services.current.as_ref().map(Loaded::values).unwrap_or_default();
        self.record(None, None, Event::ConfigReloaded { files: self.shown(&files), values });
        self.try_refused();
    }

    /// What the files say now may be what new code needs that was refused.
    fn try_refused(&mut self) {
        // Where code waits for an order, this waits as well.
        if !self.board().auto_reload {
            return;
        }
        let refused = std::mem::take(&mut self.services.refused);
        if !refused.is_empty() {
            self.request(Some(refused), Trigger::Save, Instant::now(), true, Vec::new());
        }
    }

    /// Keys that no module knows, once all modules have been asked.
    pub(super) fn tell_unknown_keys(&mut self) {
        let all_loaded = self.registry.slots().iter().all(|slot| slot.generation().is_some());
        let (true, true, Some(loaded)) =
            (all_loaded, self.services.refused.is_empty(), &self.services.current)
        else {
            return;
        };
        let reads = &self.services.reads;
        let is_ignored = |key: &str, read: &Read| {
            let is_within = |ignored: &String| {
                key.strip_prefix(ignored.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            read.ignored.iter().any(is_within)
        };
        let keys: BTreeSet<&String> = reads.values().flat_map(|read| &read.ignored).collect();
        let unknown = keys.into_iter().filter(|key| reads.values().all(|it| is_ignored(key, it)));
        let known: Vec<String> = reads.values().flat_map(|read| read.known.clone()).collect();
        let messages: Vec<(String, String)> = unknown
            .filter(|key| !self.services.told.contains(*key))
            .map(|key| (key.clone(), loaded.configuration.unknown_key(key, &known).to_string()))
            .collect();
        for (key, message) in messages {
            self.services.told.insert(key);
            self.notice(message);
        }
    }
}
