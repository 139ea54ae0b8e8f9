//! Many durations in three numbers.

use std::time::Duration;

/// The middle of the samples, and between which two nine tenths of them lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Microseconds.
    pub median_us: f64,
    /// Microseconds; a twentieth of the samples is below.
    pub p5_us: f64,
    /// Microseconds; a twentieth is above.
    pub p95_us: f64,
}

impl Summary {
    /// # Panics
    /// Without samples.
    #[must_use]
    pub fn of(mut samples: Vec<Duration>) -> Self {
        samples.sort_unstable();
        let at = |part: f64| {
            let index = ((samples.len() - 1) as f64 * part).round() as usize;
            samples[index].as_secs_f64() * 1e6
        };
        Self { median_us: at(0.5), p5_us: at(0.05), p95_us: at(0.95) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_outliers_do_not_move_the_median() {
        let mut samples: Vec<_> = (0..=100).rev().map(Duration::from_micros).collect();
        let summary = Summary::of(samples.clone());
        assert_eq!(summary, Summary { median_us: 50.0, p5_us: 5.0, p95_us: 95.0 });
        samples[0] = Duration::from_secs(1);
        assert_eq!(Summary::of(samples), summary);
    }
}
