//! The environment of a user's shell, for programs that tests start.

use std::env;
use std::process::Command;

/// Whether a variable is what the cargo that runs us says about us; builds that see it differ from
/// those of a user.
#[must_use]
pub fn is_of_our_cargo(variable: &str) -> bool {
    variable.starts_with("CARGO_") && variable != "CARGO_HOME"
}

/// Keeps from `command` what our cargo says about us.
pub fn without_our_cargo(command: &mut Command) {
    without(command, is_of_our_cargo);
}

/// As [`without_our_cargo`], and what tests tell each other: what is left is what a user's shell tells a program.
pub fn as_from_a_shell(command: &mut Command) {
    without(command, |name| is_of_our_cargo(name) || name.starts_with("PITSTOP_"));
}

fn without(command: &mut Command, is_ours: impl Fn(&str) -> bool) {
    for (name, _) in env::vars_os() {
        if is_ours(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
}
