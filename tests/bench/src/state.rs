//! What it costs to carry a state over, by its size.
//!
//! The same values go through both of Pitstop's codecs, each in its envelope, and through plain
//! bincode and `serde_json`, turn and turn about in one process. Then a real host is told to reload a
//! real module with as much state, and says for how long its window would have stood still.

use super::report::Report;
use super::run::Run;
use super::stats::Summary;
use super::swap::report_of;
use hot_api::state::schema::Schema;
use pitstop_tests::large_state::{Reloads, bytes_of_a_record};
use records::{Records, WAYS};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Sizes in the binary codec; records of some 130 bytes in a dozen values each.
const SIZES: [(&str, usize); 4] =
    [("10 kB", 10_000), ("1 MB", 1_000_000), ("10 MB", 10_000_000), ("100 MB", 100_000_000)];
/// The same size in few values: what a state costs goes by their number.
const TEXTS: (&str, usize, usize) = ("10 MB in texts", 10_000_000, 10_000);
/// Sizes of kept bytes.
const KEPT: [(&str, usize); 2] = [("1 MB", 1 << 20), ("1 GB", 1 << 30)];
/// Bytes that go each way for each size, if the rounds allow.
const BYTES_MEASURED: usize = 100_000_000;
const ROUNDS_MIN: usize = 3;
const ROUNDS_MAX: usize = 200;
/// Reloads of a real host, for each size and codec.
const RELOADS: usize = 5;
/// The same, when few were wished.
const RELOADS_QUICK: usize = 2;

/// Measures every size.
///
/// # Errors
/// When a state cannot be carried, or the host does not reload.
pub fn run(run: &mut Run<'_>) -> anyhow::Result<()> {
    let schema = Schema::of::<Records>()?;
    let each = bytes_of_a_record()?;
    let reloads = run.rounds(RELOADS, RELOADS_QUICK);
    let swaps = |name: &str, make: &str| -> anyhow::Result<Report> {
        Ok(report_of(&Reloads::with(make, reloads)?, &format!("reload with {name}")))
    };
    for (name, size) in SIZES {
        run.report(codecs(name, size, &Records::of(size / each), &schema)?);
    }
    let (texts, size, length) = TEXTS;
    run.report(codecs(texts, size, &Records::with_texts(size / length, length), &schema)?);
    for (name, size) in SIZES {
        let make = format!("records::Records::of({})", size / each);
        run.report(swaps(&format!("{name} of state"), &make)?);
    }
    let make = format!("records::Records::with_texts({}, {length})", size / length);
    run.report(swaps(&format!("{texts} of state"), &make)?);
    for (name, size) in KEPT {
        let make = format!("hot_api::KeptBytes::zeroed({size})");
        run.report(swaps(&format!("{name} of kept bytes"), &make)?);
    }
    Ok(())
}

fn codecs(name: &str, size: usize, state: &Records, schema: &Schema) -> anyhow::Result<Report> {
    let rounds = (BYTES_MEASURED / size).clamp(ROUNDS_MIN, ROUNDS_MAX);
    let mut captures: [Vec<Duration>; WAYS.len()] = Default::default();
    let mut restores: [Vec<Duration>; WAYS.len()] = Default::default();
    let mut sizes = [0; WAYS.len()];
    for round in 0..rounds {
        for (index, way) in WAYS.iter().enumerate() {
            let began = Instant::now();
            let bytes = black_box((way.capture)(black_box(state), schema)?);
            captures[index].push(began.elapsed());
            sizes[index] = bytes.len();
            let began = Instant::now();
            let back = black_box((way.restore)(&bytes, schema)?);
            restores[index].push(began.elapsed());
            anyhow::ensure!(round > 0 || back == *state, "{} restored something else", way.name);
        }
    }
    let mut report = Report::new(format!("state of {name}, {} records", state.records.len()));
    let mut totals = Vec::new();
    for (way, (captures, restores)) in WAYS.iter().zip(captures.into_iter().zip(restores)) {
        let (capture, restore) = (Summary::of(captures), Summary::of(restores));
        totals.push(capture.median_us + restore.median_us);
        report = report
            .times(&format!("{} capture", way.name), capture)
            .times(&format!("{} restore", way.name), restore);
    }
    for (way, size) in WAYS.iter().zip(sizes) {
        report = report.number(&format!("{} size", way.name), size as f64 / 1e6, "MB");
    }
    Ok(report
        .number("binary to bincode", totals[0] / totals[2], "×")
        .number("named to json", totals[1] / totals[3], "×")
        .number("binary both ways", totals[0] / 1e3, "ms"))
}
