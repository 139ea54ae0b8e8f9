//! The marks that `tweak!` leaves in a library: which literals it really has, and where.
//!
//! Owns: the search for them. Consumes: the bytes of a library. Produces: [`Marks`]. Never: loads
//! the library, or trusts a mark that makes no sense.
//!
//! They make sure that a value reaches something. A use that the compiler has put elsewhere (in a
//! macro), left out (under a `cfg`), or that is another crate's `tweak!`, has no mark where its text
//! is; nor has anything in a library without debug assertions.

use hot_api::abi::LITERAL_MARK;
use memchr::memmem;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// No path is longer on any system.
const MARK_BYTES_MAX: usize = 8192;

/// The marks of one library.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// By file, line and column; as spelled in the library.
    places: BTreeMap<(PathBuf, u32, u32), String>,
}

impl Marks {
    /// Finds all marks. Paths in them are relative to `root`, where the compiler ran.
    pub(super) fn find(library: &[u8], root: &Path) -> Self {
        let mut marks = Self::default();
        for start in memmem::find_iter(library, LITERAL_MARK) {
            let rest = &library[start..library.len().min(start + MARK_BYTES_MAX)];
            let end = memchr::memchr(b'\n', rest).map(|end| end + 1);
            let place = end.and_then(|end| std::str::from_utf8(&rest[..end]).ok());
            if let Some((place, (file, line, column))) = place.and_then(|p| Some((p, parts(p)?))) {
                let file = canonical(&root.join(file));
                marks.places.insert((file, line, column), place.to_owned());
            }
        }
        marks
    }

    /// The mark of the use that begins here; `None` when the library has none.
    pub(super) fn place(&self, file: &Path, line: u32, column: u32) -> Option<&str> {
        self.places.get(&(file.to_owned(), line, column)).map(String::as_str)
    }
}

/// File, line and column of a mark.
fn parts(mark: &str) -> Option<(&str, u32, u32)> {
    let place = mark.strip_prefix(LITERAL_MARK)?.strip_suffix('\n')?;
    let (place, column) = place.rsplit_once(':')?;
    let (file, line) = place.rsplit_once(':')?;
    Some((file, line.parse().ok()?, column.parse().ok()?))
}

/// The name that file events and dep-info have for a file: a link stays one.
fn canonical(path: &Path) -> PathBuf {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return path.to_owned();
    };
    std::fs::canonicalize(dir).map_or_else(|_| path.to_owned(), |dir| dir.join(name))
}
