//! For how long a window stands still while a state is carried over, by the state's size.
//!
//! A real host is told to reload a real module with as much state, first as it is and then with one
//! more field in it. The baseline is the smallest size.

use super::report::Report;
use super::run::Run;
use super::told::summary;
use crate::plot::axis::{bytes, plain};
use crate::plot::{Axis, Line, Lines, Scale};
use pitstop_tests::large_state::{Reloads, bytes_of_a_record};

/// Bytes in the binary codec.
const SIZES: [(&str, usize); 5] = [
    ("1 kB", 1_000),
    ("10 kB", 10_000),
    ("100 kB", 100_000),
    ("1 MB", 1_000_000),
    ("10 MB", 10_000_000),
];
/// Reloads of a real host, for each size and codec.
const RELOADS: usize = 11;
/// The same, when few were wished.
const RELOADS_QUICK: usize = 3;

/// Measures every size.
///
/// # Errors
/// When a state cannot be carried, or the host does not reload.
pub fn run(run: &mut Run<'_>) -> anyhow::Result<()> {
    let each = bytes_of_a_record()?;
    let rounds = run.rounds(RELOADS, RELOADS_QUICK);
    let mut smallest = None;
    let mut lines =
        [("type unchanged: binary", Line::default()), ("type changed: by name", Line::default())];
    for (name, size) in SIZES {
        let reloads =
            Reloads::with(&format!("records::Records::of({})", size.div_ceil(each)), rounds)?;
        let stalls = [&reloads.unchanged, &reloads.changed].map(|told| {
            let stalls = summary(told, |told| told.ui_stall_us);
            (told[0].state.bytes as f64, stalls)
        });
        for ((_, line), (bytes, stall)) in lines.iter_mut().zip(stalls) {
            line.push(bytes, stall.millis());
        }
        let stalls = stalls.map(|(_, stall)| stall.median_us);
        let [first, first_changed] = *smallest.get_or_insert(stalls);
        let report = report_of(&reloads, &format!("swap with {name} of state"))
            .number("binary to the smallest", stalls[0] / first, "×")
            .number("named to the smallest", stalls[1] / first_changed, "×");
        run.report(report);
    }
    let plot = Lines {
        title: "For how long the window stands still".to_owned(),
        subtitle: format!(
            "Records of some {each} bytes; medians of {rounds} reloads, and 5 to 95 %"
        ),
        x: Axis { label: "state, as it is carried".to_owned(), scale: Scale::Log, tick: bytes },
        y: Axis { label: "milliseconds".to_owned(), scale: Scale::Log, tick: plain },
        lines: lines.map(|(name, line)| line.named(name)).to_vec(),
    };
    run.figure("swap", &plot.title, plot.svg());
    Ok(())
}

/// Stall, capture, restore and size, for both ways.
pub(super) fn report_of(reloads: &Reloads, name: &str) -> Report {
    let mut report = Report::new(name.to_owned());
    for (codec, told) in [("binary", &reloads.unchanged), ("named", &reloads.changed)] {
        report = report
            .times(&format!("{codec} ui stall"), summary(told, |told| told.ui_stall_us))
            .times(&format!("{codec} capture"), summary(told, |told| told.stages.capture))
            .times(&format!("{codec} restore"), summary(told, |told| told.stages.restore))
            .number(&format!("{codec} snapshot"), told[0].state.bytes as f64 / 1e6, "MB");
    }
    report
}
