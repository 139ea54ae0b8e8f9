//! What the end-to-end tests stand on: real projects, real compilers, real hosts.
//!
//! - [`project`] makes a small cargo workspace with a module in it and saves files as editors do.
//! - [`host_process`] runs the real host on it, follows its journal and talks to its socket.
//! - [`host_binary`] builds that host once.
//! - [`in_process`] drives a module without a host: library, slot and swap by hand.
//! - [`engine_run`] runs the engine in the test's own process.
//! - [`tiny`] compiles libraries that are no more than a header.
//! - [`clean`] sees to it that nothing stays, however a test ends.
//! - [`alone()`] gives a test a process of its own.
//! - [`demo`] runs egui's demo through the boundary and directly.
//! - [`large_state`] has a host carry a large state over; [`told`] reads what it says of that.
//! - [`random`] is chance that can be repeated.
//! - [`processes`] asks the system what runs and how much memory it takes.
//!
//! Nothing here sleeps: what is waited for announces itself in the journal, or on a channel, or is
//! asked for again at each [`wait_until`] tick; every wait ends at [`DEADLINE`].

pub mod alone;
pub mod clean;
pub mod demo;
pub mod engine_run;
pub mod host_binary;
pub mod host_process;
pub mod in_process;
pub mod inspect;
pub mod large_state;
pub mod processes;
pub mod project;
pub mod random;
pub mod shell_env;
pub mod tiny;
pub mod told;
pub mod xvfb;

pub use alone::alone;
pub use clean::temp_dir;
pub use host_process::{HostOptions, HostProcess};
pub use project::Project;
pub use random::Random;

use std::path::Path;
use std::time::{Duration, Instant};

/// Long enough for any single step, such as compiling egui, on a slow and busy machine.
pub const DEADLINE: Duration = Duration::from_secs(300);

/// How often [`wait_until`] asks.
const TICK: Duration = Duration::from_millis(10);

/// The directory of Pitstop's own workspace.
#[must_use]
pub fn repo() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is a member of a workspace")
}

/// Asks until there is an answer: for what announces itself nowhere, such as the end of somebody
/// else's process.
///
/// # Panics
/// When there is none by [`DEADLINE`].
#[track_caller]
pub fn wait_until<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let ticks = crossbeam_channel::tick(TICK);
    let began = Instant::now();
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(began.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}");
        ticks.recv().expect("a ticker never ends");
    }
}
