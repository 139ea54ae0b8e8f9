//! The uses in all sources of a package, and where they are.

use super::{Unsupported, Use, read};
use crate::sources::rust_files::rust_files;
use std::fmt;
use std::path::{Path, PathBuf};

/// A use in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As it was given.
    pub file: PathBuf,
    /// 1 for the first.
    pub line: u32,
    /// What it is.
    pub what: Unsupported,
    /// The expression or statement, in one line, shortened.
    pub code: String,
}

/// The uses in these sources of one package, ordered by file and line.
pub fn in_package(files: &[(PathBuf, String)]) -> Vec<Found> {
    let mut sources: Vec<_> = files.iter().map(|(file, text)| (file, read(text))).collect();
    sources.sort_by_key(|(file, _)| *file);
    let joins = sources.iter().any(|(_, source)| source.is_joining);
    let carries = sources.iter().any(|(_, source)| source.is_carrying_state);
    let uses = sources
        .into_iter()
        .flat_map(|(file, source)| source.uses.into_iter().map(move |found| (file.clone(), found)));
    uses.filter(|(_, found)| applies(found, joins, carries))
        .map(|(file, Use { line, what, code })| Found { file, line, what, code })
        .collect()
}

/// [`in_package`] of all Rust files below a directory, by their names from `base` on. What cannot be read is left out.
#[must_use]
pub fn below(dir: &Path, base: &Path) -> Vec<Found> {
    let name = |path: &Path| path.strip_prefix(base).unwrap_or(path).to_owned();
    let texts: Vec<_> = rust_files(dir)
        .filter_map(|path| Some((name(&path), std::fs::read_to_string(&path).ok()?)))
        .collect();
    in_package(&texts)
}

/// Whether the use counts in a package that joins threads, or carries its whole state, somewhere.
pub(super) fn applies(found: &Use, joins: bool, carries: bool) -> bool {
    match found.what {
        Unsupported::UnjoinedThread => !joins,
        Unsupported::NothingSaved => !carries,
        _ => true,
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, what, code } = self;
        let (file, way_out) = (file.display(), what.way_out());
        write!(f, "{file}:{line}: {} (`{code}`); {way_out}", what.what())
    }
}
