//! Why a checkpoint could not be written or used.

use hot_api::state::SnapshotError;
use std::io;
use std::path::PathBuf;

/// What went wrong with one file.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It is there and cannot be read.
    #[error("cannot read the checkpoint {}: {source}; look at its permissions", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not what was written.
    #[error("the checkpoint {} cannot be used: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with its content.
        source: SnapshotError,
    },
    /// The disk is full or read-only, or something else is in the way.
    #[error(
        "cannot write the checkpoint {}: {source}; the app runs on, and a crash would lose what \
         changes until this works again",
        path.display()
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It cannot be given another name.
    #[error("cannot set the checkpoint {} aside: {source}; move it by hand", path.display())]
    Aside {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
