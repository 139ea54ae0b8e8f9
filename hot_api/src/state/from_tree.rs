//! The serde `Deserializer` over a tree.
//!
//! Owns: what each request gets. Consumes: a [`Node`]. Produces: calls of a serde visitor. Never:
//! reads a struct by the position of its fields.
//!
//! A number converts when the wanted type holds exactly that number. This is decided by value and
//! not by type, as serde's own buffers do; else a field would convert on its own and not in a
//! flattened struct. An option is put around a value or taken off it, a list of `u8` and bytes stand
//! for each other, so do a text and the unit variant of that name.
//!
//! Zero sources answer every request with the least value of the kind asked for. They have no
//! fields to offer: serde then names each one it misses, and an author's `#[serde(default)]` wins.

use super::fields::Fields;
use super::node::{Context, Node, Source};
use super::parts::{Choice, Items};
use super::path::Trail;
use super::read_error::{ReadError, Trouble};
use super::report::Reason;
use super::tree::Tree;
use serde::de::value::SeqDeserializer;
use serde::de::{Deserialize, Deserializer, Unexpected, Visitor};
use std::marker::PhantomData;

/// Reads a value from `tree` as it stands: a value of the wrong kind or a missing field is an error.
/// Numbers and options still convert where nothing is lost.
///
/// ```
/// use hot_api::state::{capture, from_tree};
///
/// let tree = capture(&[1_u8, 2])?;
/// assert_eq!(from_tree::<Vec<u64>>(&tree).unwrap(), [1, 2]);
/// assert!(from_tree::<Vec<String>>(&tree).is_err());
/// # Ok::<(), hot_api::state::CaptureError>(())
/// ```
///
/// # Errors
/// With the path of the value that is not as `T` wants it.
pub fn from_tree<'de, T: Deserialize<'de>>(tree: &'de Tree) -> Result<T, ReadError> {
    Node::root(tree, None, &Trail::root(), &Context::new(None, false)).read(PhantomData)
}

macro_rules! integers {
    ($($method:ident $ty:ident $visit:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            let node = self.peel();
            let expected = match node.tree() {
                None => return visitor.$visit(0),
                Some(Tree::Int(int)) => match int.to::<$ty>() {
                    Some(value) => {
                        node.keep_as(stringify!($ty));
                        return visitor.$visit(value);
                    }
                    None => concat!("a number that fits ", stringify!($ty)),
                },
                Some(_) => stringify!($ty),
            };
            node.instead_of(expected)?.$method(visitor)
        }
    )*};
}

macro_rules! same {
    ($($method:ident $as:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            self.$as(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Node<'de, '_> {
    type Error = ReadError;

    integers! {
        deserialize_i8 i8 visit_i8 deserialize_i16 i16 visit_i16 deserialize_i32 i32 visit_i32
        deserialize_i64 i64 visit_i64 deserialize_i128 i128 visit_i128
        deserialize_u8 u8 visit_u8 deserialize_u16 u16 visit_u16 deserialize_u32 u32 visit_u32
        deserialize_u64 u64 visit_u64 deserialize_u128 u128 visit_u128
    }
    same! {
        deserialize_string deserialize_str
        deserialize_byte_buf deserialize_bytes
    }

    fn is_human_readable(&self) -> bool {
        true
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let Some(tree) = self.tree() else { return self.guess(visitor) };
        match tree {
            Tree::Unit | Tree::Skipped => self.deserialize_unit(visitor),
            Tree::Bool(_) => self.deserialize_bool(visitor),
            Tree::Int(int) => {
                self.keep();
                // In as few bits as hold it: serde's buffers know no 128-bit integers.
                match (int.to(), int.to(), int.to(), int.to()) {
                    (Some(value), ..) => visitor.visit_u64(value),
                    (_, Some(value), ..) => visitor.visit_i64(value),
                    (_, _, Some(value), _) => visitor.visit_u128(value),
                    (_, _, _, Some(value)) => visitor.visit_i128(value),
                    _ => unreachable!("u128 and i128 together hold every integer"),
                }
            }
            Tree::F32(_) => self.deserialize_f32(visitor),
            Tree::F64(_) => self.deserialize_f64(visitor),
            Tree::Char(_) => self.deserialize_char(visitor),
            Tree::String(_) => self.deserialize_str(visitor),
            Tree::Bytes(_) => self.deserialize_bytes(visitor),
            Tree::None | Tree::Some(_) => self.deserialize_option(visitor),
            Tree::Seq(items) | Tree::Tuple(items) => visitor.visit_seq(Items::new(self, items)),
            Tree::Map(_) | Tree::Struct(_) => visitor.visit_map(Fields::new(self, false)),
            // The buffers know no enums either, and expect the form that JSON gives them.
            Tree::Variant(name, None) => {
                self.keep();
                visitor.visit_borrowed_str(name)
            }
            Tree::Variant(_, Some(_)) => visitor.visit_map(Fields::new(self, false)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let node = self.peel();
        match node.tree() {
            None => visitor.visit_bool(false),
            Some(Tree::Bool(value)) => {
                node.keep_as("bool");
                visitor.visit_bool(*value)
            }
            Some(_) => node.instead_of("bool")?.deserialize_bool(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let node = self.peel();
        let value = match node.tree() {
            None => Some(0.0),
            Some(Tree::F32(bits)) => Some(f32::from_bits(*bits)),
            Some(Tree::F64(bits)) => narrowed(f64::from_bits(*bits)),
            Some(Tree::Int(int)) => int.to_f32(),
            Some(_) => None,
        };
        let Some(value) = value else { return node.instead_of("f32")?.deserialize_f32(visitor) };
        node.keep_as("f32");
        visitor.visit_f32(value)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let node = self.peel();
        let value = match node.tree() {
            None => Some(0.0),
            Some(Tree::F32(bits)) => Some(f32::from_bits(*bits).into()),
            Some(Tree::F64(bits)) => Some(f64::from_bits(*bits)),
            Some(Tree::Int(int)) => int.to_f64(),
            Some(_) => None,
        };
        let Some(value) = value else { return node.instead_of("f64")?.deserialize_f64(visitor) };
        node.keep_as("f64");
        visitor.visit_f64(value)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let node = self.peel();
        match node.tree() {
            None => visitor.visit_char('\0'),
            Some(Tree::Char(value)) => {
                node.keep_as("char");
                visitor.visit_char(*value)
            }
            Some(_) => node.instead_of("char")?.deserialize_char(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let node = self.peel();
        match node.tree() {
            None => visitor.visit_str(""),
            Some(Tree::String(text)) => {
                node.keep_as("string");
                visitor.visit_borrowed_str(text)
            }
            Some(Tree::Variant(name, None)) => {
                node.keep_as("string");
                visitor.visit_borrowed_str(name)
            }
            Some(Tree::Char(value)) => {
                node.keep_as("string");
                visitor.visit_char(*value)
            }
            Some(_) => node.instead_of("string")?.deserialize_str(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let node = self.peel();
        match node.tree() {
            None => visitor.visit_bytes(&[]),
            Some(Tree::Bytes(bytes)) => {
                node.keep_as("bytes");
                visitor.visit_borrowed_bytes(bytes)
            }
            Some(Tree::Seq(items)) => {
                node.convert(Some("bytes"));
                visitor.visit_seq(Items::new(node, items))
            }
            Some(_) => node.instead_of("bytes")?.deserialize_bytes(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.tree() {
            None => visitor.visit_none(),
            Some(Tree::None) => {
                self.keep();
                visitor.visit_none()
            }
            Some(Tree::Some(inner)) => self.content(inner).run(|node| visitor.visit_some(node)),
            Some(tree) => match self.plan.and_then(|plan| plan.not_option.as_deref()) {
                Some(inside) => {
                    self.instead_of(&format!("option of {inside}"))?.deserialize_option(visitor)
                }
                None => {
                    let content = self.as_content();
                    let value = visitor.visit_some(content).map_err(ReadError::or_not_option)?;
                    self.convert(Some(&format!("option of {}", tree.kind())));
                    Ok(value)
                }
            },
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let node = self.peel();
        match node.tree() {
            None | Some(Tree::Unit | Tree::Skipped) => {
                node.open();
                visitor.visit_unit()
            }
            Some(_) => node.instead_of("unit")?.deserialize_unit(visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _type: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _type: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let node = self.peel();
        match node.tree() {
            None => visitor.visit_seq(Items::zeros(node, 0)),
            Some(Tree::Seq(items) | Tree::Tuple(items)) => {
                node.open();
                visitor.visit_seq(Items::new(node, items))
            }
            Some(Tree::Bytes(bytes)) => {
                node.keep_as("list");
                visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied()))
            }
            Some(_) => node.instead_of("list")?.deserialize_seq(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let node = self.peel();
        match node.tree() {
            None => visitor.visit_seq(Items::zeros(node, count)),
            Some(Tree::Seq(items) | Tree::Tuple(items)) if items.len() == count => {
                node.open();
                visitor.visit_seq(Items::new(node, items))
            }
            Some(_) => {
                node.instead_of(&format!("tuple of {count}"))?.deserialize_tuple(count, visitor)
            }
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _type: &'static str,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_tuple(count, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let node = self.peel();
        match node.tree() {
            None => visitor.visit_map(Fields::new(node, false)),
            Some(Tree::Map(_) | Tree::Struct(_)) => {
                node.open();
                visitor.visit_map(Fields::new(node, false))
            }
            Some(_) => node.instead_of("map")?.deserialize_map(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let node = self.peel();
        match node.tree() {
            None => visitor.visit_map(Fields::new(node, true)),
            Some(Tree::Struct(_) | Tree::Map(_)) => {
                node.open();
                visitor.visit_map(Fields::new(node, true))
            }
            Some(_) => node
                .instead_of(&format!("struct {name}"))?
                .deserialize_struct(name, fields, visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let node = self.peel();
        let (variant, body) = match (node.tree(), variants.first()) {
            (Some(Tree::Variant(variant, body)), _) => (&**variant, body.as_deref()),
            (Some(Tree::String(text)), _) => (text.as_str(), None),
            (None, Some(first)) => (*first, None),
            (None, None) => return Err(Trouble::Custom(format!("{name} has no variant")).into()),
            (Some(_), _) => {
                let node = node.instead_of(&format!("enum {name}"))?;
                return node.deserialize_enum(name, variants, visitor);
            }
        };
        let unknown =
            node.plan.is_some_and(|plan| plan.unknown_variants.iter().any(|u| u == variant));
        if unknown && node.can_default() {
            node.note_default(node.trail, Reason::UnknownVariant(variant.to_owned()));
            return node.on_default().deserialize_enum(name, variants, visitor);
        }
        match node.tree() {
            Some(Tree::String(_)) => node.keep_as("variant"),
            _ => node.keep(),
        }
        visitor.visit_enum(Choice { node, variant, body })
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.cx.identifier.set(true);
        match self.tree() {
            Some(Tree::String(text)) => visitor.visit_borrowed_str(text),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.note_drop(self.trail, Reason::Removed);
        visitor.visit_unit()
    }
}

/// The same number as an `f32`, if that is exact.
fn narrowed(value: f64) -> Option<f32> {
    let narrow = value as f32;
    (f64::from(narrow).to_bits() == value.to_bits()).then_some(narrow)
}

impl<'de> Node<'de, '_> {
    /// The zero of a kind that is not known. Most types take the number; where not, serde's error
    /// makes [`super::repairs`] come back with the next guess.
    fn guess<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let Source::Zero(Some(fill)) = self.source else { return visitor.visit_unit() };
        match fill.guess() {
            Unexpected::Unsigned(zero) => visitor.visit_u64(zero),
            Unexpected::Str(empty) => visitor.visit_str(empty),
            Unexpected::Bool(no) => visitor.visit_bool(no),
            Unexpected::Seq => visitor.visit_seq(Items::zeros(self, 0)),
            Unexpected::Map => visitor.visit_map(Fields::new(self, false)),
            _ => visitor.visit_unit(),
        }
    }
}
