//! Whether a build whose sources have changed meanwhile is stopped or may end.
//!
//! Owns: how long builds take, and for how long saves have been stopping them. Consumes: the starts and
//! ends of builds, with their times. Never: I/O, clocks.
//!
//! A stale build is stopped at once, so that the newest content is built first. When saves come faster
//! than builds end, no build would ever end. So builds are stopped for no longer than one of them takes;
//! the next stale one may end. New code runs after two build times, however fast the saves come.

use crate::journal::event::BuildWay;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The build time of a way that has not been measured yet.
const ASSUMED: Duration = Duration::from_secs(1);

/// How many builds the typical time is taken from: few enough to follow a project that grows.
const REMEMBERED: usize = 5;

/// The pace of builds and of the saves that make them stale.
#[derive(Debug, Default)]
pub(super) struct Pace {
    cargo: Times,
    replay: Times,
    /// A build has succeeded. The first one also compiles what never changes, and is not typical.
    is_warm: bool,
    /// How the build that runs is made.
    way: Option<BuildWay>,
    /// Since when builds have been running without one that came to its own end.
    since: Option<Instant>,
}

/// How long the newest successful builds took.
#[derive(Debug, Default)]
struct Times(VecDeque<Duration>);

impl Times {
    fn add(&mut self, took: Duration) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(took);
    }

    fn typical(&self) -> Duration {
        let mut times: Vec<Duration> = self.0.iter().copied().collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or(ASSUMED)
    }
}

impl Pace {
    /// A build begins.
    pub(super) fn started(&mut self, at: Instant) {
        self.way = None;
        self.since.get_or_insert(at);
    }

    /// The build that runs has found out how it is made.
    pub(super) fn goes(&mut self, way: BuildWay) {
        self.way = Some(way);
    }

    /// Whether the build that runs is to be stopped, now that its sources have changed.
    pub(super) fn stops_stale(&self, now: Instant) -> bool {
        let typical = match self.way {
            Some(way) => self.times(way).typical(),
            // It has just begun.
            None => self.cargo.typical().max(self.replay.typical()),
        };
        self.since.is_none_or(|since| now.saturating_duration_since(since) < typical)
    }

    /// A build has come to its own end; `took` when it has succeeded.
    pub(super) fn ended(&mut self, took: Option<(BuildWay, Duration)>) {
        self.since = None;
        let Some((way, took)) = took else { return };
        if std::mem::replace(&mut self.is_warm, true) {
            match way {
                BuildWay::Cargo => self.cargo.add(took),
                BuildWay::Replay => self.replay.add(took),
            }
        }
    }

    fn times(&self, way: BuildWay) -> &Times {
        match way {
            BuildWay::Cargo => &self.cargo,
            BuildWay::Replay => &self.replay,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A pace at which a replay takes `typical`.
    fn paced(typical: u64) -> Pace {
        let mut pace = Pace::default();
        pace.ended(Some((BuildWay::Cargo, Duration::from_secs(90))));
        pace.ended(Some((BuildWay::Replay, millis(typical))));
        pace
    }

    /// Plays saves against builds that take `build` and are told of by `pace`. Returns when a build ended,
    /// in milliseconds since the first save; stopping one costs nothing.
    fn ends(pace: &mut Pace, build: u64, saves: impl Iterator<Item = u64>) -> Vec<u64> {
        let start = Instant::now();
        let at = |ms: u64| start + millis(ms);
        let (mut ends, mut running, mut is_stale) = (Vec::new(), None, false);
        for save in saves {
            while let Some(end) = running.map(|began| began + build).filter(|end| *end <= save) {
                pace.ended(Some((BuildWay::Replay, millis(build))));
                ends.push(end);
                running = std::mem::take(&mut is_stale).then_some(end);
                if running.is_some() {
                    pace.started(at(end));
                    pace.goes(BuildWay::Replay);
                }
            }
            if running.is_some() && !pace.stops_stale(at(save)) {
                is_stale = true;
                continue;
            }
            running = Some(save);
            pace.started(at(save));
            pace.goes(BuildWay::Replay);
        }
        ends
    }

    #[test]
    fn g26_saves_that_never_pause_let_a_build_end_within_three_build_times() {
        for (build, every) in [(2_000, 50), (2_000, 1_000), (400, 250), (400, 50), (60_000, 50)] {
            let mut pace = paced(build);
            let ends = ends(&mut pace, build, (0..build * 20 / every).map(|n| n * every));
            let gaps: Vec<u64> =
                std::iter::once(&0).chain(&ends).zip(&ends).map(|(a, b)| b - a).collect();
            assert!(ends.len() >= 6, "{build} every {every}: {ends:?}");
            assert!(gaps.iter().all(|gap| *gap <= build * 3), "{build} every {every}: {gaps:?}");
        }
    }

    #[test]
    fn g26_at_typing_speed_a_stale_build_is_stopped_at_once() {
        type Row = (&'static str, u64, &'static [u64], &'static [u64]);
        let table: [Row; 4] = [
            ("builds end between saves", 400, &[0, 1_000, 2_000, 9_000], &[400, 1_400, 2_400]),
            ("a second thought", 2_000, &[0, 700, 9_000], &[2_700]),
            ("a third one", 2_000, &[0, 700, 1_500, 9_000], &[3_500]),
            ("with a pause in between", 2_000, &[0, 700, 5_000, 5_700, 9_000], &[2_700, 7_700]),
        ];
        for (name, build, saves, expected) in table {
            let mut pace = paced(build);
            assert_eq!(ends(&mut pace, build, saves.iter().copied()), expected, "{name}");
        }
    }

    #[test]
    fn g26_the_typical_time_is_that_of_the_way_and_not_of_the_first_build() {
        let start = Instant::now();
        let stops = |pace: &mut Pace, way, after: u64| {
            pace.started(start);
            pace.goes(way);
            pace.stops_stale(start + millis(after))
        };
        let mut pace = Pace::default();
        assert!(stops(&mut pace, BuildWay::Cargo, 999), "nothing is known yet");
        assert!(!stops(&mut pace, BuildWay::Cargo, 1_000), "and a build may end all the same");
        pace.ended(Some((BuildWay::Cargo, Duration::from_secs(90))));
        assert!(!stops(&mut pace, BuildWay::Cargo, 1_000), "the first build is not typical");
        for took in [300, 280, 5_000, 310, 290] {
            pace.ended(Some((BuildWay::Replay, millis(took))));
        }
        assert!(
            stops(&mut pace, BuildWay::Replay, 299) && !stops(&mut pace, BuildWay::Replay, 300)
        );
        assert!(stops(&mut pace, BuildWay::Cargo, 999), "a replay tells nothing about cargo");
        pace.ended(None);
        assert!(!stops(&mut pace, BuildWay::Replay, 300), "a failure is no measure");
    }
}
