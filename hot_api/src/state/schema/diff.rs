//! Two schemas beside each other, and one as lines.

use super::format::{Format, Variant};
use crate::state::path::{Path, Segment};

/// A line for each part that only one of the two has, or that both have differently.
pub(super) fn diff(old: &Format, new: &Format) -> Vec<String> {
    let mut lines = Vec::new();
    compare(old, new, &Path::root(), &mut lines);
    if lines.is_empty() && old != new {
        lines.push("~ the order of fields or variants".to_owned());
    }
    lines
}

fn compare(old: &Format, new: &Format, at: &Path, lines: &mut Vec<String>) {
    let each = || at.clone().then(Segment::Each);
    match (old, new) {
        (Format::Struct(old), Format::Struct(new)) => compare_fields(old, new, at, lines),
        (Format::Enum(old), Format::Enum(new)) => compare_variants(old, new, at, lines),
        (Format::Option(old), Format::Option(new)) => compare(old, new, at, lines),
        (Format::List(old), Format::List(new)) => compare(old, new, &each(), lines),
        (Format::Map(old), Format::Map(new)) if old.0 == new.0 => {
            compare(&old.1, &new.1, &each(), lines);
        }
        (Format::Tuple(old), Format::Tuple(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(old, new, &at.clone().then(Segment::Slot(index)), lines);
            }
        }
        (old, new) if old == new => {}
        (old, new) => lines.push(format!("~ {at}: {old} → {new}")),
    }
}

fn compare_fields(
    old: &[(String, Format)],
    new: &[(String, Format)],
    at: &Path,
    lines: &mut Vec<String>,
) {
    for (name, format) in old {
        let path = at.clone().field(name.clone());
        match new.iter().find(|(known, _)| known == name) {
            Some((_, now)) => compare(format, now, &path, lines),
            None => lines.push(format!("- {path}: {format}")),
        }
    }
    for (name, format) in new {
        if !old.iter().any(|(known, _)| known == name) {
            lines.push(format!("+ {}: {format}", at.clone().field(name.clone())));
        }
    }
}

fn compare_variants(old: &[Variant], new: &[Variant], at: &Path, lines: &mut Vec<String>) {
    for Variant { name, body } in old {
        let path = at.clone().then(Segment::Variant(name.clone()));
        match new.iter().find(|variant| variant.name == *name) {
            Some(variant) => compare(body, &variant.body, &path, lines),
            None => lines.push(format!("- {path}: variant")),
        }
    }
    for Variant { name, .. } in new {
        if !old.iter().any(|variant| variant.name == *name) {
            lines.push(format!("+ {}: variant", at.clone().then(Segment::Variant(name.clone()))));
        }
    }
}

/// A line for each part that has no parts itself.
pub(super) fn lines(root: &Format) -> Vec<String> {
    let mut lines = Vec::new();
    list(root, &Path::root(), &mut lines);
    lines
}

fn list(format: &Format, at: &Path, lines: &mut Vec<String>) {
    match format {
        Format::Struct(fields) if !fields.is_empty() => {
            for (name, field) in fields {
                list(field, &at.clone().field(name.clone()), lines);
            }
        }
        Format::List(inner) if has_parts(inner) => {
            list(inner, &at.clone().then(Segment::Each), lines);
        }
        Format::Option(inner) if has_parts(inner) => list(inner, at, lines),
        format => lines.push(format!("{at}: {format}")),
    }
}

fn has_parts(format: &Format) -> bool {
    match format {
        Format::Struct(fields) => !fields.is_empty(),
        Format::List(inner) | Format::Option(inner) => has_parts(inner),
        _ => false,
    }
}
