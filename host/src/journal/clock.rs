//! The two clocks of an entry: how long the host has run, and what the wall says.
//!
//! Owns: [`Clock`]. Consumes: the system's clocks. Produces: numbers, and dates as text. Never:
//! time zones; `host.log` is in UTC.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Hands out the times of entries, each later than the one before.
#[derive(Debug)]
pub(super) struct Clock {
    started: Instant,
    /// Before that, by the processes of this run.
    ran_for: Duration,
    last_us: u64,
}

impl Clock {
    /// A clock that shows how long a run takes, of which `ran_for` is over.
    pub(super) fn start(ran_for: Duration) -> Self {
        let last_us = micros(ran_for);
        Self { started: Instant::now(), ran_for, last_us }
    }

    /// How long the run has taken so far.
    pub(super) fn elapsed(&self) -> Duration {
        self.ran_for + self.started.elapsed()
    }

    /// Microseconds since the start of the run. Two calls never return the same number, so that the time of
    /// an entry also serves as its place in the journal.
    pub(super) fn tick_us(&mut self) -> u64 {
        let now_us = micros(self.elapsed());
        self.last_us = now_us.max(self.last_us.saturating_add(1));
        self.last_us
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Milliseconds since 1970-01-01 UTC; 0 when the wall clock is set before that.
#[must_use]
pub fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// `2026-01-31T23:59:59.999Z`, by the usual proleptic Gregorian arithmetic on eras of 400 years
/// that begin in March, so that the leap day is the last day of a year.
pub(super) fn utc(unix_ms: u64) -> String {
    let (days, ms) = (unix_ms / 86_400_000, unix_ms % 86_400_000);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (seconds, ms) = (ms / 1_000, ms % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (unix_ms, date) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_767_225_599_001, "2025-12-31T23:59:59.001Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(utc(unix_ms), date);
        }
    }

    #[test]
    fn ticks_are_strictly_increasing() {
        let mut clock = Clock::start(Duration::from_secs(5));
        let ran_for_us = 5_000_000;
        let ticks: Vec<u64> = (0..10_000).map(|_| clock.tick_us()).collect();
        assert!(ticks.is_sorted_by(|a, b| a < b), "a time was handed out twice");
        assert!(ticks[0] > ran_for_us, "it goes on from the process before");
    }
}
