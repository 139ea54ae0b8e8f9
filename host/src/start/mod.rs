//! From settings to a running host.
//!
//! Owns: the command line, `pitstop.toml` and `PITSTOP_*`, the terminal's lines, the choice between a
//! window and none, and the order in which everything starts and ends. Consumes: all other rooms.
//! Produces: the process's exit code. Never: decides anything about a module.

mod auto_run;
pub mod cli;
pub mod headless;
pub mod launch;
pub mod settings;
mod status_writer;
mod terminal;
