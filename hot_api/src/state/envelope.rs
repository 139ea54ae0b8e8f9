//! The envelope around what a module leaves to its successor.
//!
//! Owns: [`Snapshot`] and its bytes. Consumes: payloads of any codec. Produces: bytes of which every
//! truncation and every changed byte is noticed. Never: reads a payload before the whole is known to
//! be what was written; never touches a file.
//!
//! ```text
//! magic 8 | format version u32 | total length u64 | module | schema version u32 | fingerprint
//! | number of sections u32 | per section: name, codec u8, payload | CRC-32 of all before it
//! ```
//! Numbers are little-endian. Texts and payloads follow their length, a `u64`. The fingerprint is
//! a byte, 0 or 1, and eight more after 1. The first two fields are the same in all versions.

use super::binary::BinaryError;
use super::capture::{CaptureError, to_bytes};
use super::decode::DecodeError;
use super::migrate::MigrateError;
use super::schema::Untraceable;
use super::snapshot_ref::{SectionRef, SnapshotRef};
use super::snapshot_writer::SnapshotWriter;
use super::tree::Tree;
use serde::Serialize;

/// The version of the envelope that this code writes and reads.
pub const FORMAT_VERSION: u32 = 1;

/// The first bytes. The last of them shows when a file was sent as text.
pub(super) const MAGIC: [u8; 8] = *b"PITSNAP\n";
pub(super) const CRC_SIZE: usize = 4;
/// No snapshot is shorter than the fields of fixed size.
pub(super) const LENGTH_MIN: u64 = 8 + 4 + 8 + 8 + 4 + 1 + 4 + CRC_SIZE as u64;

/// What a module leaves to its successor.
///
/// ```
/// use hot_api::state::{STATE_SECTION, Section, Snapshot};
///
/// let state = Section::capture(STATE_SECTION, &vec!["swim", "run"])?;
/// let (module, sections) = ("tasks".to_owned(), vec![state]);
/// let snapshot = Snapshot { module, schema_version: 1, fingerprint: None, sections };
///
/// let read = Snapshot::decode(&snapshot.encode())?;
/// let tree = read.section(STATE_SECTION).expect("it was put in").tree()?;
/// assert_eq!(tree.to_json(), serde_json::json!(["swim", "run"]));
/// # Ok::<(), hot_api::state::SnapshotError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The module that it is from.
    pub module: String,
    /// Version of the author's state, by which migrations are chosen.
    pub schema_version: u32,
    /// Fingerprint of the state's type; `None` if the type has none.
    pub fingerprint: Option<u64>,
    /// The state and what travels with it.
    pub sections: Vec<Section>,
}

/// A part of a [`Snapshot`]: `state`, or `egui/<view>` for egui's memory of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name, unique within the snapshot.
    pub name: String,
    /// How to read the payload.
    pub codec: Codec,
    /// The captured value.
    pub payload: Vec<u8>,
}

/// A form of payloads.
///
/// ```
/// use hot_api::state::{Codec, Section};
///
/// let named = Section::capture("state", &7_u8)?;
/// assert_eq!(named.codec, Codec::Named);
/// let binary = Section { codec: Codec::Binary, ..named };
/// assert!(binary.tree().is_err(), "only the state's own type can read it");
/// # Ok::<(), hot_api::state::SnapshotError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Codec {
    /// Named bytes, which any schema can read.
    Named = 1,
    /// [Binary](super::to_binary), which only the very same schema can read.
    Binary = 2,
}

/// Bytes that are no snapshot, or a snapshot that cannot be made or used.
///
/// ```
/// use hot_api::state::{Snapshot, SnapshotError};
///
/// assert_eq!(Snapshot::decode(b"PK\x03\x04 is a zip"), Err(SnapshotError::Magic));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Not made by Pitstop.
    #[error("not a Pitstop snapshot: byte 0 does not begin the magic {MAGIC:02x?}; check the path")]
    Magic,
    /// Made by another version of Pitstop.
    #[error(
        "the snapshot has format version {found} (byte 8), this code reads version \
         {FORMAT_VERSION}; use the Pitstop that wrote it, or start afresh"
    )]
    FormatVersion {
        /// The version of the snapshot.
        found: u32,
    },
    /// Cut short, or with something after its end.
    #[error(
        "the snapshot has {found} bytes where {expected} were written; the copy is incomplete or \
         was appended to; use another one, or start afresh"
    )]
    Length {
        /// Bytes that were written.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// Changed since it was written.
    #[error(
        "the snapshot is damaged: its checksum (byte {offset}) is {stored:#010x}, its content has \
         {computed:#010x}; use another copy, or start afresh"
    )]
    Checksum {
        /// Where the checksum stands.
        offset: usize,
        /// What it is.
        stored: u32,
        /// What it should be.
        computed: u32,
    },
    /// Written wrongly: the checksum is right and the content is not.
    #[error("the snapshot was written wrongly at byte {offset}: {reason}; start afresh")]
    Malformed {
        /// Where.
        offset: usize,
        /// What stands there.
        reason: &'static str,
    },
    /// A section has a codec that its reader has not.
    #[error("section {section} is in codec {codec:?}, which cannot be read without its type")]
    Codec {
        /// The section.
        section: String,
        /// Its codec.
        codec: Codec,
    },
    /// A payload that cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A state that cannot be captured.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// A state that has no schema, so that only its names tell what it is.
    #[error(transparent)]
    Schema(#[from] Untraceable),
    /// A state that the binary codec does not carry.
    #[error(transparent)]
    Binary(#[from] BinaryError),
    /// A state that cannot be brought to today's version.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
}

impl Section {
    /// Captures a value in the named codec.
    ///
    /// # Errors
    /// [`SnapshotError::Capture`].
    pub fn capture<T: Serialize + ?Sized>(
        name: impl Into<String>,
        value: &T,
    ) -> Result<Self, SnapshotError> {
        Ok(Self { name: name.into(), codec: Codec::Named, payload: to_bytes(value)? })
    }

    /// The same, borrowed.
    #[must_use]
    pub fn as_ref(&self) -> SectionRef<'_> {
        SectionRef { name: &self.name, codec: self.codec, payload: &self.payload }
    }

    /// The payload as a tree.
    ///
    /// # Errors
    /// [`SnapshotError::Codec`] for a binary payload, [`SnapshotError::Decode`] for a damaged one.
    pub fn tree(&self) -> Result<Tree, SnapshotError> {
        self.as_ref().tree()
    }
}

impl Snapshot {
    /// The section of that name.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The snapshot as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = SnapshotWriter::new(&self.module, self.schema_version, self.fingerprint);
        for Section { name, codec, payload } in &self.sections {
            writer.section(name, *codec, payload.len(), |bytes| bytes.extend_from_slice(payload));
        }
        writer.finish()
    }

    /// Reads a snapshot, after checking it one axis at a time.
    ///
    /// # Errors
    /// With the first thing that is wrong: magic, format version, length, checksum, content.
    pub fn decode(bytes: &[u8]) -> Result<Self, SnapshotError> {
        SnapshotRef::decode(bytes).map(|snapshot| snapshot.to_owned())
    }
}
