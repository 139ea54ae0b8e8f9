//! Programs beside the host: built, started, and started again after each successful build.
//!
//! ```text
//! a change --builds--> Order::Built --runner--> Happened --policy--> Action --runner--> a process
//! ```
//!
//! Owns: the life of one program: its processes, its terminal, its end. Consumes: builds, signals. Produces:
//! what is said of it ([`Remark`]) and `process_*` events. Never: swaps code; a program here is a black box.

mod builds;
mod guard;
mod policy;
mod program;
mod remark;
mod runner;

pub use builds::{Builds, How, OnEvent, Watched, is_stale};
pub use policy::{AfterEnd, OnEnd, Recent, STARTS_MAX, STARTS_WITHIN, Terms};
pub use program::{Program, StopSignal, UnknownSignal};
pub use remark::Remark;
pub use runner::{Observer, Order, Runner, signal_of};
