//! The named bytes, writing side.
//!
//! Owns: the tags, and [`Writer`], which both capturing and [`Tree::encode`] write through.
//! Produces: bytes that [`Tree::decode`] reads.
//!
//! A value is a tag and what the tag calls for. Numbers and lengths are LEB128, floats are their
//! bits in little-endian order. Lists, tuples and maps end with [`tag::END`] instead of beginning
//! with a count: a writer need not know the count beforehand, and a reader has no count to
//! mistrust. Structs alternate names and values and end with [`name_ref::END`].

use super::int::Int;
use super::tree::Tree;
use std::collections::HashMap;

/// The first byte of each value.
pub(super) mod tag {
    pub(in super::super) const END: u8 = 0;
    pub(in super::super) const UNIT: u8 = 1;
    pub(in super::super) const SKIPPED: u8 = 2;
    pub(in super::super) const FALSE: u8 = 3;
    pub(in super::super) const TRUE: u8 = 4;
    pub(in super::super) const F32: u8 = 5;
    pub(in super::super) const F64: u8 = 6;
    pub(in super::super) const CHAR: u8 = 7;
    pub(in super::super) const STRING: u8 = 8;
    pub(in super::super) const BYTES: u8 = 9;
    pub(in super::super) const NONE: u8 = 10;
    pub(in super::super) const SOME: u8 = 11;
    pub(in super::super) const SEQ: u8 = 12;
    pub(in super::super) const TUPLE: u8 = 13;
    pub(in super::super) const MAP: u8 = 14;
    pub(in super::super) const STRUCT: u8 = 15;
    pub(in super::super) const UNIT_VARIANT: u8 = 16;
    pub(in super::super) const VARIANT: u8 = 17;
    /// Plus the kind of the integer.
    pub(in super::super) const INT: u8 = 32;
}

/// What a reference to a name can be besides the number of an earlier name plus `FIRST`.
pub(super) mod name_ref {
    /// No name: the struct ends here.
    pub(in super::super) const END: u64 = 0;
    /// A name that has not occurred yet follows, and gets the next number.
    pub(in super::super) const NEW: u64 = 1;
    pub(in super::super) const FIRST: u64 = 2;
}

/// Slots of the cache in front of the name table: more than the fields that alternate in the
/// inner loop of a usual state.
const RECENT: usize = 64;

/// Writes values one after another. `'n` outlives the writer, so a name's address identifies it.
pub(super) struct Writer<'n> {
    bytes: Vec<u8>,
    names: HashMap<&'n str, u64>,
    recent: [Option<(&'n str, u64)>; RECENT],
    /// Open containers; counted here for `serializer.rs`, which alone limits them.
    pub(super) depth: usize,
}

impl<'n> Writer<'n> {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), names: HashMap::new(), recent: [None; RECENT], depth: 0 }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn tag(&mut self, tag: u8) {
        self.bytes.push(tag);
    }

    pub(super) fn int(&mut self, int: Int) {
        let (kind, folded) = int.to_wire();
        self.tag(tag::INT + kind);
        match u64::try_from(folded) {
            Ok(folded) => self.number(folded),
            Err(_) => self.wide_number(folded),
        }
    }

    pub(super) fn f32(&mut self, bits: u32) {
        self.tag(tag::F32);
        self.bytes.extend_from_slice(&bits.to_le_bytes());
    }

    pub(super) fn f64(&mut self, bits: u64) {
        self.tag(tag::F64);
        self.bytes.extend_from_slice(&bits.to_le_bytes());
    }

    pub(super) fn char(&mut self, value: char) {
        self.tag(tag::CHAR);
        self.number(u32::from(value).into());
    }

    /// A text or bytes, by `tag`.
    pub(super) fn blob(&mut self, tag: u8, blob: &[u8]) {
        self.tag(tag);
        self.sized(blob);
    }

    /// A field's or a variant's name. Its text is hashed only where its address is met for the
    /// first time or has been pushed out of the cache.
    pub(super) fn name(&mut self, name: &'n str) {
        let slot = name.as_ptr().addr().wrapping_add(name.len()) % RECENT;
        if let Some((cached, number)) = self.recent[slot]
            && std::ptr::eq(cached, name)
        {
            return self.number(number);
        }
        let next = name_ref::FIRST + self.names.len() as u64;
        let number = *self.names.entry(name).or_insert(next);
        self.recent[slot] = Some((name, number));
        if number == next {
            self.number(name_ref::NEW);
            self.sized(name.as_bytes());
        } else {
            self.number(number);
        }
    }

    pub(super) fn end_of_struct(&mut self) {
        self.number(name_ref::END);
    }

    fn sized(&mut self, blob: &[u8]) {
        self.number(blob.len() as u64);
        self.bytes.extend_from_slice(blob);
    }

    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    fn wide_number(&mut self, mut value: u128) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    fn tree(&mut self, tree: &'n Tree) {
        match tree {
            Tree::Unit => self.tag(tag::UNIT),
            Tree::Skipped => self.tag(tag::SKIPPED),
            Tree::Bool(value) => self.tag(if *value { tag::TRUE } else { tag::FALSE }),
            Tree::Int(int) => self.int(*int),
            Tree::F32(bits) => self.f32(*bits),
            Tree::F64(bits) => self.f64(*bits),
            Tree::Char(value) => self.char(*value),
            Tree::String(text) => self.blob(tag::STRING, text.as_bytes()),
            Tree::Bytes(bytes) => self.blob(tag::BYTES, bytes),
            Tree::None => self.tag(tag::NONE),
            Tree::Some(inner) => {
                self.tag(tag::SOME);
                self.tree(inner);
            }
            Tree::Seq(items) => self.items(tag::SEQ, items),
            Tree::Tuple(items) => self.items(tag::TUPLE, items),
            Tree::Map(pairs) => {
                self.tag(tag::MAP);
                for (key, value) in pairs {
                    self.tree(key);
                    self.tree(value);
                }
                self.tag(tag::END);
            }
            Tree::Struct(fields) => {
                self.tag(tag::STRUCT);
                for (name, value) in fields {
                    self.name(name);
                    self.tree(value);
                }
                self.end_of_struct();
            }
            Tree::Variant(name, body) => {
                self.tag(if body.is_some() { tag::VARIANT } else { tag::UNIT_VARIANT });
                self.name(name);
                if let Some(body) = body {
                    self.tree(body);
                }
            }
        }
    }

    fn items(&mut self, tag: u8, items: &'n [Tree]) {
        self.tag(tag);
        for item in items {
            self.tree(item);
        }
        self.tag(tag::END);
    }
}

impl Tree {
    /// The tree as named bytes. To capture a value, [`super::to_bytes`] needs no tree. A tree that
    /// was built by hand deeper than [`super::MAX_DEPTH`] is written, and refused when read.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.tree(self);
        writer.into_bytes()
    }
}
