//! Fields of structs and entries of maps: serde's `MapAccess` over a [`Node`].
//!
//! Owns: which fields are offered, and in which order. First those of the old value, then those
//! that only the default has, then those that serde missed in an earlier pass. Never: fills up a
//! map; only a struct has a fixed set of fields.

use super::node::{Node, Source};
use super::path::Step;
use super::read_error::{ReadError, Trouble};
use super::repairs::Plan;
use super::report::Reason;
use super::tree::{Name, Tree};
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, MapAccess};
use std::slice;

/// The fields of one struct, or the entries of one map.
pub(super) struct Fields<'de, 'c> {
    node: Node<'de, 'c>,
    entries: Entries<'de>,
    extras: std::vec::IntoIter<Extra<'de, 'c>>,
    /// The value of the key that was taken last.
    value: Option<(Step<'de>, Source<'de, 'c>)>,
}

/// What the old value has.
enum Entries<'de> {
    Nothing,
    Struct(slice::Iter<'de, (Name, Tree)>),
    Map(slice::Iter<'de, (Tree, Tree)>),
    /// A variant, in the form in which serde's buffers take enums.
    Variant(Option<(&'de str, &'de Tree)>),
}

/// A field that the old value does not have.
struct Extra<'de, 'c> {
    name: &'de str,
    source: Source<'de, 'c>,
    absence: Absence,
}

/// Why the old value does not offer a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absence {
    /// Older code had no such field.
    New,
    /// Its author's `skip_serializing_if` left it out.
    Skipped,
    /// Its value was refused in an earlier pass.
    Refused,
}

enum Key<'de> {
    Name(&'de str),
    Tree(&'de Tree),
}

impl<'de, 'c> Fields<'de, 'c> {
    /// `is_struct`: the type asked for a struct, so fields that only the default has are offered.
    pub(super) fn new(node: Node<'de, 'c>, is_struct: bool) -> Self {
        let entries = match node.tree() {
            Some(Tree::Struct(fields)) => Entries::Struct(fields.iter()),
            Some(Tree::Map(pairs)) => {
                Entries::Map(pairs.get(node.skip()..).unwrap_or_default().iter())
            }
            Some(Tree::Variant(name, Some(body))) => Entries::Variant(Some((name, body))),
            _ => Entries::Nothing,
        };
        let mut extras = Vec::new();
        if is_struct {
            add_defaults(&node, &mut extras);
        }
        add_fills(&node, &mut extras);
        Self { node, entries, extras: extras.into_iter(), value: None }
    }

    fn next(&mut self) -> Option<(Key<'de>, Step<'de>, Source<'de, 'c>)> {
        loop {
            let (key, step, value) = match &mut self.entries {
                Entries::Nothing => break,
                Entries::Struct(fields) => {
                    let Some((name, value)) = fields.next() else { break };
                    (Key::Name(name), Step::Field(name), value)
                }
                Entries::Map(pairs) => {
                    let Some((key, value)) = pairs.next() else { break };
                    (Key::Tree(key), Step::Key(key), value)
                }
                Entries::Variant(variant) => {
                    let Some((name, body)) = variant.take() else { break };
                    (Key::Name(name), Step::Variant(name), body)
                }
            };
            if !self.is_withheld(&key, step, value) {
                return Some((key, step, self.node.like(value)));
            }
        }
        let Extra { name, source, absence } = self.extras.next()?;
        let step = Step::Field(name);
        let trail = self.node.trail.then(step);
        match absence {
            Absence::New => self.node.note_default(&trail, Reason::Added),
            Absence::Skipped => self.node.note_default(&trail, Reason::NotStored),
            // Noted when the old value was withheld.
            Absence::Refused => {}
        }
        Some((Key::Name(name), step, source))
    }

    /// Whether an old entry is not to be offered; notes why.
    fn is_withheld(&self, key: &Key<'de>, step: Step<'de>, value: &'de Tree) -> bool {
        if *value == Tree::Skipped {
            return true;
        }
        let node = &self.node;
        let (name, unread) = match key {
            Key::Name(name) => (Some(*name), None),
            Key::Tree(key) => (key.as_str(), node.left_out(key)),
        };
        if let Some(why) = unread.or_else(|| node.left_out(value)) {
            let (trail, why) = (node.trail.then(step), why.to_owned());
            match key {
                Key::Name(_) => node.note_default(&trail, Reason::Refused(why)),
                Key::Tree(_) => node.note_drop(&trail, Reason::Discarded(why)),
            }
            return true;
        }
        let unknown = |plan: &Plan| plan.unknown_fields.iter().any(|u| Some(&**u) == name);
        let unknown = node.plan.is_some_and(unknown);
        if unknown {
            node.note_drop(&node.trail.then(step), Reason::Removed);
        }
        unknown
    }
}

/// Why the old value does not offer the field; `None` if it does.
fn absence(node: &Node<'_, '_>, name: &str) -> Option<Absence> {
    match node.tree().and_then(|tree| tree.field(name)) {
        None => Some(Absence::New),
        Some(Tree::Skipped) => Some(Absence::Skipped),
        Some(value) => node.left_out(value).map(|_| Absence::Refused),
    }
}

fn is_other_name(node: &Node<'_, '_>, name: &str) -> bool {
    node.plan.is_some_and(|plan| plan.no_default.contains(&name))
}

/// The fields of the default that the old value does not offer. One that it left out on purpose is
/// not among them: serde's own default is what its author relied on.
fn add_defaults<'de, 'c>(node: &Node<'de, 'c>, extras: &mut Vec<Extra<'de, 'c>>) {
    let Some(Tree::Struct(fields)) = node.default else { return };
    for (name, value) in fields.iter().filter(|(_, value)| *value != Tree::Skipped) {
        let absence = absence(node, name).filter(|absence| *absence != Absence::Skipped);
        if let Some(absence) = absence
            && !is_other_name(node, name)
        {
            extras.push(Extra { name, source: Source::Default(value), absence });
        }
    }
}

/// The fields that serde missed in an earlier pass.
fn add_fills<'de, 'c>(node: &Node<'de, 'c>, extras: &mut Vec<Extra<'de, 'c>>) {
    for fill in node.plan.into_iter().flat_map(Plan::fills) {
        let name = fill.field;
        let Some(absence) = absence(node, name) else { continue };
        if is_other_name(node, name) || extras.iter().any(|extra| extra.name == name) {
            continue;
        }
        let default = node.default.and_then(|tree| tree.field(name));
        let default = default.filter(|tree| **tree != Tree::Skipped);
        let source = default.map_or(Source::Zero(Some(fill)), Source::Default);
        extras.push(Extra { name, source, absence });
    }
}

impl<'de> MapAccess<'de> for Fields<'de, '_> {
    type Error = ReadError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ReadError> {
        let Some((key, mut step, source)) = self.next() else { return Ok(None) };
        let key = match key {
            Key::Name(name) => seed.deserialize(BorrowedStrDeserializer::<ReadError>::new(name)),
            Key::Tree(key) => {
                let cx = self.node.cx;
                cx.identifier.set(false);
                let read = self.node.key(&self.node.trail.then(step), key).read(seed);
                // A struct with flattened fields is stored as a map, but asks for identifiers.
                if let (true, Some(name)) = (cx.identifier.get(), key.as_str()) {
                    step = Step::Field(name);
                }
                read
            }
        }?;
        self.value = Some((step, source));
        Ok(Some(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, ReadError> {
        let Some((step, source)) = self.value.take() else {
            return Err(Trouble::Custom("a value was asked for before its key".to_owned()).into());
        };
        let node = &self.node;
        let default = match (step, source) {
            (_, Source::Default(_) | Source::Zero(_)) => None,
            (Step::Field(name), _) => node.default.and_then(|tree| tree.field(name)),
            (Step::Key(key), _) => {
                key.as_str().and_then(|name| node.default.and_then(|tree| tree.field(name)))
            }
            (Step::Variant(name), _) => match node.default {
                Some(Tree::Variant(same, Some(body))) if **same == *name => Some(&**body),
                _ => None,
            },
            _ => None,
        };
        let value = node.part(&node.trail.then(step), source, default).read(seed)?;
        if let (Some(Tree::Map(pairs)), Step::Key(_), Entries::Map(rest)) =
            (node.tree(), step, &self.entries)
        {
            node.note_passed(pairs.len() - rest.len());
        }
        Ok(value)
    }
}
