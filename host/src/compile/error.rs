//! Every way in which a build can end without a library.
//!
//! Owns: the room's one error type. Never: prints.

use super::diagnostic;
use crate::journal::event::{Diagnostic, DiagnosticLevel};
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why there is no new library.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The compiler or cargo refused.
    #[error("the build failed after {} ms; fix what the compiler says and save", elapsed.as_millis())]
    Failed {
        /// What was said, in the order it was said; warnings are among it.
        diagnostics: Vec<Diagnostic>,
        /// From the start of cargo to its end.
        elapsed: Duration,
    },
    /// Somebody asked for the build to stop.
    #[error("the build was stopped, because a newer one is wanted or the host ends")]
    Cancelled,
    /// Cargo could not be run.
    #[error("cannot run {} in {}: {source}; install Rust, or set CARGO to the program to use", program.display(), dir.display())]
    Cargo {
        /// The program.
        program: OsString,
        /// Where it was to run.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Cargo succeeded without making what a module needs to have.
    #[error(
        "cargo makes no library of `{package}` that can be loaded. Without replayed builds (`replay = false`, a \
         rustc-workspace-wrapper of your own, or modules that need each other) a module has to be a library with crate-type = [\"cdylib\", \"rlib\"] \
         below [lib] in its Cargo.toml"
    )]
    NoLibrary {
        /// The package.
        package: String,
    },
    /// Cargo succeeded without naming the program.
    #[error("cargo built no program `{bin}`; is it the name of a binary of that package?")]
    NoProgram {
        /// The name asked for.
        bin: String,
    },
    /// The library that cargo named cannot be read.
    #[error("cannot read {}, which cargo says it built for `{package}`: {source}; remove the file and build again", path.display())]
    Unreadable {
        /// The package.
        package: String,
        /// The library.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The library is not what it was when the build ended: somebody writes it at this moment.
    #[error("{} changed while it was copied: another build is writing it; wait for that and try again", path.display())]
    StillWriting {
        /// The library.
        path: PathBuf,
    },
    /// The copy to load from could not be written.
    #[error("cannot write {}, the copy to load from: {source}; check the space on the disk and the directory's permissions", path.display())]
    Shadow {
        /// The copy.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl BuildError {
    /// Something to show for every variant: what the compiler said, errors first, or the error itself.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        match self {
            Self::Failed { diagnostics, .. } => {
                let mut sorted = diagnostics.clone();
                sorted.sort_by_key(|diagnostic| diagnostic.level != DiagnosticLevel::Error);
                sorted
            }
            other => vec![diagnostic::from_text(&other.to_string())],
        }
    }
}
