//! What is different between two texts, if that is nothing but literals.
//!
//! Owns: that decision. Consumes: the text that was compiled and the text now. Produces:
//! [`Change`]s. Never: forgives a difference anywhere else, a comment or a blank included.

use super::uses::{Found, Use, uses};

/// A literal whose text is another now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// Where its `tweak!` was when the text was compiled, as `line!()` gives it.
    pub(super) line: u32,
    /// As `column!()` gives it.
    pub(super) column: u32,
    /// Which literal of that use, from 0.
    pub(super) index: u32,
    /// Its text when it was compiled.
    pub(super) compiled: String,
    /// One of [`hot_api::abi::literal_kind`]; the same then and now.
    pub(super) kind: u32,
    /// Its value now.
    pub(super) value: String,
}

/// The literals in `tweak!` that are different; `None` when anything else is, or a literal is of
/// another kind or type.
pub(super) fn changes(compiled: &str, now: &str) -> Option<Vec<Change>> {
    let (old_uses, new_uses) = (uses(compiled)?, uses(now)?);
    if old_uses.len() != new_uses.len() {
        return None;
    }
    let mut changes = Vec::new();
    let (mut old_end, mut new_end) = (0, 0);
    for (old_use, new_use) in old_uses.iter().zip(&new_uses) {
        let Use { line, column, literals } = old_use;
        if literals.len() != new_use.literals.len() {
            return None;
        }
        for (index, (old, new)) in (0..).zip(literals.iter().zip(&new_use.literals)) {
            if compiled[old_end..old.bytes.start] != now[new_end..new.bytes.start] {
                return None;
            }
            (old_end, new_end) = (old.bytes.end, new.bytes.end);
            if old.text == new.text {
                continue;
            }
            if !is_same_type(old, new) {
                return None;
            }
            let (compiled, value) = (old.text.clone(), new.value.clone());
            let (line, column, kind) = (*line, *column, old.kind);
            changes.push(Change { line, column, index, compiled, kind, value });
        }
    }
    (compiled[old_end..] == now[new_end..]).then_some(changes)
}

/// Another type here can mean another type elsewhere.
fn is_same_type(old: &Found, new: &Found) -> bool {
    old.kind == new.kind && old.suffix == new.suffix
}
