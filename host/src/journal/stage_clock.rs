//! Where the time of one reload goes.
//!
//! Owns: one clock for all stages, so that they have no gaps between them: what ends a stage begins the
//! next, and the stages add up to the time from the first event to the first frame.

use crate::journal::event::StagesMicros;
use std::time::Instant;

/// Runs from the first event of a reload. Each stage lasts until the next one ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageClock {
    began: Instant,
    /// Microseconds that belong to stages that have ended.
    ended_us: u64,
    stages: StagesMicros,
}

impl StageClock {
    /// Starts with the first file event, or the key press.
    #[must_use]
    pub fn start(began: Instant) -> Self {
        Self { began, ended_us: 0, stages: StagesMicros::default() }
    }

    /// A stage ends now. Time is never counted twice, whatever order the ends arrive in.
    pub fn end(&mut self, stage: impl FnOnce(&mut StagesMicros) -> &mut u64) {
        self.end_at(stage, Instant::now());
    }

    /// A stage ended at that time.
    pub fn end_at(&mut self, stage: impl FnOnce(&mut StagesMicros) -> &mut u64, at: Instant) {
        let at_us = micros(at.saturating_duration_since(self.began)).max(self.ended_us);
        *stage(&mut self.stages) += at_us - self.ended_us;
        self.ended_us = at_us;
    }

    /// What each stage took.
    #[must_use]
    pub fn stages(&self) -> StagesMicros {
        self.stages
    }

    /// From the beginning to the end of the last stage.
    #[must_use]
    pub fn total_us(&self) -> u64 {
        self.ended_us
    }
}

/// A duration in the unit of the journal.
#[must_use]
pub fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn g38_the_total_is_measured_and_the_stages_add_up_to_it() {
        let began = Instant::now();
        let at = |us: f64| began + Duration::from_secs_f64(us / 1e6);
        let mut clock = StageClock::start(began);
        clock.end_at(|stages| &mut stages.detect, at(10.6));
        clock.end_at(|stages| &mut stages.build, at(500.7));
        // Waiting that no stage asked for belongs to the next one that ends.
        clock.end_at(|stages| &mut stages.load, at(10_000.0));
        clock.end_at(|stages| &mut stages.capture, at(9_000.0));
        clock.end_at(|stages| &mut stages.first_frame, at(10_500.2));
        clock.end_at(|stages| &mut stages.first_frame, at(12_000.9));
        let stages = clock.stages();
        assert_eq!((stages.detect, stages.build, stages.load), (10, 490, 9_500));
        assert_eq!((stages.capture, stages.first_frame), (0, 2_000));
        assert_eq!((stages.total(), clock.total_us()), (12_000, 12_000));
    }
}
