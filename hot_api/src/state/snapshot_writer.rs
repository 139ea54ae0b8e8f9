//! A snapshot, written section by section.
//!
//! Owns: the bytes of the envelope. Consumes: payloads that write themselves, so that a large one is
//! never copied.

use super::envelope::{CRC_SIZE, Codec, FORMAT_VERSION, MAGIC};

/// Writes one [`Snapshot`](super::Snapshot), section by section.
///
/// ```
/// use hot_api::state::{Codec, STATE_SECTION, SnapshotWriter, schema::Schema, write_binary};
///
/// let readings = vec![20.5_f64; 1000];
/// let schema = Schema::of::<Vec<f64>>()?;
/// let mut writer = SnapshotWriter::new("plot", 1, Some(schema.fingerprint()));
/// writer.section(STATE_SECTION, Codec::Binary, 8 * readings.len(), |bytes| {
///     write_binary(&readings, &schema, bytes)
/// })?;
/// assert!(writer.finish().len() > 8 * 1000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SnapshotWriter {
    bytes: Vec<u8>,
    /// Where the number of sections stands.
    count_at: usize,
    count: u32,
}

/// Where the total length stands.
const TOTAL_AT: usize = MAGIC.len() + size_of::<u32>();

impl SnapshotWriter {
    /// One without sections.
    #[must_use]
    pub fn new(module: &str, schema_version: u32, fingerprint: Option<u64>) -> Self {
        let mut bytes = Vec::new();
        bytes.extend(MAGIC);
        bytes.extend(FORMAT_VERSION.to_le_bytes());
        bytes.extend(0_u64.to_le_bytes());
        put(&mut bytes, module.as_bytes());
        bytes.extend(schema_version.to_le_bytes());
        match fingerprint {
            None => bytes.push(0),
            Some(fingerprint) => {
                bytes.push(1);
                bytes.extend(fingerprint.to_le_bytes());
            }
        }
        let count_at = bytes.len();
        bytes.extend(0_u32.to_le_bytes());
        Self { bytes, count_at, count: 0 }
    }

    /// Adds a section; `write` appends its payload, of about `size` bytes, and touches nothing that
    /// stands before. Returns what `write` returns; when that is an error, the snapshot is of no use.
    pub fn section<R>(
        &mut self,
        name: &str,
        codec: Codec,
        size: usize,
        write: impl FnOnce(&mut Vec<u8>) -> R,
    ) -> R {
        put(&mut self.bytes, name.as_bytes());
        self.bytes.push(codec as u8);
        let length_at = self.bytes.len();
        self.bytes.extend(0_u64.to_le_bytes());
        let payload_at = self.bytes.len();
        self.bytes.reserve(size);
        let result = write(&mut self.bytes);
        let length = (self.bytes.len() - payload_at) as u64;
        self.bytes[length_at..payload_at].copy_from_slice(&length.to_le_bytes());
        self.count += 1;
        result
    }

    /// The whole, with its length and checksum.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let Self { mut bytes, count_at, count } = self;
        bytes[count_at..count_at + size_of::<u32>()].copy_from_slice(&count.to_le_bytes());
        let length = (bytes.len() + CRC_SIZE) as u64;
        bytes[TOTAL_AT..TOTAL_AT + size_of::<u64>()].copy_from_slice(&length.to_le_bytes());
        let crc = crc32fast::hash(&bytes);
        bytes.extend(crc.to_le_bytes());
        bytes
    }
}

fn put(bytes: &mut Vec<u8>, field: &[u8]) {
    bytes.extend((field.len() as u64).to_le_bytes());
    bytes.extend_from_slice(field);
}
