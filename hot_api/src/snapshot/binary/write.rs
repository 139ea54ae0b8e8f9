//! A `Serializer` that holds every call against the schema and passes it on.

use super::spot::Spot;
use crate::snapshot::schema::Format;
use serde::ser::{self, Error, Serialize, Serializer};

/// A value at its spot.
pub(super) struct Checked<'f, 'v, T: ?Sized> {
    pub(super) value: &'v T,
    pub(super) spot: Spot<'f>,
}

impl<T: Serialize + ?Sized> Serialize for Checked<'_, '_, T> {
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Check { inner, spot: self.spot.resolved() })
    }
}

struct Check<'f, S> {
    inner: S,
    spot: Spot<'f>,
}

impl<'f, S: Serializer> Check<'f, S> {
    fn expect(&self, is_right: bool, found: &str) -> Result<(), S::Error> {
        if is_right { Ok(()) } else { Err(S::Error::custom(self.spot.mismatch(found))) }
    }

    /// The body of the variant with that number and name.
    fn body(&self, index: u32, name: &str) -> Result<&'f Format, S::Error> {
        let variants = self.spot.variants().unwrap_or_default();
        match variants.get(index as usize) {
            Some(variant) if variant.name == name => Ok(&variant.body),
            _ => Err(S::Error::custom(self.spot.mismatch(&format!("variant {index} {name}")))),
        }
    }
}

macro_rules! simple {
    ($($method:ident $ty:ty, $format:ident;)*) => {$(
        fn $method(self, value: $ty) -> Result<S::Ok, S::Error> {
            self.expect(*self.spot.format == Format::$format, stringify!($format))?;
            self.inner.$method(value)
        }
    )*};
}

impl<'f, S: Serializer> Serializer for Check<'f, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Compound<'f, S::SerializeSeq>;
    type SerializeTuple = Compound<'f, S::SerializeTuple>;
    type SerializeTupleStruct = Compound<'f, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Compound<'f, S::SerializeTupleVariant>;
    type SerializeMap = Compound<'f, S::SerializeMap>;
    type SerializeStruct = Compound<'f, S::SerializeStruct>;
    type SerializeStructVariant = Compound<'f, S::SerializeStructVariant>;

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

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.expect(matches!(self.spot.format, Format::Option(_)), "an option")?;
        self.inner.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let Format::Option(inner) = self.spot.format else {
            return Err(S::Error::custom(self.spot.mismatch("an option")));
        };
        self.inner.serialize_some(&Checked { value, spot: self.spot.part(inner) })
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.expect(*self.spot.format == Format::Unit, "a unit")?;
        self.inner.serialize_unit()
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.expect(*self.spot.format == Format::Unit, "a unit")?;
        self.inner.serialize_unit_struct(name)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        let is_unit = *self.body(index, variant)? == Format::Unit;
        self.expect(is_unit, "a variant without content")?;
        self.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.inner.serialize_newtype_struct(name, &Checked { value, spot: self.spot })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let body = self.body(index, variant)?;
        let around = self.spot.enter();
        let value = Checked { value, spot: around.part(body) };
        self.inner.serialize_newtype_variant(name, index, variant, &value)
    }

    fn serialize_seq(self, count: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.expect(matches!(self.spot.format, Format::List(_)), "a list")?;
        let inner = self.inner.serialize_seq(count)?;
        Ok(Compound { inner, spot: self.spot, variant: None, done: 0, count })
    }

    fn serialize_tuple(self, count: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.expect(is_tuple(self.spot.format, count), "a tuple of another length")?;
        let inner = self.inner.serialize_tuple(count)?;
        Ok(Compound { inner, spot: self.spot, variant: None, done: 0, count: Some(count) })
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        count: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.expect(is_tuple(self.spot.format, count), "a tuple of another length")?;
        let inner = self.inner.serialize_tuple_struct(name, count)?;
        Ok(Compound { inner, spot: self.spot, variant: None, done: 0, count: Some(count) })
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        count: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        let body = self.body(index, variant)?;
        self.expect(is_tuple(body, count), "a tuple variant of another length")?;
        let inner = self.inner.serialize_tuple_variant(name, index, variant, count)?;
        Ok(Compound { inner, spot: self.spot, variant: Some(body), done: 0, count: Some(count) })
    }

    fn serialize_map(self, count: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.expect(matches!(self.spot.format, Format::Map(_)), "a map")?;
        let inner = self.inner.serialize_map(count)?;
        Ok(Compound { inner, spot: self.spot, variant: None, done: 0, count })
    }

    fn serialize_struct(
        self,
        name: &'static str,
        count: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        let fields = self.spot.fields();
        self.expect(fields.is_some_and(|f| f.len() == count), "a struct of other fields")?;
        let inner = self.inner.serialize_struct(name, count)?;
        Ok(Compound { inner, spot: self.spot, variant: None, done: 0, count: Some(count) })
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        count: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let body = self.body(index, variant)?;
        let is_right = matches!(body, Format::Struct(fields) if fields.len() == count);
        self.expect(is_right, "a struct variant of other fields")?;
        let inner = self.inner.serialize_struct_variant(name, index, variant, count)?;
        Ok(Compound { inner, spot: self.spot, variant: Some(body), done: 0, count: Some(count) })
    }
}

fn is_tuple(format: &Format, count: usize) -> bool {
    matches!(format, Format::Tuple(parts) if parts.len() == count)
}

/// A container whose parts come one by one.
struct Compound<'f, C> {
    inner: C,
    /// The container, or the enum around it.
    spot: Spot<'f>,
    /// The body of the variant, if it is one.
    variant: Option<&'f Format>,
    done: usize,
    /// How many parts were announced.
    count: Option<usize>,
}

impl<'f, C> Compound<'f, C> {
    /// Hands `write` the next part's spot.
    fn next<T: ?Sized, E: Error>(
        &mut self,
        name: Option<&str>,
        value: &T,
        write: impl FnOnce(&mut C, &Checked<'_, '_, T>) -> Result<(), E>,
    ) -> Result<(), E> {
        let enum_around = self.spot.enter();
        let spot = match self.variant {
            Some(body) => enum_around.part(body),
            None => self.spot,
        };
        let struct_around = spot.enter();
        let part = match (spot.format, name) {
            (Format::List(item), None) => spot.part(item),
            (Format::Map(pair), None) => {
                spot.part(if self.done.is_multiple_of(2) { &pair.0 } else { &pair.1 })
            }
            (Format::Tuple(parts), None) if self.done < parts.len() => spot.part(&parts[self.done]),
            (Format::Struct(fields), Some(name)) => match fields.get(self.done) {
                Some((known, field)) if known == name => struct_around.part(field),
                _ => return Err(E::custom(format!("field {name} out of its order"))),
            },
            _ => return Err(E::custom(spot.mismatch("one more part"))),
        };
        self.done += 1;
        write(&mut self.inner, &Checked { value, spot: part })
    }

    /// The container itself, once as much was written as was announced.
    fn finish<E: Error>(self, parts_each: usize) -> Result<C, E> {
        match self.count {
            Some(count) if count * parts_each == self.done => Ok(self.inner),
            count => Err(E::custom(format!("{} parts where {count:?} were announced", self.done))),
        }
    }
}

macro_rules! lists {
    ($($compound:ident $method:ident),*) => {$(
        impl<C: ser::$compound> ser::$compound for Compound<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
                self.next(None, value, |inner, value| inner.$method(value))
            }
            fn end(self) -> Result<C::Ok, C::Error> {
                self.finish(1)?.end()
            }
        }
    )*};
}
lists! {
    SerializeSeq serialize_element, SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field
}

impl<C: ser::SerializeMap> ser::SerializeMap for Compound<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        if !self.done.is_multiple_of(2) {
            return Err(C::Error::custom("a key after a key"));
        }
        self.next(None, key, |inner, key| inner.serialize_key(key))
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        if self.done.is_multiple_of(2) {
            return Err(C::Error::custom("a value without a key"));
        }
        self.next(None, value, |inner, value| inner.serialize_value(value))
    }
    fn end(self) -> Result<C::Ok, C::Error> {
        self.finish(2)?.end()
    }
}

macro_rules! structs {
    ($($compound:ident),*) => {$(
        impl<C: ser::$compound> ser::$compound for Compound<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), C::Error> {
                self.next(Some(name), value, |inner, value| inner.serialize_field(name, value))
            }
            fn skip_field(&mut self, name: &'static str) -> Result<(), C::Error> {
                Err(C::Error::custom(format!("field {name} was left out")))
            }
            fn end(self) -> Result<C::Ok, C::Error> {
                self.finish(1)?.end()
            }
        }
    )*};
}
structs!(SerializeStruct, SerializeStructVariant);
