//! Trees as bytes, and bytes that are no tree.

use super::{any_tree, config};
use crate::state::{DecodeFault, MAX_DEPTH, Tree, capture, to_bytes};
use proptest::prelude::*;
use serde::Serialize;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_tree_survives_as_bytes(tree in any_tree()) {
        prop_assert_eq!(Tree::decode(&tree.encode()).expect("our own bytes are read"), tree);
    }

    #[test]
    fn random_bytes_are_a_tree_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(tree) = Tree::decode(&bytes) {
            prop_assert!(tree.node_count() <= bytes.len());
        }
    }

    #[test]
    fn every_truncation_is_an_error(tree in any_tree()) {
        let bytes = tree.encode();
        for end in 0..bytes.len() {
            prop_assert!(Tree::decode(&bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn a_changed_byte_never_panics(tree in any_tree(), to in any::<u8>()) {
        let mut bytes = tree.encode();
        for at in 0..bytes.len() {
            let old = std::mem::replace(&mut bytes[at], to);
            if let Ok(tree) = Tree::decode(&bytes) {
                prop_assert!(tree.node_count() <= bytes.len());
            }
            bytes[at] = old;
        }
    }
}

#[test]
fn damage_is_named_with_offset_path_and_reason() {
    use DecodeFault as F;
    // Tags as in encode.rs: 15 struct, 1 a new name, 12 list, 8 string, 39 u32, 7 char, 11 some.
    let cases: [(&[u8], usize, &str, F); 12] = [
        (&[], 0, "(root)", F::Truncated { wanted: 1, left: 0 }),
        (&[99], 0, "(root)", F::Tag(99)),
        (&[0], 0, "(root)", F::Tag(0)),
        (&[1, 1], 1, "(root)", F::Trailing { left: 1 }),
        (&[8, 255, 255, 255, 255, 15], 6, "(root)", F::Truncated { wanted: 0xffff_ffff, left: 0 }),
        (&[8, 2, 0xff, 0xff], 1, "(root)", F::NotUtf8),
        (&[7, 0x80, 0xb0, 0x03], 0, "(root)", F::NotAChar(0xd800)),
        (&[39, 0x80, 0x80, 0x80, 0x80, 0x10], 0, "(root)", F::TooLarge),
        (&[15, 1, 1, b'a', 12, 1, 99], 6, "a[1]", F::Tag(99)),
        (&[15, 7, 1], 1, "(root)", F::UnknownName(7)),
        (&[17, 1, 1, b'V', 13, 3, 98], 6, "V[1]", F::Tag(98)),
        (&[14, 8, 1, b'k', 97], 4, "[\"k\"]", F::Tag(97)),
    ];
    for (bytes, offset, path, fault) in cases {
        let error = Tree::decode(bytes).expect_err("damaged");
        assert_eq!(
            (error.offset, error.path.to_string(), &error.fault),
            (offset, path.into(), &fault)
        );
        let message = error.to_string();
        assert!(message.contains(&format!("byte {offset}")), "{message}");
        assert!(message.contains(path) && message.contains("start afresh"), "{message}");
    }
}

#[test]
fn a_number_without_end_is_refused() {
    for length in 1..40 {
        let mut bytes = vec![0xff; length];
        bytes[0] = 41;
        assert!(Tree::decode(&bytes).is_err(), "{length} bytes");
    }
}

#[test]
fn nesting_is_bounded_where_it_is_written_and_where_it_is_read() {
    #[derive(Serialize)]
    struct Nest {
        inside: Vec<Nest>,
    }
    let nest = |structs: usize| {
        (1..structs).fold(Nest { inside: vec![] }, |nest, _| Nest { inside: vec![nest] })
    };
    // Each is a struct and a list.
    let deepest = MAX_DEPTH / 2;
    let tree = capture(&nest(deepest)).expect("as deep as allowed");
    assert_eq!(Tree::decode(&tree.encode()), Ok(tree));

    let error = to_bytes(&nest(deepest + 1)).expect_err("one deeper");
    let message = error.to_string();
    assert!(
        message.contains("inside[0].inside[0].") && message.contains("128 levels"),
        "{message}"
    );
    assert!(message.len() < 500, "the path is shortened: {message}");

    for (tag, name) in [(11, "options"), (12, "lists"), (15, "structs")] {
        let mut bytes = Vec::new();
        for _ in 0..100_000 {
            bytes.push(tag);
            if tag == 15 {
                bytes.extend([1, 0]);
            }
        }
        let error = Tree::decode(&bytes).expect_err(name);
        assert_eq!(error.fault, DecodeFault::TooDeep, "{name}");
    }
}

#[test]
fn names_are_written_once() {
    #[derive(Serialize)]
    struct Entry {
        a_rather_long_name_of_a_field: u32,
        kind: Kind,
    }
    #[derive(Serialize)]
    enum Kind {
        ARatherLongNameOfAVariant,
    }
    let entries = |count: u32| -> Vec<Entry> {
        let entry =
            |n| Entry { a_rather_long_name_of_a_field: n, kind: Kind::ARatherLongNameOfAVariant };
        (0..count).map(entry).collect()
    };
    let hundred = to_bytes(&entries(100)).expect("captured").len();
    let one = to_bytes(&entries(1)).expect("captured").len();
    assert!(hundred - one <= 99 * 9, "{} bytes for 99 more", hundred - one);

    let bytes = to_bytes(&entries(100)).expect("captured");
    assert_eq!(Tree::decode(&bytes).expect("read").encode(), bytes, "both writers agree");
}

#[test]
fn a_failing_serialize_is_named_by_path() {
    struct Broken;
    impl Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no such luck"))
        }
    }
    #[derive(Serialize)]
    enum Shape {
        Poly { points: Vec<(u8, Broken)> },
    }
    #[derive(Serialize)]
    struct State {
        shape: Option<Shape>,
    }
    let state = State { shape: Some(Shape::Poly { points: vec![(1, Broken)] }) };
    let message = to_bytes(&state).expect_err("broken").to_string();
    assert!(message.contains("`shape.Poly.points[0][1]`: no such luck"), "{message}");
}
