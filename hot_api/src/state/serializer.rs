//! The serde `Serializer` of the named bytes.
//!
//! Owns: nothing but the walk. Consumes: what a `Serialize` says. Produces: bytes in a [`Writer`],
//! in one pass. Never: builds a tree on the way; on 10 MB of state that would be most of the time.

use super::capture::CaptureError;
use super::encode::{Writer, tag};
use super::path::{Path, Segment};
use super::{Int, MAX_DEPTH};
use serde::ser::{self, Serialize, Serializer};

type Out<'w> = &'w mut Writer<'static>;
type Outcome = Result<(), CaptureError>;

impl Writer<'static> {
    fn open(&mut self, tag: u8) -> Outcome {
        if self.depth == MAX_DEPTH {
            return Err(CaptureError::TooDeep { path: Path::root() });
        }
        self.depth += 1;
        self.tag(tag);
        Ok(())
    }

    fn variant(&mut self, name: &'static str) -> Outcome {
        self.open(tag::VARIANT)?;
        self.name(name);
        Ok(())
    }
}

/// A container that is being written.
pub(super) struct Container<'w> {
    writer: Out<'w>,
    /// Elements so far, for the path of an error.
    count: usize,
    /// Containers to close at the end: a variant with a tuple or a struct as body is two.
    levels: usize,
    variant: Option<&'static str>,
}

impl<'w> Container<'w> {
    fn new(writer: Out<'w>, tag: u8) -> Result<Self, CaptureError> {
        writer.open(tag)?;
        Ok(Self { writer, count: 0, levels: 1, variant: None })
    }

    fn in_variant(writer: Out<'w>, name: &'static str, tag: u8) -> Result<Self, CaptureError> {
        writer.variant(name)?;
        writer.open(tag)?;
        Ok(Self { writer, count: 0, levels: 2, variant: Some(name) })
    }

    fn within(&self, error: CaptureError, segment: Segment) -> CaptureError {
        let error = error.within(|| segment);
        match self.variant {
            Some(name) => error.within(|| Segment::Variant(name.to_owned())),
            None => error,
        }
    }

    fn element<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
        segment: fn(usize) -> Segment,
    ) -> Outcome {
        let written = value.serialize(&mut *self.writer);
        written.map_err(|e| self.within(e, segment(self.count)))?;
        self.count += 1;
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Outcome {
        self.writer.name(name);
        let written = value.serialize(&mut *self.writer);
        written.map_err(|e| self.within(e, Segment::Field(name.to_owned())))
    }

    fn skipped(&mut self, name: &'static str) {
        self.writer.name(name);
        self.writer.tag(tag::SKIPPED);
    }

    fn finish(self) {
        self.writer.tag(tag::END);
        self.writer.depth -= self.levels;
    }

    fn finish_struct(self) {
        self.writer.end_of_struct();
        self.writer.depth -= self.levels;
    }
}

macro_rules! integers {
    ($($method:ident $ty:ident)*) => {$(
        fn $method(self, value: $ty) -> Outcome {
            self.int(Int::from(value));
            Ok(())
        }
    )*};
}

impl<'w> Serializer for Out<'w> {
    type Ok = ();
    type Error = CaptureError;
    type SerializeSeq = Container<'w>;
    type SerializeTuple = Container<'w>;
    type SerializeTupleStruct = Container<'w>;
    type SerializeTupleVariant = Container<'w>;
    type SerializeMap = Container<'w>;
    type SerializeStruct = Container<'w>;
    type SerializeStructVariant = Container<'w>;

    integers! {
        serialize_i8 i8 serialize_i16 i16 serialize_i32 i32 serialize_i64 i64 serialize_i128 i128
        serialize_u8 u8 serialize_u16 u16 serialize_u32 u32 serialize_u64 u64 serialize_u128 u128
    }

    fn is_human_readable(&self) -> bool {
        true
    }
    fn serialize_bool(self, value: bool) -> Outcome {
        self.tag(if value { tag::TRUE } else { tag::FALSE });
        Ok(())
    }
    fn serialize_f32(self, value: f32) -> Outcome {
        self.f32(value.to_bits());
        Ok(())
    }
    fn serialize_f64(self, value: f64) -> Outcome {
        self.f64(value.to_bits());
        Ok(())
    }
    fn serialize_char(self, value: char) -> Outcome {
        self.char(value);
        Ok(())
    }
    fn serialize_str(self, value: &str) -> Outcome {
        self.blob(tag::STRING, value.as_bytes());
        Ok(())
    }
    fn serialize_bytes(self, value: &[u8]) -> Outcome {
        self.blob(tag::BYTES, value);
        Ok(())
    }
    fn serialize_none(self) -> Outcome {
        self.tag(tag::NONE);
        Ok(())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Outcome {
        self.open(tag::SOME)?;
        value.serialize(&mut *self)?;
        self.depth -= 1;
        Ok(())
    }
    fn serialize_unit(self) -> Outcome {
        self.tag(tag::UNIT);
        Ok(())
    }
    fn serialize_unit_struct(self, _type: &'static str) -> Outcome {
        self.serialize_unit()
    }
    fn serialize_unit_variant(
        self,
        _type: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Outcome {
        self.tag(tag::UNIT_VARIANT);
        self.name(variant);
        Ok(())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _type: &'static str,
        value: &T,
    ) -> Outcome {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _type: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Outcome {
        self.variant(variant)?;
        let written = value.serialize(&mut *self);
        written.map_err(|e| e.within(|| Segment::Variant(variant.to_owned())))?;
        self.depth -= 1;
        Ok(())
    }
    fn serialize_seq(self, _count: Option<usize>) -> Result<Container<'w>, CaptureError> {
        Container::new(self, tag::SEQ)
    }
    fn serialize_tuple(self, _count: usize) -> Result<Container<'w>, CaptureError> {
        Container::new(self, tag::TUPLE)
    }
    fn serialize_tuple_struct(
        self,
        _type: &'static str,
        _count: usize,
    ) -> Result<Container<'w>, CaptureError> {
        Container::new(self, tag::TUPLE)
    }
    fn serialize_tuple_variant(
        self,
        _type: &'static str,
        _index: u32,
        variant: &'static str,
        _count: usize,
    ) -> Result<Container<'w>, CaptureError> {
        Container::in_variant(self, variant, tag::TUPLE)
    }
    fn serialize_map(self, _count: Option<usize>) -> Result<Container<'w>, CaptureError> {
        Container::new(self, tag::MAP)
    }
    fn serialize_struct(
        self,
        _type: &'static str,
        _count: usize,
    ) -> Result<Container<'w>, CaptureError> {
        Container::new(self, tag::STRUCT)
    }
    fn serialize_struct_variant(
        self,
        _type: &'static str,
        _index: u32,
        variant: &'static str,
        _count: usize,
    ) -> Result<Container<'w>, CaptureError> {
        Container::in_variant(self, variant, tag::STRUCT)
    }
}

macro_rules! compounds {
    ($($compound:ident $method:ident $segment:ident),*) => {$(
        impl ser::$compound for Container<'_> {
            type Ok = ();
            type Error = CaptureError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Outcome {
                self.element(value, Segment::$segment)
            }
            fn end(self) -> Outcome {
                self.finish();
                Ok(())
            }
        }
    )*};
}
compounds! {
    SerializeSeq serialize_element Item, SerializeTuple serialize_element Slot,
    SerializeTupleStruct serialize_field Slot, SerializeTupleVariant serialize_field Slot
}

impl ser::SerializeMap for Container<'_> {
    type Ok = ();
    type Error = CaptureError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Outcome {
        key.serialize(&mut *self.writer).map_err(|e| e.within(|| Segment::Each))
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Outcome {
        // The key is only bytes by now; the path says "some entry".
        value.serialize(&mut *self.writer).map_err(|e| e.within(|| Segment::Each))
    }
    fn end(self) -> Outcome {
        self.finish();
        Ok(())
    }
}

macro_rules! structs {
    ($($compound:ident),*) => {$(
        impl ser::$compound for Container<'_> {
            type Ok = ();
            type Error = CaptureError;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Outcome {
                self.field(name, value)
            }
            fn skip_field(&mut self, name: &'static str) -> Outcome {
                self.skipped(name);
                Ok(())
            }
            fn end(self) -> Outcome {
                self.finish_struct();
                Ok(())
            }
        }
    )*};
}
structs!(SerializeStruct, SerializeStructVariant);
