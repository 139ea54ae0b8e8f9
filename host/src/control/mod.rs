//! The running host, as other programs reach it: a local socket with one JSON object a line.
//!
//! Owns: the lock that makes a host the only one of its workspace, the socket, the forms of
//! requests and replies. Consumes: whatever implements [`Control`]. Produces: replies, and the
//! journal as a stream. Never: builds or swaps; and no client, however it behaves, makes the host
//! wait.

mod client;
mod connection;
mod endpoint;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
pub mod host_control;
mod lines;
mod lock;
mod request;
mod server;
#[cfg(all(test, unix))]
mod tests;

pub use client::{Client, ClientError};
pub use endpoint::EndpointError;
pub use lock::{HostLock, LockError};
pub use request::{Reply, Request};
pub use server::ControlServer;

use crate::engine::{ReloadTicket, WhichModule};
use crate::journal::event::{Generation, Trigger};
use crate::journal::status::Status;
use crate::supervise::UnknownProgram;
use serde_json::Value;
use std::path::Path;

/// What the socket can ask of the host. Called from several threads at once.
pub trait Control: Send + Sync {
    /// Asks for a reload of one module, or of all. Returns at once; the ticket tells the outcome.
    ///
    /// # Errors
    /// There is nothing to reload under that name.
    fn reload(&self, module: Option<&str>, trigger: Trigger) -> Result<ReloadTicket, ControlError>;

    /// What the host is doing.
    fn status(&self) -> Status;

    /// Goes back to `to`, or to the generation before the current one. May wait for a frame.
    ///
    /// # Errors
    /// There is no such generation, or it refuses the state.
    fn rollback(&self, module: Option<&str>, to: Option<Generation>)
    -> Result<Value, ControlError>;

    /// Writes the state of a module to `out`, or to a place of the host's choice. May wait for a
    /// frame.
    ///
    /// # Errors
    /// The state cannot be taken out, or the file not be written.
    fn snapshot(&self, module: Option<&str>, out: Option<&Path>) -> Result<Value, ControlError>;

    /// Gives a module the state in a file that [`Self::snapshot`] wrote. May wait for a frame.
    ///
    /// # Errors
    /// The file cannot be read, or the module refuses what is in it; the old state stays.
    fn restore(&self, module: Option<&str>, file: &Path) -> Result<Value, ControlError>;

    /// Starts a program that runs beside the modules. Returns at once.
    ///
    /// # Errors
    /// There is none of this name.
    fn start_process(&self, name: &str) -> Result<(), ControlError>;

    /// Asks a program that runs beside the modules to end. Returns at once.
    ///
    /// # Errors
    /// There is none of this name.
    fn stop_process(&self, name: &str) -> Result<(), ControlError>;

    /// Begins the end of the host. Returns at once.
    fn stop(&self);
}

/// Why the host does not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// It is not clear which module is meant.
    #[error(transparent)]
    Which(#[from] WhichModule),
    /// There is no such program.
    #[error(transparent)]
    Unknown(#[from] UnknownProgram),
    /// It was tried, or could not be; the reason in words that say what to do next.
    #[error("{0}")]
    Refused(String),
    /// The host ends.
    #[error("the host is stopping")]
    Stopping,
}
