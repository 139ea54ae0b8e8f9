//! What tells one file from every other.

use std::fs::Metadata;

/// Device and number of a file, whatever it is called. Two files that have the same are one.
#[cfg(unix)]
pub(crate) fn identity_of(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

/// Elsewhere files have no numbers to compare.
#[cfg(not(unix))]
pub(crate) fn identity_of(_metadata: &Metadata) -> Option<(u64, u64)> {
    None
}
