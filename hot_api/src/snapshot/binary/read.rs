//! A `Deserializer` that holds every request against the schema and passes it on.

use super::spot::Spot;
use crate::snapshot::schema::Format;
use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use std::fmt;
use std::marker::PhantomData;

/// What is to be read at a spot.
pub(super) struct Checked<'f, S> {
    pub(super) seed: S,
    pub(super) spot: Spot<'f>,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Checked<'_, S> {
    type Value = S::Value;
    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.seed.deserialize(Check { inner, spot: self.spot.resolved() })
    }
}

struct Check<'f, D> {
    inner: D,
    spot: Spot<'f>,
}

impl<'de, 'f, D: Deserializer<'de>> Check<'f, D> {
    fn expect(&self, is_right: bool, found: &str) -> Result<(), D::Error> {
        if is_right { Ok(()) } else { Err(D::Error::custom(self.spot.mismatch(found))) }
    }
}

macro_rules! simple {
    ($($method:ident $format:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.expect(*self.spot.format == Format::$format, stringify!($format))?;
            self.spot.count();
            self.inner.$method(visitor)
        }
    )*};
}

macro_rules! never {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, D::Error> {
            Err(D::Error::custom(self.spot.mismatch("whatever there is")))
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Check<'_, D> {
    type Error = D::Error;

    simple! {
        deserialize_bool Bool deserialize_char Char
        deserialize_i8 I8 deserialize_i16 I16 deserialize_i32 I32 deserialize_i64 I64
        deserialize_i128 I128
        deserialize_u8 U8 deserialize_u16 U16 deserialize_u32 U32 deserialize_u64 U64
        deserialize_u128 U128
        deserialize_f32 F32 deserialize_f64 F64
        deserialize_str String deserialize_string String
        deserialize_bytes Bytes deserialize_byte_buf Bytes
        deserialize_unit Unit
    }
    never! { deserialize_any deserialize_ignored_any deserialize_identifier }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.expect(*self.spot.format == Format::Unit, "a unit")?;
        self.inner.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_newtype_struct(name, Parts { visitor, spot: self.spot })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.expect(matches!(self.spot.format, Format::Option(_)), "an option")?;
        self.inner.deserialize_option(Parts { visitor, spot: self.spot })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.expect(matches!(self.spot.format, Format::List(_)), "a list")?;
        self.inner.deserialize_seq(Parts { visitor, spot: self.spot })
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.expect(is_tuple(self.spot, count), "a tuple of another length")?;
        self.inner.deserialize_tuple(count, Parts { visitor, spot: self.spot })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.expect(is_tuple(self.spot, count), "a tuple of another length")?;
        self.inner.deserialize_tuple_struct(name, count, Parts { visitor, spot: self.spot })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.expect(matches!(self.spot.format, Format::Map(_)), "a map")?;
        self.inner.deserialize_map(Parts { visitor, spot: self.spot })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.expect(has_fields(self.spot, fields), "a struct of other fields")?;
        self.inner.deserialize_struct(name, fields, Parts { visitor, spot: self.spot })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let is_right = self.spot.variants().is_some_and(|known| {
            known.iter().map(|variant| variant.name.as_str()).eq(variants.iter().copied())
        });
        self.expect(is_right, "an enum of other variants")?;
        self.inner.deserialize_enum(name, variants, Parts { visitor, spot: self.spot })
    }
}

fn is_tuple(spot: Spot<'_>, count: usize) -> bool {
    matches!(spot.format, Format::Tuple(parts) if parts.len() == count)
}

fn has_fields(spot: Spot<'_>, names: &[&str]) -> bool {
    spot.fields().is_some_and(|fields| {
        fields.iter().map(|(name, _)| name.as_str()).eq(names.iter().copied())
    })
}

/// Passes the parts of a container on, each at its spot.
struct Parts<'f, V> {
    visitor: V,
    spot: Spot<'f>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Parts<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.spot.count();
        self.visitor.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let Format::Option(format) = self.spot.format else {
            return Err(D::Error::custom(self.spot.mismatch("an option")));
        };
        let spot = self.spot.part(format).resolved();
        self.visitor.visit_some(Check { inner, spot })
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Check { inner, spot: self.spot })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut inner: A) -> Result<V::Value, A::Error> {
        let access = Elements { inner: &mut inner, spot: self.spot, done: 0 };
        let value = self.visitor.visit_seq(access)?;
        all_read(inner.size_hint())?;
        Ok(value)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut inner: A) -> Result<V::Value, A::Error> {
        let mut owes_value = false;
        let access = Entries { inner: &mut inner, spot: self.spot, owes_value: &mut owes_value };
        let value = self.visitor.visit_map(access)?;
        if owes_value {
            return Err(A::Error::custom("a value of a map was not read"));
        }
        all_read(inner.size_hint())?;
        Ok(value)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(Chosen { inner, spot: self.spot })
    }
}

/// Whoever leaves parts unread leaves them to the next one.
fn all_read<E: Error>(left: Option<usize>) -> Result<(), E> {
    match left {
        Some(0) => Ok(()),
        left => Err(E::custom(format!("not all parts were read, {left:?} are left"))),
    }
}

struct Elements<'f, 'a, A> {
    inner: &'a mut A,
    spot: Spot<'f>,
    done: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Elements<'_, '_, A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, A::Error> {
        let around = self.spot.enter();
        let spot = match self.spot.format {
            Format::List(item) => Some(self.spot.part(item)),
            Format::Tuple(parts) => parts.get(self.done).map(|part| self.spot.part(part)),
            Format::Struct(fields) => fields.get(self.done).map(|(_, field)| around.part(field)),
            _ => None,
        };
        let Some(spot) = spot else { return Ok(None) };
        self.done += 1;
        self.inner.next_element_seed(Checked { seed, spot })
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

struct Entries<'f, 'a, A> {
    inner: &'a mut A,
    spot: Spot<'f>,
    owes_value: &'a mut bool,
}

impl<'f, 'de, A: MapAccess<'de>> Entries<'f, '_, A> {
    fn pair(&self) -> Result<&'f (Format, Format), A::Error> {
        match self.spot.format {
            Format::Map(pair) => Ok(pair),
            _ => Err(A::Error::custom(self.spot.mismatch("a map"))),
        }
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<'_, '_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        if *self.owes_value {
            return Err(A::Error::custom("a value of a map was not read"));
        }
        let spot = self.spot.part(&self.pair()?.0);
        let key = self.inner.next_key_seed(Checked { seed, spot })?;
        *self.owes_value = key.is_some();
        Ok(key)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        if !std::mem::take(self.owes_value) {
            return Err(A::Error::custom("a value of a map without its key"));
        }
        let spot = self.spot.part(&self.pair()?.1);
        self.inner.next_value_seed(Checked { seed, spot })
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

struct Chosen<'f, A> {
    inner: A,
    spot: Spot<'f>,
}

impl<'de, 'f, A: EnumAccess<'de>> EnumAccess<'de> for Chosen<'f, A> {
    type Error = A::Error;
    type Variant = Body<'f, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (index, inner) = self.inner.variant_seed(PhantomData::<u32>)?;
        let body = self.spot.variants().and_then(|known| known.get(index as usize));
        let Some(body) = body.map(|variant| &variant.body) else {
            return Err(A::Error::custom(format!("there is no variant {index}")));
        };
        let index: U32Deserializer<A::Error> = index.into_deserializer();
        let name = seed.deserialize(index)?;
        Ok((name, Body { inner, enumeration: self.spot, body }))
    }
}

struct Body<'f, A> {
    inner: A,
    /// The enum.
    enumeration: Spot<'f>,
    body: &'f Format,
}

impl<'de, A: VariantAccess<'de>> Body<'_, A> {
    fn expect(&self, is_right: bool, found: &str) -> Result<(), A::Error> {
        let spot = Spot::root(self.body);
        if is_right { Ok(()) } else { Err(A::Error::custom(spot.mismatch(found))) }
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Body<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.expect(*self.body == Format::Unit, "a variant without content")?;
        self.enumeration.count();
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        let around = self.enumeration.enter();
        let spot = around.part(self.body);
        self.inner.newtype_variant_seed(Checked { seed, spot })
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let around = self.enumeration.enter();
        let spot = around.part(self.body);
        self.expect(is_tuple(spot, count), "a tuple variant of another length")?;
        self.inner.tuple_variant(count, Parts { visitor, spot })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let around = self.enumeration.enter();
        let spot = around.part(self.body);
        self.expect(has_fields(spot, fields), "a struct variant of other fields")?;
        self.inner.struct_variant(fields, Parts { visitor, spot })
    }
}
