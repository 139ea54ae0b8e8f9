//! The host executable: a few lines, since it has to stay while everything else changes.

use clap::Parser;
use host::start::cli::DevArgs;
use std::process::ExitCode;

/// Runs egui modules and exchanges their code while they run.
#[derive(Parser)]
#[command(name = "host", version)]
struct Line {
    #[command(flatten)]
    dev: DevArgs,
}

fn main() -> ExitCode {
    if let Some(code) = host::compile::replay::intercept() {
        return code;
    }
    let line = Line::parse();
    if let Some(code) = host::restart::intercept(|| host::start::launch::check(&line.dev)) {
        return code;
    }
    host::start::launch::run(&line.dev).into()
}
