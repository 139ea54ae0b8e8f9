//! The structure of a type as a tree.
//!
//! Owns: [`Format`] and its one-line form, which decides the fingerprint. Never: names of types.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The structure of one value.
///
/// ```
/// use hot_api::state::schema::{Format, Schema};
///
/// let schema = Schema::of::<Option<(u8, String)>>()?;
/// let pair = Format::Tuple(vec![Format::U8, Format::String]);
/// assert_eq!(schema.root(), &Format::Option(Box::new(pair)));
/// assert_eq!(schema.root().to_string(), "Option<(u8, string)>");
/// # Ok::<(), hot_api::state::schema::Untraceable>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the simple ones are the types they are named after")]
pub enum Format {
    /// Not looked at. No finished schema has it.
    #[default]
    Unseen,
    Unit,
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
    Char,
    String,
    Bytes,
    /// A value or none.
    Option(Box<Self>),
    /// Any number of values.
    List(Box<Self>),
    /// Keys and values.
    Map(Box<(Self, Self)>),
    /// A fixed number of values: tuples, tuple structs, arrays.
    Tuple(Vec<Self>),
    /// Fields in the order in which they are written.
    Struct(Vec<(String, Self)>),
    /// Variants in the order of their numbers.
    Enum(Vec<Variant>),
    /// The struct or enum that many levels further out; 0 is the nearest one.
    Outer(usize),
}

/// One variant of an enum; a part of a [`Format`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// [`Format::Unit`] when it has no content; a tuple or a struct when it has several parts.
    pub body: Format,
}

impl Format {
    /// Whether every part has been looked at.
    pub(super) fn is_complete(&self) -> bool {
        match self {
            Self::Unseen => false,
            Self::Option(inner) | Self::List(inner) => inner.is_complete(),
            Self::Map(pair) => pair.0.is_complete() && pair.1.is_complete(),
            Self::Tuple(parts) => parts.iter().all(Self::is_complete),
            Self::Struct(fields) => fields.iter().all(|(_, field)| field.is_complete()),
            Self::Enum(variants) => variants.iter().all(|variant| variant.body.is_complete()),
            _ => true,
        }
    }

    /// What it is, without its parts.
    pub(in crate::state) fn kind(&self) -> &'static str {
        match self {
            Self::Unseen => "unseen",
            Self::Unit => "unit",
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::I128 => "i128",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::U128 => "u128",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Option(_) => "option",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Tuple(_) => "tuple",
            Self::Struct(_) => "struct",
            Self::Enum(_) => "enum",
            Self::Outer(_) => "recursive",
        }
    }
}

impl fmt::Display for Format {
    /// One line, and a different one for every different structure: names go through `Debug`, so
    /// that none can look like punctuation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(inner) => write!(f, "Option<{inner}>"),
            Self::List(inner) => write!(f, "list<{inner}>"),
            Self::Map(pair) => write!(f, "map<{}, {}>", pair.0, pair.1),
            Self::Tuple(parts) => {
                let parts: Vec<String> = parts.iter().map(Self::to_string).collect();
                write!(f, "({})", parts.join(", "))
            }
            Self::Struct(fields) => {
                let fields = fields.iter().map(|(name, field)| format!("{}: {field}", Word(name)));
                write!(f, "{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
            Self::Enum(variants) => {
                let variants = variants.iter().map(|Variant { name, body }| match body {
                    Self::Unit => Word(name).to_string(),
                    body => format!("{} {body}", Word(name)),
                });
                write!(f, "enum {{{}}}", variants.collect::<Vec<_>>().join(" | "))
            }
            Self::Outer(levels) => write!(f, "outer {levels}"),
            simple => f.write_str(simple.kind()),
        }
    }
}

/// A name, in quotes where it is none of Rust's.
struct Word<'a>(&'a str);

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |c: char| c.is_alphanumeric() || c == '_';
        if !self.0.is_empty() && self.0.chars().all(is_plain) {
            f.write_str(self.0)
        } else {
            write!(f, "{:?}", self.0)
        }
    }
}
