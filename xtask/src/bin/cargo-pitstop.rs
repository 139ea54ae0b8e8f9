//! `cargo pitstop`: command line, host and wrapper of rustc in one executable, to be installed once.

use host::os::child_env::IS_HOST;
use std::process::ExitCode;

fn main() -> ExitCode {
    host::os::set_own_command("cargo pitstop");
    if let Some(code) = host::compile::replay::intercept() {
        return code;
    }
    match std::env::var_os(IS_HOST) {
        Some(_) => host::start::main(),
        None => xtask::main(),
    }
}
