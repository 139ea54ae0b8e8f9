//! What stays behind of each reload in the host's memory.
//!
//! egui's demo with all its windows open is reloaded again and again in a process of its own, with
//! more frames between two reloads than an old generation is kept for. The baseline is the same
//! number of frames without reloads, in another process.

use super::report::Report;
use super::run::Run;
use super::stats::slope;
use crate::plot::axis::plain;
use crate::plot::{Axis, Line, Lines, Scale};
use anyhow::{Context as _, ensure};
use host::compile::Artifact;
use pitstop_tests::demo::{library, snapshot_with, window_names};
use pitstop_tests::in_process::Stage;
use pitstop_tests::processes::resident_bytes;
use serde::{Deserialize, Serialize};
use std::process::{Command, Stdio};

/// Reloads that count, and how many come before them, while allocators and caches fill up.
const RELOADS: usize = 500;
const WARM_UP: usize = 40;
/// The same, when few were wished.
const RELOADS_QUICK: usize = 40;
const WARM_UP_QUICK: usize = 5;

/// Frames between two reloads: more than the ten of a generation's probation.
const FRAMES_BETWEEN: usize = 11;

/// The first argument of a process that measures its own memory.
pub const ALONE: &str = "--memory-of-this-process";

/// Measures with and without reloads.
///
/// # Errors
/// When the demo does not load, or a process does not tell.
pub fn run(run: &mut Run<'_>) -> anyhow::Result<()> {
    let reloads = run.rounds(RELOADS, RELOADS_QUICK);
    let warm_up = run.rounds(WARM_UP, WARM_UP_QUICK);
    let with = measure(warm_up + reloads, true)?;
    let without = measure(warm_up + reloads, false)?;
    let kilobytes = |measured: &Measured| slope(&numbers(&measured.resident[warm_up..])) / 1e3;
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let (with_slope, without_slope) = (kilobytes(&with), kilobytes(&without));
    let last = |measured: &Measured| mebibytes(measured.resident.last().copied().unwrap_or(0));
    let report = Report::new(format!("memory, {reloads} reloads of egui's demo"))
        .number("growth a reload", with_slope, "kB")
        .number("of as many frames", without_slope, "kB")
        .number("growth by reloading", with_slope - without_slope, "kB")
        .number("resident before", mebibytes(with.resident[warm_up]), "MiB")
        .number("resident after", last(&with), "MiB")
        .number("after as many frames", last(&without), "MiB")
        .number("libraries retired", with.retired as f64, "")
        .number("libraries unmapped", with.unmapped as f64, "");
    run.report(report);
    let line = |measured: &Measured| {
        let resident = measured.resident[warm_up..].iter().enumerate();
        let points = resident.map(|(turn, bytes)| [turn as f64 + 1.0, mebibytes(*bytes)]);
        Line { points: points.collect(), ..Line::default() }
    };
    let plot = Lines {
        title: "Resident memory of a process that reloads".to_owned(),
        subtitle: format!(
            "egui's demo, all windows open, {FRAMES_BETWEEN} frames between two reloads; \
             {with_slope:.2} kB a reload"
        ),
        x: Axis { label: "reloads".to_owned(), scale: Scale::Linear, tick: plain },
        y: Axis { label: "MiB".to_owned(), scale: Scale::Linear, tick: plain },
        lines: vec![
            line(&with).named("with reloads"),
            line(&without).named("as many frames without").as_baseline(),
        ],
    };
    run.figure("memory", &plot.title, plot.svg());
    Ok(())
}

fn numbers(bytes: &[u64]) -> Vec<f64> {
    bytes.iter().map(|bytes| *bytes as f64).collect()
}

/// What a process says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    /// Resident bytes after each reload and the frames behind it.
    resident: Vec<u64>,
    /// Generations that have ended, and how many of their libraries the process map no longer has.
    retired: usize,
    unmapped: usize,
}

fn measure(turns: usize, reloads: bool) -> anyhow::Result<Measured> {
    let mut child = Command::new(std::env::current_exe()?);
    child.arg(ALONE).args([turns.to_string(), reloads.to_string()]);
    let output = child.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the process that measures its memory: {}", output.status);
    serde_json::from_slice(&output.stdout).context("what the process says of its memory")
}

/// The other process: `arguments` are those behind [`ALONE`]. Returns what it is to print.
///
/// # Errors
/// When the demo does not load.
pub fn alone(arguments: &[String]) -> anyhow::Result<String> {
    let [turns, reloads] = arguments else { anyhow::bail!("how many turns, and with reloads?") };
    let (turns, reloads): (usize, bool) = (turns.parse()?, reloads.parse()?);
    let artifact = Artifact::read("egui_demo", library()?, true)?;
    let mut stage = Stage::new();
    let load = |stage: &mut Stage, snapshot: Option<Vec<u8>>| {
        let loaded = match snapshot {
            Some(snapshot) => stage.reload_with(&artifact, snapshot),
            None => stage.reload(&artifact),
        };
        loaded.map_err(|rejection| anyhow::anyhow!("the demo does not load: {rejection:?}"))
    };
    load(&mut stage, Some(snapshot_with(&window_names())?))?;
    let mut resident = Vec::with_capacity(turns);
    for _ in 0..turns {
        if reloads {
            load(&mut stage, None)?;
        }
        for _ in 0..FRAMES_BETWEEN {
            let _picture = stage.frame(&[]);
        }
        resident.push(resident_bytes());
    }
    let retired = &stage.retired;
    let unmapped = retired.iter().filter(|retirement| retirement.unmapped).count();
    let measured = Measured { resident, retired: retired.len(), unmapped };
    Ok(serde_json::to_string(&measured)?)
}
