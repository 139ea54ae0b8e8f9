//! Finds the structure of a type by letting it deserialise made-up values.
//!
//! Owns: the deserialiser that notes what it is asked for. Consumes: a type. Produces: a finished
//! [`Format`]. Never: runs without an end of its own: visits, passes and depth are counted.
//!
//! A pass shows one variant of each enum, so there are as many as it takes. A struct or enum inside
//! itself is noted as such and then fed blindly: with empty lists and no options, and with the
//! first variant that comes to an end.

use super::Untraceable;
use super::format::{Format, Variant};
use crate::state::path::{Path, Segment};
use serde::de::value::U32Deserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use std::any::type_name;
use std::collections::HashMap;
use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Types inside types. A schema travels in snapshots, and is nested some four times as deep there.
const DEPTH_MAX: usize = 30;
/// Blind levels; a type that has not come to an end by then takes its next variant.
const BLIND_DEPTH_MAX: usize = 48;
/// Values asked for, over all passes: some milliseconds.
const VISITS_MAX: u32 = 500_000;
/// Passes over all attempts; one for each variant of an enum, at least.
const PASSES_MAX: u32 = 4_000;
/// Elements of one tuple or array.
const TUPLE_MAX: usize = 1_024;

/// Made-up values. A type that refuses some may take others.
#[derive(Clone, Copy)]
struct Sample {
    number: u8,
    text: &'static str,
}

const SAMPLES: [Sample; 4] = [
    Sample { number: 1, text: "" },
    Sample { number: 1, text: "a" },
    Sample { number: 1, text: "0" },
    Sample { number: 0, text: "" },
];

/// As many bytes as the usual identifiers have.
const SAMPLE_BYTES: [u8; 16] = [0; 16];

struct Context {
    sample: Sample,
    /// Structs and enums around the value, outermost first, by the full names of their types.
    around: Vec<&'static str>,
    visits: u32,
    depth: usize,
    blind_depth: usize,
    /// Which variant an enum takes where it is fed blindly.
    blind_variants: HashMap<&'static str, u32>,
    /// The enum that was last fed blindly, and how many variants it has.
    last_blind: Option<(&'static str, u32)>,
}

/// Why a pass ended early.
#[derive(Debug)]
struct Stop {
    cause: Cause,
    path: Path,
}

#[derive(Debug)]
enum Cause {
    /// The type said so itself; other values may do.
    Refused(String),
    /// Fed blindly it has no end; another variant may.
    Endless,
    /// Nothing helps.
    Final(String),
}

impl Stop {
    fn last(reason: impl Into<String>) -> Self {
        Self { cause: Cause::Final(reason.into()), path: Path::root() }
    }

    fn within(mut self, segment: Segment) -> Self {
        self.path.prepend(segment);
        self
    }
}

impl Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Refused(reason) => write!(f, "its Deserialize refuses made-up values: {reason}"),
            Cause::Endless => f.write_str("it contains itself without end"),
            Cause::Final(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Stop {}

impl de::Error for Stop {
    fn custom<T: Display>(message: T) -> Self {
        Self { cause: Cause::Refused(message.to_string()), path: Path::root() }
    }
}

impl From<Stop> for Untraceable {
    fn from(stop: Stop) -> Self {
        Self { reason: stop.to_string(), path: stop.path }
    }
}

/// The structure of `T`.
pub(super) fn trace<T: DeserializeOwned>() -> Result<Format, Untraceable> {
    trace_type(type_name::<T>(), |probe| T::deserialize(probe).map(drop))
}

/// Lets a type deserialise made-up values.
type Pass = fn(Probe<'_>) -> Result<(), Stop>;

/// All attempts. Only `pass` needs the type, so that the rest is compiled once.
fn trace_type(name: &str, pass: Pass) -> Result<Format, Untraceable> {
    let mut first = None;
    for sample in SAMPLES {
        match trace_with(name, pass, sample) {
            Ok(format) => return Ok(format),
            Err(stop) if matches!(stop.cause, Cause::Refused(_)) => {
                first.get_or_insert(stop);
            }
            Err(stop) => return Err(stop.into()),
        }
    }
    Err(first.expect("there are samples, and each was refused").into())
}

fn trace_with(type_name: &str, pass: Pass, sample: Sample) -> Result<Format, Stop> {
    let mut root = Format::Unseen;
    let mut cx = Context {
        sample,
        around: Vec::new(),
        visits: 0,
        depth: 0,
        blind_depth: 0,
        blind_variants: HashMap::new(),
        last_blind: None,
    };
    for _ in 0..PASSES_MAX {
        (cx.depth, cx.blind_depth, cx.last_blind) = (0, 0, None);
        cx.around.clear();
        let before = root.clone();
        let probe = Probe { cx: &mut cx, out: Some(&mut root) };
        let outcome = catch_unwind(AssertUnwindSafe(|| pass(probe)));
        let panicked = |_| {
            // The way to it went with the stack.
            let around = cx.around.last().copied().unwrap_or(type_name);
            Err(Stop::last(format!("a Deserialize panics within {around}")))
        };
        match outcome.unwrap_or_else(panicked) {
            Ok(()) if root.is_complete() => return Ok(root),
            Ok(()) if root == before => {
                return Err(Stop::last("a part of it is never asked for"));
            }
            Ok(()) => {}
            Err(Stop { cause: Cause::Endless, path }) => {
                let Some((name, count)) = cx.last_blind else {
                    return Err(Stop { cause: Cause::Endless, path });
                };
                let variant = cx.blind_variants.entry(name).or_default();
                *variant += 1;
                if *variant >= count {
                    return Err(Stop { cause: Cause::Endless, path });
                }
            }
            Err(stop) => return Err(stop),
        }
    }
    Err(Stop::last(format!("it takes more than {PASSES_MAX} passes to see all its variants")))
}

/// The deserialiser. Without `out` it feeds blindly.
struct Probe<'a> {
    cx: &'a mut Context,
    out: Option<&'a mut Format>,
}

impl Probe<'_> {
    fn visit(&mut self) -> Result<(), Stop> {
        self.cx.visits += 1;
        if self.cx.visits > VISITS_MAX {
            return Err(Stop::last("it has too many parts"));
        }
        Ok(())
    }

    /// Notes a format without parts.
    fn note(&mut self, format: Format) -> Result<(), Stop> {
        self.visit()?;
        match self.out.as_deref_mut() {
            Some(out) if *out == Format::Unseen => *out = format,
            Some(out) if *out != format => return Err(Stop::last(CHANGES)),
            _ => {}
        }
        Ok(())
    }

    /// Reads the parts of a container one level further in.
    fn nested<T>(
        self,
        read: impl FnOnce(&mut Context, Option<&mut Format>) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let Self { cx, out } = self;
        let is_blind = out.is_none();
        cx.depth += usize::from(!is_blind);
        cx.blind_depth += usize::from(is_blind);
        if cx.blind_depth > BLIND_DEPTH_MAX {
            return Err(Stop { cause: Cause::Endless, path: Path::root() });
        }
        if cx.depth > DEPTH_MAX {
            return Err(Stop::last(format!("it is nested deeper than {DEPTH_MAX} levels")));
        }
        let result = read(cx, out)?;
        cx.depth -= usize::from(!is_blind);
        cx.blind_depth -= usize::from(is_blind);
        Ok(result)
    }

    /// As `nested`, for a struct or an enum of this type, which may be inside itself.
    fn nested_type<T>(
        mut self,
        name: &'static str,
        read: impl FnOnce(&mut Context, Option<&mut Format>) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        self.visit()?;
        if let (Some(levels), Some(_)) =
            (self.cx.around.iter().rev().position(|outer| *outer == name), &self.out)
            && name != STRUCT_VARIANT
        {
            self.note(Format::Outer(levels))?;
            self.out = None;
        }
        let is_blind = self.out.is_none();
        if !is_blind {
            self.cx.around.push(name);
        }
        self.nested(|cx, out| {
            let result = read(cx, out)?;
            if !is_blind {
                cx.around.pop();
            }
            Ok(result)
        })
    }
}

/// Stands for the name of a type where there is none.
const STRUCT_VARIANT: &str = "";

const CHANGES: &str = "it asks for different things at different times";

/// The parts of a container: makes them when it is new, finds them when it has been seen before.
macro_rules! parts {
    ($out:expr, $pattern:pat => $parts:expr, $new:expr) => {
        match $out {
            None => None,
            Some(out) => {
                if *out == Format::Unseen {
                    *out = $new;
                }
                match out {
                    $pattern => Some($parts),
                    _ => return Err(Stop::last(CHANGES)),
                }
            }
        }
    };
}

macro_rules! simple {
    ($($method:ident $format:ident |$cx:ident, $visitor:ident| $visit:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(mut self, $visitor: V) -> Result<V::Value, Stop> {
            self.note(Format::$format)?;
            let $cx = &*self.cx;
            $visit
        }
    )*};
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Stop;

    simple! {
        deserialize_bool Bool |_cx, v| v.visit_bool(false);
        deserialize_i8 I8 |cx, v| v.visit_i8(cx.sample.number.cast_signed());
        deserialize_i16 I16 |cx, v| v.visit_i16(cx.sample.number.into());
        deserialize_i32 I32 |cx, v| v.visit_i32(cx.sample.number.into());
        deserialize_i64 I64 |cx, v| v.visit_i64(cx.sample.number.into());
        deserialize_i128 I128 |cx, v| v.visit_i128(cx.sample.number.into());
        deserialize_u8 U8 |cx, v| v.visit_u8(cx.sample.number);
        deserialize_u16 U16 |cx, v| v.visit_u16(cx.sample.number.into());
        deserialize_u32 U32 |cx, v| v.visit_u32(cx.sample.number.into());
        deserialize_u64 U64 |cx, v| v.visit_u64(cx.sample.number.into());
        deserialize_u128 U128 |cx, v| v.visit_u128(cx.sample.number.into());
        deserialize_f32 F32 |cx, v| v.visit_f32(cx.sample.number.into());
        deserialize_f64 F64 |cx, v| v.visit_f64(cx.sample.number.into());
        deserialize_char Char |_cx, v| v.visit_char('a');
        deserialize_str String |cx, v| v.visit_str(cx.sample.text);
        deserialize_string String |cx, v| v.visit_str(cx.sample.text);
        deserialize_bytes Bytes |_cx, v| v.visit_bytes(&SAMPLE_BYTES);
        deserialize_byte_buf Bytes |_cx, v| v.visit_bytes(&SAMPLE_BYTES);
        deserialize_unit Unit |_cx, v| v.visit_unit();
    }

    /// As in the binary codec, which this stands for.
    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Stop> {
        Err(Stop::last(
            "it looks at the data to find out what it is (untagged, flatten, or an internal tag)",
        ))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.deserialize_any(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stop> {
        self.deserialize_any(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        // A newtype is its content, but it may be what a type is recursive through.
        self.nested(|cx, out| visitor.visit_newtype_struct(Probe { cx, out }))
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        self.visit()?;
        if self.out.is_none() {
            return visitor.visit_none();
        }
        self.nested(|cx, out| {
            let inner =
                parts!(out, Format::Option(inner) => &mut **inner, Format::Option(Box::default()));
            visitor.visit_some(Probe { cx, out: inner })
        })
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        self.visit()?;
        self.nested(|cx, out| {
            let inner =
                parts!(out, Format::List(inner) => &mut **inner, Format::List(Box::default()));
            let parts = inner.map(std::slice::from_mut);
            visitor.visit_seq(Parts { cx, count: 0, blind: 0, parts, names: Names::Each })
        })
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        mut self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.visit()?;
        if count > TUPLE_MAX {
            return Err(Stop::last(format!("it is an array of more than {TUPLE_MAX} elements")));
        }
        self.nested(|cx, out| {
            let new = Format::Tuple(vec![Format::Unseen; count]);
            let parts = parts!(out, Format::Tuple(parts) => parts.as_mut_slice(), new);
            visitor.visit_seq(Parts { cx, count: 0, blind: count, parts, names: Names::Slots })
        })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.deserialize_tuple(count, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Stop> {
        self.visit()?;
        self.nested(|cx, out| {
            let pair = parts!(out, Format::Map(pair) => &mut **pair, Format::Map(Box::default()));
            visitor.visit_map(Pair { cx, pair, at: 0 })
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.nested_type(type_name::<V::Value>(), |cx, out| read_fields(cx, out, fields, visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        let name = type_name::<V::Value>();
        self.nested_type(name, |cx, out| {
            let new = || {
                let variant = |name: &&str| Variant { name: (*name).into(), body: Format::Unseen };
                Format::Enum(variants.iter().map(variant).collect())
            };
            let count = variants.len() as u32;
            let known = parts!(out, Format::Enum(known) => known, new());
            let Some(known) = known else {
                cx.last_blind = Some((name, count));
                let index = cx.blind_variants.get(name).copied().unwrap_or(0);
                return visitor.visit_enum(Chosen { cx, index, body: None });
            };
            let next = known.iter().position(|variant| !variant.body.is_complete());
            let next = next.unwrap_or(0);
            let Some(Variant { name, body }) = known.get_mut(next) else {
                return Err(Stop::last("it is an enum without variants"));
            };
            let chosen = Chosen { cx, index: next as u32, body: Some(body) };
            visitor.visit_enum(chosen).map_err(|stop| stop.within(Segment::Variant(name.clone())))
        })
    }
}

/// Feeds a struct by position, as the binary codec does.
fn read_fields<'de, V: Visitor<'de>>(
    cx: &mut Context,
    out: Option<&mut Format>,
    names: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, Stop> {
    let blind = names.len();
    let Some(out) = out else {
        let parts = Parts { cx, count: 0, blind, parts: None, names: Names::Fields(names) };
        return visitor.visit_seq(parts);
    };
    let fields = match std::mem::take(out) {
        Format::Unseen => vec![Format::Unseen; names.len()],
        Format::Struct(fields) => fields.into_iter().map(|(_, field)| field).collect(),
        _ => return Err(Stop::last(CHANGES)),
    };
    let mut fields =
        if fields.len() == names.len() { fields } else { return Err(Stop::last(CHANGES)) };
    let parts = Some(fields.as_mut_slice());
    let read = visitor.visit_seq(Parts { cx, count: 0, blind, parts, names: Names::Fields(names) });
    let unread = read.is_ok() && fields.contains(&Format::Unseen);
    *out = Format::Struct(names.iter().map(|name| (*name).to_owned()).zip(fields).collect());
    if unread {
        // Fields and their aliases are told in one list.
        return Err(Stop::last("it has fields with aliases"));
    }
    read
}

enum Names {
    Each,
    Slots,
    Fields(&'static [&'static str]),
}

/// The parts of a list, a tuple or a struct.
struct Parts<'a> {
    cx: &'a mut Context,
    parts: Option<&'a mut [Format]>,
    /// How many parts there are where nothing is noted.
    blind: usize,
    count: usize,
    names: Names,
}

impl<'de> SeqAccess<'de> for Parts<'_> {
    type Error = Stop;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Stop> {
        let index = self.count;
        let out = match &mut self.parts {
            None if index >= self.blind => return Ok(None),
            None => None,
            Some(parts) => match parts.get_mut(index) {
                None => return Ok(None),
                some => some,
            },
        };
        self.count += 1;
        let read = seed.deserialize(Probe { cx: self.cx, out });
        read.map(Some).map_err(|stop| {
            stop.within(match self.names {
                Names::Each => Segment::Each,
                Names::Slots => Segment::Slot(index),
                Names::Fields(names) => Segment::Field(names[index].to_owned()),
            })
        })
    }
}

/// One entry of a map.
struct Pair<'a> {
    cx: &'a mut Context,
    pair: Option<&'a mut (Format, Format)>,
    at: u8,
}

impl<'de> MapAccess<'de> for Pair<'_> {
    type Error = Stop;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Stop> {
        self.at += 1;
        let out = match &mut self.pair {
            Some(pair) if self.at == 1 => Some(&mut pair.0),
            _ => return Ok(None),
        };
        let key = seed.deserialize(Probe { cx: self.cx, out });
        key.map(Some).map_err(|stop| stop.within(Segment::Each))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        let out = self.pair.as_mut().map(|pair| &mut pair.1);
        seed.deserialize(Probe { cx: self.cx, out }).map_err(|stop| stop.within(Segment::Each))
    }
}

/// One variant of an enum.
struct Chosen<'a> {
    cx: &'a mut Context,
    index: u32,
    body: Option<&'a mut Format>,
}

impl<'de> EnumAccess<'de> for Chosen<'_> {
    type Error = Stop;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Stop> {
        let index: U32Deserializer<Stop> = self.index.into_deserializer();
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> VariantAccess<'de> for Chosen<'_> {
    type Error = Stop;

    fn unit_variant(self) -> Result<(), Stop> {
        Probe { cx: self.cx, out: self.body }.note(Format::Unit)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Stop> {
        seed.deserialize(Probe { cx: self.cx, out: self.body })
    }

    fn tuple_variant<V: Visitor<'de>>(self, count: usize, visitor: V) -> Result<V::Value, Stop> {
        Probe { cx: self.cx, out: self.body }.deserialize_tuple(count, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        // A level of the tree, although no type of its own.
        Probe { cx: self.cx, out: self.body }
            .nested_type(STRUCT_VARIANT, |cx, out| read_fields(cx, out, fields, visitor))
    }
}
