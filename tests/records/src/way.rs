//! Codecs beside each other: Pitstop's in their envelope, and plain ones.

use crate::Records;
use anyhow::Context as _;
use hot_api::state::schema::Schema;
use hot_api::state::{Codec, STATE_SECTION, SectionRef, SnapshotRef, SnapshotWriter, StateCodec};

/// Of a restored state, or the reason why there is none.
pub type Restored = anyhow::Result<Records>;

/// One way to carry a state over.
#[derive(Debug)]
pub struct Way {
    /// For the report.
    pub name: &'static str,
    /// To bytes.
    pub capture: fn(&Records, &Schema) -> anyhow::Result<Vec<u8>>,
    /// And back.
    pub restore: fn(&[u8], &Schema) -> Restored,
}

static CODEC: StateCodec<Records> = StateCodec::new();

/// All of them; what is behind a swap comes first.
pub static WAYS: [Way; 4] = [
    Way {
        name: "binary",
        capture: |state, schema| {
            envelope(Codec::Binary, |bytes| Ok(CODEC.write_binary(state, schema, bytes)?))
        },
        restore: |bytes, schema| Ok(CODEC.from_binary(section_of(bytes)?.payload, schema)?.0),
    },
    Way {
        name: "named",
        capture: |state, _| {
            let named = CODEC.to_bytes(state)?;
            envelope(Codec::Named, |bytes| {
                bytes.extend_from_slice(&named);
                Ok(())
            })
        },
        restore: |bytes, _| Ok(CODEC.restore(&section_of(bytes)?.tree()?).value),
    },
    Way {
        name: "bincode",
        capture: |state, _| Ok(bincode::serde::encode_to_vec(state, bincode::config::standard())?),
        restore: |bytes, _| {
            Ok(bincode::serde::decode_from_slice(bytes, bincode::config::standard())?.0)
        },
    },
    Way {
        name: "json",
        capture: |state, _| Ok(serde_json::to_vec(state)?),
        restore: |bytes, _| Ok(serde_json::from_slice(bytes)?),
    },
];

/// A snapshot as a module makes it, without egui's memory.
fn envelope(
    codec: Codec,
    write: impl FnOnce(&mut Vec<u8>) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<u8>> {
    let mut writer = SnapshotWriter::new("bench", 1, None);
    writer.section(STATE_SECTION, codec, 0, write)?;
    Ok(writer.finish())
}

fn section_of(bytes: &[u8]) -> anyhow::Result<SectionRef<'_>> {
    SnapshotRef::decode(bytes)?.section(STATE_SECTION).context("it has a state")
}
