//! Starts the host again when it crashed, and when it asks for it.
//!
//! Owns: the judgement whether the host ended unasked, and how often is too often. Consumes: how the
//! host ended. Produces: the next host, with the same arguments. Never: looks into the host's files;
//! what crashed it, the next host finds out by itself.

use crate::launch::{Ended, Launcher};
use crate::output::complain;
use host::journal::unix_ms;
use host::os::child_env::RESTARTED_AFTER;
use host::os::own_command;
use host::persist::crash::Before;
use host::restart::{AfterCrash, Executables};
use host::start::cli::{AS_HOST, DevArgs, Exit};
use host::supervise::{Recent, STARTS_MAX, STARTS_WITHIN};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Instant;

/// Rust's exit code after a panic of the main thread.
const PANICKED: i32 = 101;

/// A program that is a host.
pub(crate) struct HostProgram {
    /// The executable.
    pub(crate) path: PathBuf,
    /// It is one with [`AS_HOST`] alone, as the installed tool is.
    pub(crate) is_tool: bool,
}

/// Runs the host until it ends by itself or is asked to; after a crash, or when it asks for it, it is
/// started again, unless `args` say otherwise.
pub(crate) fn run(
    launcher: &Launcher,
    program: HostProgram,
    mut args: DevArgs,
) -> anyhow::Result<Ended> {
    let (mut crashes, mut restarts) = (Recent::default(), Recent::default());
    let mut before = Before::InOrder;
    let dir = args.workspace.as_ref().map(|root| root.join("target").join("pitstop"));
    let HostProgram { path: mut host, is_tool } = program;
    loop {
        let started = unix_ms();
        let mut command = Command::new(&host);
        command.args(is_tool.then_some(AS_HOST)).args(args.to_argv());
        // The variable also tells the host that it may ask for another start.
        match args.no_supervise {
            false => command.env(RESTARTED_AFTER, before.word()),
            true => command.env_remove(RESTARTED_AFTER),
        };
        let ended = launcher.run(&command)?;
        let Ended::With(status) = ended else { return Ok(ended) };
        before = how(status);
        if args.no_supervise || before == Before::InOrder {
            return Ok(ended);
        }
        let (what, recent) = match before {
            Before::Asked => ("asked to be started again".to_owned(), &mut restarts),
            _ => (format!("crashed ({status})"), &mut crashes),
        };
        // A host that keeps crashing gives up by itself, unless even that fails.
        if recent.is_one_too_many(Instant::now()) {
            complain(&format!(
                "the host {what}, {STARTS_MAX} times within {} s; it is not started again; \
                 target/pitstop/host.log may say why, and `{} dev --fresh` begins with the \
                 default state",
                STARTS_WITHIN.as_secs(),
                own_command()
            ));
            return Ok(ended);
        }
        if before != Before::Asked {
            complain(&format!("the host {what} and is started again"));
        }
        if let Some((newest, is_back)) =
            dir.as_deref().and_then(|dir| newest_host(dir, before, started))
        {
            host = newest;
            if is_back {
                // The host is to blame, and no code that it has loaded.
                before = Before::WentBack;
            }
        }
        // What the first host was told to forget is forgotten; the next one takes over from it.
        args.fresh = false;
    }
}

/// The executable that the host has become, when it has started anew since it was started here; the one before, and
/// `true`, when that has crashed too often.
fn newest_host(dir: &Path, before: Before, started_unix_ms: u64) -> Option<(PathBuf, bool)> {
    let mut executables = Executables::read(dir)?;
    let mut is_back = false;
    if before == Before::Crashed {
        if executables.after_crash(started_unix_ms, unix_ms()) == AfterCrash::Previous {
            is_back = true;
            complain(
                "its newest code has crashed twice within 10 s: the host from before it is started",
            );
        }
        if let Err(error) = executables.write(dir) {
            complain(&format!("cannot write to {}: {error}", dir.display()));
        }
    }
    let newest = executables.current(dir);
    newest.is_file().then_some((newest, is_back))
}

/// How the host ended: an exit code is a decision of its own, also the one by which it asks for
/// another start, and whoever sends it one of the
/// signals that ask a program to end wants it to be gone.
fn how(status: ExitStatus) -> Before {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        use rustix::process::Signal;
        let is = |of: &[Signal]| of.iter().any(|known| known.as_raw() == signal);
        return match signal {
            _ if is(&[Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM]) => Before::InOrder,
            // No code does that to itself; the system may, when memory is short.
            _ if is(&[Signal::KILL]) => Before::Killed,
            _ => Before::Crashed,
        };
    }
    // On Windows a crash is a code beyond those of programs: an NTSTATUS of severity error
    // (untested).
    match status.code() {
        Some(code) if code == Exit::Restart as i32 => Before::Asked,
        Some(PANICKED) => Before::Crashed,
        Some(code) if cfg!(windows) && code < 0 => Before::Crashed,
        _ => Before::InOrder,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_crash_is_an_end_that_nobody_asked_for() {
        use std::os::unix::process::ExitStatusExt;
        for (raw, expected) in [
            // Exit codes stand in the second byte, signals in the first, 0x80 for the core.
            (0, Before::InOrder),
            (1 << 8, Before::InOrder),
            (2 << 8, Before::InOrder),
            (7 << 8, Before::InOrder),
            (75 << 8, Before::Asked),
            (101 << 8, Before::Crashed),
            (130 << 8, Before::InOrder),
            (1, Before::InOrder),
            (2, Before::InOrder),
            (3 | 0x80, Before::InOrder),
            (15, Before::InOrder),
            (6 | 0x80, Before::Crashed),
            (9, Before::Killed),
            (11 | 0x80, Before::Crashed),
        ] {
            assert_eq!(how(ExitStatus::from_raw(raw)), expected, "{raw:#x}");
        }
    }
}
