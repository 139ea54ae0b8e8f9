//! Many numbers in few: median and spread, and a slope.

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

    /// Milliseconds: the median, and between which two nine tenths of the samples lie.
    #[must_use]
    pub fn millis(self) -> [f64; 3] {
        [self.median_us, self.p5_us, self.p95_us].map(|us| us / 1e3)
    }
}

/// By how much the samples grow from one to the next, by least squares; 0 for fewer than two.
#[must_use]
pub fn slope(samples: &[f64]) -> f64 {
    if samples.len() < 2 {
        return 0.0;
    }
    let count = samples.len() as f64;
    let (middle, mean) = ((count - 1.0) / 2.0, samples.iter().sum::<f64>() / count);
    let (mut products, mut squares) = (0.0, 0.0);
    for (index, sample) in samples.iter().enumerate() {
        let step = index as f64 - middle;
        products += step * (sample - mean);
        squares += step * step;
    }
    products / squares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_that_of_the_line_and_noise_does_not_tilt_it() {
        let line: Vec<f64> = (0..100).map(|step| 7.0 + 2.5 * f64::from(step)).collect();
        assert!((slope(&line) - 2.5).abs() < 1e-9);
        let noisy: Vec<f64> =
            line.iter().zip([3.0, -3.0, -3.0, 3.0].iter().cycle()).map(|(a, b)| a + b).collect();
        assert!((slope(&noisy) - 2.5).abs() < 1e-2);
        assert_eq!((slope(&[]), slope(&[5.0]), slope(&[5.0; 9])), (0.0, 0.0, 0.0));
    }

    #[test]
    fn order_does_not_matter_and_outliers_do_not_move_the_median() {
        let mut samples: Vec<_> = (0..=100).rev().map(Duration::from_micros).collect();
        let summary = Summary::of(samples.clone());
        assert_eq!(summary, Summary { median_us: 50.0, p5_us: 5.0, p95_us: 95.0 });
        samples[0] = Duration::from_secs(1);
        assert_eq!(Summary::of(samples), summary);
    }
}
