//! One checkpoint file: its name, its content, and its name when it is out of use.
//!
//! Owns: the form `<module>-<sequence>.snapshot`, and reading. Never: writes; see
//! [`Store`](super::Store).

use super::CheckpointError;
use crate::os::whole_file;
use hot_api::state::Snapshot;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A larger file in the directory is none that a host has written.
const BYTES_MAX: u64 = 4 << 30;

/// Of a checkpoint in use.
pub(super) const EXTENSION: &str = "snapshot";

/// Why a file is out of use: what is added to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aside {
    /// Its content is not what was written.
    Unreadable,
    /// The module did not take it.
    Refused,
    /// The process crashed again and again with it.
    Crashed,
    /// The user began anew.
    Old,
}

impl Aside {
    fn extension(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Refused => "refused",
            Self::Crashed => "crashed",
            Self::Old => "old",
        }
    }
}

/// A checkpoint that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Where it was read.
    pub path: PathBuf,
    /// The snapshot.
    pub bytes: Vec<u8>,
    /// The time since it was written.
    pub age: Duration,
}

impl Checkpoint {
    /// Reads a file and makes sure that it is what was written.
    ///
    /// # Errors
    /// [`CheckpointError::Read`] and [`CheckpointError::Damaged`].
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let read = |source| CheckpointError::Read { path: path.to_owned(), source };
        let bytes = whole_file::read(path, BYTES_MAX).map_err(read)?;
        let written = fs::metadata(path).and_then(|metadata| metadata.modified()).map_err(read)?;
        Snapshot::decode(&bytes)
            .map_err(|source| CheckpointError::Damaged { path: path.to_owned(), source })?;
        // A clock that was set back makes it new, which is nearer the truth than an error.
        let age = written.elapsed().unwrap_or_default();
        Ok(Self { path: path.to_owned(), bytes, age })
    }
}

/// Gives a file a name under which it is no longer looked for; its content stays.
///
/// # Errors
/// [`CheckpointError::Aside`].
pub(super) fn set_aside(path: &Path, why: Aside) -> Result<PathBuf, CheckpointError> {
    let aside = path.with_extension(format!("{EXTENSION}.{}", why.extension()));
    let result = fs::rename(path, &aside);
    result.map_err(|source| CheckpointError::Aside { path: path.to_owned(), source })?;
    Ok(aside)
}

/// The place of a checkpoint in the order of its module's.
pub(super) fn name_of(module: &str, sequence: u64) -> String {
    format!("{module}-{sequence:08}.{EXTENSION}")
}

/// A higher number is none that a store has counted to, and leaves none to count on with.
const SEQUENCE_MAX: u64 = 1 << 53;

/// The sequence number in the name of a checkpoint of this module, and whether it is in use.
pub(super) fn sequence_of(name: &str, module: &str) -> Option<(u64, bool)> {
    let rest = name.strip_prefix(module)?.strip_prefix('-')?;
    let (number, extension) = rest.split_once('.')?;
    let is_known = extension.split('.').next() == Some(EXTENSION);
    let is_usable = |number: &u64| is_known && *number <= SEQUENCE_MAX;
    let number = number.parse().ok().filter(is_usable)?;
    Some((number, extension == EXTENSION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_module_and_order() {
        assert_eq!(name_of("ui", 7), "ui-00000007.snapshot");
        for (name, module, expected) in [
            ("ui-00000007.snapshot", "ui", Some((7, true))),
            ("ui-123456789.snapshot", "ui", Some((123_456_789, true))),
            ("ui-00000007.snapshot.refused", "ui", Some((7, false))),
            ("ui-2-00000007.snapshot", "ui", None),
            ("ui-2-00000007.snapshot", "ui-2", Some((7, true))),
            ("ui.partial", "ui", None),
            ("ui-00000007.partial", "ui", None),
            ("ui-.snapshot", "ui", None),
            ("ui-18446744073709551615.snapshot", "ui", None),
        ] {
            assert_eq!(sequence_of(name, module), expected, "{name} of {module}");
        }
    }
}
