//! What Pitstop costs, each number beside a baseline measured in the same run.
//!
//! - [`frame`]: a frame of egui's own demo through the boundary, against the same demo run directly.
//! - [`idle`]: a host with nothing to do, against one that does not even watch.
//! - [`state`]: carrying a state over, against plain bincode and JSON; and how long a window stands
//!   still meanwhile.
//! - [`demo`] runs the demo either way, [`stats`] sums up, [`report`] prints.
//!
//! Nothing here passes or fails on time; what must hold is in the end-to-end tests.

pub mod demo;
pub mod frame;
pub mod idle;
pub mod report;
pub mod state;
pub mod stats;

use report::Report;

/// The benchmarks, by the names that the command line knows.
pub const NAMES: [&str; 3] = ["frame", "idle", "state"];

/// Runs one benchmark, handing over each result as it is there.
///
/// # Errors
/// When something it needs cannot be built, loaded or measured.
pub fn run(name: &str, show: &mut dyn FnMut(&Report)) -> anyhow::Result<()> {
    match name {
        "frame" => frame::run(show),
        "idle" => idle::run(show),
        "state" => state::run(show),
        other => anyhow::bail!("no benchmark {other:?}; there are {}", NAMES.join(", ")),
    }
}
