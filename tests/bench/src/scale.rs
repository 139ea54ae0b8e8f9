//! What a reload costs in large modules, and beside many.
//!
//! Size: the same edit in modules of 500 to 32,000 lines, against `cargo build` of it in a copy.
//! Number: the same edit in one of several modules, against a host that has only this one.

use super::cargo_build::CargoBuild;
use super::edits::LITERAL;
use super::report::Report;
use super::run::Run;
use super::sources::Sources;
use super::stats::Summary;
use super::told::summary;
use crate::plot::axis::plain;
use crate::plot::{Axis, Line, Lines, Scale};
use pitstop_tests::told::Told;
use pitstop_tests::{HostProcess, Project};
use std::time::Duration;

/// Lines of the module.
const LINES: [usize; 4] = [500, 2_000, 8_000, 32_000];
/// How many modules a host has, each of [`LINES_OF_MANY`].
const MODULES: [usize; 3] = [1, 4, 16];
const LINES_OF_MANY: usize = 450;
/// Edits for each; one more comes before them.
const ROUNDS: usize = 11;
/// The same, when few were wished.
const ROUNDS_QUICK: usize = 2;

/// Measures sizes, then numbers.
///
/// # Errors
/// When a host or cargo does not do its part.
pub fn run(run: &mut Run<'_>) -> anyhow::Result<()> {
    let rounds = run.rounds(ROUNDS, ROUNDS_QUICK);
    sizes(run, rounds)?;
    numbers(run, rounds)
}

fn sizes(run: &mut Run<'_>, rounds: usize) -> anyhow::Result<()> {
    let (mut reloads, mut builds) = (Line::default(), Line::default());
    for lines in LINES {
        let (lines, reload, cargo) = of_size(lines, rounds)?;
        let total = summary(&reload, |told| told.total_us);
        reloads.push(lines as f64, total.millis());
        builds.push(lines as f64, cargo.millis());
        run.report(
            Report::new(format!("scale, a module of {} lines", plain(lines as f64)))
                .times("edit to first frame", total)
                .times("build", summary(&reload, |told| told.stages.build))
                .times("load", summary(&reload, |told| told.stages.load))
                .times("cargo build", cargo)
                .number("to cargo build", total.median_us / cargo.median_us, "×"),
        );
    }
    let plot = Lines {
        title: "Reloads of large modules".to_owned(),
        subtitle: format!("One literal changed; medians of {rounds} edits, and 5 to 95 %"),
        x: Axis { label: "lines of the module".to_owned(), scale: Scale::Log, tick: plain },
        y: Axis { label: "milliseconds".to_owned(), scale: Scale::Log, tick: plain },
        lines: vec![
            reloads.named("Pitstop, edit to first frame"),
            builds.named("cargo build of the same edit").as_baseline(),
        ],
    };
    run.figure("scale-lines", &plot.title, plot.svg());
    Ok(())
}

fn numbers(run: &mut Run<'_>, rounds: usize) -> anyhow::Result<()> {
    let mut reloads = Line::default();
    let mut alone = None;
    for count in MODULES {
        let reload = of_many(count, rounds)?;
        let total = summary(&reload, |told| told.total_us);
        reloads.push(count as f64, total.millis());
        let alone = *alone.get_or_insert(total.median_us);
        run.report(
            Report::new(format!("scale, one of {count} modules"))
                .times("edit to first frame", total)
                .times("build", summary(&reload, |told| told.stages.build))
                .times("ui stall", summary(&reload, |told| told.ui_stall_us))
                .number("to one module", total.median_us / alone, "×"),
        );
    }
    let plot = Lines {
        title: "Reloads of one module among many".to_owned(),
        subtitle: format!(
            "{LINES_OF_MANY} lines each, one literal changed; medians of {rounds} edits, and 5 to 95 %"
        ),
        x: Axis { label: "modules of the host".to_owned(), scale: Scale::Linear, tick: plain },
        y: Axis { label: "milliseconds".to_owned(), scale: Scale::Linear, tick: plain },
        lines: vec![reloads.named("Pitstop, edit to first frame")],
    };
    run.figure("scale-modules", &plot.title, plot.svg());
    Ok(())
}

/// Returns how many lines the module really has, its reloads, and what cargo took.
fn of_size(lines: usize, rounds: usize) -> anyhow::Result<(usize, Vec<Told>, Summary)> {
    let sources = Sources::of_lines(lines);
    let (project, copy) = (Project::new(), Project::new());
    sources.save(&project, &["ui"]);
    sources.save(&copy, &["ui"]);
    let copy = CargoBuild::new(copy)?;
    let mut host = HostProcess::start(&project);
    let mut cargo: Vec<Duration> = Vec::new();
    let told = edited(&mut host, &project, &sources, "ui", rounds, |path, text| {
        copy.project.save(path, text);
        cargo.push(copy.run("ui")?);
        Ok(())
    })?;
    Ok((sources.lines(), told, Summary::of(cargo.split_off(1))))
}

fn of_many(count: usize, rounds: usize) -> anyhow::Result<Vec<Told>> {
    let sources = Sources::of_lines(LINES_OF_MANY);
    let modules: Vec<String> = (0..count).map(|number| format!("m{number}")).collect();
    let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
    let project = Project::with_modules(&modules);
    sources.save(&project, &modules);
    let mut host = HostProcess::start(&project);
    edited(&mut host, &project, &sources, modules[0], rounds, |_, _| Ok(()))
}

/// Edits a module once and then `rounds` times more, of which the reloads are returned; `then` gets
/// each file and its new text.
fn edited(
    host: &mut HostProcess,
    project: &Project,
    sources: &Sources,
    module: &str,
    rounds: usize,
    mut then: impl FnMut(&str, &str) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Told>> {
    let mut reloads = Vec::new();
    for n in 0..=rounds as u32 {
        let (path, text) = LITERAL.apply(sources, module, n + 1);
        let told = Told::after(host, || project.save(&path, &text))?;
        then(&path, &text)?;
        if n > 0 {
            reloads.push(told);
        }
    }
    Ok(reloads)
}
