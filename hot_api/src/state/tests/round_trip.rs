//! Every serde shape through capture, bytes and back.

use super::{any_tree, config};
use crate::state::{Tree, capture, from_tree, restore, to_bytes};
use proptest::prelude::*;
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::{self, Debug};

/// Serialises as bytes, as `serde_bytes::ByteBuf` does.
#[derive(Clone, Debug, Default, PartialEq)]
struct Blob(Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Blob;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct UnitStruct;
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Newtype(i16);
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct TupleStruct(String, Newtype, ());

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Choice {
    #[default]
    Unit,
    New(Option<u8>),
    Tuple(i8, (i8, i8)),
    Fields {
        a: bool,
        b: Vec<Choice>,
    },
    Empty {},
    NewUnit(()),
}

/// Every shape that serde knows. The floats are bits, so that equality is exact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct KitchenSink {
    bools: (bool, bool),
    signed: (i8, i16, i32, i64, i128),
    unsigned: (u8, u16, u32, u64, u128),
    f32s: Vec<Bits32>,
    f64s: Vec<Bits64>,
    chars: Vec<char>,
    texts: Vec<String>,
    blob: Blob,
    nested: Vec<Option<Option<Option<u8>>>>,
    unit: (),
    unit_struct: UnitStruct,
    newtype: Newtype,
    tuple_struct: TupleStruct,
    choices: Vec<Choice>,
    by_tuple: BTreeMap<(i8, String), Vec<u8>>,
    by_choice: BTreeMap<Choice, Option<()>>,
    by_option: BTreeMap<Option<bool>, char>,
    by_wide: BTreeMap<i128, BTreeMap<u64, u64>>,
    set: BTreeSet<Vec<u8>>,
    deque: VecDeque<[u16; 3]>,
    outcome: Option<Result<u8, String>>,
    time: std::time::Duration,
    address: Option<std::net::IpAddr>,
    recursive: Option<Box<KitchenSink>>,
}

macro_rules! bits {
    ($name:ident $float:ident) => {
        #[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
        struct $name($float);
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.to_bits() == other.0.to_bits()
            }
        }
    };
}
bits!(Bits32 f32);
bits!(Bits64 f64);

#[track_caller]
fn survives<T>(value: &T)
where
    T: Default + PartialEq + Debug + Serialize + DeserializeOwned,
{
    let bytes = to_bytes(value).expect("captured");
    let tree = Tree::decode(&bytes).expect("read");
    assert_eq!(tree.encode(), bytes, "the tree writes what the value wrote");
    assert_eq!(from_tree::<T>(&tree).expect("as it was"), *value, "read as it stands");
    let restored = restore::<T>(&tree);
    assert_eq!(restored.value, *value, "restored");
    let report = restored.report;
    assert_eq!(
        (report.lost, report.defaulted.total, report.converted.total),
        (0, 0, 0),
        "{report}"
    );
}

fn full() -> KitchenSink {
    KitchenSink {
        bools: (true, false),
        signed: (i8::MIN, i16::MIN, i32::MIN, i64::MIN, i128::MIN),
        unsigned: (u8::MAX, u16::MAX, u32::MAX, u64::MAX, u128::MAX),
        f32s: [
            0.0,
            -0.0,
            f32::NAN,
            f32::INFINITY,
            f32::MIN_POSITIVE / 2.0,
            f32::from_bits(0xffc0_1234),
        ]
        .map(Bits32)
        .into(),
        f64s: [
            0.1,
            -0.0,
            -f64::NAN,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::from_bits(0x7ff8_0000_dead_beef),
        ]
        .map(Bits64)
        .into(),
        chars: vec!['\0', 'ß', '\u{10ffff}'],
        texts: vec![String::new(), "\0\u{feff}ü".into(), "\u{1f600}".into()],
        blob: Blob(vec![0xff, 0xfe, 0, 0x80]),
        nested: vec![None, Some(None), Some(Some(None)), Some(Some(Some(1)))],
        newtype: Newtype(-7),
        tuple_struct: TupleStruct("t".into(), Newtype(1), ()),
        choices: vec![
            Choice::Unit,
            Choice::New(None),
            Choice::New(Some(3)),
            Choice::Tuple(1, (2, 3)),
            Choice::Fields { a: true, b: vec![Choice::Empty {}] },
            Choice::NewUnit(()),
        ],
        by_tuple: BTreeMap::from([((1, "a".into()), vec![1, 2]), ((-1, String::new()), vec![])]),
        by_choice: BTreeMap::from([(Choice::Unit, None), (Choice::New(Some(1)), Some(()))]),
        by_option: BTreeMap::from([(None, 'n'), (Some(true), 't')]),
        by_wide: BTreeMap::from([(i128::MAX, BTreeMap::from([(0, u64::MAX)]))]),
        set: BTreeSet::from([vec![], vec![0]]),
        deque: VecDeque::from([[1, 2, 3]]),
        outcome: Some(Err("no".into())),
        time: std::time::Duration::new(5, 999_999_999),
        address: Some(std::net::Ipv6Addr::LOCALHOST.into()),
        recursive: Some(Box::default()),
        ..KitchenSink::default()
    }
}

#[test]
fn m01_every_shape_survives_exactly() {
    survives(&KitchenSink::default());
    survives(&full());
    let huge = "x".repeat(if cfg!(miri) { 300 } else { 10_000_000 });
    survives(&KitchenSink { texts: vec![huge], ..full() });
}

#[test]
fn m01_states_that_are_no_struct_survive() {
    survives(&());
    survives(&7_u8);
    survives(&Some("text".to_owned()));
    survives(&(1_u8, "two".to_owned(), [3.5_f32; 3]));
    survives(&Newtype(4));
    survives(&TupleStruct("t".into(), Newtype(1), ()));
    survives(&Choice::Fields { a: true, b: vec![Choice::Unit] });
    survives(&vec![Choice::Unit, Choice::Tuple(1, (2, 3))]);
    survives(&BTreeMap::from([(1_u8, 'a')]));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn numbers_survive_exactly(
        signed in any::<(i8, i16, i32, i64, i128)>(),
        unsigned in any::<(u8, u16, u32, u64, u128)>(),
        f32s in prop::collection::vec(any::<u32>(), 0..5),
        f64s in prop::collection::vec(any::<u64>(), 0..5),
        texts in prop::collection::vec(any::<String>(), 0..5),
        blob in any::<Vec<u8>>(),
    ) {
        let f32s = f32s.into_iter().map(|bits| Bits32(f32::from_bits(bits))).collect();
        let f64s = f64s.into_iter().map(|bits| Bits64(f64::from_bits(bits))).collect();
        let blob = Blob(blob);
        survives(&KitchenSink { signed, unsigned, f32s, f64s, texts, blob, ..KitchenSink::default() });
    }

    /// Whatever the old state was, there is a new one, and the second restore changes nothing.
    #[test]
    fn any_tree_restores_to_something(tree in any_tree()) {
        let value = restore::<KitchenSink>(&tree).value;
        let again = restore::<KitchenSink>(&capture(&value).expect("captured"));
        prop_assert_eq!(&again.value, &value);
        prop_assert_eq!(again.report.lost, 0);
    }

    #[test]
    fn any_tree_in_a_field_leaves_the_others_alone(tree in any_tree(), at in 0_usize..24) {
        let Tree::Struct(mut fields) = capture(&full()).expect("captured") else { panic!("a struct") };
        fields[at].1 = tree;
        let name = fields[at].0.clone();
        let restored = restore::<KitchenSink>(&Tree::Struct(fields.clone()));
        let Tree::Struct(after) = capture(&restored.value).expect("captured") else { panic!("a struct") };
        for (before, after) in fields.iter().zip(&after).filter(|(before, _)| before.0 != name) {
            prop_assert_eq!(before, after, "{}", restored.report);
        }
    }
}
