//! A `Serializer` that holds every call against the schema and writes with bincode.
//!
//! Nothing of it is generic but the calls back into the state's own code, so that it is compiled
//! once, here, with this crate's optimisation: generic code would be compiled along with the state,
//! which in a debug build costs several times as much.

use super::cursor::{Cursor, Mark, Parts};
use super::{Config, Mismatch, config};
use crate::state::schema::Format;
use bincode::Encode;
use bincode::enc::EncoderImpl;
use bincode::error::EncodeError;
use serde::ser::{self, Serialize, Serializer};

/// Where the bytes go.
struct Bytes<'w>(&'w mut Vec<u8>);

impl bincode::enc::write::Writer for Bytes<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

pub(super) struct Writer<'f> {
    encoder: EncoderImpl<Bytes<'f>, Config>,
    at: Cursor<'f>,
}

impl<'f> Writer<'f> {
    pub(super) fn new(root: &'f Format, bytes: &'f mut Vec<u8>) -> Self {
        Self { encoder: EncoderImpl::new(Bytes(bytes), config()), at: Cursor::new(root) }
    }

    #[inline]
    fn put(&mut self, value: &(impl Encode + ?Sized)) -> Result<(), Mismatch> {
        value.encode(&mut self.encoder).map_err(|error| Mismatch::new(error.to_string()))
    }

    #[inline]
    fn option(&mut self, is_some: bool) -> Result<(), Mismatch> {
        self.at.option()?;
        self.put(&u8::from(is_some))
    }

    fn list(&mut self, count: Option<usize>) -> Result<(Parts<'f>, usize), Mismatch> {
        let count = count.ok_or_else(|| Mismatch::new("no length was announced"))?;
        let parts = self.at.list(count)?;
        self.put(&count)?;
        Ok((parts, count))
    }

    fn map(&mut self, count: Option<usize>) -> Result<(Parts<'f>, usize), Mismatch> {
        let count = count.ok_or_else(|| Mismatch::new("no length was announced"))?;
        let parts = self.at.map(count)?;
        self.put(&count)?;
        Ok((parts, count * 2))
    }

    fn variant(&mut self, index: u32, name: &str) -> Result<Mark, Mismatch> {
        let variants = self.at.variants()?;
        if variants.get(index as usize).is_none_or(|variant| variant.name != name) {
            return Err(self.at.mismatch(&format!("variant {index} {name}")));
        }
        let chosen = self.at.variant(index)?;
        self.put(&index)?;
        Ok(chosen.mark)
    }

    fn unit_variant(&mut self, index: u32, name: &str) -> Result<(), Mismatch> {
        let mark = self.variant(index, name)?;
        self.at.simple(|body| matches!(body, Format::Unit), "a variant without content")?;
        self.at.leave(mark);
        Ok(())
    }
}

macro_rules! simple {
    ($($method:ident $ty:ty, $format:ident;)*) => {$(
        fn $method(self, value: $ty) -> Result<(), Mismatch> {
            self.at.simple(|next| matches!(next, Format::$format), stringify!($format))?;
            self.put(&value)
        }
    )*};
}

impl<'w, 'f> Serializer for &'w mut Writer<'f> {
    type Ok = ();
    type Error = Mismatch;
    type SerializeSeq = Compound<'w, 'f>;
    type SerializeTuple = Compound<'w, 'f>;
    type SerializeTupleStruct = Compound<'w, 'f>;
    type SerializeTupleVariant = Compound<'w, 'f>;
    type SerializeMap = Compound<'w, 'f>;
    type SerializeStruct = Compound<'w, 'f>;
    type SerializeStructVariant = Compound<'w, 'f>;

    simple! {
        serialize_bool bool, Bool;
        serialize_i8 i8, I8;
        serialize_i16 i16, I16;
        serialize_i32 i32, I32;
        serialize_i64 i64, I64;
        serialize_i128 i128, I128;
        serialize_u8 u8, U8;
        serialize_u16 u16, U16;
        serialize_u32 u32, U32;
        serialize_u64 u64, U64;
        serialize_u128 u128, U128;
        serialize_f32 f32, F32;
        serialize_f64 f64, F64;
        serialize_char char, Char;
        serialize_str &str, String;
        serialize_bytes &[u8], Bytes;
    }

    /// As the schema was traced.
    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_none(self) -> Result<(), Mismatch> {
        self.option(false)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Mismatch> {
        self.option(true)?;
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Mismatch> {
        self.at.simple(|next| matches!(next, Format::Unit), "a unit")
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Mismatch> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<(), Mismatch> {
        self.unit_variant(index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Mismatch> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Mismatch> {
        let mark = self.variant(index, variant)?;
        value.serialize(&mut *self)?;
        self.at.leave(mark);
        Ok(())
    }

    fn serialize_seq(self, count: Option<usize>) -> Result<Compound<'w, 'f>, Mismatch> {
        let (parts, count) = self.list(count)?;
        Ok(Compound::new(self.at.mark(), self, parts, count))
    }

    fn serialize_tuple(self, count: usize) -> Result<Compound<'w, 'f>, Mismatch> {
        let parts = self.at.tuple(count)?;
        Ok(Compound::new(self.at.mark(), self, parts, count))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        count: usize,
    ) -> Result<Compound<'w, 'f>, Mismatch> {
        self.serialize_tuple(count)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        index: u32,
        variant: &'static str,
        count: usize,
    ) -> Result<Compound<'w, 'f>, Mismatch> {
        let mark = self.variant(index, variant)?;
        let parts = self.at.tuple(count)?;
        Ok(Compound::new(mark, self, parts, count))
    }

    fn serialize_map(self, count: Option<usize>) -> Result<Compound<'w, 'f>, Mismatch> {
        let (parts, count) = self.map(count)?;
        Ok(Compound::new(self.at.mark(), self, parts, count))
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        count: usize,
    ) -> Result<Compound<'w, 'f>, Mismatch> {
        let (mark, parts) = self.at.fields(|fields| fields.len() == count)?;
        Ok(Compound::new(mark, self, parts, count))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        index: u32,
        variant: &'static str,
        count: usize,
    ) -> Result<Compound<'w, 'f>, Mismatch> {
        let mark = self.variant(index, variant)?;
        let (_, parts) = self.at.fields(|fields| fields.len() == count)?;
        Ok(Compound::new(mark, self, parts, count))
    }
}

/// A container whose parts come one by one.
pub(super) struct Compound<'w, 'f> {
    writer: &'w mut Writer<'f>,
    parts: Parts<'f>,
    mark: Mark,
    done: usize,
    /// How many parts were announced.
    count: usize,
}

impl<'w, 'f> Compound<'w, 'f> {
    fn new(mark: Mark, writer: &'w mut Writer<'f>, parts: Parts<'f>, count: usize) -> Self {
        Self { writer, parts, mark, done: 0, count }
    }

    /// Moves to the next part.
    fn next(&mut self, name: Option<&str>) -> Result<(), Mismatch> {
        self.writer.at.part(self.parts, self.done, name)?;
        self.done += 1;
        Ok(())
    }

    /// As [`Self::next`], for a key or a value.
    fn next_of_pair(&mut self, is_key: bool) -> Result<(), Mismatch> {
        if self.parts.is_key(self.done) != is_key {
            return Err(Mismatch::new("keys and values out of turn"));
        }
        self.next(None)
    }

    /// Leaves the container, once as much was written as was announced.
    fn finish(self) -> Result<(), Mismatch> {
        let Self { writer, mark, done, count, .. } = self;
        if done != count {
            return Err(Mismatch::new(format!("{done} parts where {count} were announced")));
        }
        writer.at.leave(mark);
        Ok(())
    }
}

macro_rules! lists {
    ($($compound:ident $method:ident),*) => {$(
        impl ser::$compound for Compound<'_, '_> {
            type Ok = ();
            type Error = Mismatch;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Mismatch> {
                self.next(None)?;
                value.serialize(&mut *self.writer)
            }
            fn end(self) -> Result<(), Mismatch> {
                self.finish()
            }
        }
    )*};
}
lists! {
    SerializeSeq serialize_element, SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field
}

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = Mismatch;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Mismatch> {
        self.next_of_pair(true)?;
        key.serialize(&mut *self.writer)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Mismatch> {
        self.next_of_pair(false)?;
        value.serialize(&mut *self.writer)
    }
    fn end(self) -> Result<(), Mismatch> {
        self.finish()
    }
}

macro_rules! structs {
    ($($compound:ident),*) => {$(
        impl ser::$compound for Compound<'_, '_> {
            type Ok = ();
            type Error = Mismatch;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Mismatch> {
                self.next(Some(name))?;
                value.serialize(&mut *self.writer)
            }
            fn skip_field(&mut self, name: &'static str) -> Result<(), Mismatch> {
                Err(Mismatch::new(format!("field {name} was left out")))
            }
            fn end(self) -> Result<(), Mismatch> {
                self.finish()
            }
        }
    )*};
}
structs!(SerializeStruct, SerializeStructVariant);
