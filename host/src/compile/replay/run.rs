//! Runs one captured call.
//!
//! Owns: what rustc says meanwhile. Consumes: [`Captured`]. Produces: [`Ran`]. Never: decides what a
//! failure means.

use super::captured::Captured;
use crate::compile::BuildError;
use crate::compile::Cancel;
use crate::compile::{diagnostic, process};
use crate::journal::event::Diagnostic;
use crate::os::lines::Line;
use std::process::ExitStatus;

/// What came of a call.
pub(super) struct Ran {
    pub(super) status: ExitStatus,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// What rustc wrote that is no message, such as the words of a linker or of a crash.
    pub(super) text: Vec<String>,
}

/// Blocks until rustc ends, or until `cancel` asks to stop, which ends it within a fraction of a second.
///
/// # Errors
/// [`BuildError::Cancelled`], and [`BuildError::Cargo`] when rustc cannot be run.
pub(super) fn run(call: &Captured, cancel: &Cancel) -> Result<Ran, BuildError> {
    let (mut diagnostics, mut text) = (Vec::new(), Vec::new());
    let status = process::run(call.command(), &call.dir, cancel, &mut |line| match line {
        Line::Out(_) => {}
        Line::Err(line) => match serde_json::from_str(&line) {
            Ok(message) => diagnostics.extend(diagnostic::from_rustc(&message, &call.dir)),
            // Other kinds of messages, such as that a file is ready.
            Err(_) if line.starts_with("{\"$message_type\"") => {}
            Err(_) => text.push(line),
        },
    })?;
    Ok(Ran { status, diagnostics, text })
}
