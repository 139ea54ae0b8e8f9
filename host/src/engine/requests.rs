//! Which code has been asked for, and what is being built for it.
//!
//! Owns: the numbers of attempts, the request that is being built, the one that takes its place, and the
//! modules whose saved files wait for an order. Consumes: requests with their times, starts and ends of
//! builds. Produces: what to do with the compiler ([`Compiler`]), and the request that a build answers
//! ([`BuildEnd`]). Never: I/O, clocks.
//!
//! One build runs at a time. What is asked for meanwhile joins it, unless the content of files has
//! changed: then the running build is stale, and is superseded. It is stopped at once, or may end when
//! saves come faster than builds ([`Pace`]).

use super::pace::Pace;
use super::tickets::Ticket;
use crate::journal::event::{BuildWay, Generation, Trigger};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// What a save or an order asks for.
#[derive(Debug)]
pub(super) struct Asked {
    /// The modules.
    pub(super) modules: BTreeSet<String>,
    /// What asked.
    pub(super) trigger: Trigger,
    /// When it asked.
    pub(super) first_event: Instant,
    /// Swap also when the library comes out the same: somebody pressed a key for it.
    pub(super) force: bool,
    /// Who waits for the outcome.
    pub(super) tickets: Vec<Ticket>,
}

/// What is to be built and swapped. Requests that overlap become one.
#[derive(Debug)]
pub(super) struct Request {
    /// The modules, each with the number of this attempt.
    pub(super) modules: BTreeMap<String, Generation>,
    /// What asked first.
    pub(super) trigger: Trigger,
    /// When it asked.
    pub(super) first_event: Instant,
    /// As in [`Asked`].
    pub(super) force: bool,
    /// As in [`Asked`].
    pub(super) tickets: Vec<Ticket>,
}

impl Request {
    /// Takes a later request in. The earliest event counts, so that the latency shown is the one that
    /// was felt; a module that both name keeps its number, for it is still the same attempt.
    fn merge(&mut self, later: Self) {
        for (module, generation) in later.modules {
            self.modules.entry(module).or_insert(generation);
        }
        self.first_event = self.first_event.min(later.first_event);
        self.force |= later.force;
        self.tickets.extend(later.tickets);
    }
}

/// What to do with the compiler after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compiler {
    /// Start it for [`Requests::running`].
    Start,
    /// Stop it; [`Requests::ended`] is to be called as after any build.
    Stop,
    /// Nothing.
    Leave,
}

/// What a build that has ended leads to.
#[derive(Debug)]
pub(super) enum BuildEnd {
    /// It is the answer to this request. [`Requests::start_next`] follows once that has been dealt with.
    Answers(Request),
    /// A newer request has taken its place: the compiler is to be started for [`Requests::running`].
    Superseded,
    /// Nothing was being built.
    Nothing,
}

#[derive(Debug, Default)]
enum Build {
    #[default]
    Idle,
    Running(Request),
    /// The sources of `running` have changed since; `next` is about them.
    Superseded {
        running: Request,
        next: Request,
    },
    /// A stale build has succeeded and is being answered; this is built next.
    Next(Request),
}

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Requests {
    build: Build,
    /// The running build has been told to stop. It may end all the same.
    is_stopped: bool,
    pace: Pace,
    /// The newest number of each module.
    newest: BTreeMap<String, Generation>,
    held_back: BTreeSet<String>,
}

impl Requests {
    /// Whether nothing is being built or waits for it.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.build, Build::Idle)
    }

    /// What is being built.
    pub(super) fn running(&self) -> Option<&Request> {
        match &self.build {
            Build::Running(request) | Build::Superseded { running: request, .. } => Some(request),
            Build::Idle | Build::Next(_) => None,
        }
    }

    /// Whether more has been saved since the build began that runs, or has just ended.
    pub(super) fn is_stale(&self) -> bool {
        matches!(self.build, Build::Superseded { .. } | Build::Next(_))
    }

    /// Takes a request in.
    pub(super) fn ask(&mut self, asked: Asked, now: Instant) -> Compiler {
        self.held_back.retain(|module| !asked.modules.contains(module));
        let request = self.number(asked);
        match std::mem::take(&mut self.build) {
            Build::Idle => {
                self.start(request, now);
                Compiler::Start
            }
            // Only new content makes a running build stale; an order joins it.
            Build::Running(running) if request.trigger == Trigger::Save => {
                self.build = Build::Superseded { running, next: request };
                self.is_stopped = self.pace.stops_stale(now);
                if self.is_stopped { Compiler::Stop } else { Compiler::Leave }
            }
            Build::Running(mut running) => {
                running.merge(request);
                self.build = Build::Running(running);
                Compiler::Leave
            }
            Build::Superseded { running, mut next } => {
                next.merge(request);
                self.build = Build::Superseded { running, next };
                Compiler::Leave
            }
            Build::Next(mut next) => {
                next.merge(request);
                self.build = Build::Next(next);
                Compiler::Leave
            }
        }
    }

    /// The running build has found out how it is made.
    pub(super) fn goes(&mut self, way: BuildWay) {
        self.pace.goes(way);
    }

    /// The running build has ended; `took` when it has succeeded, and `has_library` for the modules it
    /// has made one for. A stale build that was allowed to end answers its own request when it has
    /// succeeded.
    pub(super) fn ended(
        &mut self,
        took: Option<(BuildWay, Duration)>,
        has_library: impl Fn(&str) -> bool,
        now: Instant,
    ) -> BuildEnd {
        let is_stopped = std::mem::take(&mut self.is_stopped);
        if !is_stopped {
            self.pace.ended(took);
        }
        match std::mem::take(&mut self.build) {
            Build::Running(request) => BuildEnd::Answers(request),
            Build::Superseded { running: mut answered, mut next }
                if took.is_some() && !is_stopped =>
            {
                for (module, generation) in &mut next.modules {
                    if has_library(module) {
                        *generation = self.mint(module);
                    } else {
                        // The attempt goes on with the newer content.
                        answered.modules.remove(module);
                    }
                }
                self.build = Build::Next(next);
                BuildEnd::Answers(answered)
            }
            Build::Superseded { mut running, next } => {
                running.merge(next);
                self.start(running, now);
                BuildEnd::Superseded
            }
            other @ (Build::Idle | Build::Next(_)) => {
                self.build = other;
                BuildEnd::Nothing
            }
        }
    }

    /// Starts what was saved while a stale build was allowed to end, if anything was; the compiler is to
    /// be started when it returns `true`.
    pub(super) fn start_next(&mut self, now: Instant) -> bool {
        match std::mem::take(&mut self.build) {
            Build::Next(next) => {
                self.start(next, now);
                true
            }
            other => {
                self.build = other;
                false
            }
        }
    }

    /// Files of these modules were saved, and wait for an order.
    pub(super) fn hold_back(&mut self, modules: impl IntoIterator<Item = String>) {
        self.held_back.extend(modules);
    }

    /// The modules that wait for an order.
    pub(super) fn held_back(&self) -> &BTreeSet<String> {
        &self.held_back
    }

    /// The number of the next attempt of a module.
    pub(super) fn mint(&mut self, module: &str) -> Generation {
        let newest = self.newest.entry(module.to_owned()).or_insert(Generation(0));
        newest.0 += 1;
        *newest
    }

    /// Numbers are not given again that an earlier host has used.
    pub(super) fn begin_after(&mut self, module: &str, used: Generation) {
        let newest = self.newest.entry(module.to_owned()).or_insert(used);
        *newest = (*newest).max(used);
    }

    fn start(&mut self, request: Request, now: Instant) {
        self.build = Build::Running(request);
        self.is_stopped = false;
        self.pace.started(now);
    }

    /// Gives each module the number of the attempt that is under way, else a new one.
    fn number(&mut self, asked: Asked) -> Request {
        let Asked { modules, trigger, first_event, force, mut tickets } = asked;
        for ticket in &mut tickets {
            ticket.wait_for(modules.iter());
        }
        let number = |module: String| {
            let generation = match self.under_way(&module) {
                Some(generation) => generation,
                None => self.mint(&module),
            };
            (module, generation)
        };
        let modules = modules.into_iter().map(number).collect();
        Request { modules, trigger, first_event, force, tickets }
    }

    fn under_way(&self, module: &str) -> Option<Generation> {
        let (newer, older) = match &self.build {
            Build::Idle => (None, None),
            Build::Running(request) | Build::Next(request) => (Some(request), None),
            Build::Superseded { running, next } => (Some(next), Some(running)),
        };
        let mut requests = [newer, older].into_iter().flatten();
        requests.find_map(|request| request.modules.get(module).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One thing that happens, at a time in milliseconds, and what is to come of it.
    #[derive(Debug)]
    enum Step {
        /// These modules are asked for by a save or by the key.
        Ask(u64, &'static [&'static str], Trigger, Compiler),
        /// The build ends with libraries for these modules, in this many milliseconds. The attempts that
        /// it answers; `None` when the compiler is to be started again.
        Built(u64, &'static [&'static str], u64, Option<&'static [(&'static str, u64)]>),
        /// The build fails or was stopped.
        Failed(u64, Option<&'static [(&'static str, u64)]>),
        /// The answer has been dealt with. What is built then.
        Next(u64, Option<&'static [(&'static str, u64)]>),
    }

    use Compiler::{Leave, Start, Stop};
    use Step::{Ask, Built, Failed, Next};
    use Trigger::{Hotkey, Save};

    fn numbers(request: &Request) -> Vec<(&str, u64)> {
        request.modules.iter().map(|(module, generation)| (module.as_str(), generation.0)).collect()
    }

    #[track_caller]
    fn play(name: &str, steps: &[Step]) -> Requests {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut requests = Requests::default();
        for step in steps {
            let end = |end: BuildEnd, expected: Option<&[(&str, u64)]>| match (&end, expected) {
                (BuildEnd::Answers(request), Some(expected)) => {
                    assert_eq!(numbers(request), expected, "{name}: {step:?}");
                }
                (BuildEnd::Superseded, None) => {}
                _ => panic!("{name}: {step:?}: {end:?}"),
            };
            match step {
                Ask(ms, modules, trigger, expected) => {
                    let asked = Asked {
                        modules: modules.iter().map(|module| (*module).to_owned()).collect(),
                        trigger: *trigger,
                        first_event: at(*ms),
                        force: *trigger != Save,
                        tickets: Vec::new(),
                    };
                    assert_eq!(requests.ask(asked, at(*ms)), *expected, "{name}: {step:?}");
                }
                Built(ms, libraries, took, expected) => {
                    let took = Some((BuildWay::Cargo, Duration::from_millis(*took)));
                    let has_library = |module: &str| libraries.contains(&module);
                    end(requests.ended(took, has_library, at(*ms)), *expected);
                }
                Failed(ms, expected) => end(requests.ended(None, |_| false, at(*ms)), *expected),
                Next(ms, expected) => {
                    assert_eq!(requests.start_next(at(*ms)), expected.is_some(), "{name}");
                    assert_eq!(requests.running().map(numbers).as_deref(), *expected, "{name}");
                }
            }
        }
        requests
    }

    #[test]
    fn requests_that_overlap_become_one_and_new_content_supersedes() {
        let a: &[&str] = &["a"];
        let table: [(&str, &[Step]); 8] = [
            (
                "one after the other, each with a number of its own",
                &[
                    Ask(0, a, Save, Start),
                    Built(9, a, 9, Some(&[("a", 1)])),
                    Next(9, None),
                    Ask(20, a, Save, Start),
                    Failed(30, Some(&[("a", 2)])),
                    Next(30, None),
                    Ask(40, a, Hotkey, Start),
                    Built(49, a, 9, Some(&[("a", 3)])),
                ],
            ),
            (
                "an order joins the build that runs",
                &[
                    Ask(0, a, Save, Start),
                    Ask(1, &["a", "b"], Hotkey, Leave),
                    Built(9, &["a", "b"], 9, Some(&[("a", 1), ("b", 1)])),
                    Next(9, None),
                ],
            ),
            (
                "a save stops the stale build and keeps the number of the attempt",
                &[
                    Ask(0, a, Save, Start),
                    Ask(1, a, Save, Stop),
                    Failed(2, None),
                    Built(9, a, 7, Some(&[("a", 1)])),
                    Next(9, None),
                ],
            ),
            (
                "what is saved while it stops is built with it",
                &[
                    Ask(0, a, Save, Start),
                    Ask(1, a, Save, Stop),
                    Ask(2, &["b"], Save, Leave),
                    Ask(2, a, Hotkey, Leave),
                    Failed(3, None),
                    Built(9, &["a", "b"], 6, Some(&[("a", 1), ("b", 1)])),
                ],
            ),
            (
                "one that was told to stop and ended all the same answers nothing",
                &[Ask(0, a, Save, Start), Ask(1, a, Save, Stop), Built(2, a, 2, None)],
            ),
            (
                "saves that do not pause let a stale build end, and what it made has a number",
                &[
                    Ask(0, a, Save, Start),
                    // Longer than the second that is assumed as long as nothing is known.
                    Ask(1_500, a, Save, Leave),
                    Built(2_000, a, 2_000, Some(&[("a", 1)])),
                    Next(2_000, Some(&[("a", 2)])),
                    Built(3_000, a, 900, Some(&[("a", 2)])),
                    Next(3_000, None),
                ],
            ),
            (
                "a module without a library goes on with the newer content",
                &[
                    Ask(0, &["a", "b"], Save, Start),
                    Ask(1_500, &["a", "b"], Save, Leave),
                    Built(2_000, a, 2_000, Some(&[("a", 1)])),
                    Next(2_000, Some(&[("a", 2), ("b", 1)])),
                ],
            ),
            (
                "a stale build that fails is followed by the newer one",
                &[
                    Ask(0, a, Save, Start),
                    Ask(1_500, a, Save, Leave),
                    Failed(2_000, None),
                    Built(3_000, a, 900, Some(&[("a", 1)])),
                ],
            ),
        ];
        for (name, steps) in table {
            play(name, steps);
        }
    }

    #[test]
    fn the_first_event_its_trigger_and_the_order_behind_it_stay() {
        let requests =
            play("merged", &[Ask(3, &["a"], Save, Start), Ask(7, &["a"], Hotkey, Leave)]);
        let request = requests.running().expect("it is being built");
        assert_eq!((request.trigger, request.force), (Save, true));
        assert!(request.first_event.elapsed() < Duration::from_secs(60));
        assert!(!requests.is_idle() && !requests.is_stale());
    }

    #[test]
    fn what_is_held_back_is_asked_for_once_and_an_order_includes_it() {
        let mut requests = Requests::default();
        requests.hold_back(["a".to_owned(), "b".to_owned()]);
        let asked = Asked {
            modules: ["a".to_owned()].into(),
            trigger: Hotkey,
            first_event: Instant::now(),
            force: true,
            tickets: Vec::new(),
        };
        assert_eq!(requests.ask(asked, Instant::now()), Start);
        assert_eq!(requests.held_back(), &BTreeSet::from(["b".to_owned()]));
    }

    #[test]
    fn numbers_of_an_earlier_host_are_not_given_again() {
        let mut requests = Requests::default();
        requests.begin_after("a", Generation(7));
        requests.begin_after("a", Generation(3));
        assert_eq!(requests.mint("a"), Generation(8));
        assert_eq!(requests.mint("b"), Generation(1));
    }

    #[test]
    fn an_end_without_a_build_answers_nothing() {
        let mut requests = Requests::default();
        let end = requests.ended(None, |_| false, Instant::now());
        assert!(matches!(end, BuildEnd::Nothing), "{end:?}");
        assert!(requests.is_idle());
    }
}
