//! Edits of a tree: the vocabulary of migrations.
//!
//! Owns: renaming, moving, converting, splitting, setting and removing, at [places](Tree#editing).
//! Consumes: a tree of older code. Never: guesses; what is not as the author says is an error that
//! names the path.

use super::capture::{CaptureError, capture};
use super::from_tree::from_tree;
use super::path::Path;
use super::place::{Place, PlaceStep, each, missing, parent_of, parse};
use super::read_error::ReadError;
use super::tree::{Name, Tree};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;

/// An edit that does not fit the tree. A migration passes it on with `?`, and the state is refused as a whole.
///
/// ```
/// use hot_api::state::{EditError, Tree, capture};
///
/// fn volume_in_percent(state: &mut Tree) -> Result<(), EditError> {
///     state.try_map("volume", |volume: f64| match volume {
///         0.0..=1.0 => Ok((volume * 100.0).round() as u8),
///         _ => Err("is no share of 1"),
///     })
/// }
///
/// let mut state = capture(&std::collections::BTreeMap::from([("volume", 1.5)])).unwrap();
/// let error = volume_in_percent(&mut state).unwrap_err();
/// assert_eq!(error.to_string(), "`volume`: is no share of 1");
///
/// // An error of the author's own is made of a text.
/// let own: EditError = "the board has no columns".into();
/// assert_eq!(own, EditError::Custom("the board has no columns".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// What the author wrote is no place.
    #[error(
        "`{place}` is no place in a state: {reason}; write `board.title` for a field, `cards[].due` \
         for that field of every card, `cards[3]` for one"
    )]
    Place {
        /// What was written.
        place: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is no such field.
    #[error("there is no `{path}`; the fields there are: {present}")]
    Missing {
        /// The field that was looked for.
        path: Path,
        /// The ones that are there.
        present: String,
    },
    /// The list is shorter.
    #[error("there is no `{path}`: the list has {count} elements")]
    NoElement {
        /// The element that was looked for.
        path: Path,
        /// How many there are.
        count: usize,
    },
    /// There is such a field already.
    #[error("`{path}` is there already; remove or rename it first")]
    Occupied {
        /// The field that was to be made.
        path: Path,
    },
    /// The value is of another kind.
    #[error("`{path}` is {found}, expected {expected}")]
    Kind {
        /// Where.
        path: Path,
        /// What the edit is for.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// The value cannot be read as the function wants it, or the function refused it.
    #[error("`{path}`: {message}")]
    Value {
        /// Where.
        path: Path,
        /// The reason.
        message: String,
    },
    /// What an author's own step says.
    #[error("{0}")]
    Custom(String),
}

impl EditError {
    fn value(path: &Path, message: impl Display) -> Self {
        Self::Value { path: path.clone(), message: message.to_string() }
    }

    fn read(path: &Path, error: &ReadError) -> Self {
        let inside = error.path();
        let whole = inside.segments().iter().cloned().fold(path.clone(), Path::then);
        Self::value(&whole, error.trouble())
    }

    fn capture(path: &Path, error: &CaptureError) -> Self {
        Self::value(path, error)
    }
}

impl From<String> for EditError {
    fn from(message: String) -> Self {
        Self::Custom(message)
    }
}

impl From<&str> for EditError {
    fn from(message: &str) -> Self {
        Self::Custom(message.to_owned())
    }
}

/// # Editing
///
/// Places are written as paths: `board.title`, `cards[].due` for every card, `cards[3]` for one,
/// `shape.Circle.radius` into a variant. Options are looked through; where there is none, where the
/// list is empty and where the variant is another one, nothing is done.
impl Tree {
    /// Gives the field at `place` another name, in every struct that has it. Its place among the others stays.
    ///
    /// ```
    /// # use hot_api::state::capture;
    /// # use std::collections::BTreeMap;
    /// # let mut state = capture(&BTreeMap::from([("tasks", [BTreeMap::from([("name", "swim")])])])).unwrap();
    /// state.rename("tasks[].name", "title")?;
    /// # assert_eq!(state.to_json(), serde_json::json!({"tasks": [{"title": "swim"}]}));
    /// # Ok::<(), hot_api::state::EditError>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such field, or one of the new name already.
    pub fn rename(&mut self, place: &str, name: &str) -> Result<(), EditError> {
        let (parent, old) = parent_of(place)?;
        each(self, &parent, &Path::root(), &mut |container, here| {
            let Some(container) = content(container) else { return Ok(()) };
            if container.field(name).is_some() {
                return Err(EditError::Occupied { path: here.clone().field(name) });
            }
            let (index, value) = take_field(container, &old, here)?;
            insert_field(container, index, name, value);
            Ok(())
        })
    }

    /// Gives a variant of the enum at `place` another name. Values that are another variant stay.
    ///
    /// ```
    /// # use hot_api::state::capture;
    /// #[derive(serde::Serialize)]
    /// enum Tool {
    ///     Pen { width: f32 },
    /// }
    ///
    /// let mut state = capture(&std::collections::BTreeMap::from([("tool", Tool::Pen { width: 2.0 })]))?;
    /// state.rename_variant("tool", "Pen", "Brush")?;
    /// assert_eq!(state.to_json(), serde_json::json!({ "tool": { "Brush": { "width": 2.0 } } }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the value there is no enum.
    pub fn rename_variant(&mut self, place: &str, old: &str, new: &str) -> Result<(), EditError> {
        each(self, &parse(place)?, &Path::root(), &mut |value, here| {
            let Some(value) = content(value) else { return Ok(()) };
            match value {
                Tree::Variant(name, _) => {
                    if **name == *old {
                        *name = new.into();
                    }
                    Ok(())
                }
                other => Err(kind(other, here, "an enum")),
            }
        })
    }

    /// Moves the field at `from` to `to`. What the two have in front of their last common `[]` is
    /// the same, so that each element keeps its own. Structs that are missing on the way to `to` are
    /// made.
    ///
    /// ```
    /// # use hot_api::state::capture;
    /// # let mut state = capture(&std::collections::BTreeMap::from([("dark", true)])).unwrap();
    /// state.move_to("dark", "settings.dark")?;
    /// # assert_eq!(state.to_json(), serde_json::json!({"settings": {"dark": true}}));
    /// # Ok::<(), hot_api::state::EditError>(())
    /// ```
    ///
    /// # Errors
    /// When there is nothing at `from`, or something at `to`.
    pub fn move_to(&mut self, from: &str, to: &str) -> Result<(), EditError> {
        let (source, target) = (parse(from)?, parse(to)?);
        let common = source.iter().zip(&target).take_while(|(a, b)| a == b).count();
        let is_plain = |place: &Place| {
            place.len() > common
                && place[common..].iter().all(|step| matches!(step, PlaceStep::Name(_)))
        };
        if !is_plain(&source) || !is_plain(&target) {
            let reason = "after what both places have in common, only fields may follow";
            return Err(EditError::Place { place: format!("{from}` to `{to}"), reason });
        }
        each(self, &source[..common], &Path::root(), &mut |container, here| match take_at(
            container,
            &source[common..],
            here,
        )? {
            Some(value) => put_at(container, &target[common..], here, value),
            None => Ok(()),
        })
    }

    /// Removes the field at `place`, in every struct that has it. A field that today's type does not have is dropped
    /// without this as well, and reported as lost; a migration says that it is meant to go, or frees its name.
    ///
    /// ```
    /// # use hot_api::state::capture;
    /// # let mut state = capture(&std::collections::BTreeMap::from([("zoom", 120), ("page", 3)])).unwrap();
    /// state.remove("zoom")?;
    /// # assert_eq!(state.to_json(), serde_json::json!({"page": 3}));
    /// # Ok::<(), hot_api::state::EditError>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such field.
    pub fn remove(&mut self, place: &str) -> Result<(), EditError> {
        let (parent, name) = parent_of(place)?;
        each(self, &parent, &Path::root(), &mut |container, here| match content(container) {
            Some(container) => take_field(container, &name, here).map(drop),
            None => Ok(()),
        })
    }

    /// Sets the field at `place`, whether it is there or not.
    ///
    /// ```
    /// # use hot_api::state::capture;
    /// # let mut state = capture(&std::collections::BTreeMap::from([("page", 3)])).unwrap();
    /// state.set("title", "Untitled")?;
    /// # assert_eq!(state.to_json(), serde_json::json!({"page": 3, "title": "Untitled"}));
    /// # Ok::<(), hot_api::state::EditError>(())
    /// ```
    ///
    /// # Errors
    /// When the value around it is no struct, or `value` cannot be captured.
    pub fn set<T: Serialize + ?Sized>(&mut self, place: &str, value: &T) -> Result<(), EditError> {
        let (parent, name) = parent_of(place)?;
        each(self, &parent, &Path::root(), &mut |container, here| {
            let path = here.clone().field(name.clone());
            let value = capture(value).map_err(|error| EditError::capture(&path, &error))?;
            let Some(container) = content(container) else { return Ok(()) };
            if let Some(field) = container.field_mut(&name) {
                *field = value;
            } else if is_container(container) {
                insert_field(container, usize::MAX, &name, value);
            } else {
                return Err(kind(container, here, "a struct"));
            }
            Ok(())
        })
    }

    /// Replaces every value at `place` by what `convert` makes of it.
    ///
    /// ```
    /// # use hot_api::state::capture;
    /// # let mut state = capture(&std::collections::BTreeMap::from([("seconds", [90_u32])])).unwrap();
    /// state.map("seconds[]", |seconds: u32| f64::from(seconds) / 60.0)?;
    /// # assert_eq!(state.to_json(), serde_json::json!({"seconds": [1.5]}));
    /// # Ok::<(), hot_api::state::EditError>(())
    /// ```
    ///
    /// # Errors
    /// When a value there is no `A`, or the new one cannot be captured.
    pub fn map<A: DeserializeOwned, B: Serialize>(
        &mut self,
        place: &str,
        mut convert: impl FnMut(A) -> B,
    ) -> Result<(), EditError> {
        self.try_map(place, |value: A| Ok::<B, String>(convert(value)))
    }

    /// As [`Tree::map`], for a `convert` that may say no. See [`EditError`] for an example.
    ///
    /// # Errors
    /// As for [`Tree::map`], and with what `convert` says.
    pub fn try_map<A: DeserializeOwned, B: Serialize, E: Display>(
        &mut self,
        place: &str,
        mut convert: impl FnMut(A) -> Result<B, E>,
    ) -> Result<(), EditError> {
        each(self, &parse(place)?, &Path::root(), &mut |value, here| {
            let old: A = from_tree(value).map_err(|error| EditError::read(here, &error))?;
            let new = convert(old).map_err(|error| EditError::value(here, error))?;
            *value = capture(&new).map_err(|error| EditError::capture(here, &error))?;
            Ok(())
        })
    }

    /// Replaces the field at `place` by several: `convert` makes a tuple of the old value, with an
    /// element for each of `names`.
    ///
    /// ```
    /// # use hot_api::state::capture;
    /// # let mut state = capture(&std::collections::BTreeMap::from([("name", "Ada Lovelace")])).unwrap();
    /// state.split("name", &["first", "last"], |name: String| {
    ///     let (first, last) = name.split_once(' ').unwrap_or((&name, ""));
    ///     (first.to_owned(), last.to_owned())
    /// })?;
    /// # assert_eq!(state.to_json(), serde_json::json!({"first": "Ada", "last": "Lovelace"}));
    /// # Ok::<(), hot_api::state::EditError>(())
    /// ```
    ///
    /// # Errors
    /// When the old value is no `A`, the tuple has another length, or a name is taken.
    pub fn split<A: DeserializeOwned, B: Serialize>(
        &mut self,
        place: &str,
        names: &[&str],
        mut convert: impl FnMut(A) -> B,
    ) -> Result<(), EditError> {
        let (parent, name) = parent_of(place)?;
        each(self, &parent, &Path::root(), &mut |container, here| {
            let Some(container) = content(container) else { return Ok(()) };
            let (index, value) = take_field(container, &name, here)?;
            let path = here.clone().field(name.clone());
            if value == Tree::Skipped {
                return Ok(());
            }
            let old: A = from_tree(&value).map_err(|error| EditError::read(&path, &error))?;
            let parts = match capture(&convert(old)) {
                Ok(Tree::Tuple(parts)) if parts.len() == names.len() => parts,
                Ok(other) => {
                    return Err(kind(&other, &path, &format!("a tuple of {}", names.len())));
                }
                Err(error) => return Err(EditError::capture(&path, &error)),
            };
            for (offset, (name, part)) in names.iter().zip(parts).enumerate() {
                if container.field(name).is_some() {
                    return Err(EditError::Occupied { path: here.clone().field(*name) });
                }
                insert_field(container, index + offset, name, part);
            }
            Ok(())
        })
    }
}

/// The value itself, out of options; `None` where there is none.
fn content(tree: &mut Tree) -> Option<&mut Tree> {
    match tree {
        Tree::Some(inner) => content(inner),
        Tree::None | Tree::Skipped => None,
        other => Some(other),
    }
}

fn is_container(tree: &Tree) -> bool {
    matches!(tree, Tree::Struct(_) | Tree::Map(_))
}

fn kind(found: &Tree, here: &Path, expected: &str) -> EditError {
    let (expected, found) = (expected.to_owned(), found.kind().into_owned());
    EditError::Kind { path: here.clone(), expected, found }
}

/// Takes a field out of a struct; with its place among the others.
fn take_field(container: &mut Tree, name: &str, here: &Path) -> Result<(usize, Tree), EditError> {
    let absent = missing(container, name, here);
    let found = match container {
        Tree::Struct(fields) => {
            let index = fields.iter().position(|(known, _)| **known == *name);
            index.map(|index| (index, fields.remove(index).1))
        }
        Tree::Map(pairs) => {
            let index = pairs.iter().position(|(key, _)| key.as_str() == Some(name));
            index.map(|index| (index, pairs.remove(index).1))
        }
        other => return Err(kind(other, here, &format!("a struct with a field `{name}`"))),
    };
    found.ok_or(absent)
}

/// Puts a field into a struct, before the one at `index`, or at the end.
fn insert_field(container: &mut Tree, index: usize, name: &str, value: Tree) {
    match container {
        Tree::Struct(fields) => {
            fields.insert(index.min(fields.len()), (Name::from(name), value));
        }
        Tree::Map(pairs) => pairs.insert(index.min(pairs.len()), (Tree::from(name), value)),
        // Callers have found a field in it, or asked `is_container`.
        _ => {}
    }
}

/// Takes the field at the end of `steps`; `None` where an option on the way holds nothing.
fn take_at(tree: &mut Tree, steps: &[PlaceStep], here: &Path) -> Result<Option<Tree>, EditError> {
    let mut taken = None;
    let Some((PlaceStep::Name(last), way)) = steps.split_last() else { return Ok(None) };
    each(tree, way, here, &mut |container, here| {
        if let Some(container) = content(container) {
            taken = Some(take_field(container, last, here)?.1);
        }
        Ok(())
    })?;
    Ok(taken)
}

/// Puts `value` at the end of `steps`, making structs on the way.
fn put_at(tree: &mut Tree, steps: &[PlaceStep], here: &Path, value: Tree) -> Result<(), EditError> {
    let Some((PlaceStep::Name(name), rest)) = steps.split_first() else { return Ok(()) };
    let here = here.clone().field(name.clone());
    let container = match content(tree) {
        Some(container) if is_container(container) => container,
        Some(Tree::Variant(variant, Some(body))) if **variant == **name => {
            return put_at(body, rest, &here, value);
        }
        Some(other) => return Err(kind(other, &here, "a field of a struct")),
        None => return Err(EditError::value(&here, "there is nothing to put it into")),
    };
    if rest.is_empty() {
        if container.field(name).is_some() {
            return Err(EditError::Occupied { path: here });
        }
        insert_field(container, usize::MAX, name, value);
        return Ok(());
    }
    if container.field(name).is_none() {
        insert_field(container, usize::MAX, name, Tree::Struct(Vec::new()));
    }
    let inner = container.field_mut(name).expect("it was there or has just been put there");
    put_at(inner, rest, &here, value)
}
