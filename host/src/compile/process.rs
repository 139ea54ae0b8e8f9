//! Cargo or a compiler as a process.
//!
//! Owns: how one is run to its end. Produces: its lines and its exit status, or a [`BuildError`]. Never:
//! understands a line.

use super::{BuildError, Cancel};
use crate::os::lines::{self, Line, NoStatus};
use std::path::Path;
use std::process::{Command, ExitStatus};

/// Runs `command` in `dir`. Blocks until it ends, or until `cancel` asks to stop, which ends it within a
/// fraction of a second.
///
/// # Errors
/// [`BuildError::Cancelled`], and [`BuildError::Cargo`] when it cannot be run.
pub(super) fn run(
    command: Command,
    dir: &Path,
    cancel: &Cancel,
    on_line: &mut dyn FnMut(Line),
) -> Result<ExitStatus, BuildError> {
    let program = command.get_program().to_owned();
    lines::run(command, dir, cancel, on_line).map_err(|error| match error {
        NoStatus::Cancelled => BuildError::Cancelled,
        NoStatus::Failed(source) => BuildError::Cargo { program, dir: dir.to_owned(), source },
    })
}
