//! The environment of programs that the host starts.
//!
//! Owns: the list of variables that are between the parts of Pitstop. Never: removes them from the host's
//! own environment, which other threads read.

use std::process::Command;

/// Set by a supervisor: why it starts the host again.
pub const RESTARTED_AFTER: &str = "PITSTOP_RESTARTED_AFTER";
/// Set by a supervisor: the host ends when its parent does.
pub const DIE_WITH_PARENT: &str = "PITSTOP_DIE_WITH_PARENT";

/// What whoever starts a host tells it. A build, an editor or a terminal that inherited it would tell
/// it to the next host.
const INTERNAL: [&str; 2] = [RESTARTED_AFTER, DIE_WITH_PARENT];

/// Keeps them from the program.
pub(crate) fn without_internal(command: &mut Command) {
    for name in INTERNAL {
        command.env_remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn g23_a_program_that_the_host_starts_is_not_told_what_the_host_was() {
        let mut command = Command::new("x");
        command.env(RESTARTED_AFTER, "crash");
        without_internal(&mut command);
        let removed: Vec<_> = command.get_envs().filter(|(_, value)| value.is_none()).collect();
        for name in ["PITSTOP_RESTARTED_AFTER", "PITSTOP_DIE_WITH_PARENT"] {
            assert!(removed.contains(&(OsStr::new(name), None)), "{name}: {removed:?}");
        }
    }
}
