//! The services of the modules: started, stopped, and exchanged with the code that they are part of.
//!
//! Consumes: what services report, swaps, and the configuration of `app_config.rs`. Produces: journal entries. Never:
//! decides what follows what; `hot_api`'s `Lifecycle` does.

use super::app_services::ServiceReport;
use super::core::{Core, turn_until};
use super::swap::{BOUNDARY_LIMIT, untaken};
use crate::journal::event::{Event, Generation};
use crate::slot::StartedServices;
use crossbeam_channel::{never, select_biased};
use hot_api::services::lifecycle::{Lifecycle, OnConfigError, ServiceId, Started, Step, Told};
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Core {
    /// Waits for the end of a reload of the configuration, if one goes on.
    pub(super) fn settle_reload(&mut self) {
        self.pump_services(false, |lifecycle| !lifecycle.is_reloading());
    }

    /// Stops the services of a module for a swap, while its code draws on. Waits for them, but not for longer than
    /// they may take; what has not ended by then is left behind, and keeps its library.
    pub(super) fn stop_services_of(&mut self, module: &str) {
        self.services.lifecycle.stop_module(module, Instant::now());
        self.pump_services(false, |lifecycle| lifecycle.is_stopped(Some(module)));
        self.services.first.remove(module);
        self.services.owners.remove(module);
        // Until new code has been seen nothing of the module starts. At the end of the host they are waited for.
        if self.services.lifecycle.is_stopped(Some(module)) {
            self.services.lifecycle.forget_module(module);
        }
    }

    /// Has the services of a module be those of the code that runs. `is_first` when the module is loaded for the first
    /// time.
    pub(super) fn services_follow(&mut self, module: &str, is_first: bool) {
        let Some(slot) = self.registry.slot(module) else { return };
        self.settle_reload();
        let Some(running) = slot.service_stops() else { return };
        match self.services.owners.get(module) {
            _ if self.ending.signal.is_cancelled() => return,
            Some((_, owner)) if owner.is_same(&running.1) => return,
            // Of code that was taken back.
            Some(_) => self.stop_services_of(module),
            None => {}
        }
        let Some((generation, stops)) = slot.service_stops() else { return };
        if !slot.has_services() {
            self.has_no_services(module, generation);
            return;
        }
        self.services.owners.insert(module.to_owned(), (generation, stops));
        self.services.lifecycle.add_module(module);
        if is_first {
            self.services.first.insert(module.to_owned());
        }
        if self.services.current.is_some() && !self.services.is_halted {
            self.services.lifecycle.start_module(module);
            self.perform_services();
        }
    }

    fn has_no_services(&mut self, module: &str, generation: Generation) {
        if self.board().services.iter().any(|it| it.module == module) {
            let (names, inactive) = (Vec::new(), Vec::new());
            let none = Event::ServicesStarted { count: 0, names, inactive };
            self.record(Some(module), Some(generation), none);
        }
        self.services.listeners.begin(module);
        self.services.listeners.close_unused(module);
        self.services.reads.remove(module);
    }

    pub(super) fn take_service_report(&mut self, report: ServiceReport) {
        let ServiceReport { module, run, name, report } = report;
        self.services.lifecycle.report(&module, run, &name, report, Instant::now());
        self.perform_services();
    }

    /// Looks at the time, where there is something to look for.
    pub(super) fn look_after_services(&mut self) {
        self.services.lifecycle.tick(Instant::now());
        self.perform_services();
        self.look_after_config();
    }

    /// The user wants one of them to run, or not.
    pub(super) fn order_service(&mut self, id: &ServiceId, start: bool) {
        match start {
            true if self.services.is_halted => self.notice(format!(
                "{id} is not started: on_config_error is \"stop\", and the configuration cannot be used"
            )),
            true => self.services.lifecycle.start_service(id),
            false => self.services.lifecycle.stop_service(id, Instant::now()),
        }
        self.perform_services();
    }

    /// At the end of the host: all services stop. Then the logic of each module takes what they have sent.
    pub(super) fn end_services(&mut self) {
        self.services.watcher = None;
        self.services.due = None;
        self.services.lifecycle.end(Instant::now());
        self.pump_services(true, |lifecycle| lifecycle.is_stopped(None));
        for slot in self.registry.slots().into_iter().filter(|slot| slot.has_services()) {
            let Some(mut turn) = slot.begin_swap(BOUNDARY_LIMIT) else { continue };
            if let Err(error) = slot.run_logic(&mut turn, BOUNDARY_LIMIT) {
                self.notice(untaken(slot.name(), &error.to_string()));
            }
        }
    }

    /// Does what is to be done until `is_done`, or, if `to_the_end` is not set, until the host ends.
    fn pump_services(&mut self, to_the_end: bool, is_done: impl Fn(&Lifecycle) -> bool) {
        let (reports, ending) = (self.services.reports(), Arc::clone(&self.ending));
        let ends = if to_the_end { never() } else { ending.signal.signal().clone() };
        loop {
            self.perform_services();
            if is_done(&self.services.lifecycle) {
                return;
            }
            let wait = turn_until(self.services.lifecycle.deadline());
            select_biased! {
                recv(ends) -> _ => return,
                recv(reports) -> report => {
                    if let Ok(report) = report {
                        self.take_service_report(report);
                    }
                },
                default(wait) => {
                    self.services.lifecycle.tick(Instant::now());
                    (self.config.on_beat)();
                },
            }
        }
    }

    pub(super) fn perform_services(&mut self) {
        while let Some(step) = self.services.lifecycle.next_step() {
            match step {
                Step::Start { module, only, run } => self.start_services(&module, only, run),
                Step::Stop(id) => {
                    if let Some((_, stops)) = self.services.owners.get(&id.module) {
                        stops.stop(Some(&id.name));
                    }
                }
                Step::GoBack => self.services.current = self.services.before.take(),
                Step::Tell(told) => self.tell_of_services(told),
            }
        }
    }

    fn start_services(&mut self, module: &str, only: Option<String>, run: u64) {
        let started = self.try_start_services(module, only.clone(), run);
        let now = Instant::now();
        match (started, only) {
            (Ok(started), _) => self.services.lifecycle.listed(module, run, started, now),
            (Err(message), None) => self.services.lifecycle.refused(module, message, now),
            (Err(error), Some(name)) => {
                let error = Some(error);
                let id = ServiceId { module: module.to_owned(), name };
                let stopped = |name| Event::ServiceStopped { name, ms: 0, forced: false, error };
                self.tell_of(id, stopped);
            }
        }
    }

    /// # Errors
    /// Why none of them was started.
    fn try_start_services(
        &mut self,
        module: &str,
        only: Option<String>,
        run: u64,
    ) -> Result<Started, String> {
        let slot = self.registry.slot(module).ok_or("its module is gone")?;
        let loaded = self.services.current.as_ref().ok_or("there is no configuration")?;
        if only.is_none() {
            self.services.listeners.begin(module);
        }
        let (payload, limit) = (Arc::clone(&loaded.payload), self.step_limit());
        let started = slot.start_services(payload, only, run, BOUNDARY_LIMIT, &limit);
        let started = started.map_err(|error| format!("the services of {module}: {error}"))?;
        let explain = |refusal| loaded.configuration.explain(&refusal).to_string();
        let StartedServices { started, generation, stops } = started.map_err(explain)?;
        self.services.owners.insert(module.to_owned(), (generation, stops));
        Ok(started)
    }

    fn tell_of_services(&mut self, told: Told) {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        match told {
            Told::Starting { id } => self.tell_of(id, |name| Event::ServiceStarting { name }),
            Told::Started { id, after } => {
                self.tell_of(id, |name| Event::ServiceStarted { name, ms: ms(after) });
            }
            Told::Stopping { id } => self.tell_of(id, |name| Event::ServiceStopping { name }),
            Told::Stopped { id, after, forced, error } => self
                .tell_of(id, |name| Event::ServiceStopped { name, ms: ms(after), forced, error }),
            Told::AllStopped => self.record(None, None, Event::ServicesStopped {}),
            Told::AllStarted { module, names, inactive } => {
                self.services.first.remove(&module);
                self.services.listeners.close_unused(&module);
                let count = names.len() as u64;
                let event = Event::ServicesStarted { count, names, inactive };
                self.record(Some(&module), self.owner_of(&module), event);
                self.tell_unknown_keys();
            }
            Told::StartFailed { module, message } => {
                let is_first = self.services.first.remove(&module);
                let of = self.owner_of(&module);
                // Whatever has changed then, they may be tried again.
                self.services.owners.remove(&module);
                self.record(Some(&module), of, Event::ServicesFailed { message: message.clone() });
                if is_first {
                    self.end_at_first_start(message);
                }
            }
            Told::ReloadFailed { message } => {
                self.services.is_halted = self.config.app.on_error == OnConfigError::Stop;
                self.config_failed(message);
            }
            Told::Reloaded => self.config_reloaded(),
        }
    }

    /// What the user has just started cannot start: the host ends, with exit code 1.
    pub(super) fn end_at_first_start(&mut self, message: String) {
        // Whoever wants the end is told of no failure.
        if self.config.is_first_start && !self.ending.signal.is_cancelled() {
            self.give_up.get_or_insert(message);
        }
    }

    fn owner_of(&self, module: &str) -> Option<Generation> {
        self.services.owners.get(module).map(|(generation, _)| *generation)
    }

    fn tell_of(&self, id: ServiceId, event: impl FnOnce(String) -> Event) {
        let ServiceId { module, name } = id;
        self.record(Some(&module), self.owner_of(&module), event(name));
    }
}
