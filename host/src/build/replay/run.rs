//! Runs one captured call.
//!
//! Owns: what rustc says meanwhile. Consumes: [`Captured`]. Produces: [`Ran`]. Never: decides what a
//! failure means.

use super::captured::Captured;
use crate::build::BuildError;
use crate::build::Cancel;
use crate::build::diagnostic;
use crate::build::process::{GroupProcess, Line, Step};
use crate::event::Diagnostic;
use std::io;
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
    if cancel.is_cancelled() {
        return Err(BuildError::Cancelled);
    }
    let failed = |source: io::Error| BuildError::Cargo {
        program: call.program.clone().into(),
        dir: call.dir.clone(),
        source,
    };
    let process = GroupProcess::spawn(call.command()).map_err(failed)?;
    let (mut diagnostics, mut text) = (Vec::new(), Vec::new());
    loop {
        match process.step(cancel) {
            Step::Line(Line::Out(_)) => {}
            Step::Line(Line::Err(line)) => match serde_json::from_str(&line) {
                Ok(message) => diagnostics.extend(diagnostic::from_rustc(&message, &call.dir)),
                // Other kinds of messages, such as that a file is ready.
                Err(_) if line.starts_with("{\"$message_type\"") => {}
                Err(_) => text.push(line),
            },
            Step::End => {
                let status = process.wait().map_err(failed)?;
                return Ok(Ran { status, diagnostics, text });
            }
            Step::Cancelled => return Err(BuildError::Cancelled),
        }
    }
}
