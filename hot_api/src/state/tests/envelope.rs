//! The envelope, whole and damaged.

use super::config;
use crate::state::{Codec, FORMAT_VERSION, Section, Snapshot, SnapshotError};
use proptest::prelude::*;

fn snapshot() -> Snapshot {
    let state = Section::capture("state", &(1_u8, "two", [3.0_f32; 2])).expect("captured");
    let egui = Section { name: "egui/main".into(), codec: Codec::Binary, payload: vec![0, 255] };
    Snapshot {
        module: "hot_ui".into(),
        schema_version: 3,
        fingerprint: Some(0x0123_4567_89ab_cdef),
        sections: vec![state, egui],
    }
}

#[test]
fn snapshots_survive_as_bytes() {
    let bare =
        Snapshot { fingerprint: None, sections: vec![], module: String::new(), ..snapshot() };
    for snapshot in [snapshot(), bare] {
        assert_eq!(Snapshot::decode(&snapshot.encode()), Ok(snapshot));
    }
}

#[test]
fn m11_every_truncation_is_an_error() {
    let bytes = snapshot().encode();
    for end in 0..bytes.len() {
        let error = Snapshot::decode(&bytes[..end]).expect_err("cut short");
        let fits = match &error {
            SnapshotError::Magic => end < 8,
            SnapshotError::Length { found, .. } => *found == end as u64,
            _ => false,
        };
        assert!(fits, "cut at {end}: {error}");
    }
}

#[test]
fn m11_every_changed_byte_is_an_error() {
    let bytes = snapshot().encode();
    for at in 0..bytes.len() {
        for flip in 1..=255_u8 {
            let mut bytes = bytes.clone();
            bytes[at] ^= flip;
            let error = Snapshot::decode(&bytes).expect_err("damaged");
            let fits = match &error {
                SnapshotError::Magic => at < 8,
                SnapshotError::FormatVersion { .. } => (8..12).contains(&at),
                SnapshotError::Length { .. } => (12..20).contains(&at),
                SnapshotError::Checksum { .. } => at >= 20,
                _ => false,
            };
            assert!(fits, "byte {at} xor {flip}: {error}");
            if cfg!(miri) && flip == 2 {
                break;
            }
        }
    }
}

#[test]
fn appended_bytes_are_an_error() {
    let mut bytes = snapshot().encode();
    let expected = bytes.len() as u64;
    bytes.push(0);
    let error = Snapshot::decode(&bytes).expect_err("longer than written");
    assert_eq!(error, SnapshotError::Length { expected, found: expected + 1 });
}

#[test]
fn another_format_is_refused_with_both_versions() {
    let mut bytes = snapshot().encode();
    bytes[8..12].copy_from_slice(&7_u32.to_le_bytes());
    let message = Snapshot::decode(&bytes).expect_err("another version").to_string();
    assert!(message.contains("version 7"), "{message}");
    assert!(message.contains(&format!("version {FORMAT_VERSION}")), "{message}");
}

/// Bytes with a correct length and checksum around wrong content.
fn sealed(content: &[u8]) -> Vec<u8> {
    let mut bytes = b"PITSNAP\n\x01\0\0\0".to_vec();
    bytes.extend((content.len() as u64 + 24).to_le_bytes());
    bytes.extend(content);
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

#[test]
fn wrong_content_is_named_with_offset_and_reason() {
    let field = |text: &[u8]| [&(text.len() as u64).to_le_bytes(), text].concat();
    let fixed = |fingerprint: u8, sections: u32| {
        [&[0; 4][..], &[fingerprint], &sections.to_le_bytes()].concat()
    };
    let whole = [field(b"m"), fixed(0, 1), field(b"s"), vec![1], field(b"")].concat();
    assert!(Snapshot::decode(&sealed(&whole)).is_ok(), "the test builds what it means to");
    let cases = [
        ([field(b"\xff"), fixed(0, 0)].concat(), "not UTF-8"),
        ([field(b"m"), fixed(2, 0)].concat(), "fingerprint"),
        ([field(b"m"), fixed(0, u32::MAX)].concat(), "behind the end"),
        ([field(b"m"), fixed(0, 1), field(b"s"), vec![9], field(b"")].concat(), "codec"),
        ([u64::MAX.to_le_bytes().to_vec(), fixed(0, 0)].concat(), "behind the end"),
        ([whole, vec![0]].concat(), "follow the last section"),
    ];
    for (content, reason) in cases {
        let error = Snapshot::decode(&sealed(&content)).expect_err(reason);
        let message = error.to_string();
        assert!(matches!(error, SnapshotError::Malformed { .. }), "{message}");
        assert!(message.contains(reason) && message.contains("at byte "), "{message}");
    }
}

#[test]
fn sections_are_found_by_name_and_read_by_codec() {
    let snapshot = snapshot();
    let state = snapshot.section("state").expect("there").tree().expect("read");
    assert_eq!(state.to_json(), serde_json::json!([1, "two", [3.0, 3.0]]));
    let error = snapshot.section("egui/main").expect("there").tree().expect_err("binary");
    assert!(error.to_string().contains("egui/main"), "{error}");
    assert_eq!(snapshot.section("egui"), None);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_bytes_are_no_snapshot(content in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Snapshot::decode(&content).is_err());
        // Behind a correct frame, the fields themselves have to cope.
        if let Ok(snapshot) = Snapshot::decode(&sealed(&content)) {
            prop_assert!(snapshot.encode().len() <= content.len() + 24);
        }
    }
}
