//! `cargo pitstop`: command line, host and wrapper of rustc in one executable, to be installed once.

use host::start::cli::AS_HOST;
use std::process::ExitCode;

fn main() -> ExitCode {
    host::os::be_installed_tool();
    if let Some(code) = host::compile::replay::intercept() {
        return code;
    }
    match std::env::args_os().nth(1) {
        Some(first) if first == AS_HOST => host::start::main(),
        _ => xtask::main(),
    }
}
