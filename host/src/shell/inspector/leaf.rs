//! A single value as text, and text as a value of the same type.
//!
//! Owns: what can be edited by hand. Never: changes a value's type; that is what code is for.

use hot_api::state::{Int, Tree};

/// Characters of a text, or bytes of a buffer, that a row shows.
const SHOWN_MAX: usize = 120;

/// One line that stands for the value: itself if it is single, a count if it has parts.
pub(super) fn preview(tree: &Tree) -> String {
    match tree {
        Tree::Unit => "()".to_owned(),
        Tree::Skipped => "not stored".to_owned(),
        Tree::None => "None".to_owned(),
        Tree::Bytes(bytes) => {
            let start: String = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            let dots = if bytes.len() > 16 { "…" } else { "" };
            format!("0x{start}{dots}")
        }
        Tree::String(text) => {
            let start: String = text.chars().take(SHOWN_MAX).collect();
            let dots = if start.len() < text.len() { "…" } else { "" };
            format!("{start:?}{dots}")
        }
        Tree::Some(inner) => preview(inner),
        Tree::Variant(name, None) => name.to_string(),
        Tree::Variant(name, Some(_)) => format!("{name} …"),
        Tree::Seq(items) | Tree::Tuple(items) => count(items.len(), "element"),
        Tree::Map(pairs) => count(pairs.len(), "entry"),
        Tree::Struct(fields) => count(fields.len(), "field"),
        single => editable(single).unwrap_or_default(),
    }
}

fn count(count: usize, what: &str) -> String {
    match (count, what) {
        (1, _) => format!("1 {what}"),
        (_, "entry") => format!("{count} entries"),
        _ => format!("{count} {what}s"),
    }
}

/// The text to edit; `None` for what cannot be edited by hand.
pub(super) fn editable(tree: &Tree) -> Option<String> {
    Some(match tree {
        Tree::Bool(value) => value.to_string(),
        Tree::Int(value) => value.to_string(),
        Tree::F32(bits) => f32::from_bits(*bits).to_string(),
        Tree::F64(bits) => f64::from_bits(*bits).to_string(),
        Tree::Char(value) => value.to_string(),
        Tree::String(text) => text.clone(),
        Tree::Some(inner) => return editable(inner),
        Tree::Variant(name, None) => name.to_string(),
        _ => return None,
    })
}

/// The text as a value of the type that `like` has.
///
/// # Errors
/// In words, when the text is none.
pub(super) fn parse(like: &Tree, text: &str) -> Result<Tree, String> {
    let bad = || format!("{text:?} is no {}", like.kind());
    let word = text.trim();
    Ok(match like {
        Tree::Bool(_) => Tree::Bool(word.parse().map_err(|_| bad())?),
        Tree::Int(int) => Tree::Int(parse_int(*int, word).ok_or_else(bad)?),
        Tree::F32(_) => word.parse::<f32>().map_err(|_| bad())?.into(),
        Tree::F64(_) => word.parse::<f64>().map_err(|_| bad())?.into(),
        // A blank is a character, too.
        Tree::Char(_) => Tree::Char(text.parse().map_err(|_| bad())?),
        Tree::String(_) => Tree::String(text.to_owned()),
        Tree::Some(inner) => Tree::Some(Box::new(parse(inner, text)?)),
        Tree::Variant(_, None) if !word.is_empty() => Tree::Variant(word.into(), None),
        _ => return Err(format!("a {} cannot be typed in", like.kind())),
    })
}

fn parse_int(like: Int, word: &str) -> Option<Int> {
    Some(match like {
        Int::I8(_) => Int::I8(word.parse().ok()?),
        Int::I16(_) => Int::I16(word.parse().ok()?),
        Int::I32(_) => Int::I32(word.parse().ok()?),
        Int::I64(_) => Int::I64(word.parse().ok()?),
        Int::I128(_) => Int::I128(word.parse().ok()?),
        Int::U8(_) => Int::U8(word.parse().ok()?),
        Int::U16(_) => Int::U16(word.parse().ok()?),
        Int::U32(_) => Int::U32(word.parse().ok()?),
        Int::U64(_) => Int::U64(word.parse().ok()?),
        Int::U128(_) => Int::U128(word.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_for_editing_is_read_back_as_the_same_value() {
        for value in [
            Tree::Bool(true),
            Tree::from(-7_i8),
            Tree::from(u128::MAX),
            Tree::from(0.1_f32),
            Tree::from(f64::NEG_INFINITY),
            Tree::Char(' '),
            Tree::from("two\nlines"),
            Tree::Some(Box::new(Tree::from(3_u32))),
            Tree::Variant("Done".into(), None),
        ] {
            let text = editable(&value).expect("a single value");
            assert_eq!(parse(&value, &text), Ok(value));
        }
    }

    #[test]
    fn text_of_another_type_is_refused_in_words() {
        for (like, text, says) in [
            (Tree::from(1_u8), "256", "\"256\" is no u8"),
            (Tree::from(1_u32), "-1", "\"-1\" is no u32"),
            (Tree::Bool(true), "yes", "\"yes\" is no bool"),
            (Tree::from(1.0_f64), "", "\"\" is no f64"),
            (Tree::Seq(Vec::new()), "[]", "a list cannot be typed in"),
        ] {
            assert_eq!(parse(&like, text), Err(says.to_owned()));
        }
    }
}
