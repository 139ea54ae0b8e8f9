//! A state with every shape that serde knows.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Sample {
    flag: bool,
    small: i8,
    large: u128,
    negative: i128,
    single: f32,
    double: f64,
    letter: char,
    text: String,
    bytes: Bytes,
    nothing: (),
    units: Vec<()>,
    list: Vec<u16>,
    tuple: (u8, Option<i64>),
    array: [u32; 3],
    map: BTreeMap<String, Vec<Shape>>,
    numbers: BTreeMap<i32, f32>,
    shape: Shape,
    inner: Option<Box<Sample>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
enum Shape {
    #[default]
    Empty,
    Wrapped(String),
    Pair(u8, Box<Shape>),
    Named {
        width: f32,
        parts: Vec<Shape>,
    },
}

/// Bytes that serialise as bytes.
#[derive(Clone, Debug, Default)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

/// One with something in every part.
#[cfg(test)]
pub(super) fn full() -> Sample {
    let parts = vec![Shape::Wrapped("a".into()), Shape::Pair(7, Box::default())];
    let named = Shape::Named { width: 2.5, parts };
    Sample {
        flag: true,
        small: -3,
        large: u128::MAX - 5,
        negative: -1 << 100,
        single: f32::NAN,
        double: -0.0,
        letter: '漢',
        text: "two\nlines".into(),
        bytes: Bytes(vec![0, 255, 7]),
        nothing: (),
        units: vec![(); 3],
        list: vec![1, 300, 65_535],
        tuple: (9, Some(-9)),
        array: [1, 2, 3],
        map: BTreeMap::from([("a key".into(), vec![named.clone(), Shape::Empty])]),
        numbers: BTreeMap::from([(-1, 0.5), (70_000, 1.0)]),
        shape: named,
        inner: Some(Box::new(Sample { text: "inner".into(), ..Sample::default() })),
    }
}
