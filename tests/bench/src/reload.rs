//! From a saved file to the first frame of the new code, by stage.
//!
//! A real host and a module of some 450 lines, edited as people edit, and the smallest application that
//! people begin with. In the same round the same edit goes through the compiler alone, as a module and
//! as the same application without `hot_api` (*plain*: what Pitstop adds to compiling an edit is the
//! difference), through `cargo build` in a copy of the workspace and, when wished, through the tools
//! that others use for this.

use super::bare_rustc::{BareRustc, as_cargo_tells, bare_rustc, with_root};
use super::cargo_build::{CargoBuild, bench_dir};
use super::edits::{EDITS, Edit, LITERAL};
use super::peers::{Peer, SETTINGS, Workspace};
use super::report::Report;
use super::run::Run;
use super::sources::Sources;
use super::stats::Summary;
use super::told::{STAGES, summary};
use crate::plot::axis::plain;
use crate::plot::{Axis, Bar, Bars, Group, Scale};
use anyhow::Context as _;
use pitstop_tests::project::build_dir;
use pitstop_tests::told::Told;
use pitstop_tests::{HostProcess, Project};
use std::collections::BTreeMap;
use std::time::Duration;
use tempfile::TempDir;

/// Lines of the module.
const LINES: usize = 450;
/// Edits of each kind that count. One more comes before them.
const ROUNDS: usize = 11;
/// The same, when few were wished.
const ROUNDS_QUICK: usize = 2;

/// The stages that are told apart in the picture; what takes less than a hair's breadth is joined.
const BARS: [(&str, &[&str]); 5] = [
    ("detect", &["detect"]),
    ("build", &["build"]),
    ("trial and load", &["trial", "load"]),
    ("capture and restore", &["capture", "restore"]),
    ("first frame", &["first frame"]),
];

/// Measures every kind of edit.
///
/// # Errors
/// When a host, a compiler or a peer does not do its part.
pub fn run(run: &mut Run<'_>) -> anyhow::Result<()> {
    let rounds = run.rounds(ROUNDS, ROUNDS_QUICK);
    let mut smallest = Ways::new(Sources::smallest(), &[LITERAL], false)?;
    let times = smallest.rounds(LITERAL, rounds)?;
    let smallest_lines = smallest.sources.lines();
    run.report(times.report(&format!("reload of {smallest_lines} lines: {}", LITERAL.name)));
    drop(smallest);
    let mut ways = Ways::new(Sources::of_lines(LINES), &EDITS, run.with_peers)?;
    let lines = ways.sources.lines();
    let mut groups = Vec::new();
    for edit in EDITS {
        let times = ways.rounds(edit, rounds)?;
        run.report(times.report(&format!("reload of {lines} lines: {}", edit.name)));
        groups.push(Group { name: edit.name.to_owned(), bars: times.bars() });
    }
    let parts = BARS.iter().map(|(name, _)| *name);
    let parts = parts.chain(["bare rustc", "plain rustc", "cargo build"]);
    let parts = parts.chain(run.with_peers.then_some("hot-lib-reloader and cargo-watch"));
    let bars = Bars {
        title: "From a saved file to the first frame of the new code".to_owned(),
        subtitle: format!("A module of {lines} lines; medians of {rounds} edits of each kind"),
        x: Axis { label: "milliseconds".to_owned(), scale: Scale::Linear, tick: plain },
        parts: parts.map(str::to_owned).collect(),
        groups,
    };
    run.figure("reload", &bars.title, bars.svg());
    Ok(())
}

/// Everything that an edit goes through, each with its workspace.
#[derive(Debug)]
struct Ways {
    sources: Sources,
    edits: u32,
    host: HostProcess,
    project: Project,
    cargo: CargoBuild,
    /// By the directory of the crate.
    rustc: BTreeMap<&'static str, BareRustc>,
    /// The module's application without `hot_api`.
    plain: BareRustc,
    _rustc_dir: TempDir,
    peers: Vec<Peer>,
    peers_workspace: Option<Workspace>,
}

/// What one edit took.
#[derive(Debug)]
struct Took {
    told: Told,
    rustc: Duration,
    /// The same crates with the application in the place of the module.
    plain: Duration,
    cargo: Duration,
    /// By name; those that can tell this edit.
    peers: Vec<(&'static str, Duration)>,
}

impl Ways {
    /// Each of `edits` has been made once.
    fn new(sources: Sources, edits: &[Edit], with_peers: bool) -> anyhow::Result<Self> {
        let peers_workspace = with_peers.then(|| Workspace::prepare(&sources)).transpose()?;
        let mut peers = Vec::new();
        if let Some(workspace) = &peers_workspace {
            for settings in SETTINGS {
                peers.push(Peer::start(workspace, settings)?);
            }
        }
        let project = Project::new();
        sources.save(&project, &["ui"]);
        let copy = Project::new();
        sources.save(&copy, &["ui"]);
        let cargo = CargoBuild::new(copy)?;
        let mut host = HostProcess::start(&project);
        // The first build of each crate after the start need not be like those that follow.
        for edit in edits {
            let (path, text) = edit.apply(&sources, "ui", 1);
            Told::after(&mut host, || project.save(&path, &text))?;
            cargo.project.save(&path, &text);
        }
        std::fs::create_dir_all(bench_dir())?;
        let rustc_dir = tempfile::Builder::new().prefix("rustc-").tempdir_in(bench_dir())?;
        let mut rustc = BTreeMap::new();
        let mut plain = None;
        for dir in ["data", "ui"] {
            // What the host does not note is compiled in the copy, which leaves the host alone.
            let command = bare_rustc(&build_dir(), &project.package(dir))
                .or_else(|_| as_cargo_tells(&cargo.project, &CargoBuild::target_dir(), dir))?;
            rustc.insert(dir, BareRustc::beside(&command, &rustc_dir.path().join(dir))?);
            if dir == "ui" {
                let command = with_root(&command, "plain.rs")?;
                plain = Some(BareRustc::beside(&command, &rustc_dir.path().join("plain"))?);
            }
        }
        let plain = plain.context("the module is one of the crates")?;
        let _rustc_dir = rustc_dir;
        Ok(Self {
            sources,
            edits: 1,
            host,
            project,
            cargo,
            rustc,
            plain,
            _rustc_dir,
            peers,
            peers_workspace,
        })
    }

    /// So many edits of a kind.
    fn rounds(&mut self, edit: Edit, rounds: usize) -> anyhow::Result<Summaries> {
        let mut times = Times::default();
        for round in 0..=rounds {
            let took = self.take_turns(edit).with_context(|| edit.name)?;
            // The first one also undoes what the edits before have left in this file.
            if round > 0 {
                times.add(took);
            }
        }
        Ok(times.summed_up())
    }

    /// Makes the next edit of this kind in every workspace, one after the other.
    fn take_turns(&mut self, edit: Edit) -> anyhow::Result<Took> {
        self.edits += 1;
        let (path, text) = edit.apply(&self.sources, "ui", self.edits);
        let project = &self.project;
        let told = Told::after(&mut self.host, || project.save(&path, &text))?;
        self.cargo.project.save(&path, &text);
        let cargo = self.cargo.run("ui")?;
        let (mut rustc, mut plain) = (Duration::ZERO, Duration::ZERO);
        // What the state's crate has become, the module is compiled against.
        let changed = if edit.dir("ui") == "data" { &["data", "ui"][..] } else { &["ui"] };
        for dir in changed {
            let Some(compiler) = self.rustc.get_mut(dir) else { continue };
            let took = compiler.run()?;
            rustc += took;
            plain += if *dir == "ui" { self.plain.run()? } else { took };
        }
        let mut peers = Vec::new();
        if let (true, Some(workspace)) = (edit.is_on_screen(), &self.peers_workspace) {
            for peer in &mut self.peers {
                peers.push((peer.name(), peer.edit(workspace, &self.sources, self.edits)?));
            }
        }
        Ok(Took { told, rustc, plain, cargo, peers })
    }
}

/// What the edits of one kind took.
#[derive(Debug, Default)]
struct Times {
    told: Vec<Told>,
    rustc: Vec<Duration>,
    plain: Vec<Duration>,
    cargo: Vec<Duration>,
    peers: BTreeMap<&'static str, Vec<Duration>>,
}

/// The same, summed up.
#[derive(Debug)]
struct Summaries {
    total: Summary,
    /// In the order of [`STAGES`].
    stages: Vec<Summary>,
    rustc: Summary,
    plain: Summary,
    cargo: Summary,
    peers: Vec<(&'static str, Summary)>,
}

impl Times {
    fn add(&mut self, took: Took) {
        self.told.push(took.told);
        self.rustc.push(took.rustc);
        self.plain.push(took.plain);
        self.cargo.push(took.cargo);
        for (name, time) in took.peers {
            self.peers.entry(name).or_default().push(time);
        }
    }

    fn summed_up(self) -> Summaries {
        let stages = STAGES.iter().map(|(_, of)| summary(&self.told, |told| of(&told.stages)));
        Summaries {
            total: summary(&self.told, |told| told.total_us),
            stages: stages.collect(),
            rustc: Summary::of(self.rustc),
            plain: Summary::of(self.plain),
            cargo: Summary::of(self.cargo),
            peers: self.peers.into_iter().map(|(name, times)| (name, Summary::of(times))).collect(),
        }
    }
}

impl Summaries {
    fn report(&self, name: &str) -> Report {
        let mut report = Report::new(name.to_owned()).times("edit to first frame", self.total);
        for ((name, _), times) in STAGES.iter().zip(&self.stages) {
            report = report.times(name, *times);
        }
        let total = self.total.median_us;
        report = report.times("bare rustc", self.rustc).times("plain rustc", self.plain);
        report = report.times("cargo build", self.cargo);
        for (name, times) in &self.peers {
            report = report.times(name, *times).number(
                &format!("{name} to Pitstop"),
                times.median_us / total,
                "×",
            );
        }
        report
            .number("to bare rustc", total / self.rustc.median_us, "×")
            .number("to cargo build", total / self.cargo.median_us, "×")
            .number("beside bare rustc", (total - self.rustc.median_us) / 1e3, "ms")
            .number(
                "bare rustc beside plain",
                (self.rustc.median_us - self.plain.median_us) / 1e3,
                "ms",
            )
    }

    fn bars(&self) -> Vec<Bar> {
        let millis = |times: &Summary| times.median_us / 1e3;
        let median = |stage: &str| {
            let mut stages = STAGES.iter().zip(&self.stages);
            stages.find(|((name, _), _)| *name == stage).map_or(0.0, |(_, times)| millis(times))
        };
        let parts = BARS.iter().map(|(_, stages)| stages.iter().copied().map(median).sum());
        let parts: Vec<(usize, f64)> = parts.enumerate().collect();
        let text = |value: f64| format!("{} ms", plain(value.round()));
        let mut bars =
            vec![Bar { name: "Pitstop".to_owned(), text: text(millis(&self.total)), parts }];
        let others =
            [("bare rustc", self.rustc), ("plain rustc", self.plain), ("cargo build", self.cargo)];
        for (name, times) in others.iter().chain(&self.peers) {
            // All peers have one colour.
            let part = BARS.len() + (bars.len() - 1).min(others.len());
            let value = millis(times);
            let (name, text) = ((*name).to_owned(), text(value));
            bars.push(Bar { name, parts: vec![(part, value)], text });
        }
        bars
    }
}
