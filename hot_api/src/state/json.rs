//! A tree as JSON, for people and for tests.
//!
//! Owns: one readable rendering. Never: is read back; JSON cannot tell all of a tree's kinds apart.

use super::int::Int;
use super::tree::Tree;
use serde_json::{Map, Value};
use std::fmt::Write as _;

impl Tree {
    /// Renders the tree as JSON. Structs and maps with texts as keys become objects, other maps
    /// lists of pairs, variants `"Name"` or `{"Name": …}`. What JSON has no number for becomes a
    /// text: `"NaN"`, `"inf"`, integers past 64 bits. Bytes become hexadecimal, fields that were
    /// skipped are left out.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Unit | Self::Skipped | Self::None => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(int) => int_to_json(*int),
            // Through its shortest text, so that 0.1f32 reads 0.1 and not 0.10000000149011612.
            Self::F32(bits) => {
                let text = f32::from_bits(*bits).to_string();
                text.parse().map_or(Value::Null, |value: f64| float_to_json(value))
            }
            Self::F64(bits) => float_to_json(f64::from_bits(*bits)),
            Self::Char(value) => Value::String(value.to_string()),
            Self::String(text) => Value::String(text.clone()),
            Self::Bytes(bytes) => Value::String(hex(bytes)),
            Self::Some(inner) => inner.to_json(),
            Self::Seq(items) | Self::Tuple(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(pairs) => map_to_json(pairs),
            Self::Struct(fields) => {
                let stored = fields.iter().filter(|(_, value)| *value != Self::Skipped);
                stored.map(|(name, value)| (name.to_string(), value.to_json())).collect()
            }
            Self::Variant(name, None) => Value::String(name.to_string()),
            Self::Variant(name, Some(body)) => {
                Value::Object(Map::from_iter([(name.to_string(), body.to_json())]))
            }
        }
    }
}

impl Tree {
    /// How a path shows this tree as a key of a map.
    pub(super) fn to_key_text(&self) -> String {
        self.to_json().to_string()
    }
}

fn int_to_json(int: Int) -> Value {
    if let Some(value) = int.to::<u64>() {
        value.into()
    } else if let Some(value) = int.to::<i64>() {
        value.into()
    } else {
        Value::String(int.to_string())
    }
}

fn float_to_json(value: f64) -> Value {
    if value.is_finite() { value.into() } else { Value::String(value.to_string()) }
}

fn map_to_json(pairs: &[(Tree, Tree)]) -> Value {
    let named: Option<Map<String, Value>> = pairs
        .iter()
        .map(|(key, value)| Some((key.as_str()?.to_owned(), value.to_json())))
        .collect();
    named.map_or_else(
        || pairs.iter().map(|(key, value)| vec![key.to_json(), value.to_json()]).collect(),
        Value::Object,
    )
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 + bytes.len() * 2);
    text.push_str("0x");
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
    }
    text
}
