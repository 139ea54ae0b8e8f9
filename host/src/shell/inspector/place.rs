//! Where a value stands in a state, by positions: how a row of the inspector finds its value again.
//!
//! Owns: the order of a value's parts. Never: names, which may occur twice or not at all.

use hot_api::state::Tree;

/// The way from the whole state to one value: at each step, which part.
pub(super) type Place = Vec<usize>;

/// A part of a value.
pub(super) struct Part<'t> {
    /// What to call it: a field's name, `[3]`, a key.
    pub(super) name: String,
    /// The part itself.
    pub(super) tree: &'t Tree,
}

/// How many parts a value has that can be shown one by one.
pub(super) fn part_count(tree: &Tree) -> usize {
    match tree {
        Tree::Some(inner) => part_count(inner),
        Tree::Variant(_, Some(_)) => 1,
        Tree::Seq(items) | Tree::Tuple(items) => items.len(),
        Tree::Map(pairs) => pairs.len(),
        Tree::Struct(fields) => fields.len(),
        _ => 0,
    }
}

/// One of the parts; `None` behind the last.
pub(super) fn part(tree: &Tree, index: usize) -> Option<Part<'_>> {
    match tree {
        Tree::Some(inner) => part(inner, index),
        Tree::Variant(name, Some(body)) if index == 0 => {
            Some(Part { name: name.to_string(), tree: body })
        }
        Tree::Seq(items) | Tree::Tuple(items) => {
            items.get(index).map(|tree| Part { name: format!("[{index}]"), tree })
        }
        Tree::Map(pairs) => {
            pairs.get(index).map(|(key, tree)| Part { name: format!("[{}]", key.to_json()), tree })
        }
        Tree::Struct(fields) => {
            fields.get(index).map(|(name, tree)| Part { name: name.to_string(), tree })
        }
        _ => None,
    }
}

/// The value at a place.
pub(super) fn value_mut<'t>(tree: &'t mut Tree, place: &[usize]) -> Option<&'t mut Tree> {
    let Some((&index, rest)) = place.split_first() else { return Some(tree) };
    let part = match tree {
        Tree::Some(inner) => return value_mut(inner, place),
        Tree::Variant(_, Some(body)) if index == 0 => Some(&mut **body),
        Tree::Seq(items) | Tree::Tuple(items) => items.get_mut(index),
        Tree::Map(pairs) => pairs.get_mut(index).map(|(_, value)| value),
        Tree::Struct(fields) => fields.get_mut(index).map(|(_, value)| value),
        _ => None,
    };
    value_mut(part?, rest)
}
