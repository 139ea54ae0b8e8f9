//! Turns change sets and orders into requests for new code.
//!
//! Owns: which modules a change concerns. Consumes: change sets and orders. Produces: requests
//! ([`Requests`](super::requests::Requests)), and starts and stops of the compiler. Never: swaps.

use super::core::Core;
use super::requests::{Asked, BuildEnd, Compiler, Request};
use super::tickets::Ticket;
use crate::compile::{BuildError, Built};
use crate::journal::event::{BuildWay, Event, Trigger};
use crate::os::own_command;
use crate::sources::watch::{ChangeSet, Watcher};
use crate::sources::workspace::Tier;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

impl Core {
    /// A save: what it asks for depends on who uses the files.
    pub(super) fn on_change(&mut self, set: &ChangeSet) {
        let mut packages = BTreeMap::<String, BTreeSet<PathBuf>>::new();
        // Whether modules are made of the host's files as well.
        let mut is_shared = false;
        let mut host_files = Vec::new();
        let mut supervisor_file = None;
        for file in &set.files {
            match self.config.source.tiers.tier_of(file) {
                Tier::Module(users) => {
                    for user in users {
                        packages.entry(user).or_default().insert(file.clone());
                    }
                }
                Tier::Host(users) => {
                    host_files.push(file.clone());
                    // Without a host to come, their new code has nothing to wait for.
                    for user in users.into_iter().filter(|_| self.config.next_host.is_some()) {
                        is_shared = true;
                        packages.entry(user).or_default().insert(file.clone());
                    }
                }
                Tier::Supervisor => supervisor_file = Some(file),
                Tier::Nothing => {}
            }
        }
        let specs = self.config.modules.iter();
        let concerned = specs
            .filter_map(|spec| Some((spec.name.clone(), packages.get(&spec.package)?.clone())));
        let modules: BTreeMap<String, BTreeSet<PathBuf>> = concerned.collect();
        if let Some(file) = supervisor_file {
            self.notice(format!(
                "{} is part of what has started this host, which cannot replace itself: end \
                 `{} dev` and start it anew for its new code",
                self.relative(file).display(),
                own_command()
            ));
        }
        if modules.is_empty() && host_files.is_empty() {
            return;
        }
        self.changed.extend(set.files.iter().cloned());
        let files = set.files.iter().map(|file| self.relative(file)).collect();
        self.record(None, None, Event::Change { files, trigger: Trigger::Save });
        if !host_files.is_empty() {
            let files = host_files.iter().map(|file| self.relative(file)).collect();
            self.on_host_files(files, is_shared);
        }
        let (only_modules, is_on) = (host_files.is_empty(), self.board().auto_reload);
        if modules.is_empty() && (is_on || !self.host_change.is_held_back()) {
            return;
        }
        if is_on {
            if only_modules && self.try_fast_path(set, &modules) {
                return;
            }
            let modules = Some(modules.into_keys().collect());
            self.request(modules, Trigger::Save, set.first_event, false, Vec::new());
        } else {
            self.requests.hold_back(modules.into_keys());
            let waiting = self.board().waiting_changes + set.files.len();
            self.record_waiting(waiting);
        }
    }

    fn record_waiting(&self, changes: usize) {
        if changes != self.board().waiting_changes {
            let changes = u32::try_from(changes).unwrap_or(u32::MAX);
            self.record(None, None, Event::Waiting { changes });
        }
    }

    /// A key, the button or a command.
    pub(super) fn on_order(
        &mut self,
        module: Option<String>,
        trigger: Trigger,
        at: Instant,
        answer: Ticket,
    ) {
        let is_of_all = module.is_none();
        let modules = module.map(|module| BTreeSet::from([module]));
        self.record(None, None, Event::Change { files: Vec::new(), trigger });
        if is_of_all || self.host_change.keeps_modules_waiting() {
            self.ask_for_host();
        }
        self.request(modules, trigger, at, true, vec![answer]);
    }

    pub(super) fn set_auto_reload(&mut self, on: bool) {
        self.record(None, None, Event::AutoReload { on });
        let modules = self.requests.held_back().clone();
        if on {
            self.ask_for_host();
        }
        if on && !modules.is_empty() {
            self.request(Some(modules), Trigger::Save, Instant::now(), false, Vec::new());
        }
    }

    /// Asks for new code of these modules, or of all.
    pub(super) fn request(
        &mut self,
        modules: Option<BTreeSet<String>>,
        trigger: Trigger,
        first_event: Instant,
        force: bool,
        tickets: Vec<Ticket>,
    ) {
        let all = || self.config.modules.iter().map(|spec| spec.name.clone()).collect();
        let modules = modules.unwrap_or_else(all);
        self.only_built.retain(|name| !modules.contains(name));
        let asked = Asked { modules, trigger, first_event, force, tickets };
        let compiler = self.requests.ask(asked, Instant::now());
        if self.requests.held_back().is_empty() && !self.host_change.is_held_back() {
            self.record_waiting(0);
        }
        match compiler {
            Compiler::Start => self.start_build(),
            Compiler::Stop => self.builds.cancel(),
            Compiler::Leave => {}
        }
    }

    /// Starts the compiler for the request that is now the running one.
    pub(super) fn start_build(&mut self) {
        let modules =
            self.requests.running().into_iter().flat_map(|request| request.modules.keys());
        for name in modules {
            self.config.fast_path.build_begins(name);
        }
        self.build_guard = self.watcher.as_ref().map(Watcher::build_guard);
        self.builds.build();
    }

    /// The build thread knows by now which way it goes.
    pub(super) fn on_build_started(&mut self, way: BuildWay) {
        self.requests.goes(way);
        let modules = self.requests.running().into_iter().flat_map(|request| &request.modules);
        for (name, generation) in modules {
            let event = Event::BuildStarted { way: Some(way), targets: Vec::new() };
            self.record(Some(name), Some(*generation), event);
        }
    }

    /// The request that the build which has just ended is the answer to; `None` when a newer one takes
    /// its place.
    pub(super) fn take_built(&mut self, result: &Result<Built, BuildError>) -> Option<Request> {
        self.build_guard = None;
        let built = result.as_ref().ok();
        let took = built.map(|built| (built.way, built.elapsed));
        let registry = &self.registry;
        let has_library = |name: &str| {
            built.is_some_and(|built| {
                let slot = registry.slot(name);
                slot.is_some_and(|slot| built.artifacts.contains_key(slot.package()))
            })
        };
        match self.requests.ended(took, has_library, Instant::now()) {
            BuildEnd::Answers(request) => Some(request),
            BuildEnd::Superseded => {
                self.start_build();
                None
            }
            BuildEnd::Nothing => None,
        }
    }

    /// Builds what was saved while a stale build was allowed to end.
    pub(super) fn build_next(&mut self) {
        if self.requests.start_next(Instant::now()) {
            self.start_build();
        }
    }
}
