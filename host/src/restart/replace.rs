//! The end of this process as the beginning of the next.

use super::carried::Carried;
use super::executables::{self, Executables};
use crate::os::own_command;
use crate::os::own_executable::own_executable;
use crate::persist::crash::Before;
use std::io;
use std::path::{Path, PathBuf};

/// Why this process could not be replaced. It has ended all the same, but for its exit code; the state is in the
/// newest checkpoint.
#[derive(Debug, thiserror::Error)]
#[error(
    "the host cannot start {} in its place: {source}; the state is saved: start `{} dev` anew",
    program.display(), own_command()
)]
pub struct NotReplaced {
    /// What was to be started.
    program: PathBuf,
    /// What the system said.
    source: io::Error,
}

/// Replaces this process by the host that is to follow, with the same arguments and environment. Call it from `main`
/// when the window is closed, every thread that has something to finish has, and no child is left: whatever is still
/// there then is gone without notice. Returns only when it fails.
#[must_use]
pub fn replace(dir: &Path, carried: &Carried) -> NotReplaced {
    let program = match &carried.hand_over.host {
        Some(host) => host.path.clone(),
        None => own_executable().unwrap_or_default(),
    };
    let error = try_to_replace(dir, &program, carried);
    NotReplaced { program, source: error.err().unwrap_or_else(|| io::ErrorKind::Other.into()) }
}

fn try_to_replace(dir: &Path, program: &Path, carried: &Carried) -> io::Result<()> {
    if let Some(host) = &carried.hand_over.host {
        Executables::take_over(dir, &host.path, &host.replaces)?;
        executables::prune(dir, &[&host.path, &host.replaces]);
    }
    carried.write(dir)?;
    let before = match carried.hand_over.host {
        Some(_) => Before::Changed,
        None => Before::Asked,
    };
    Err(exec(program, before))
}

#[cfg(unix)]
fn exec(program: &Path, before: Before) -> io::Error {
    use std::os::unix::process::CommandExt as _;
    let mut command = std::process::Command::new(program);
    command
        .args(std::env::args_os().skip(1))
        .env(crate::os::child_env::RESTARTED_AFTER, before.word());
    command.exec()
}

/// Elsewhere a process cannot become another one; `dev` starts the next host.
#[cfg(not(unix))]
fn exec(_program: &Path, _before: Before) -> io::Error {
    io::ErrorKind::Unsupported.into()
}
