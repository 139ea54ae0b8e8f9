//! The numbers in what the journal of a host says about its reloads.

use super::stats::Summary;
use host::journal::event::StagesMicros;
use pitstop_tests::told::Told;
use std::time::Duration;

/// What a stage took, in microseconds.
pub type OfStage = fn(&StagesMicros) -> u64;

/// The stages of a reload in their order, as the journal calls them.
pub const STAGES: [(&str, OfStage); 7] = [
    ("detect", |stages| stages.detect),
    ("build", |stages| stages.build),
    ("trial", |stages| stages.trial),
    ("load", |stages| stages.load),
    ("capture", |stages| stages.capture),
    ("restore", |stages| stages.restore),
    ("first frame", |stages| stages.first_frame),
];

/// One of the numbers, over all reloads. The number is in microseconds.
///
/// # Panics
/// Without reloads.
#[must_use]
pub fn summary(told: &[Told], micros: impl Fn(&Told) -> u64) -> Summary {
    Summary::of(told.iter().map(|told| Duration::from_micros(micros(told))).collect())
}
