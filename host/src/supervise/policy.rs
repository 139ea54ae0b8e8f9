//! When a program is started, asked to end, killed and started again.
//!
//! Owns: the rules, as a state machine: what has happened and the time go in, actions come out. Never: I/O, and
//! never asks for the time.

use crate::journal::event::{AfterEnd, WaitsFor};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A program that fails is started again so many times…
pub const STARTS_MAX: usize = 20;
/// …within this time, and no more.
pub const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// [`Terms::delay`] unless the user says otherwise, in milliseconds.
pub const RESTART_DELAY_MS: u64 = 250;
/// [`Terms::stop_timeout`] unless the user says otherwise, in milliseconds.
pub const STOP_TIMEOUT_MS: u64 = 5_000;

/// What the user has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// From a successful build to the request that the running program end: a further build within this time
    /// leads to no further restart.
    pub delay: Duration,
    /// How long a program may take to end after that; then it is killed.
    pub stop_timeout: Duration,
    /// What follows when the program ends by itself.
    pub on_end: OnEnd,
}

/// What follows when a program ends by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnEnd {
    /// It is started again after the next successful build.
    #[default]
    Wait,
    /// As [`Self::Wait`]; and soon, without a new build, when it has failed.
    RestartFailed,
    /// There is nothing more to do.
    End,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    /// A build has succeeded. The same text stands for the same result.
    Built(String),
    /// The program has ended.
    Exited {
        /// Whether it says that it failed, or a signal has ended it.
        failed: bool,
    },
    /// The program could not be started.
    NotStarted,
    /// The user wants it to run.
    Start,
    /// The user wants it not to run, whatever is built; the second time at once.
    Halt,
    /// Everything is to end; the second time at once.
    Stop,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Start the program.
    Start,
    /// Ask it to end.
    Signal,
    /// End it and all that it started.
    Kill,
    /// Say that it has ended, and what follows when nobody has asked for it.
    SayEnded(Option<AfterEnd>),
    /// Say what it waits for.
    SayWaits(WaitsFor),
    /// Say that the program is not there, and that the one that runs stays.
    SayMissing,
    /// There is nothing more to do.
    End,
}

/// One program's life.
#[derive(Debug)]
pub(super) struct Policy {
    terms: Terms,
    state: State,
    /// The newest result that was built.
    newest: Option<String>,
    failures: Recent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing runs before the next successful build.
    Idle,
    /// Nothing runs before the user says so.
    Halted,
    Running,
    /// The program is to be started, in place of what runs.
    Due {
        at: Instant,
        runs: bool,
    },
    Stopping {
        kill_at: Instant,
        is_killed: bool,
        then: Then,
    },
    Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Start,
    Halt,
    End,
}

impl Policy {
    /// Nothing runs, and nothing has been built. Unless it is enabled, the user has to start it.
    pub(super) fn new(terms: Terms, is_enabled: bool) -> Self {
        let state = if is_enabled { State::Idle } else { State::Halted };
        Self { terms, state, newest: None, failures: Recent::default() }
    }

    /// What is to be said at first.
    pub(super) fn begin(&self) -> Vec<Action> {
        match (self.state, self.terms.on_end) {
            (_, OnEnd::End) => Vec::new(),
            (State::Halted, _) => vec![Action::SayWaits(WaitsFor::Start)],
            _ => vec![Action::SayWaits(WaitsFor::Build)],
        }
    }

    /// Whether the program runs, also when it has been asked to end.
    #[cfg(test)]
    pub(super) fn runs(&self) -> bool {
        matches!(
            self.state,
            State::Running | State::Due { runs: true, .. } | State::Stopping { .. }
        )
    }

    /// When [`Self::tick`] is to be called at the latest.
    pub(super) fn timer(&self) -> Option<Instant> {
        match self.state {
            State::Due { at, .. } => Some(at),
            State::Stopping { kill_at, is_killed: false, .. } => Some(kill_at),
            _ => None,
        }
    }

    /// Takes in what has happened; the actions are to be done in this order.
    pub(super) fn take(&mut self, now: Instant, happened: Happened) -> Vec<Action> {
        match happened {
            Happened::Built(result) => self.built(now, result),
            Happened::Exited { failed } => self.exited(now, failed),
            Happened::NotStarted => self.not_started(),
            Happened::Start => self.wanted(),
            Happened::Halt => self.unwanted(now),
            Happened::Stop => self.stop(now),
        }
    }

    /// Takes in that the time has come; `is_there` says whether there is a program to start.
    pub(super) fn tick(&mut self, now: Instant, is_there: bool) -> Vec<Action> {
        match self.state {
            State::Due { at, runs } if at <= now => match (runs, is_there) {
                (true, true) => self.ask_to_end(now, Then::Start),
                (true, false) => {
                    (self.state, self.newest) = (State::Running, None);
                    vec![Action::SayMissing]
                }
                (false, _) => self.start(),
            },
            State::Stopping { kill_at, is_killed: false, then } if kill_at <= now => {
                self.state = State::Stopping { kill_at, is_killed: true, then };
                vec![Action::Kill]
            }
            _ => Vec::new(),
        }
    }

    fn built(&mut self, now: Instant, result: String) -> Vec<Action> {
        // What does not run is started by any success.
        if self.newest.as_ref() == Some(&result) && self.state != State::Idle {
            return Vec::new();
        }
        self.newest = Some(result);
        self.failures = Recent::default();
        match self.state {
            State::Idle => self.start(),
            State::Running => {
                self.state = State::Due { at: now + self.terms.delay, runs: true };
                Vec::new()
            }
            // What is started then is the newest.
            State::Due { .. } | State::Stopping { .. } => Vec::new(),
            State::Halted | State::Ended => Vec::new(),
        }
    }

    fn exited(&mut self, now: Instant, failed: bool) -> Vec<Action> {
        let (state, next) = match self.state {
            State::Due { at, .. } => (State::Due { at, runs: false }, Some(AfterEnd::StartsAgain)),
            State::Stopping { then: Then::Start, .. } => (State::Running, None),
            State::Stopping { then: Then::Halt, .. } => (State::Halted, None),
            State::Stopping { then: Then::End, .. } => (State::Ended, None),
            _ if self.terms.on_end == OnEnd::End => (State::Ended, None),
            _ if failed && self.terms.on_end == OnEnd::RestartFailed => {
                match self.failures.is_one_too_many(now) {
                    true => (State::Idle, Some(AfterEnd::GivenUp)),
                    false => {
                        let at = now + self.terms.delay;
                        (State::Due { at, runs: false }, Some(AfterEnd::StartsAgain))
                    }
                }
            }
            _ => (State::Idle, Some(AfterEnd::Waits)),
        };
        self.state = state;
        let then = match state {
            State::Running => Some(Action::Start),
            State::Halted => Some(Action::SayWaits(WaitsFor::Start)),
            State::Ended => Some(Action::End),
            State::Idle | State::Due { .. } | State::Stopping { .. } => None,
        };
        std::iter::once(Action::SayEnded(next)).chain(then).collect()
    }

    fn not_started(&mut self) -> Vec<Action> {
        match self.terms.on_end {
            OnEnd::End => {
                self.state = State::Ended;
                vec![Action::End]
            }
            OnEnd::Wait | OnEnd::RestartFailed => {
                self.state = State::Idle;
                Vec::new()
            }
        }
    }

    fn wanted(&mut self) -> Vec<Action> {
        self.failures = Recent::default();
        match self.state {
            State::Halted if self.newest.is_none() => {
                self.state = State::Idle;
                vec![Action::SayWaits(WaitsFor::Build)]
            }
            // Nothing has been built that could be started.
            State::Idle if self.newest.is_none() => Vec::new(),
            State::Idle | State::Halted | State::Due { runs: false, .. } => self.start(),
            State::Stopping { kill_at, is_killed, then: Then::Halt } => {
                self.state = State::Stopping { kill_at, is_killed, then: Then::Start };
                Vec::new()
            }
            State::Running | State::Due { .. } | State::Stopping { .. } | State::Ended => {
                Vec::new()
            }
        }
    }

    fn unwanted(&mut self, now: Instant) -> Vec<Action> {
        match self.state {
            State::Idle | State::Due { runs: false, .. } => {
                self.state = State::Halted;
                vec![Action::SayWaits(WaitsFor::Start)]
            }
            State::Running | State::Due { runs: true, .. } => self.ask_to_end(now, Then::Halt),
            State::Stopping { kill_at, is_killed, then } => {
                self.stopping_already(kill_at, is_killed, then, Then::Halt)
            }
            State::Halted | State::Ended => Vec::new(),
        }
    }

    fn stop(&mut self, now: Instant) -> Vec<Action> {
        match self.state {
            State::Idle | State::Halted | State::Due { runs: false, .. } => {
                self.state = State::Ended;
                vec![Action::End]
            }
            State::Running | State::Due { runs: true, .. } => self.ask_to_end(now, Then::End),
            State::Stopping { kill_at, is_killed, then } => {
                self.stopping_already(kill_at, is_killed, then, Then::End)
            }
            State::Ended => Vec::new(),
        }
    }

    /// Who asks for the same end again insists.
    fn stopping_already(
        &mut self,
        kill_at: Instant,
        is_killed: bool,
        then: Then,
        wanted: Then,
    ) -> Vec<Action> {
        let insists = then == wanted;
        // The end of everything is not taken back.
        let then = if then == Then::End { Then::End } else { wanted };
        self.state = State::Stopping { kill_at, is_killed: is_killed || insists, then };
        if insists { vec![Action::Kill] } else { Vec::new() }
    }

    fn start(&mut self) -> Vec<Action> {
        self.state = State::Running;
        vec![Action::Start]
    }

    fn ask_to_end(&mut self, now: Instant, then: Then) -> Vec<Action> {
        let kill_at = now + self.terms.stop_timeout;
        self.state = State::Stopping { kill_at, is_killed: false, then };
        vec![Action::Signal]
    }
}

/// When something has happened lately.
#[derive(Debug, Default)]
pub struct Recent(VecDeque<Instant>);

impl Recent {
    /// Notes one more; whether they are [`STARTS_MAX`] within [`STARTS_WITHIN`].
    pub fn is_one_too_many(&mut self, now: Instant) -> bool {
        while self.0.front().is_some_and(|first| now.duration_since(*first) > STARTS_WITHIN) {
            self.0.pop_front();
        }
        self.0.push_back(now);
        self.0.len() >= STARTS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::Action::{End, Kill, SayEnded, SayMissing, SayWaits, Signal, Start};
    use super::*;

    const DELAY: u64 = 250;
    const TIMEOUT: u64 = 5_000;

    /// What happens, after so many milliseconds.
    enum Step {
        Built(&'static str),
        Exited(bool),
        NotStarted,
        Start,
        Halt,
        Stop,
        /// The time passes, with or without a program that is there.
        Tick(bool),
    }

    fn built(result: &'static str) -> Step {
        Step::Built(result)
    }

    type Script = Vec<(u64, Step, Vec<Action>)>;

    fn check(name: &str, on_end: OnEnd, script: Script) {
        let began = Instant::now();
        let terms = Terms {
            delay: Duration::from_millis(DELAY),
            stop_timeout: Duration::from_millis(TIMEOUT),
            on_end,
        };
        let mut policy = Policy::new(terms, true);
        let mut alive = 0_i32;
        for (number, (at, step, expected)) in script.into_iter().enumerate() {
            let now = began + Duration::from_millis(at);
            let actions = match step {
                Step::Built(result) => policy.take(now, Happened::Built(result.to_owned())),
                Step::Exited(failed) => {
                    alive -= 1;
                    policy.take(now, Happened::Exited { failed })
                }
                Step::NotStarted => {
                    alive -= 1;
                    policy.take(now, Happened::NotStarted)
                }
                Step::Start => policy.take(now, Happened::Start),
                Step::Halt => policy.take(now, Happened::Halt),
                Step::Stop => policy.take(now, Happened::Stop),
                Step::Tick(is_there) => policy.tick(now, is_there),
            };
            assert_eq!(actions, expected, "{name}, step {number}");
            alive += i32::try_from(actions.iter().filter(|it| **it == Start).count()).expect("few");
            assert!((0..=1).contains(&alive), "{name}, step {number}: {alive} alive");
            assert_eq!(policy.runs(), alive == 1, "{name}, step {number}");
        }
    }

    #[test]
    fn s01_to_s11_the_life_of_a_program() {
        use AfterEnd::{StartsAgain, Waits};
        use Step::{Exited, Stop, Tick};
        let halted = SayWaits(WaitsFor::Start);
        let scripts: Vec<(&str, Script)> = vec![
            (
                "S01 the first success starts it once, S03 and the same success not again",
                vec![
                    (0, built("a"), vec![Start]),
                    (9, built("a"), vec![]),
                    (999, Tick(true), vec![]),
                ],
            ),
            (
                "S02 a second success: after the delay signal, exit, start",
                vec![
                    (0, built("a"), vec![Start]),
                    (1_000, built("b"), vec![]),
                    (1_249, Tick(true), vec![]),
                    (1_250, Tick(true), vec![Signal]),
                    (1_300, Exited(false), vec![SayEnded(None), Start]),
                ],
            ),
            (
                "S03 a success in between is one restart",
                vec![
                    (0, built("a"), vec![Start]),
                    (1_000, built("b"), vec![]),
                    (1_100, built("c"), vec![]),
                    (1_250, Tick(true), vec![Signal]),
                    (1_300, Exited(true), vec![SayEnded(None), Start]),
                    (9_000, Tick(true), vec![]),
                ],
            ),
            (
                "S05 what does not end is killed at the deadline",
                vec![
                    (0, built("a"), vec![Start]),
                    (1_000, built("b"), vec![]),
                    (1_250, Tick(true), vec![Signal]),
                    (6_249, Tick(true), vec![]),
                    (6_250, Tick(true), vec![Kill]),
                    (6_260, Tick(true), vec![]),
                    (6_300, Exited(true), vec![SayEnded(None), Start]),
                ],
            ),
            (
                "S06 a crash during the delay",
                vec![
                    (0, built("a"), vec![Start]),
                    (1_000, built("b"), vec![]),
                    (1_100, Exited(true), vec![SayEnded(Some(StartsAgain))]),
                    (1_250, Tick(true), vec![Start]),
                ],
            ),
            (
                "S07 a success while it is stopping",
                vec![
                    (0, built("a"), vec![Start]),
                    (1_000, built("b"), vec![]),
                    (1_250, Tick(true), vec![Signal]),
                    (1_300, built("c"), vec![]),
                    (1_400, Exited(false), vec![SayEnded(None), Start]),
                    (9_000, Tick(true), vec![]),
                ],
            ),
            (
                "S08 an end of its own waits for the next success",
                vec![
                    (0, built("a"), vec![Start]),
                    (500, Exited(true), vec![SayEnded(Some(Waits))]),
                    (9_000, Tick(true), vec![]),
                    (9_100, built("a"), vec![Start]),
                    (9_200, Exited(false), vec![SayEnded(Some(Waits))]),
                    (9_300, built("b"), vec![Start]),
                    (9_400, Step::NotStarted, vec![]),
                    (9_500, built("b"), vec![Start]),
                ],
            ),
            (
                "S09 a program that is missing leaves the old one alone",
                vec![
                    (0, built("a"), vec![Start]),
                    (1_000, built("b"), vec![]),
                    (1_250, Tick(false), vec![SayMissing]),
                    (2_000, built("b"), vec![]),
                    (2_250, Tick(true), vec![Signal]),
                ],
            ),
            (
                "S11 a request to stop, and a second one",
                vec![
                    (0, built("a"), vec![Start]),
                    (100, Stop, vec![Signal]),
                    (200, Stop, vec![Kill]),
                    (300, Exited(true), vec![SayEnded(None), End]),
                    (400, built("b"), vec![]),
                ],
            ),
            (
                "S11 a request to stop within a restart",
                vec![
                    (0, built("a"), vec![Start]),
                    (1_000, built("b"), vec![]),
                    (1_250, Tick(true), vec![Signal]),
                    (1_300, Stop, vec![]),
                    (1_400, Exited(false), vec![SayEnded(None), End]),
                ],
            ),
            ("S11 nothing runs", vec![(0, Stop, vec![End])]),
            (
                "stopped by the user: no build starts it before the user does",
                vec![
                    (0, built("a"), vec![Start]),
                    (100, Step::Halt, vec![Signal]),
                    (150, Exited(false), vec![SayEnded(None), halted]),
                    (200, built("b"), vec![]),
                    (9_000, Tick(true), vec![]),
                    (9_001, Step::Halt, vec![]),
                    (9_100, Step::Start, vec![Start]),
                    (9_200, Step::Start, vec![]),
                    (9_300, built("c"), vec![]),
                    (9_550, Tick(true), vec![Signal]),
                    (9_600, Step::Halt, vec![]),
                    (9_700, Exited(false), vec![SayEnded(None), halted]),
                    (9_800, Stop, vec![End]),
                ],
            ),
            (
                "the user changes their mind while it is stopping, and insists",
                vec![
                    (0, built("a"), vec![Start]),
                    (100, Step::Halt, vec![Signal]),
                    (150, Step::Start, vec![]),
                    (200, Exited(false), vec![SayEnded(None), Start]),
                    (300, Step::Halt, vec![Signal]),
                    (301, Step::Halt, vec![Kill]),
                    (302, Stop, vec![]),
                    (303, Step::Start, vec![]),
                    (304, Step::Halt, vec![]),
                    (310, Exited(true), vec![SayEnded(None), End]),
                ],
            ),
            (
                "what has ended by itself can be started, what was never built cannot",
                vec![
                    (0, Step::Start, vec![]),
                    (1, Step::Halt, vec![halted]),
                    (2, Step::Start, vec![SayWaits(WaitsFor::Build)]),
                    (2, Step::Halt, vec![halted]),
                    (2, built("a"), vec![]),
                    (3, Step::Start, vec![Start]),
                    (4, Exited(true), vec![SayEnded(Some(Waits))]),
                    (5, Step::Start, vec![Start]),
                ],
            ),
        ];
        for (name, script) in scripts {
            check(name, OnEnd::Wait, script);
        }
    }

    #[test]
    fn p14_a_program_that_fails_is_started_again_when_that_was_asked_for() {
        use AfterEnd::{GivenUp, StartsAgain, Waits};
        let mut script: Script = vec![
            (0, built("a"), vec![Start]),
            (10, Step::Exited(true), vec![SayEnded(Some(StartsAgain))]),
            (260, Step::Tick(true), vec![Start]),
            (300, Step::Exited(false), vec![SayEnded(Some(Waits))]),
            (400, built("b"), vec![Start]),
        ];
        // It fails as fast as it can.
        for n in 1..STARTS_MAX as u64 {
            script.push((n * 1_000, Step::Exited(true), vec![SayEnded(Some(StartsAgain))]));
            script.push((n * 1_000 + DELAY, Step::Tick(true), vec![Start]));
        }
        script.push((30_000, Step::Exited(true), vec![SayEnded(Some(GivenUp))]));
        script.push((90_000, Step::Tick(true), vec![]));
        script.push((90_001, built("c"), vec![Start]));
        script.push((90_002, Step::Exited(true), vec![SayEnded(Some(StartsAgain))]));
        check("fails", OnEnd::RestartFailed, script);
    }

    #[test]
    fn p5_a_program_that_is_run_once_ends_with_it() {
        check(
            "once",
            OnEnd::End,
            vec![(0, built("a"), vec![Start]), (10, Step::Exited(true), vec![SayEnded(None), End])],
        );
    }

    #[test]
    fn what_is_rare_is_never_too_much() {
        let began = Instant::now();
        let mut slow = Recent::default();
        let at = |n: u32| began + Duration::from_secs_f64(f64::from(n) * 3.2);
        assert!((0..100).all(|n| !slow.is_one_too_many(at(n))));
        let mut fast = Recent::default();
        let at = |n: u64| began + Duration::from_secs(n);
        assert_eq!((1..100).find(|n| fast.is_one_too_many(at(*n))), Some(STARTS_MAX as u64));
    }
}
