//! Places in a tree, as an author writes them: `board.columns[].cards[].due`.
//!
//! Owns: the notation, and the walk to every value that it stands for. Produces: a [`Path`] for each
//! of them. Never: changes a value; `edit.rs` does.

use super::edit::EditError;
use super::path::{Path, Segment};
use super::tree::Tree;

/// One step of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PlaceStep {
    /// `.name`: a field, the value of a map under that text, or the content of that variant.
    Name(String),
    /// `[3]`: one element.
    Item(usize),
    /// `[]`: every element of a list or tuple, every value of a map.
    Each,
}

/// A place, parsed. The whole state is the empty text.
pub(super) type Place = Vec<PlaceStep>;

/// What is done with each value; a failure ends the walk.
pub(super) type Visit<'v> = dyn FnMut(&mut Tree, &Path) -> Result<(), EditError> + 'v;

/// Reads the notation.
pub(super) fn parse(text: &str) -> Result<Place, EditError> {
    let wrong = |reason| EditError::Place { place: text.to_owned(), reason };
    let mut place = Place::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(bracket) = rest.strip_prefix('[') {
            let (index, after) =
                bracket.split_once(']').ok_or_else(|| wrong("a `]` is missing"))?;
            place.push(match index {
                "" => PlaceStep::Each,
                index => PlaceStep::Item(index.parse().map_err(|_| {
                    wrong("between `[` and `]` stands nothing or the number of an element")
                })?),
            });
            rest = after;
        } else {
            let name = match rest.strip_prefix('.') {
                Some(name) if !place.is_empty() => name,
                None if place.is_empty() => rest,
                _ => return Err(wrong("a name follows a dot, and a dot follows something")),
            };
            let end = name.find(['.', '[']).unwrap_or(name.len());
            if end == 0 {
                return Err(wrong("a name is empty"));
            }
            place.push(PlaceStep::Name(name[..end].to_owned()));
            rest = &name[end..];
        }
    }
    Ok(place)
}

/// A place as the struct around it and the name in there.
pub(super) fn parent_of(text: &str) -> Result<(Place, String), EditError> {
    let mut place = parse(text)?;
    match place.pop() {
        Some(PlaceStep::Name(name)) => Ok((place, name)),
        _ => Err(EditError::Place { place: text.to_owned(), reason: "it must end with a field" }),
    }
}

/// Visits every value that `steps` lead to from `tree`, which stands at `here`. Options are looked
/// through; where there is no value, or a variant of another name, nothing is visited.
pub(super) fn each(
    tree: &mut Tree,
    steps: &[PlaceStep],
    here: &Path,
    visit: &mut Visit<'_>,
) -> Result<(), EditError> {
    let Some((step, rest)) = steps.split_first() else {
        return if *tree == Tree::Skipped { Ok(()) } else { visit(tree, here) };
    };
    match (tree, step) {
        (Tree::Some(inner), _) => each(inner, steps, here, visit),
        (Tree::None | Tree::Skipped, _) => Ok(()),
        (Tree::Variant(name, body), PlaceStep::Name(wanted)) => match body {
            Some(body) if **name == **wanted => {
                let here = here.clone().then(Segment::Variant(wanted.clone()));
                each(body, rest, &here, visit)
            }
            _ => Ok(()),
        },
        (tree @ (Tree::Struct(_) | Tree::Map(_)), PlaceStep::Name(name)) => {
            let missing = missing(tree, name, here);
            let field = tree.field_mut(name).ok_or(missing)?;
            each(field, rest, &here.clone().field(name.clone()), visit)
        }
        (Tree::Seq(items) | Tree::Tuple(items), PlaceStep::Each) => items
            .iter_mut()
            .enumerate()
            .try_for_each(|(index, item)| each(item, rest, &here.clone().item(index), visit)),
        (Tree::Map(pairs), PlaceStep::Each) => pairs.iter_mut().try_for_each(|(key, value)| {
            each(value, rest, &here.clone().then(Segment::Key(key.to_key_text())), visit)
        }),
        (Tree::Seq(items) | Tree::Tuple(items), PlaceStep::Item(index)) => {
            let count = items.len();
            let here = here.clone().item(*index);
            match items.get_mut(*index) {
                Some(item) => each(item, rest, &here, visit),
                None => Err(EditError::NoElement { path: here, count }),
            }
        }
        (tree, step) => {
            let expected = match step {
                PlaceStep::Name(name) => format!("a struct with a field `{name}`"),
                PlaceStep::Item(_) | PlaceStep::Each => "a list".to_owned(),
            };
            let found = tree.kind().into_owned();
            Err(EditError::Kind { path: here.clone(), expected, found })
        }
    }
}

/// The error for a struct at `here` without that field.
pub(super) fn missing(container: &Tree, name: &str, here: &Path) -> EditError {
    let present: Vec<&str> = match container {
        Tree::Struct(fields) => fields.iter().map(|(name, _)| &**name).collect(),
        Tree::Map(pairs) => pairs.iter().filter_map(|(key, _)| key.as_str()).collect(),
        _ => Vec::new(),
    };
    let present = if present.is_empty() { "none".to_owned() } else { present.join(", ") };
    EditError::Missing { path: here.clone().field(name), present }
}
