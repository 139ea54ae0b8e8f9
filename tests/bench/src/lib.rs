//! What Pitstop costs, each number beside a baseline measured in the same run.
//!
//! - [`reload`]: from a saved file to the first frame of the new code, by stage, against the compiler
//!   alone, `cargo build`, and other tools for hot reload.
//! - [`frame`]: a frame of egui's own demo through the boundary, against the same demo run directly.
//! - [`swap`]: for how long a window stands still, by the size of the state, against a small one.
//! - [`memory`]: what hundreds of reloads leave behind, against as many frames without.
//! - [`idle`]: a host with nothing to do, against one that does not even watch.
//! - [`scale`]: reloads of large modules, against `cargo build`, and of one among many, against one
//!   alone.
//! - [`state`]: carrying a state over, against plain bincode and JSON.
//! - [`cold`]: from nothing to the first frame of an eframe application, against a cold `cargo build`.
//!
//! [`sources`] makes modules of any size, [`edits`] changes
//! them, [`bare_rustc`] and [`cargo_build`] compile them without a host, [`peers`] reloads them in
//! other ways, [`told`] sums up what the host says. [`stats`] sums up, [`report`] prints, [`markdown`] writes the same into a document with the
//! [`machine`]; [`run`](mod@run) carries what is wished ([`options`]) and found.
//!
//! Nothing here passes or fails on time; what must hold is in the end-to-end tests.

pub mod bare_rustc;
pub mod cargo_build;
pub mod cold;
pub mod edits;
pub mod frame;
pub mod idle;
pub mod machine;
pub mod markdown;
pub mod memory;
pub mod options;
pub mod peers;
pub mod plot;
pub mod reload;
pub mod report;
pub mod run;
pub mod scale;
pub mod sources;
pub mod state;
pub mod stats;
pub mod swap;
pub mod told;

use run::Run;

/// The benchmarks, by the names that the command line knows.
pub const NAMES: [&str; 8] =
    ["reload", "frame", "swap", "memory", "idle", "scale", "state", "cold"];

/// Runs one benchmark, which hands over each result as it is there.
///
/// # Errors
/// When something it needs cannot be built, loaded or measured.
pub fn run_one(name: &str, run: &mut Run<'_>) -> anyhow::Result<()> {
    match name {
        "reload" => reload::run(run),
        "frame" => frame::run(run),
        "swap" => swap::run(run),
        "memory" => memory::run(run),
        "idle" => idle::run(run),
        "scale" => scale::run(run),
        "state" => state::run(run),
        "cold" => cold::run(run),
        other => anyhow::bail!("no benchmark {other:?}; there are {}", NAMES.join(", ")),
    }
}
