//! Decides what happens next: the one place where changes, builds and swaps meet.
//!
//! Owns: the engine thread, the one build at a time, the counters of generations. Consumes:
//! [`WatchEvent`](crate::sources::watch::WatchEvent)s, orders ([`EngineHandle`]), and
//! [`SlotEvent`](crate::slot::SlotEvent)s. Produces: journal entries, the
//! [`Board`](crate::journal::board::Board) that the window shows. Never: draws, or runs module code on
//! its own thread.
//!
//! Theory of operation: everything arrives as a message; one loop takes them in turn. A change that the
//! [`FastPath`] can apply goes to the running modules. Any other, or an order, becomes a request
//! (`requests.rs`): one is built at a time, and a newer one that changes what is built supersedes it,
//! together with everybody who waits for an answer. A finished build becomes one swap for each module of
//! the request.

mod after_build;
mod app_config;
mod app_services;
mod builds;
mod changes;
mod code_trials;
mod config;
mod core;
mod deferred;
mod ending;
mod engine_loop;
mod error;
mod fast_path;
mod generations;
mod hand_over;
mod handle;
mod host_change;
mod host_orders;
mod leases;
mod leftovers;
mod messages;
mod migration_orders;
mod migrations;
mod next_host;
mod outcome;
mod pace;
mod quarantine;
mod requests;
mod restart;
mod restoring;
mod rollback;
mod saves;
mod services;
mod slot_events;
mod state_edit;
mod state_orders;
mod swap;
mod tickets;
mod trial;

pub use crate::slot::WhichModule;
pub use code_trials::{CodeFailure, CodeOnTrial, CodeTrials, TrialEnd, TrialInput, TrialReport};
pub use config::{AppConfig, BuildSource, EngineConfig, ModuleSpec, OnStateLoss};
pub use engine_loop::Engine;
pub use error::EngineError;
pub use fast_path::{Attempt, Compiled, Concerned, FastPath};
pub use hand_over::{HandOver, RunningModule};
pub use handle::EngineHandle;
pub use next_host::{
    Hindrance, HostReport, NewHost, NextHost, NotBuilt, OnHostReport, TrialFailure, TrialModule,
};
pub use outcome::{Abandoned, ModuleOutcome, ModuleResult, ReloadOutcome, ReloadTicket};
pub use state_edit::{StateEdit, TakenState};
