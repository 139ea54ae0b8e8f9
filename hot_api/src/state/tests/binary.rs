//! The binary codec: exact where it works, and an error wherever it could be misread.

use super::config;
use crate::state::schema::Schema;
use crate::state::{BinaryError, capture, from_binary, restore, to_binary};
use proptest::prelude::*;
use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Everything {
    unit: (),
    flag: bool,
    small: (i8, i16, i32, i64, i128),
    large: (u8, u16, u32, u64, u128),
    letter: char,
    text: String,
    maybe: Option<Option<u16>>,
    list: Vec<Shape>,
    map: BTreeMap<(u8, String), Vec<u8>>,
    tree: Shape,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Shape {
    #[default]
    Nothing,
    Named(String),
    Pair(u8, Box<Shape>),
    Group {
        members: Vec<Shape>,
        leader: Option<Box<Shape>>,
    },
}

fn any_shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![Just(Shape::Nothing), "\\PC{0,9}".prop_map(Shape::Named)];
    leaf.prop_recursive(4, 20, 4, |inner| {
        let members = prop::collection::vec(inner.clone(), 0..4);
        let leader = prop::option::of(inner.clone().prop_map(Box::new));
        prop_oneof![
            (any::<u8>(), inner).prop_map(|(n, shape)| Shape::Pair(n, Box::new(shape))),
            (members, leader).prop_map(|(members, leader)| Shape::Group { members, leader }),
        ]
    })
}

fn any_everything() -> impl Strategy<Value = Everything> {
    let parts = (
        any::<(bool, i8, i16, i32, i64, i128)>(),
        any::<(u8, u16, u32, u64, u128, char)>(),
        "\\PC{0,20}",
        any::<Option<Option<u16>>>(),
        prop::collection::vec(any_shape(), 0..4),
        prop::collection::btree_map(any::<(u8, String)>(), any::<Vec<u8>>(), 0..3),
        any_shape(),
    );
    parts.prop_map(
        |((flag, a, b, c, d, e), (f, g, h, i, j, letter), text, maybe, list, map, tree)| {
            let (small, large) = ((a, b, c, d, e), (f, g, h, i, j));
            Everything { unit: (), flag, small, large, letter, text, maybe, list, map, tree }
        },
    )
}

#[track_caller]
fn schema<T: DeserializeOwned>() -> Schema {
    Schema::of::<T>().unwrap_or_else(|error| panic!("{error}"))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn m01_values_survive_exactly(value in any_everything()) {
        let schema = schema::<Everything>();
        let bytes = to_binary(&value, &schema).expect("it follows its schema");
        let (back, values) = from_binary::<Everything>(&bytes, &schema).expect("it can be read");
        prop_assert_eq!(&back, &value);
        let tree = capture(&value).expect("it can be captured");
        prop_assert_eq!(&capture(&back).expect("so can what was read"), &tree);
        let by_name = restore::<Everything>(&tree).report.kept;
        prop_assert_eq!(values, by_name, "what is said to be kept does not depend on the codec");
    }

    #[test]
    fn m11_truncated_bytes_are_an_error(value in any_everything(), cut in any::<prop::sample::Index>()) {
        let schema = schema::<Everything>();
        let bytes = to_binary(&value, &schema).expect("it follows its schema");
        let cut = cut.index(bytes.len());
        prop_assert!(from_binary::<Everything>(&bytes[..cut], &schema).is_err());
    }

    #[test]
    fn m11_arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        // Behind the envelope's checksum nobody sees such; still they are an error or a value.
        let _either = from_binary::<Everything>(&bytes, &schema::<Everything>());
    }
}

#[test]
fn floats_keep_every_bit() {
    let value = (f32::from_bits(0x7fc0_1234), f64::NEG_INFINITY, -0.0_f64);
    let schema = schema::<(f32, f64, f64)>();
    let bytes = to_binary(&value, &schema).expect("written");
    let (back, values) = from_binary::<(f32, f64, f64)>(&bytes, &schema).expect("read");
    assert_eq!(values, 3);
    assert_eq!(
        (back.0.to_bits(), back.1.to_bits(), back.2.to_bits()),
        (value.0.to_bits(), value.1.to_bits(), value.2.to_bits())
    );
}

/// Expects that a value is not written, with a reason.
#[track_caller]
fn unwritten<T: Serialize + DeserializeOwned>(value: &T, reason: &str) {
    let error = to_binary(value, &schema::<T>()).expect_err("it does not follow its schema");
    assert!(matches!(error, BinaryError::Write(_)), "{error}");
    assert!(error.to_string().contains(reason), "{error}");
}

/// Expects that a value is written and then not read.
#[track_caller]
fn unread<T: Serialize + DeserializeOwned + std::fmt::Debug>(value: &T, reason: &str) {
    let schema = schema::<T>();
    let bytes = to_binary(value, &schema).expect("it is written as its schema says");
    let error = from_binary::<T>(&bytes, &schema).expect_err("it must not be read");
    assert!(error.to_string().contains(reason), "{error}");
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Skips {
    #[serde(default, skip_serializing_if = "is_zero")]
    a: u8,
    b: u8,
}

fn is_zero(value: &u8) -> bool {
    *value == 0
}

#[derive(Serialize, Deserialize)]
struct TwoNames {
    #[serde(rename(serialize = "written"))]
    read: u8,
}

#[derive(Serialize, Deserialize)]
#[expect(dead_code, reason = "one field is only read")]
struct OnlyRead {
    #[serde(skip_serializing, default)]
    a: u8,
    b: u8,
}

#[derive(Serialize, Deserialize)]
#[expect(dead_code, reason = "one variant is only written")]
enum Hidden {
    #[serde(skip_deserializing)]
    A,
    B(u8),
    C(u8),
}

/// Written as a number, read as a pair of them.
#[derive(Debug)]
struct Asymmetric;

impl Serialize for Asymmetric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(7)
    }
}

impl<'de> Deserialize<'de> for Asymmetric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <(u8, u8)>::deserialize(deserializer).map(|_| Self)
    }
}

/// Announces two elements and writes one; or one and writes two.
#[derive(Debug)]
struct Miscounts(usize);

impl Serialize for Miscounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0))?;
        (0..3 - self.0).try_for_each(|_| list.serialize_element(&7_u8))?;
        list.end()
    }
}

impl<'de> Deserialize<'de> for Miscounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<u8>::deserialize(deserializer).map(|list| Self(list.len()))
    }
}

/// Writes its fields in an order of its own.
struct Disordered;

impl Serialize for Disordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Disordered", 2)?;
        fields.serialize_field("b", &1_u8)?;
        fields.serialize_field("a", &2_u8)?;
        fields.end()
    }
}

impl<'de> Deserialize<'de> for Disordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[expect(dead_code, reason = "only read")]
        struct Fields {
            a: u8,
            b: u8,
        }
        Fields::deserialize(deserializer).map(|_| Self)
    }
}

#[test]
fn m12_whatever_is_written_otherwise_than_read_is_not_written() {
    assert!(to_binary(&Skips { a: 1, b: 2 }, &schema::<Skips>()).is_ok(), "nothing is skipped");
    unwritten(&Skips { a: 0, b: 2 }, "other fields");
    unwritten(&TwoNames { read: 1 }, "out of its order");
    unwritten(&OnlyRead { a: 1, b: 2 }, "other fields");
    unwritten(&Hidden::B(1), "variant 1 B");
    unwritten(&Asymmetric, "U32 instead of tuple");
    unwritten(&Miscounts(1), "announced");
    unwritten(&Miscounts(2), "announced");
    unwritten(&Disordered, "out of its order");
    unwritten(&vec![Hidden::C(1)], "variant 2 C");
}

/// What it reads next depends on what it has read.
#[derive(Debug)]
struct Fickle(u8);

impl Serialize for Fickle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0, 7_u32).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fickle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> Visitor<'de> for Pair {
            type Value = Fickle;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a pair")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Fickle, A::Error> {
                let first = parts.next_element::<u8>()?.unwrap_or_default();
                match first {
                    // As while tracing.
                    0 | 1 => drop(parts.next_element::<u32>()?),
                    2 => drop(parts.next_element::<String>()?),
                    _ => {}
                }
                Ok(Fickle(first))
            }
        }
        deserializer.deserialize_tuple(2, Pair)
    }
}

#[test]
fn m12_whatever_is_read_otherwise_than_written_is_not_read() {
    let schema = schema::<Fickle>();
    let bytes = to_binary(&Fickle(1), &schema).expect("written");
    assert!(from_binary::<Fickle>(&bytes, &schema).is_ok(), "this one reads what was written");
    unread(&Fickle(2), "String instead of u32");
    unread(&Fickle(3), "not all parts were read");
    unread(&vec![Fickle(3), Fickle(1)], "not all parts were read");
}

#[test]
fn bytes_behind_the_value_are_an_error() {
    let schema = schema::<u8>();
    let mut bytes = to_binary(&7_u8, &schema).expect("written");
    bytes.extend([1, 2]);
    assert_eq!(from_binary::<u8>(&bytes, &schema), Err(BinaryError::Left { left: 2 }));
}
