//! When services start and stop.
//!
//! Owns: the rules. Consumes: what whoever runs the modules wants, what services report, and the time. Produces:
//! [`Step`]s, to be done in their order. Never: starts a thread, reads a clock or a file.
//!
//! Services of one module start together, and are a set: if one fails to start, the others of the set stop again. A
//! reload stops the sets of all modules, and starts them with the new configuration when none runs any more; if one
//! fails then, all stop again.

pub use super::steps::{Limits, OnConfigError, Report, ServiceId, Started, Step, Told};

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// What is known of the services of all modules.
///
/// ```
/// use hot_api::services::lifecycle::{
///     Lifecycle, Limits, OnConfigError, Report, Started, Step, Told,
/// };
/// use std::time::Instant;
///
/// let now = Instant::now();
/// let mut lifecycle = Lifecycle::new(Limits::default(), OnConfigError::Keep);
/// lifecycle.start_module("app");
/// let Some(Step::Start { module, run, .. }) = lifecycle.next_step() else { panic!() };
///
/// // Whoever runs the module starts its services, and passes on what they report.
/// let started = Started { active: vec!["clock".to_owned()], inactive: Vec::new() };
/// lifecycle.listed(&module, run, started, now);
/// lifecycle.report(&module, run, "clock", Report::Ready, now);
///
/// let told: Vec<Step> = std::iter::from_fn(|| lifecycle.next_step()).collect();
/// assert!(matches!(told.last(), Some(Step::Tell(Told::AllStarted { .. }))), "{told:?}");
/// assert!(lifecycle.is_settled());
/// ```
#[derive(Debug)]
pub struct Lifecycle {
    limits: Limits,
    policy: OnConfigError,
    sets: BTreeMap<String, Set>,
    reload: Option<Reload>,
    can_go_back: bool,
    is_ending: bool,
    last_run: u64,
    steps: VecDeque<Step>,
}

/// The services of one module.
#[derive(Debug, Default)]
struct Set {
    alive: BTreeMap<String, Alive>,
    inactive: Vec<String>,
    round: Round,
}

/// A service that has a thread.
#[derive(Debug)]
struct Alive {
    run: u64,
    phase: Phase,
    since: Instant,
    /// When it has to be done with its phase.
    deadline: Option<Instant>,
    /// Why it was asked to end, if that is a failure of its own.
    failure: Option<String>,
}

impl Alive {
    fn new(run: u64, phase: Phase, since: Instant, deadline: Option<Instant>) -> Self {
        Self { run, phase, since, deadline, failure: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Starting,
    Running,
    Stopping,
}

/// What a set is at as a whole.
#[derive(Debug, Default, PartialEq, Eq)]
enum Round {
    /// Nothing.
    #[default]
    Rest,
    /// It is being listed.
    Listing,
    Starting,
    /// `Some` when it failed to start.
    Stopping(Option<String>),
}

#[derive(Debug, PartialEq, Eq)]
enum Reload {
    /// Before the new values.
    Stopping,
    /// With the new values.
    Starting,
    /// A set failed with them, or with those before.
    Failing { message: String, is_restoring: bool },
    /// With the values before.
    Restoring,
    /// No values can be used, and nothing is to run.
    Halting,
}

impl Lifecycle {
    /// Nothing runs yet.
    #[must_use]
    pub fn new(limits: Limits, policy: OnConfigError) -> Self {
        let (sets, steps) = (BTreeMap::new(), VecDeque::new());
        Self {
            limits,
            policy,
            sets,
            reload: None,
            can_go_back: false,
            is_ending: false,
            last_run: 0,
            steps,
        }
    }

    /// The next thing to do.
    pub fn next_step(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// When [`Self::tick`] has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.alive().filter_map(|(_, _, alive)| alive.deadline).min()
    }

    /// Whether all services of the module, or of all modules, have ended or are left behind.
    #[must_use]
    pub fn is_stopped(&self, module: Option<&str>) -> bool {
        let mut alive = self.alive().filter(|(of, ..)| module.is_none_or(|module| module == *of));
        alive.next().is_none()
    }

    /// Whether nothing is about to change: no set starts or stops, and no reload goes on.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let rests = |set: &Set| {
            let runs = |alive: &Alive| alive.phase == Phase::Running;
            set.round == Round::Rest && set.alive.values().all(runs)
        };
        self.reload.is_none() && self.sets.values().all(rests)
    }

    /// Whether a reload goes on.
    #[must_use]
    pub fn is_reloading(&self) -> bool {
        self.reload.is_some()
    }

    /// A module has services, and none of them runs. A reload starts them.
    pub fn add_module(&mut self, module: &str) {
        self.sets.entry(module.to_owned()).or_default();
    }

    /// Starts the services of a module, none of which runs. During a reload that stops what runs they start with all
    /// others.
    pub fn start_module(&mut self, module: &str) {
        if self.is_ending {
            return;
        }
        if !matches!(self.reload, None | Some(Reload::Starting | Reload::Restoring)) {
            return self.add_module(module);
        }
        let set = self.sets.entry(module.to_owned()).or_default();
        set.round = Round::Listing;
        self.last_run += 1;
        let (module, run) = (module.to_owned(), self.last_run);
        self.steps.push_back(Step::Start { module, only: None, run });
    }

    /// Asks all services of a module to end.
    pub fn stop_module(&mut self, module: &str, now: Instant) {
        self.stop_set(module, None, now);
        self.advance(now);
    }

    /// The module is gone, or has services no longer.
    pub fn forget_module(&mut self, module: &str) {
        self.sets.remove(module);
    }

    /// Starts a service that does not run; not during a reload.
    pub fn start_service(&mut self, id: &ServiceId) {
        let is_busy = self.is_ending || self.reload.is_some();
        let Some(set) = self.sets.get(&id.module).filter(|_| !is_busy) else { return };
        if set.round == Round::Rest && !set.alive.contains_key(&id.name) {
            self.last_run += 1;
            let (module, only) = (id.module.clone(), Some(id.name.clone()));
            self.steps.push_back(Step::Start { module, only, run: self.last_run });
        }
    }

    /// Asks a service to end.
    pub fn stop_service(&mut self, id: &ServiceId, now: Instant) {
        let limit = self.limits.stop;
        let Some(set) = self.sets.get_mut(&id.module) else { return };
        if let Some(alive) = set.alive.get_mut(&id.name)
            && set.round == Round::Rest
        {
            ask(&mut self.steps, id.clone(), alive, now, limit);
        }
    }

    /// The answer to the [`Step::Start`] of this `run`.
    pub fn listed(&mut self, module: &str, run: u64, started: Started, now: Instant) {
        let Started { active, inactive } = started;
        let limit = self.limits.start;
        let Some(set) = self.sets.get_mut(module) else { return };
        set.inactive = inactive;
        if set.round == Round::Listing {
            set.round = Round::Starting;
        }
        for name in active {
            let id = ServiceId { module: module.to_owned(), name: name.clone() };
            self.steps.push_back(Step::Tell(Told::Starting { id }));
            let deadline = now.checked_add(limit);
            set.alive.insert(name, Alive::new(run, Phase::Starting, now, deadline));
        }
        // Somebody has wanted the end meanwhile.
        if self.is_ending {
            self.stop_set(module, None, now);
        }
        self.advance(now);
    }

    /// The other answer: nothing was started.
    pub fn refused(&mut self, module: &str, message: String, now: Instant) {
        if self.sets.get(module).is_some_and(|set| set.round == Round::Listing) {
            self.fail(module, message, now);
            self.advance(now);
        }
    }

    /// What a service of that run says of itself.
    pub fn report(&mut self, module: &str, run: u64, name: &str, report: Report, now: Instant) {
        let Some(set) = self.sets.get_mut(module) else { return };
        let id = ServiceId { module: module.to_owned(), name: name.to_owned() };
        let Some(alive) = set.alive.get_mut(name).filter(|alive| alive.run == run) else { return };
        let after = now.saturating_duration_since(alive.since);
        match report {
            Report::Ready if alive.phase == Phase::Starting => {
                *alive = Alive::new(run, Phase::Running, now, None);
                self.steps.push_back(Step::Tell(Told::Started { id, after }));
            }
            Report::Ready => {}
            Report::Ended(error) => {
                let is_early = alive.phase == Phase::Starting;
                let error = match error {
                    None if is_early => Some("it ended before it was ready".to_owned()),
                    error => error.or_else(|| alive.failure.take()),
                };
                set.alive.remove(name);
                let failed = error.as_ref().filter(|_| is_early && set.round == Round::Starting);
                let failed = failed.map(|error| format!("service `{name}` did not start: {error}"));
                let told = Told::Stopped { id, after, forced: false, error };
                self.steps.push_back(Step::Tell(told));
                if let Some(message) = failed {
                    self.fail(module, message, now);
                }
            }
        }
        self.advance(now);
    }

    /// The configuration has changed, and modules can read it: all services stop, and start with it. `can_go_back` when
    /// there are values that they have run with before.
    pub fn reload(&mut self, can_go_back: bool, now: Instant) {
        if self.is_ending {
            return;
        }
        self.can_go_back = can_go_back;
        self.reload = Some(Reload::Stopping);
        self.stop_sets(now);
        self.advance(now);
    }

    /// The configuration has changed, and cannot be used: under [`OnConfigError::Stop`] all services stop.
    pub fn reload_refused(&mut self, message: String, now: Instant) {
        self.steps.push_back(Step::Tell(Told::ReloadFailed { message }));
        if self.policy == OnConfigError::Stop && !self.is_ending {
            self.reload = Some(Reload::Halting);
            self.stop_sets(now);
            self.advance(now);
        }
    }

    /// All services stop, and none starts any more.
    pub fn end(&mut self, now: Instant) {
        self.is_ending = true;
        self.reload = None;
        self.steps.retain(|step| !matches!(step, Step::Start { .. } | Step::GoBack));
        self.stop_sets(now);
        self.advance(now);
    }

    /// Looks at the time.
    pub fn tick(&mut self, now: Instant) {
        let is_due = |alive: &Alive| alive.deadline.is_some_and(|deadline| deadline <= now);
        let due: Vec<(ServiceId, Phase)> = self
            .alive()
            .filter(|(_, _, alive)| is_due(alive))
            .map(|(module, name, alive)| {
                (ServiceId { module: module.to_owned(), name: name.to_owned() }, alive.phase)
            })
            .collect();
        for (id, phase) in due {
            match phase {
                Phase::Starting => self.is_late(&id, now),
                Phase::Stopping => self.leave(id, now),
                Phase::Running => {}
            }
        }
        self.advance(now);
    }

    /// It has not become ready in time.
    fn is_late(&mut self, id: &ServiceId, now: Instant) {
        let limit = self.limits;
        let Some(set) = self.sets.get_mut(&id.module) else { return };
        let Some(alive) = set.alive.get_mut(&id.name) else { return };
        let error = format!("it was not ready within {} ms", limit.start.as_millis());
        let message = format!("service `{id}` did not start: {error}");
        alive.failure = Some(error);
        if set.round == Round::Starting {
            self.fail(&id.module, message, now);
        } else {
            ask(&mut self.steps, id.clone(), alive, now, limit.stop);
        }
    }

    /// It has not ended in time.
    fn leave(&mut self, id: ServiceId, now: Instant) {
        let Some(set) = self.sets.get_mut(&id.module) else { return };
        let Some(alive) = set.alive.remove(&id.name) else { return };
        let after = now.saturating_duration_since(alive.since);
        let told = Told::Stopped { id, after, forced: true, error: alive.failure };
        self.steps.push_back(Step::Tell(told));
    }

    /// A set cannot start: what has started of it stops, and during a reload everything else too.
    fn fail(&mut self, module: &str, message: String, now: Instant) {
        if let Some(reload @ (Reload::Starting | Reload::Restoring)) = &self.reload {
            let is_restoring = *reload == Reload::Restoring;
            self.reload = Some(Reload::Failing { message, is_restoring });
            self.stop_sets(now);
        } else {
            self.stop_set(module, Some(message), now);
        }
    }

    fn stop_sets(&mut self, now: Instant) {
        let modules: Vec<String> = self.sets.keys().cloned().collect();
        modules.iter().for_each(|module| self.stop_set(module, None, now));
    }

    fn stop_set(&mut self, module: &str, failure: Option<String>, now: Instant) {
        let limit = self.limits.stop;
        let Some(set) = self.sets.get_mut(module) else { return };
        self.steps.retain(|step| !matches!(step, Step::Start { module: of, .. } if of == module));
        set.round = Round::Stopping(failure);
        for (name, alive) in &mut set.alive {
            let id = ServiceId { module: module.to_owned(), name: name.clone() };
            ask(&mut self.steps, id, alive, now, limit);
        }
    }

    /// Goes on where something is done.
    fn advance(&mut self, now: Instant) {
        let mut told = Vec::new();
        for (module, set) in &mut self.sets {
            let starts = set.alive.values().any(|alive| alive.phase == Phase::Starting);
            match &mut set.round {
                Round::Starting if !starts => {
                    set.round = Round::Rest;
                    if self.reload.is_none() {
                        told.push(all_started(module, set));
                    }
                }
                Round::Stopping(failure) if set.alive.is_empty() => {
                    if let Some(message) = failure.take() {
                        told.push(Told::StartFailed { module: module.clone(), message });
                    }
                    set.round = Round::Rest;
                }
                _ => {}
            }
        }
        self.steps.extend(told.into_iter().map(Step::Tell));
        self.advance_reload(now);
    }

    fn advance_reload(&mut self, now: Instant) {
        let Some(reload) = &self.reload else { return };
        let rests = self.sets.values().all(|set| set.round == Round::Rest);
        let is_stopped = rests && self.is_stopped(None);
        match reload {
            Reload::Stopping if is_stopped => {
                self.tell(Told::AllStopped);
                self.start_all(Reload::Starting, now);
            }
            Reload::Halting if is_stopped => {
                self.tell(Told::AllStopped);
                self.reload = None;
            }
            Reload::Starting if rests => {
                self.reload = None;
                let told: Vec<Told> =
                    self.sets.iter().map(|(of, set)| all_started(of, set)).collect();
                told.into_iter().for_each(|told| self.tell(told));
                self.tell(Told::Reloaded);
            }
            Reload::Restoring if rests => {
                self.reload = None;
                let told: Vec<Told> =
                    self.sets.iter().map(|(of, set)| all_started(of, set)).collect();
                told.into_iter().for_each(|told| self.tell(told));
            }
            Reload::Failing { message, is_restoring } if is_stopped => {
                let (message, is_restoring) = (message.clone(), *is_restoring);
                self.tell(Told::ReloadFailed { message });
                if self.policy == OnConfigError::Keep && self.can_go_back && !is_restoring {
                    self.steps.push_back(Step::GoBack);
                    self.start_all(Reload::Restoring, now);
                } else {
                    self.reload = None;
                }
            }
            _ => {}
        }
    }

    fn start_all(&mut self, stage: Reload, now: Instant) {
        self.reload = Some(stage);
        let modules: Vec<String> = self.sets.keys().cloned().collect();
        modules.iter().for_each(|module| self.start_module(module));
        if modules.is_empty() {
            self.advance_reload(now);
        }
    }

    fn tell(&mut self, told: Told) {
        self.steps.push_back(Step::Tell(told));
    }

    fn alive(&self) -> impl Iterator<Item = (&str, &str, &Alive)> {
        self.sets.iter().flat_map(|(module, set)| {
            set.alive.iter().map(|(name, alive)| (module.as_str(), name.as_str(), alive))
        })
    }
}

/// Asks a service to end that has not been asked.
fn ask(
    steps: &mut VecDeque<Step>,
    id: ServiceId,
    alive: &mut Alive,
    now: Instant,
    limit: Duration,
) {
    if alive.phase == Phase::Stopping {
        return;
    }
    let failure = alive.failure.take();
    *alive =
        Alive { failure, ..Alive::new(alive.run, Phase::Stopping, now, now.checked_add(limit)) };
    steps.push_back(Step::Tell(Told::Stopping { id: id.clone() }));
    steps.push_back(Step::Stop(id));
}

fn all_started(module: &str, set: &Set) -> Told {
    let (module, inactive) = (module.to_owned(), set.inactive.clone());
    Told::AllStarted { module, names: set.alive.keys().cloned().collect(), inactive }
}

#[cfg(test)]
mod tests;
