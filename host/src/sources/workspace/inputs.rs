//! What to watch.
//!
//! Owns: the noun handed from the workspace to the watcher. Never: I/O.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where changes count. Every path is absolute and canonical.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// The workspace root.
    pub root: PathBuf,
    /// Package directories: everything below them counts, but for hidden and ignored files.
    pub dirs: BTreeSet<PathBuf>,
    /// Single files that count whatever their name and place: manifests, and what the compiler
    /// said it read. They need not exist.
    pub files: BTreeSet<PathBuf>,
    /// Directories below which only `files` and deeper `dirs` count: packages that matter to
    /// nobody, and cargo's own output.
    pub excluded: BTreeSet<PathBuf>,
}

impl Inputs {
    /// The same inputs and the files that a build turned out to read.
    #[must_use]
    pub fn with_files(mut self, files: impl IntoIterator<Item = PathBuf>) -> Self {
        self.files.extend(files);
        self
    }

    /// The package directory that `path` counts for, unless something excludes it first.
    #[must_use]
    pub fn package_dir_of(&self, path: &Path) -> Option<&Path> {
        let nearest = path
            .ancestors()
            .find(|dir| self.dirs.contains(*dir) || self.excluded.contains(*dir))?;
        self.dirs.get(nearest).map(PathBuf::as_path)
    }
}
