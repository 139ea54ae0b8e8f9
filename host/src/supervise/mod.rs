//! Programs beside the host: built, started, and started again after each successful build.
//!
//! ```text
//! a change --builds--> Order::Built --runner--> Happened --policy--> Action --runner--> a process
//! ```
//!
//! Owns: the life of one program: its processes, its terminal, its end; and of those of `[[auto_run]]` as a
//! set. Consumes: builds, signals, the user's orders. Produces: `build_*` and `process_*` events. Never: swaps
//! code; a program here is a black box.

mod builds;
#[cfg(unix)]
mod ctrl_c;
mod guard;
mod policy;
mod program;
mod programs;
mod runner;

pub use builds::{BuildOrders, Builds, How, IsOn, Listener, Watched, is_stale};
pub use policy::{
    OnEnd, RESTART_DELAY_MS, Recent, STARTS_MAX, STARTS_WITHIN, STOP_TIMEOUT_MS, Terms,
};
pub use program::{PrintsTo, Program, StopSignal, UnknownSignal};
pub use programs::{Programs, ProgramsConfig, ProgramsHandle, UnknownProgram};
pub use runner::{Ended, OnEvent, Order, Runner};
