//! Signals that the application samples while it runs.
//!
//! Owns: wave settings, samples, and the sampling itself, which is a pure function of elapsed
//! time and the stored noise seed. Never reads a clock: whoever calls [`Signals::advance`] says
//! how much time went by, so a pause or a reload leaves no hole.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How densely signals are sampled.
pub const SAMPLES_PER_SECOND: u16 = 50;

/// The longest stretch that is kept, and hence that can be shown.
pub const WINDOW_SECONDS_MAX: f32 = 30.0;

/// More than this at once is a stall, for example a suspended laptop, and is left out.
const ADVANCE_SECONDS_MAX: f32 = 0.5;

const SAMPLES_MAX: usize = WINDOW_SECONDS_MAX as usize * SAMPLES_PER_SECOND as usize;

/// All signals and their common clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    /// Off: nothing is sampled, and the application is idle.
    pub running: bool,
    /// How much the plot shows, in seconds; at most [`WINDOW_SECONDS_MAX`].
    pub window_seconds: f32,
    /// What is sampled.
    pub waves: Vec<Wave>,
    /// How many samples were taken since the last [`Self::clear`].
    pub taken: u64,
    /// The part of the next sample that time has already earned, 0 to 1.
    due: f32,
    noise_seed: u64,
}

/// One signal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wave {
    /// What the legend says.
    pub name: String,
    /// The form of one period.
    pub shape: Shape,
    /// Periods in a second.
    pub frequency_hz: f32,
    /// Half the distance from peak to peak.
    pub amplitude: f32,
    /// The most that chance adds or takes away.
    pub noise: f32,
    /// Whether the plot shows it.
    pub shown: bool,
    /// The latest samples, oldest first.
    pub samples: VecDeque<f32>,
    /// How far into the current period, 0 to 1. Kept so that changing the frequency does not jump.
    phase: f32,
}

/// The form of one period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shape {
    /// Round.
    #[default]
    Sine,
    /// Up, then down, in straight lines.
    Triangle,
    /// High, then low.
    Square,
}

impl Shape {
    /// The value at `phase` (0 to 1) of a wave of amplitude 1.
    #[must_use]
    pub fn at(self, phase: f32) -> f32 {
        match self {
            Self::Sine => (phase * std::f32::consts::TAU).sin(),
            Self::Triangle => 1.0 - 4.0 * ((phase + 0.25).fract() - 0.5).abs(),
            Self::Square => {
                if phase < 0.5 {
                    1.0
                } else {
                    -1.0
                }
            }
        }
    }
}

impl Signals {
    /// Takes the samples that are due after `seconds` more.
    pub fn advance(&mut self, seconds: f32) {
        let rate = f32::from(SAMPLES_PER_SECOND);
        self.due += seconds.clamp(0.0, ADVANCE_SECONDS_MAX) * rate;
        while self.due >= 1.0 {
            self.due -= 1.0;
            self.taken += 1;
            for wave in &mut self.waves {
                wave.sample(1.0 / rate, next_noise(&mut self.noise_seed));
            }
        }
    }

    /// Forgets all samples and starts the clock again.
    pub fn clear(&mut self) {
        self.taken = 0;
        for wave in &mut self.waves {
            wave.samples.clear();
        }
    }

    /// Time of the latest sample, in seconds of sampling.
    #[must_use]
    pub fn now_seconds(&self) -> f64 {
        self.taken as f64 / f64::from(SAMPLES_PER_SECOND)
    }

    /// `[seconds, value]` of the samples that were kept, oldest first.
    pub fn points<'a>(&self, wave: &'a Wave) -> impl Iterator<Item = [f64; 2]> + use<'a> {
        let first = self.taken.saturating_sub(wave.samples.len() as u64) + 1;
        wave.samples
            .iter()
            .zip(first..)
            .map(|(&value, n)| [n as f64 / f64::from(SAMPLES_PER_SECOND), f64::from(value)])
    }
}

impl Wave {
    fn sample(&mut self, period_seconds: f32, noise: f32) {
        self.phase = (self.phase + self.frequency_hz * period_seconds).fract();
        while self.samples.len() >= SAMPLES_MAX {
            self.samples.pop_front();
        }
        self.samples.push_back(self.amplitude * self.shape.at(self.phase) + self.noise * noise);
    }

    /// Root mean square of what was kept; 0 before the first sample.
    #[must_use]
    pub fn rms(&self) -> f32 {
        // Not `sum`, which makes −0 of nothing.
        let squares = self.samples.iter().fold(0.0, |sum, it| sum + it * it);
        (squares / self.samples.len().max(1) as f32).sqrt()
    }
}

/// A number from −1 to 1 (xorshift: small, and equal seeds give equal plots in tests).
fn next_noise(seed: &mut u64) -> f32 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    (*seed >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
}

impl Default for Signals {
    fn default() -> Self {
        let wave = |name: &str, shape, frequency_hz, amplitude, noise| Wave {
            name: name.to_owned(),
            shape,
            frequency_hz,
            amplitude,
            noise,
            shown: true,
            ..Wave::default()
        };
        Self {
            running: true,
            window_seconds: 10.0,
            waves: vec![
                wave("Sine", Shape::Sine, 0.5, 1.0, 0.05),
                wave("Triangle", Shape::Triangle, 0.2, 0.7, 0.0),
                wave("Square", Shape::Square, 0.1, 0.4, 0.15),
            ],
            taken: 0,
            due: 0.0,
            // Any number but zero, at which the generator would stay.
            noise_seed: 0x9E37_79B9_7F4A_7C15,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_steps_and_large_steps_take_the_same_samples() {
        let (mut small, mut large) = (Signals::default(), Signals::default());
        (0..64).for_each(|_| small.advance(0.0625));
        (0..16).for_each(|_| large.advance(0.25));
        assert_eq!(small.taken, 200);
        assert_eq!(small.waves, large.waves);
    }

    #[test]
    fn a_stall_is_left_out_and_memory_is_bounded() {
        let mut signals = Signals::default();
        signals.advance(3600.0);
        assert_eq!(signals.taken, 25);
        (0..100).for_each(|_| signals.advance(0.5));
        assert_eq!(signals.waves[0].samples.len(), SAMPLES_MAX);
        assert_eq!(signals.taken, 2525);
    }

    #[test]
    fn points_end_at_now() {
        let mut signals = Signals::default();
        signals.advance(0.5);
        let points: Vec<_> = signals.points(&signals.waves[0]).collect();
        assert_eq!(points.len(), 25);
        assert_eq!(points[24][0], signals.now_seconds());
        signals.clear();
        assert_eq!(signals.points(&signals.waves[0]).count(), 0);
    }

    #[test]
    fn shapes_keep_to_their_amplitude() {
        for (shape, [start, quarter, three_quarters]) in [
            (Shape::Sine, [0.0, 1.0, -1.0]),
            (Shape::Triangle, [0.0, 1.0, -1.0]),
            (Shape::Square, [1.0, 1.0, -1.0]),
        ] {
            for (phase, expected) in [(0.0, start), (0.25, quarter), (0.75, three_quarters)] {
                let value = shape.at(phase);
                assert!((value - expected).abs() < 1e-6, "{shape:?} at {phase}: {value}");
            }
        }
    }

    #[test]
    fn rms_is_zero_before_the_first_sample() {
        let of = |samples: &[f32]| {
            let samples = samples.iter().copied().collect();
            format!("{:?}", Wave { samples, ..Wave::default() }.rms())
        };
        assert_eq!(of(&[]), "0.0");
        assert_eq!(of(&[3.0, -3.0]), "3.0");
    }

    #[test]
    fn noise_stays_within_its_limits() {
        let mut seed = 1;
        assert!((0..10_000).all(|_| next_noise(&mut seed).abs() <= 1.0));
    }
}
