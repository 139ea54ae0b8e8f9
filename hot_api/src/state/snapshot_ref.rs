//! A snapshot, read where its bytes are.
//!
//! Owns: the checks, one axis at a time. Consumes: bytes of anybody. Produces: sections that borrow.
//! Never: copies a payload, or believes a length before it has seen as many bytes.

use super::envelope::{
    CRC_SIZE, Codec, FORMAT_VERSION, LENGTH_MIN, MAGIC, Section, Snapshot, SnapshotError,
};
use super::from_tree::from_tree;
use super::schema::Schema;
use super::tree::Tree;

/// As [`Snapshot`], borrowed from its bytes.
///
/// ```
/// use hot_api::state::{Codec, SnapshotRef, SnapshotWriter};
///
/// let mut writer = SnapshotWriter::new("tasks", 3, None);
/// writer.section("egui/main", Codec::Named, 1, |bytes| bytes.push(1));
/// let bytes = writer.finish();
///
/// let snapshot = SnapshotRef::decode(&bytes)?;
/// assert_eq!((snapshot.module, snapshot.schema_version), ("tasks", 3));
/// assert_eq!(snapshot.section("egui/main").map(|section| section.payload), Some(&[1][..]));
/// # Ok::<(), hot_api::state::SnapshotError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotRef<'b> {
    /// See [`Snapshot::module`].
    pub module: &'b str,
    /// See [`Snapshot::schema_version`].
    pub schema_version: u32,
    /// See [`Snapshot::fingerprint`].
    pub fingerprint: Option<u64>,
    /// See [`Snapshot::sections`].
    pub sections: Vec<SectionRef<'b>>,
}

/// As [`Section`], borrowed: a part of a [`SnapshotRef`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionRef<'b> {
    /// See [`Section::name`].
    pub name: &'b str,
    /// See [`Section::codec`].
    pub codec: Codec,
    /// See [`Section::payload`].
    pub payload: &'b [u8],
}

impl<'b> SnapshotRef<'b> {
    /// Reads a snapshot, after checking it one axis at a time.
    ///
    /// # Errors
    /// As for [`Snapshot::decode`].
    pub fn decode(bytes: &'b [u8]) -> Result<Self, SnapshotError> {
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

    /// The section of that name.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<SectionRef<'b>> {
        self.sections.iter().find(|section| section.name == name).copied()
    }

    /// A copy of everything.
    #[must_use]
    pub fn to_owned(&self) -> Snapshot {
        let section = |section: &SectionRef<'b>| Section {
            name: section.name.to_owned(),
            codec: section.codec,
            payload: section.payload.to_vec(),
        };
        Snapshot {
            module: self.module.to_owned(),
            schema_version: self.schema_version,
            fingerprint: self.fingerprint,
            sections: self.sections.iter().map(section).collect(),
        }
    }
}

impl SectionRef<'_> {
    /// The schema in it, if it is a [`SCHEMA_SECTION`](super::SCHEMA_SECTION) that can be read.
    #[must_use]
    pub fn schema(&self) -> Option<Schema> {
        from_tree(&self.tree().ok()?).ok()
    }

    /// The payload as a tree.
    ///
    /// # Errors
    /// [`SnapshotError::Codec`] for a binary payload, [`SnapshotError::Decode`] for a damaged one.
    pub fn tree(&self) -> Result<Tree, SnapshotError> {
        match self.codec {
            Codec::Named => Ok(Tree::decode(self.payload)?),
            Codec::Binary => {
                Err(SnapshotError::Codec { section: self.name.to_owned(), codec: self.codec })
            }
        }
    }
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

    fn text(&mut self) -> Result<&'b str, SnapshotError> {
        str::from_utf8(self.field()?).map_err(|_| self.malformed("a name is not UTF-8"))
    }

    fn fingerprint(&mut self) -> Result<Option<u64>, SnapshotError> {
        match self.array::<1>()? {
            [0] => Ok(None),
            [1] => Ok(Some(u64::from_le_bytes(self.array()?))),
            _ => Err(self.malformed("a fingerprint is neither there nor absent")),
        }
    }

    fn sections(&mut self) -> Result<Vec<SectionRef<'b>>, SnapshotError> {
        let count = u32::from_le_bytes(self.array()?);
        // Collected one by one: a wrong count runs into the end before it costs memory.
        (0..count).map(|_| self.section()).collect()
    }

    fn section(&mut self) -> Result<SectionRef<'b>, SnapshotError> {
        let name = self.text()?;
        let codec = match self.array::<1>()? {
            [1] => Codec::Named,
            [2] => Codec::Binary,
            _ => return Err(self.malformed("a codec is unknown")),
        };
        Ok(SectionRef { name, codec, payload: self.field()? })
    }
}
