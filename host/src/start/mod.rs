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

use clap::Parser;
use cli::DevArgs;
use std::process::ExitCode;

/// Runs egui modules and exchanges their code while they run.
#[derive(Parser)]
#[command(name = "host", version)]
struct Line {
    /// See [`cli::AS_HOST`].
    #[arg(long, hide = true)]
    as_host: bool,

    /// See [`cli::ON_TRIAL`].
    #[arg(long, hide = true)]
    on_trial: bool,

    #[command(flatten)]
    dev: DevArgs,
}

/// What an executable does that is a host: all of `main`, but for being a wrapper of rustc
/// ([`crate::compile::replay::intercept`]), which comes first.
#[must_use]
pub fn main() -> ExitCode {
    let line = Line::parse();
    if line.on_trial {
        return crate::trial::main();
    }
    if let Some(code) = crate::restart::intercept(|| launch::check(&line.dev)) {
        return code;
    }
    launch::run(&line.dev).into()
}
