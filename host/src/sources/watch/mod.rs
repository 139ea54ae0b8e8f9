//! From file-system noise to change sets.
//!
//! ```text
//! notify --source--> FileEvent --content--> Sight --debounce--> ChangeSet
//! ```
//!
//! Owns: watches, content hashes, the watching thread. Consumes: [`crate::sources::workspace::Inputs`].
//! Produces: [`ChangeSet`]s, and notices when watching became slower than it could be. Never:
//! builds, or decides what a change asks for.
//!
//! A change is a change of content. The first one is reported at once; what follows within the
//! same burst comes as one more change set. Whoever builds treats every change set in the same
//! way: stop the running build, [`ChangeSet::merge`] what it was building for, build again.

mod content;
mod debounce;
mod mailbox;
mod scope;
mod source;
mod watcher;

pub use content::{ContentIndex, hash_of};
pub use debounce::ChangeSet;
pub use watcher::{BuildGuard, WatchConfig, WatchEvent, Watcher};

use crate::sources::workspace::Inputs;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Every file that counts among these inputs and is there.
#[must_use]
pub fn files_of(inputs: Inputs) -> BTreeSet<PathBuf> {
    scope::Scope::new(inputs).files()
}

/// Why nothing can be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// Neither the system's events nor polling could be started.
    #[error("cannot watch {}: {source}; run with --no-watch and reload by hand", path.display())]
    Source {
        /// The directory that was to be watched first.
        path: PathBuf,
        /// What the system said.
        source: notify::Error,
    },
    /// The watching thread could not be started.
    #[error("cannot start the watching thread: {0}; run with --no-watch and reload by hand")]
    Thread(#[source] std::io::Error),
}
