//! A `Deserializer` that holds every request against the schema and reads with bincode.
//!
//! As little of it is generic as of the writer, and for the same reason. What is marked `inline` is
//! called from here alone, and spread over several units of this crate's own.

use super::cursor::{Cursor, Parts};
use super::{Config, Mismatch, config};
use crate::state::schema::Format;
use bincode::de::{BorrowDecode, BorrowDecoder, DecoderImpl};
use bincode::error::DecodeError;
use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

/// What has not been read.
struct Rest<'de>(&'de [u8]);

impl bincode::de::read::Reader for Rest<'_> {
    #[inline]
    fn read(&mut self, bytes: &mut [u8]) -> Result<(), DecodeError> {
        let count = bytes.len();
        bytes.copy_from_slice(bincode::de::read::BorrowReader::take_bytes(self, count)?);
        Ok(())
    }
}

impl<'de> bincode::de::read::BorrowReader<'de> for Rest<'de> {
    #[inline]
    fn take_bytes(&mut self, length: usize) -> Result<&'de [u8], DecodeError> {
        let missing = length.saturating_sub(self.0.len());
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(DecodeError::UnexpectedEnd { additional: missing })?;
        self.0 = rest;
        Ok(taken)
    }
}

pub(super) struct Reader<'de, 'f> {
    decoder: DecoderImpl<Rest<'de>, Config, ()>,
    at: Cursor<'f>,
    /// Numbers, texts and variants read so far; see [`super::from_binary`].
    values: u64,
    /// How many maps' keys this is inside of. Keys are no values.
    keys: usize,
}

impl<'de, 'f> Reader<'de, 'f> {
    pub(super) fn new(bytes: &'de [u8], root: &'f Format) -> Self {
        let decoder = DecoderImpl::new(Rest(bytes), config(), ());
        Self { decoder, at: Cursor::new(root), values: 0, keys: 0 }
    }

    pub(super) fn values(&self) -> u64 {
        self.values
    }

    /// How many bytes have not been read.
    pub(super) fn left(&mut self) -> usize {
        self.decoder.borrow_reader().0.len()
    }

    #[inline]
    fn get<T: BorrowDecode<'de, ()>>(&mut self) -> Result<T, Mismatch> {
        T::borrow_decode(&mut self.decoder).map_err(|error| Mismatch::new(error.to_string()))
    }

    #[inline]
    fn count_value(&mut self) {
        self.values += u64::from(self.keys == 0);
    }

    #[inline]
    fn option(&mut self) -> Result<bool, Mismatch> {
        self.at.option()?;
        match self.get::<u8>()? {
            0 => {
                self.count_value();
                Ok(false)
            }
            1 => Ok(true),
            byte => Err(Mismatch::new(format!("{byte} where an option begins"))),
        }
    }

    fn list(&mut self) -> Result<(Parts<'f>, usize), Mismatch> {
        let count = self.get()?;
        Ok((self.at.list(count)?, count))
    }

    fn map(&mut self) -> Result<(Parts<'f>, usize), Mismatch> {
        let count = self.get()?;
        let parts = self.at.map(count)?;
        let parts_count = count.checked_mul(2);
        Ok((parts, parts_count.ok_or_else(|| Mismatch::new(format!("a map of {count} entries")))?))
    }

    fn enumeration(&mut self, names: &[&str]) -> Result<(), Mismatch> {
        let known = self.at.variants()?.iter().map(|variant| variant.name.as_str());
        if !known.eq(names.iter().copied()) {
            return Err(self.at.mismatch("an enum of other variants"));
        }
        self.count_value();
        Ok(())
    }
}

macro_rules! simple {
    ($($method:ident $visit:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            let value = self.$visit()?;
            visitor.$visit(value)
        }
    )*};
}

macro_rules! values {
    ($($visit:ident $format:ident $ty:ty;)*) => {
        impl<'de> Reader<'de, '_> {$(
            fn $visit(&mut self) -> Result<$ty, Mismatch> {
                self.at.simple(|next| matches!(next, Format::$format), stringify!($format))?;
                self.count_value();
                self.get()
            }
        )*}
    };
}

values! {
    visit_bool Bool bool;
    visit_char Char char;
    visit_i8 I8 i8;
    visit_i16 I16 i16;
    visit_i32 I32 i32;
    visit_i64 I64 i64;
    visit_i128 I128 i128;
    visit_u8 U8 u8;
    visit_u16 U16 u16;
    visit_u32 U32 u32;
    visit_u64 U64 u64;
    visit_u128 U128 u128;
    visit_f32 F32 f32;
    visit_f64 F64 f64;
    visit_borrowed_str String &'de str;
    visit_borrowed_bytes Bytes &'de [u8];
}

macro_rules! never {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Mismatch> {
            Err(self.at.mismatch("whatever there is"))
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de, '_> {
    type Error = Mismatch;

    simple! {
        deserialize_bool visit_bool;
        deserialize_char visit_char;
        deserialize_i8 visit_i8;
        deserialize_i16 visit_i16;
        deserialize_i32 visit_i32;
        deserialize_i64 visit_i64;
        deserialize_i128 visit_i128;
        deserialize_u8 visit_u8;
        deserialize_u16 visit_u16;
        deserialize_u32 visit_u32;
        deserialize_u64 visit_u64;
        deserialize_u128 visit_u128;
        deserialize_f32 visit_f32;
        deserialize_f64 visit_f64;
        deserialize_str visit_borrowed_str;
        deserialize_string visit_borrowed_str;
        deserialize_bytes visit_borrowed_bytes;
        deserialize_byte_buf visit_borrowed_bytes;
    }
    never! { deserialize_any deserialize_ignored_any deserialize_identifier }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        self.at.simple(|next| matches!(next, Format::Unit), "a unit")?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if self.option()? { visitor.visit_some(self) } else { visitor.visit_none() }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let (parts, count) = self.list()?;
        Compound::new(self, parts, count).read(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        let parts = self.at.tuple(count)?;
        Compound::new(self, parts, count).read(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_tuple(count, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let (parts, count) = self.map()?;
        let mut map = Compound::new(self, parts, count);
        let value = visitor.visit_map(&mut map)?;
        map.all_read()?;
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        let (mark, parts) = self.at.fields(|fields| have_names(fields, names))?;
        let value = Compound::new(self, parts, names.len()).read(visitor)?;
        self.at.leave(mark);
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.enumeration(variants)?;
        let index = self.get::<u32>()?;
        let chosen = self.at.variant(index)?;
        let mut is_read = false;
        let access = Enumeration { reader: self, index, is_read: &mut is_read };
        let value = visitor.visit_enum(access)?;
        if !is_read {
            return Err(Mismatch::new(format!("variant {} was not read", chosen.variant.name)));
        }
        self.at.leave(chosen.mark);
        Ok(value)
    }
}

fn have_names(fields: &[(String, Format)], names: &[&str]) -> bool {
    fields.iter().map(|(name, _)| name.as_str()).eq(names.iter().copied())
}

/// A container whose parts are read one by one.
struct Compound<'r, 'de, 'f> {
    reader: &'r mut Reader<'de, 'f>,
    parts: Parts<'f>,
    done: usize,
    count: usize,
}

impl<'r, 'de, 'f> Compound<'r, 'de, 'f> {
    fn new(reader: &'r mut Reader<'de, 'f>, parts: Parts<'f>, count: usize) -> Self {
        Self { reader, parts, done: 0, count }
    }

    fn read<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Mismatch> {
        let value = visitor.visit_seq(&mut self)?;
        self.all_read()?;
        Ok(value)
    }

    /// Moves to the next part, if there is one.
    fn next(&mut self) -> Result<bool, Mismatch> {
        if self.done == self.count {
            return Ok(false);
        }
        self.reader.at.part(self.parts, self.done, None)?;
        self.done += 1;
        Ok(true)
    }

    /// As [`Self::next`], for a key or a value.
    fn next_of_pair(&mut self, is_key: bool) -> Result<bool, Mismatch> {
        if self.parts.is_key(self.done) != is_key {
            return Err(Mismatch::new("keys and values out of turn"));
        }
        self.next()
    }

    /// Whoever leaves parts unread leaves them to the next one.
    fn all_read(&self) -> Result<(), Mismatch> {
        match self.count - self.done {
            0 => Ok(()),
            left => Err(Mismatch::new(format!("not all parts were read, {left} are left"))),
        }
    }
}

impl<'de> SeqAccess<'de> for Compound<'_, 'de, '_> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mismatch> {
        if !self.next()? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    /// What the file claims; whoever trusts it is to be careful.
    fn size_hint(&self) -> Option<usize> {
        Some(self.count - self.done)
    }
}

impl<'de> MapAccess<'de> for Compound<'_, 'de, '_> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Mismatch> {
        if !self.next_of_pair(true)? {
            return Ok(None);
        }
        self.reader.keys += 1;
        let key = seed.deserialize(&mut *self.reader)?;
        self.reader.keys -= 1;
        Ok(Some(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Mismatch> {
        self.next_of_pair(false)?;
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        Some((self.count - self.done) / 2)
    }
}

/// The content of a variant.
struct Enumeration<'r, 'de, 'f> {
    reader: &'r mut Reader<'de, 'f>,
    index: u32,
    is_read: &'r mut bool,
}

impl<'de> EnumAccess<'de> for Enumeration<'_, 'de, '_> {
    type Error = Mismatch;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Mismatch> {
        let index: U32Deserializer<Mismatch> = self.index.into_deserializer();
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> VariantAccess<'de> for Enumeration<'_, 'de, '_> {
    type Error = Mismatch;

    fn unit_variant(self) -> Result<(), Mismatch> {
        *self.is_read = true;
        self.reader.at.simple(|body| matches!(body, Format::Unit), "a variant without content")
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mismatch> {
        *self.is_read = true;
        seed.deserialize(self.reader)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        *self.is_read = true;
        self.reader.deserialize_tuple(count, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        *self.is_read = true;
        self.reader.deserialize_struct("", names, visitor)
    }
}
