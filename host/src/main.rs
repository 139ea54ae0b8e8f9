//! The host executable: a few lines, since it has to stay while everything else changes.

use std::process::ExitCode;

fn main() -> ExitCode {
    host::compile::replay::intercept().unwrap_or_else(host::start::main)
}
