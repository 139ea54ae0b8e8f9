//! From a saved file or an order to the build that answers it.
//!
//! Owns: which modules a change concerns, what waits while something is being built, and the numbers
//! of attempts. Consumes: change sets and orders. Produces: one [`Request`] at a time for the build
//! thread. Never: swaps.

use super::board::{BuildBoard, ModuleStatus};
use super::request::Request;
use super::settle::Ticket;
use super::worker::Worker;
use crate::build::{BuildError, Built};
use crate::event::{BuildWay, Event, Generation, Trigger};
use crate::watch::{ChangeSet, Watcher};
use crate::workspace::Tier;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

impl Worker {
    /// A save: what it asks for depends on who uses the files.
    pub(super) fn on_change(&mut self, set: &ChangeSet) {
        let mut packages = BTreeMap::<String, BTreeSet<PathBuf>>::new();
        let mut host_files = Vec::new();
        for file in &set.files {
            match self.config.source.tiers.tier_of(file) {
                Tier::Module(users) => {
                    for user in users {
                        packages.entry(user).or_default().insert(file.clone());
                    }
                }
                Tier::Host => host_files.push(file.clone()),
                Tier::Nothing => {}
            }
        }
        let specs = self.config.modules.iter();
        let concerned = specs
            .filter_map(|spec| Some((spec.name.clone(), packages.get(&spec.package)?.clone())));
        let modules: BTreeMap<String, BTreeSet<PathBuf>> = concerned.collect();
        if modules.is_empty() && host_files.is_empty() {
            return;
        }
        self.changed.extend(set.files.iter().cloned());
        let files = set.files.iter().map(|file| self.relative(file)).collect();
        self.record(None, None, Event::Change { files, trigger: Trigger::Save });
        if let Some(first) = host_files.first() {
            self.restart_pending(&self.relative(first));
        }
        if modules.is_empty() {
            return;
        }
        let only_modules = host_files.is_empty();
        if self.board.get().auto_reload {
            if only_modules && self.take_over_literals(set, &modules) {
                return;
            }
            let modules = Some(modules.into_keys().collect());
            self.request(modules, Trigger::Save, set.first_event, false, Vec::new());
        } else {
            self.held_back.extend(modules.into_keys());
            let waiting = set.files.len();
            self.board.change(|board| board.waiting_changes += waiting);
        }
    }

    fn restart_pending(&self, file: &std::path::Path) {
        let reason = format!(
            "{} is part of the host: a swap cannot carry it; start `cargo xtask dev` anew",
            file.display()
        );
        let event = Event::RestartPending { reason: "code_change".to_owned(), busy: false };
        self.record(None, None, event);
        self.board.change(|board| board.restart_pending = Some(reason));
    }

    /// A key, the button or a command.
    pub(super) fn on_order(
        &mut self,
        module: Option<String>,
        trigger: Trigger,
        at: Instant,
        answer: Ticket,
    ) {
        let modules = module.map(|module| BTreeSet::from([module]));
        self.record(None, None, Event::Change { files: Vec::new(), trigger });
        self.request(modules, trigger, at, true, vec![answer]);
    }

    pub(super) fn set_auto_reload(&mut self, on: bool) {
        self.board.change(|board| board.auto_reload = on);
        if on && !self.held_back.is_empty() {
            let modules = std::mem::take(&mut self.held_back);
            self.request(Some(modules), Trigger::Save, Instant::now(), false, Vec::new());
        }
    }

    /// Mints the generations of a wish, and builds it now or joins it to what is being built.
    pub(super) fn request(
        &mut self,
        modules: Option<BTreeSet<String>>,
        trigger: Trigger,
        first_event: Instant,
        force: bool,
        mut tickets: Vec<Ticket>,
    ) {
        let names: BTreeSet<String> = modules
            .unwrap_or_else(|| self.config.modules.iter().map(|spec| spec.name.clone()).collect());
        for ticket in &mut tickets {
            ticket.wait_for(names.iter());
        }
        let under_way = |name: &String| {
            let requests = self.waiting.iter().chain(&self.building);
            requests.flat_map(|request| &request.modules).find(|(known, _)| *known == name)
        };
        let modules: BTreeMap<String, Generation> = names
            .iter()
            .map(|name| match under_way(name) {
                Some((_, generation)) => (name.clone(), *generation),
                None => (name.clone(), Generation(0)),
            })
            .collect();
        let modules = modules
            .into_iter()
            .map(|(name, known)| {
                let generation = if known.0 == 0 { self.mint(&name) } else { known };
                (name, generation)
            })
            .collect();
        self.held_back.retain(|name| !names.contains(name));
        let none_held = self.held_back.is_empty();
        self.board.change(|board| {
            if none_held {
                board.waiting_changes = 0;
            }
        });
        let request = Request { modules, trigger, first_event, force, tickets };
        // Only new content makes the running build stale; an order joins it.
        let stale = trigger == Trigger::Save;
        match (&mut self.waiting, &mut self.building) {
            (Some(waiting), _) => waiting.merge(request),
            (None, Some(_)) if stale => {
                self.waiting = Some(request);
                if self.pace.stops_stale(Instant::now()) {
                    self.builds.cancel();
                }
            }
            (None, Some(building)) => building.merge(request),
            (None, None) => self.start_build(request),
        }
    }

    fn mint(&mut self, module: &str) -> Generation {
        let last = self.last_generation.entry(module.to_owned()).or_insert(Generation(0));
        last.0 += 1;
        *last
    }

    pub(super) fn start_build(&mut self, request: Request) {
        for name in request.modules.keys() {
            self.literals.building(name);
            self.board.change_module(name, |module| module.status = ModuleStatus::Building);
        }
        self.board.change(|board| {
            board.build = Some(BuildBoard { done: 0, total: 0, unit: String::new() });
        });
        self.building = Some(request);
        self.pace.started(Instant::now());
        self.build_guard = self.watcher.as_ref().map(Watcher::build_guard);
        self.builds.build();
    }

    /// The build thread knows by now which way it goes.
    pub(super) fn on_build_started(&mut self, way: BuildWay) {
        self.pace.goes(way);
        let modules = self.building.iter().flat_map(|request| &request.modules);
        for (name, generation) in modules {
            self.record(Some(name), Some(*generation), Event::BuildStarted { way });
        }
    }

    /// The request that the build which has just ended is the answer to; `None` when a newer one takes
    /// its place. A stale build that was allowed to end answers its own request when it has succeeded;
    /// the newer one waits until [`Self::build_waiting`].
    pub(super) fn take_built(&mut self, result: &Result<Built, BuildError>) -> Option<Request> {
        self.board.change(|board| board.build = None);
        self.build_guard = None;
        let is_stopped = self.builds.is_cancelled();
        if !is_stopped {
            self.pace.ended(result.as_ref().ok().map(|built| (built.way, built.elapsed)));
        }
        let mut answered = self.building.take()?;
        let Some(mut newer) = self.waiting.take() else { return Some(answered) };
        match result {
            Ok(built) if !is_stopped => {
                for (name, generation) in &mut newer.modules {
                    if self.has_library(name, built) {
                        *generation = self.mint(name);
                    } else {
                        // The attempt goes on with the newer content.
                        answered.modules.remove(name);
                    }
                }
                self.waiting = Some(newer);
                Some(answered)
            }
            _ => {
                answered.merge(newer);
                self.start_build(answered);
                None
            }
        }
    }

    /// Builds what was saved while a stale build was allowed to end.
    pub(super) fn build_waiting(&mut self) {
        if self.building.is_none()
            && let Some(request) = self.waiting.take()
        {
            self.start_build(request);
        }
    }

    fn has_library(&self, name: &str, built: &Built) -> bool {
        let slot = self.registry.slot(name);
        slot.is_some_and(|slot| built.artifacts.contains_key(slot.package()))
    }
}
