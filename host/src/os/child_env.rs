//! The environment of programs that the host starts.
//!
//! Owns: the list of variables that are between the parts of Pitstop, and what a process does about the one that ties
//! it to its parent. Never: removes them from the host's
//! own environment, which other threads read.

use std::process::Command;

/// Set by a supervisor: why it starts the host again.
pub const RESTARTED_AFTER: &str = "PITSTOP_RESTARTED_AFTER";
/// Set by whoever starts a host for a while: the host ends when its parent does.
pub const DIE_WITH_PARENT: &str = "PITSTOP_DIE_WITH_PARENT";

/// Set by a host: the file that says what another host tries.
pub const TRIAL: &str = "PITSTOP_TRIAL";

/// What whoever starts a host tells it. A build, an editor or a terminal that inherited it would tell
/// it to the next host.
const INTERNAL: [&str; 3] = [RESTARTED_AFTER, DIE_WITH_PARENT, TRIAL];

/// Keeps them from the program.
pub(crate) fn without_internal(command: &mut Command) {
    for name in INTERNAL {
        command.env_remove(name);
    }
}

/// Whoever has started this process for a while ([`DIE_WITH_PARENT`]) takes it along, however it dies.
#[cfg(target_os = "linux")]
pub(crate) fn die_with_parent() {
    if std::env::var_os(DIE_WITH_PARENT).is_some() {
        let signal = Some(rustix::process::Signal::TERM);
        // Without it a host outlives a parent that was killed; it can still be stopped by hand.
        let _unsupported = rustix::process::set_parent_process_death_signal(signal);
    }
}

/// As [`die_with_parent`], whatever this process does about signals, and whoever has started it.
#[cfg(target_os = "linux")]
pub(crate) fn die_at_once_with_parent() {
    let signal = Some(rustix::process::Signal::KILL);
    // Without it the process ends when it comes to read its next order.
    let _unsupported = rustix::process::set_parent_process_death_signal(signal);
}

/// Elsewhere nothing tells a process that its parent has died.
#[cfg(not(target_os = "linux"))]
pub(crate) fn die_at_once_with_parent() {}

/// Elsewhere nothing tells a process that its parent has died.
#[cfg(not(target_os = "linux"))]
pub(crate) fn die_with_parent() {}

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
        for name in INTERNAL {
            assert!(removed.contains(&(OsStr::new(name), None)), "{name}: {removed:?}");
        }
    }
}
