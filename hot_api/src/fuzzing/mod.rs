//! What must hold for any bytes: one function for each decoder of external bytes in this crate.
//!
//! Owns: those assertions. Consumes: bytes, from the fuzz targets in `tests/fuzz` and from the seeds
//! beside them, which the tests below run with the stable toolchain. Never: part of a normal build; it is
//! compiled under `cfg(test)` and `cfg(fuzzing)` alone.

mod sample;
#[cfg(test)]
mod tests;
#[cfg(feature = "egui")]
mod wire;

#[cfg(all(test, feature = "egui"))]
pub(crate) use wire::{check_input, check_output};
#[cfg(feature = "egui")]
pub use wire::{input_items, output_items};

use crate::state::schema::Schema;
use crate::state::{
    Restored, Snapshot, SnapshotRef, Tree, capture, from_binary, from_tree, restore, to_binary,
};
use sample::Sample;
use std::sync::LazyLock;

static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| Schema::of::<Sample>().expect("the sample derives its implementations"));

/// The envelope of a snapshot: refused, or read as exactly what it says.
///
/// # Panics
/// When neither holds.
pub fn envelope(bytes: &[u8]) {
    check_envelope(bytes);
    // The checksum refuses nearly every change, so the content is tried in an envelope that fits, too.
    check_envelope(&sealed(bytes));
}

fn check_envelope(bytes: &[u8]) {
    let borrowed = SnapshotRef::decode(bytes);
    match Snapshot::decode(bytes) {
        Ok(snapshot) => {
            assert_eq!(snapshot.encode(), bytes, "an envelope has one form");
            assert_eq!(borrowed.map(|borrowed| borrowed.to_owned()), Ok(snapshot.clone()));
            for section in &snapshot.sections {
                let _schema = section.as_ref().schema();
                let _tree = section.tree();
            }
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert_eq!(borrowed, Err(error));
        }
    }
}

/// The same bytes with the magic, the version, the length and the checksum that a snapshot has.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    const HEAD: usize = 8 + 4 + 8;
    let mut sealed = bytes.to_vec();
    // At least an empty name, two numbers and the byte of the fingerprint.
    sealed.resize(sealed.len().max(HEAD + 8 + 4 + 1 + 4 + 4), 0);
    let length = sealed.len();
    sealed[..8].copy_from_slice(b"PITSNAP\n");
    sealed[8..12].copy_from_slice(&crate::state::FORMAT_VERSION.to_le_bytes());
    sealed[12..HEAD].copy_from_slice(&(length as u64).to_le_bytes());
    let crc = crc32fast::hash(&sealed[..length - 4]);
    sealed[length - 4..].copy_from_slice(&crc.to_le_bytes());
    sealed
}

/// Named bytes: refused, or a tree that is written and read as itself, and can be restored as any type.
///
/// # Panics
/// When neither holds.
pub fn named(bytes: &[u8]) {
    let tree = match Tree::decode(bytes) {
        Ok(tree) => tree,
        Err(error) => {
            assert!(error.offset <= bytes.len(), "{error}");
            return;
        }
    };
    assert_eq!(Tree::decode(&tree.encode()).as_ref(), Ok(&tree), "what is written is read again");
    let _json = tree.to_json();
    let _schema: Result<Schema, _> = from_tree(&tree);
    let Restored { value, report } = restore::<Sample>(&tree);
    let _lines = report.to_string();
    let captured = capture(&value).expect("a value of the sample can be captured");
    let again = restore::<Sample>(&captured);
    assert_eq!(again.report.lost, 0, "a captured value is restored whole: {}", again.report);
    assert_eq!(capture(&again.value).as_ref(), Ok(&captured));
}

/// Binary bytes: refused, or a value that is written and read as itself.
///
/// # Panics
/// When neither holds.
pub fn binary(bytes: &[u8]) {
    let Ok((value, count)) = from_binary::<Sample>(bytes, &SCHEMA) else { return };
    let written = to_binary(&value, &SCHEMA).expect("what was read can be written");
    // Not `bytes`: a number may have been written in more bytes than it needs.
    let (again, count_again) =
        from_binary::<Sample>(&written, &SCHEMA).expect("what was written can be read");
    // Compared as bytes, since a NaN is not equal to itself.
    assert_eq!(to_binary(&again, &SCHEMA).as_ref(), Ok(&written));
    assert!(count_again <= count, "keys that occur twice are one: {count} and {count_again}");
}
