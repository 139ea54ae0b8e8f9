//! A serde value of any type, in memory.
//!
//! Owns: [`Tree`] and the ways to look into it. Consumes and produces: nothing but itself. Never:
//! knows the type that it was made from.
//!
//! Rust's wrapping is kept only where somebody can tell the difference. A newtype is its content
//! and a unit struct is a unit, so wrapping a field in a newtype loses nothing. Type names are left
//! out: renaming a type is no change of the state.

use super::int::Int;
use super::path::{Path, Segment};
use std::borrow::Cow;
use std::sync::Arc;

/// The name of a field or a variant of a [`Tree`]; shared, because ten thousand elements repeat it.
pub type Name = Arc<str>;

/// A lossless image of a serialised value.
///
/// ```
/// use hot_api::state::{Tree, capture};
///
/// #[derive(serde::Serialize)]
/// struct Card {
///     title: &'static str,
///     due: Option<u32>,
/// }
///
/// let tree = capture(&Card { title: "Swim", due: Some(3) })?;
/// assert_eq!(tree.field("title").and_then(Tree::as_str), Some("Swim"));
/// assert_eq!(tree.field("due"), Some(&Tree::Some(Box::new(3_u32.into()))));
/// assert_eq!(tree.kind(), "struct");
/// # Ok::<(), hot_api::state::CaptureError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// `()` or a unit struct.
    Unit,
    /// A field that its author's `skip_serializing_if` left out. Kept, because a field that was
    /// left out on purpose is not one that has been added since.
    Skipped,
    /// A truth value.
    Bool(bool),
    /// An integer with its type.
    Int(Int),
    /// An `f32` as its bits, so that a NaN stays the same NaN and equality is exact.
    F32(u32),
    /// An `f64` as its bits.
    F64(u64),
    /// A character.
    Char(char),
    /// A text.
    String(String),
    /// Bytes from a type that serialises as bytes; a plain `Vec<u8>` is a list of integers.
    Bytes(Vec<u8>),
    /// No value.
    None,
    /// An optional value that is there.
    Some(Box<Tree>),
    /// A list or a set: any number of values of one type.
    Seq(Vec<Tree>),
    /// A tuple, tuple struct or array: a fixed number of values.
    Tuple(Vec<Tree>),
    /// Keys and values in their order. Structs with flattened fields are maps too.
    Map(Vec<(Tree, Tree)>),
    /// Named fields in their order.
    Struct(Vec<(Name, Tree)>),
    /// A variant of an enum. A unit variant has no body; the body of a newtype variant is its
    /// value, of a tuple variant a [`Tree::Tuple`], of a struct variant a [`Tree::Struct`].
    Variant(Name, Option<Box<Tree>>),
}

impl Tree {
    /// How many values this tree is made of, itself included.
    #[must_use]
    pub fn node_count(&self) -> usize {
        1 + match self {
            Self::Some(inner) | Self::Variant(_, Some(inner)) => inner.node_count(),
            Self::Seq(items) | Self::Tuple(items) => items.iter().map(Self::node_count).sum(),
            Self::Map(pairs) => pairs.iter().map(|(k, v)| k.node_count() + v.node_count()).sum(),
            Self::Struct(fields) => fields.iter().map(|(_, value)| value.node_count()).sum(),
            _ => 0,
        }
    }

    /// The value at `path`. Options that hold something are looked through.
    #[must_use]
    pub fn get(&self, path: &Path) -> Option<&Self> {
        path.segments().iter().try_fold(self, |tree, segment| tree.part(segment))
    }

    fn part(&self, segment: &Segment) -> Option<&Self> {
        match (self, segment) {
            (Self::Some(inner), _) => inner.part(segment),
            (_, Segment::Field(name)) => self.field(name),
            (Self::Variant(name, Some(body)), Segment::Variant(wanted)) => {
                (**name == **wanted).then_some(body)
            }
            (Self::Seq(items), Segment::Item(index))
            | (Self::Tuple(items), Segment::Slot(index)) => items.get(*index),
            (Self::Map(pairs), Segment::Key(wanted)) => {
                pairs.iter().find(|(key, _)| key.to_key_text() == *wanted).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The field of a struct, or the value of a map under that text as its key.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Struct(fields) => fields.iter().find(|(n, _)| **n == *name).map(|(_, v)| v),
            Self::Map(pairs) => {
                pairs.iter().find(|(k, _)| k.as_str() == Some(name)).map(|(_, v)| v)
            }
            _ => None,
        }
    }

    /// [`Tree::field`], to change it.
    #[must_use]
    pub fn field_mut(&mut self, name: &str) -> Option<&mut Self> {
        match self {
            Self::Struct(fields) => fields.iter_mut().find(|(n, _)| **n == *name).map(|(_, v)| v),
            Self::Map(pairs) => {
                pairs.iter_mut().find(|(k, _)| k.as_str() == Some(name)).map(|(_, v)| v)
            }
            _ => None,
        }
    }

    /// The text, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Keeps only the named fields of a struct (not of the structs inside it); other values stay
    /// as they are. The others count as fields that were not stored, so that a migration that
    /// knows them still finds their names.
    pub fn retain_fields(&mut self, names: &[String]) {
        let wanted = |name: &str| names.iter().any(|wanted| wanted == name);
        match self {
            Self::Struct(fields) => {
                let others = fields.iter_mut().filter(|(name, _)| !wanted(name));
                others.for_each(|(_, value)| *value = Self::Skipped);
            }
            Self::Map(pairs) => pairs.retain(|(key, _)| key.as_str().is_none_or(wanted)),
            _ => {}
        }
    }

    /// What kind of value this is, for messages: `u32`, `string`, `variant Circle`.
    #[must_use]
    pub fn kind(&self) -> Cow<'static, str> {
        match self {
            Self::Unit => "unit".into(),
            Self::Skipped => "a skipped field".into(),
            Self::Bool(_) => "bool".into(),
            Self::Int(int) => int.type_name().into(),
            Self::F32(_) => "f32".into(),
            Self::F64(_) => "f64".into(),
            Self::Char(_) => "char".into(),
            Self::String(_) => "string".into(),
            Self::Bytes(_) => "bytes".into(),
            Self::None => "none".into(),
            Self::Some(_) => "option".into(),
            Self::Seq(_) => "list".into(),
            Self::Tuple(items) => format!("tuple of {}", items.len()).into(),
            Self::Map(_) => "map".into(),
            Self::Struct(_) => "struct".into(),
            Self::Variant(name, _) => format!("variant {name}").into(),
        }
    }
}

impl From<f32> for Tree {
    fn from(value: f32) -> Self {
        Self::F32(value.to_bits())
    }
}

impl From<f64> for Tree {
    fn from(value: f64) -> Self {
        Self::F64(value.to_bits())
    }
}

impl From<bool> for Tree {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Tree {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

macro_rules! from_int {
    ($($ty:ident)*) => {$(
        impl From<$ty> for Tree {
            fn from(value: $ty) -> Self {
                Self::Int(value.into())
            }
        }
    )*};
}
from_int!(i8 i16 i32 i64 i128 u8 u16 u32 u64 u128);
