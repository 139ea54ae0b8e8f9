//! Elements of lists and bodies of variants: serde's access traits over a [`Node`].
//!
//! Owns: which default stands beside which part. Consumes: a node that holds a container. Never:
//! adds or leaves out a part, except those that [`super::repairs`] names.

use super::node::{Node, Source};
use super::path::Step;
use super::read_error::ReadError;
use super::report::Reason;
use super::tree::Tree;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer as _, EnumAccess, SeqAccess, VariantAccess, Visitor,
};

/// Elements of a list or slots of a tuple.
pub(super) struct Items<'de, 'c> {
    node: Node<'de, 'c>,
    items: &'de [Tree],
    next: usize,
    count: usize,
}

impl<'de, 'c> Items<'de, 'c> {
    pub(super) fn new(node: Node<'de, 'c>, items: &'de [Tree]) -> Self {
        Self { node, items, next: if is_list(&node) { node.skip() } else { 0 }, count: items.len() }
    }

    /// As many zeros.
    pub(super) fn zeros(node: Node<'de, 'c>, count: usize) -> Self {
        Self { node, items: &[], next: 0, count }
    }
}

/// Whether the elements are of one type and any number of them will do.
fn is_list(node: &Node<'_, '_>) -> bool {
    matches!(node.tree(), Some(Tree::Seq(_)))
}

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = ReadError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ReadError> {
        let node = &self.node;
        while self.next < self.count {
            let index = self.next;
            self.next += 1;
            let step = if is_list(node) { Step::Item(index) } else { Step::Slot(index) };
            let trail = node.trail.then(step);
            let Some(item) = self.items.get(index) else {
                return node.part(&trail, Source::Zero(None), None).read(seed).map(Some);
            };
            if let Some(why) = node.left_out(item) {
                node.note_drop(&trail, Reason::Discarded(why.to_owned()));
                continue;
            }
            let default = match node.default {
                Some(Tree::Tuple(slots)) if slots.len() == self.count => slots.get(index),
                _ => None,
            };
            let value = node.part(&trail, node.like(item), default).read(seed)?;
            node.note_passed(self.next);
            return Ok(Some(value));
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.count - self.next)
    }
}

/// A variant and its body.
pub(super) struct Choice<'de, 'c> {
    pub(super) node: Node<'de, 'c>,
    pub(super) variant: &'de str,
    pub(super) body: Option<&'de Tree>,
}

impl<'de> Choice<'de, '_> {
    fn with_body<T>(
        self,
        read: impl FnOnce(Node<'de, '_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let Self { node, variant, body } = self;
        let trail = node.trail.then(Step::Variant(variant));
        let default = match node.default {
            Some(Tree::Variant(name, Some(body))) if **name == *variant => Some(&**body),
            _ => None,
        };
        let body = match body {
            Some(body) => node.part(&trail, node.like(body), default),
            // The variant has become one with a body, or the enum is a zero.
            None => {
                node.note_default(&trail, Reason::Added);
                node.part(&trail, default.map_or(Source::Zero(None), Source::Default), None)
            }
        };
        body.run(read)
    }
}

impl<'de> EnumAccess<'de> for Choice<'de, '_> {
    type Error = ReadError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), ReadError> {
        let variant = seed.deserialize(BorrowedStrDeserializer::<ReadError>::new(self.variant))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'de, '_> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        if self.body.is_some() {
            let trail = self.node.trail.then(Step::Variant(self.variant));
            self.node.note_drop(&trail, Reason::Removed);
        }
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, ReadError> {
        self.with_body(|body| seed.deserialize(body))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.with_body(|body| body.deserialize_tuple(count, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.with_body(|body| body.deserialize_struct("variant", fields, visitor))
    }
}
