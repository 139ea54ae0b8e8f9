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
use super::tree::Tree;
use serde::Serialize;

/// The version of the envelope that this code writes and reads.
pub const FORMAT_VERSION: u32 = 1;

/// The first bytes. The last of them shows when a file was sent as text.
const MAGIC: [u8; 8] = *b"PITSNAP\n";
const CRC_SIZE: usize = 4;
/// No snapshot is shorter than the fields of fixed size.
const LENGTH_MIN: u64 = 8 + 4 + 8 + 8 + 4 + 1 + 4 + CRC_SIZE as u64;

/// What a module leaves to its successor.
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

/// A part of a snapshot: `state`, or `egui/<view>` for egui's memory of a view.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Codec {
    /// Named bytes, which any schema can read.
    Named = 1,
    /// [Binary](super::to_binary), which only the very same schema can read.
    Binary = 2,
}

/// Bytes that are no snapshot, or a snapshot that cannot be made or used.
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

    /// The payload as a tree.
    ///
    /// # Errors
    /// [`SnapshotError::Codec`] for a binary payload, [`SnapshotError::Decode`] for a damaged one.
    pub fn tree(&self) -> Result<Tree, SnapshotError> {
        match self.codec {
            Codec::Named => Ok(Tree::decode(&self.payload)?),
            Codec::Binary => {
                Err(SnapshotError::Codec { section: self.name.clone(), codec: self.codec })
            }
        }
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
        let payloads: usize = self.sections.iter().map(|section| section.payload.len()).sum();
        // Enough for the fields around some sections; more would only be copied once.
        let mut bytes = Vec::with_capacity(payloads + 1024);
        bytes.extend(MAGIC);
        bytes.extend(FORMAT_VERSION.to_le_bytes());
        let total = bytes.len();
        bytes.extend(0_u64.to_le_bytes());
        put(&mut bytes, self.module.as_bytes());
        bytes.extend(self.schema_version.to_le_bytes());
        match self.fingerprint {
            None => bytes.push(0),
            Some(fingerprint) => {
                bytes.push(1);
                bytes.extend(fingerprint.to_le_bytes());
            }
        }
        let count = u32::try_from(self.sections.len()).expect("a module has a handful of sections");
        bytes.extend(count.to_le_bytes());
        for Section { name, codec, payload } in &self.sections {
            put(&mut bytes, name.as_bytes());
            bytes.push(*codec as u8);
            put(&mut bytes, payload);
        }
        let length = (bytes.len() + CRC_SIZE) as u64;
        bytes[total..total + 8].copy_from_slice(&length.to_le_bytes());
        let crc = crc32fast::hash(&bytes);
        bytes.extend(crc.to_le_bytes());
        bytes
    }

    /// Reads a snapshot, after checking it one axis at a time.
    ///
    /// # Errors
    /// With the first thing that is wrong: magic, format version, length, checksum, content.
    pub fn decode(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut cursor = Cursor { bytes, at: 0 };
        check_magic(&mut cursor)?;
        check_version(&mut cursor)?;
        check_length(&mut cursor)?;
        cursor.bytes = check_crc(bytes)?;
        let snapshot = Self {
            module: cursor.text()?,
            schema_version: u32::from_le_bytes(cursor.array()?),
            fingerprint: cursor.fingerprint()?,
            sections: cursor.sections()?,
        };
        match cursor.bytes.len() - cursor.at {
            0 => Ok(snapshot),
            _ => Err(cursor.malformed("bytes follow the last section")),
        }
    }
}

fn put(bytes: &mut Vec<u8>, field: &[u8]) {
    bytes.extend((field.len() as u64).to_le_bytes());
    bytes.extend_from_slice(field);
}

fn check_magic(cursor: &mut Cursor<'_>) -> Result<(), SnapshotError> {
    if cursor.array().ok() == Some(MAGIC) { Ok(()) } else { Err(SnapshotError::Magic) }
}

fn check_version(cursor: &mut Cursor<'_>) -> Result<(), SnapshotError> {
    let found = cursor.bytes.len() as u64;
    if found < LENGTH_MIN {
        return Err(SnapshotError::Length { expected: LENGTH_MIN, found });
    }
    match u32::from_le_bytes(cursor.array()?) {
        FORMAT_VERSION => Ok(()),
        found => Err(SnapshotError::FormatVersion { found }),
    }
}

fn check_length(cursor: &mut Cursor<'_>) -> Result<(), SnapshotError> {
    let expected = u64::from_le_bytes(cursor.array()?);
    let found = cursor.bytes.len() as u64;
    if expected == found { Ok(()) } else { Err(SnapshotError::Length { expected, found }) }
}

/// The bytes before the checksum.
fn check_crc(bytes: &[u8]) -> Result<&[u8], SnapshotError> {
    let (content, crc) = bytes
        .split_last_chunk::<CRC_SIZE>()
        .expect("a snapshot of the least length has room for a checksum");
    let (stored, computed) = (u32::from_le_bytes(*crc), crc32fast::hash(content));
    if stored == computed {
        Ok(content)
    } else {
        Err(SnapshotError::Checksum { offset: content.len(), stored, computed })
    }
}

struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    fn malformed(&self, reason: &'static str) -> SnapshotError {
        SnapshotError::Malformed { offset: self.at, reason }
    }

    fn take(&mut self, length: u64) -> Result<&'b [u8], SnapshotError> {
        let rest = &self.bytes[self.at..];
        let taken = usize::try_from(length).ok().and_then(|length| rest.get(..length));
        let taken = taken.ok_or_else(|| self.malformed("a field ends behind the end"))?;
        self.at += taken.len();
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SnapshotError> {
        let taken = self.take(N as u64)?;
        Ok(taken.try_into().expect("`take` returns as many bytes as it is asked for"))
    }

    fn field(&mut self) -> Result<&'b [u8], SnapshotError> {
        let length = u64::from_le_bytes(self.array()?);
        self.take(length)
    }

    fn text(&mut self) -> Result<String, SnapshotError> {
        let text = str::from_utf8(self.field()?).map_err(|_| self.malformed("a name is not UTF-8"));
        text.map(str::to_owned)
    }

    fn fingerprint(&mut self) -> Result<Option<u64>, SnapshotError> {
        match self.array::<1>()? {
            [0] => Ok(None),
            [1] => Ok(Some(u64::from_le_bytes(self.array()?))),
            _ => Err(self.malformed("a fingerprint is neither there nor absent")),
        }
    }

    fn sections(&mut self) -> Result<Vec<Section>, SnapshotError> {
        let count = u32::from_le_bytes(self.array()?);
        // Collected one by one: a wrong count runs into the end before it costs memory.
        (0..count).map(|_| self.section()).collect()
    }

    fn section(&mut self) -> Result<Section, SnapshotError> {
        let name = self.text()?;
        let codec = match self.array::<1>()? {
            [1] => Codec::Named,
            [2] => Codec::Binary,
            _ => return Err(self.malformed("a codec is unknown")),
        };
        Ok(Section { name, codec, payload: self.field()?.to_vec() })
    }
}
