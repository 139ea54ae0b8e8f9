//! What it costs to carry a state over, by its size.
//!
//! The same values go through both of Pitstop's codecs, each in its envelope, and through plain
//! bincode and `serde_json`, turn and turn about in one process. Then a real host is told to reload a
//! real module with as much state, and says for how long its window would have stood still.

use super::report::Report;
use super::stats::Summary;
use crate::host_process::RELOADED;
use crate::{HostProcess, Project};
use anyhow::Context as _;
use host::event::{Event, StagesMicros};
use hot_api::snapshot::schema::Schema;
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

/// Measures every size.
///
/// # Errors
/// When a state cannot be carried, or the host does not reload.
pub fn run(show: &mut dyn FnMut(&Report)) -> anyhow::Result<()> {
    let schema = Schema::of::<Records>()?;
    let many = hot_api::snapshot::to_binary(&Records::of(1_000), &schema)?;
    let each = many.len() / 1_000;
    for (name, size) in SIZES {
        show(&codecs(name, size, &Records::of(size / each), &schema)?);
    }
    let (texts, size, length) = TEXTS;
    show(&codecs(texts, size, &Records::with_texts(size / length, length), &schema)?);
    for (name, size) in SIZES {
        let make = format!("records::Records::of({})", size / each);
        show(&swaps(&format!("{name} of state"), &make)?);
    }
    let make = format!("records::Records::with_texts({}, {length})", size / length);
    show(&swaps(&format!("{texts} of state"), &make)?);
    for (name, size) in KEPT {
        let make = format!("hot_api::KeptBytes::zeroed({size})");
        show(&swaps(&format!("{name} of kept bytes"), &make)?);
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

/// A module that makes this state in its first frame, reloaded.
fn swaps(name: &str, make: &str) -> anyhow::Result<Report> {
    let project = project(make);
    let mut host = HostProcess::start(&project);
    for _ in 0..RELOADS {
        host.reload_ok("ui");
    }
    let binary = told(&mut host, "binary")?;
    let field = "    /// What was typed.\n";
    for reload in 0..RELOADS {
        let other = format!("    pub extra_{reload}: u8,\n{field}");
        host.check(|| project.replace("data/src/lib.rs", field, &other), &RELOADED);
    }
    let named = told(&mut host, "named")?;
    let mut report = Report::new(format!("reload with {name}"));
    for (codec, told) in [("binary", binary), ("named", named)] {
        let of = |pick: fn(&Told) -> u64| {
            Summary::of(told.iter().map(|told| Duration::from_micros(pick(told))).collect())
        };
        report = report
            .times(&format!("{codec} ui stall"), of(|told| told.ui_stall_us))
            .times(&format!("{codec} capture"), of(|told| told.stages.capture))
            .times(&format!("{codec} restore"), of(|told| told.stages.restore))
            .number(&format!("{codec} snapshot"), told[0].bytes as f64 / 1e6, "MB");
    }
    Ok(report)
}

/// A workspace whose state is what `make` makes, in a crate that is optimised.
fn project(make: &str) -> Project {
    let project = Project::new();
    let records = crate::repo().join("tests/records");
    project.edit("data/Cargo.toml", |toml| format!("{toml}records = {{ path = {records:?} }}\n"));
    let package = project.package("data");
    project.edit("Cargo.toml", |toml| {
        format!("{toml}\n[profile.dev.package.{package}]\nopt-level = 2\n")
    });
    let kind = make.rsplit_once("::").map_or(make, |(kind, _)| kind);
    let field = "    /// How often `logic` ran.\n";
    project.replace("data/src/lib.rs", field, &format!("    pub large: Option<{kind}>,\n{field}"));
    let made = format!("if self.large.is_none() {{ self.large = Some({make}); }}");
    project.replace("data/src/lib.rs", "// in sign", &made);
    let codec = "pub static CODEC: hot_api::snapshot::StateCodec<Data> = \
                 hot_api::snapshot::StateCodec::new();";
    project.replace("data/src/lib.rs", "// at the end", codec);
    let constant = "    type State = Data;\n    \
                    const CODEC: &'static hot_api::snapshot::StateCodec<Data> = &data::CODEC;\n";
    project.replace("ui/src/lib.rs", "    type State = Data;\n", constant);
    project
}

/// What the journal says of a reload.
struct Told {
    ui_stall_us: u64,
    stages: StagesMicros,
    bytes: u64,
}

/// Of all reloads so far with this codec.
fn told(host: &mut HostProcess, wanted: &str) -> anyhow::Result<Vec<Told>> {
    let told: Vec<Told> = host
        .journal()
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Committed { state, stages_us, ui_stall_us, .. } if state.codec == wanted => {
                let (stages, bytes) = (*stages_us, state.bytes);
                Some(Told { ui_stall_us: *ui_stall_us, stages, bytes })
            }
            _ => None,
        })
        .collect();
    (!told.is_empty()).then_some(told).with_context(|| {
        format!("no reload with the {wanted} codec; the host said\n{}", host.words())
    })
}
