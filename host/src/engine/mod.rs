//! Decides what happens next: the one place where changes, builds and swaps meet.
//!
//! Owns: the engine thread, the one build at a time, the counters of generations. Consumes:
//! [`WatchEvent`](crate::watch::WatchEvent)s, orders ([`EngineHandle`]), and
//! [`SlotEvent`](crate::swap::SlotEvent)s. Produces: journal entries, the [`Board`] that the window
//! shows, the status file. Never: draws, or runs module code on its own thread.
//!
//! Theory of operation: everything arrives as a message; one loop takes them in turn. A change of
//! nothing but literals goes to the running modules. Any other, or an order, becomes a request; at
//! most one is being built, and a newer one that changes what is built stops it and takes its place,
//! together with everybody who waits for an answer; unless saves come so fast that no build would end
//! (`pace.rs`). A finished build becomes one swap for each module of the request.

mod after_build;
mod board;
mod builds;
mod config;
mod generations;
mod handle;
mod literals;
mod migrations;
mod pace;
mod quarantine;
mod reports;
mod request;
mod restart;
mod restoring;
mod rollback;
mod settle;
mod state;
mod swapping;
mod wishes;
mod worker;

pub use board::{
    Board, BuildBoard, Failure, FailureKind, LastReload, ModuleBoard, ModuleStatus, PastMigration,
};
pub use config::{BuildSource, EngineConfig, ModuleSpec};
pub use handle::EngineHandle;
pub use state::{StateEdit, TakenState};
pub use worker::Engine;
