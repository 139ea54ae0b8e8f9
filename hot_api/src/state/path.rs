//! Where a value stands in a state: `todos[3].due`.
//!
//! Owns: the public [`Path`] of errors and reports, and the [`Trail`] that a deserialiser lays on
//! the stack, which costs nothing until somebody asks for the path.

use super::tree::Tree;
use std::fmt;

/// A path longer than this is shortened in the middle when printed.
const SHOWN_MAX: usize = 24;
/// So much of the end of a long path is printed.
const SHOWN_END: usize = 8;

/// One step from a value to a part of it; see [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Segment {
    /// A field of a struct.
    Field(String),
    /// The content of an enum's variant.
    Variant(String),
    /// An element of a list.
    Item(usize),
    /// An element of a tuple or a fixed array.
    Slot(usize),
    /// The value under a key of a map; the key as JSON.
    Key(String),
    /// Any element of a list or any value of a map.
    Each,
}

/// The way from the whole state to one value; empty for the state itself.
///
/// ```
/// use hot_api::state::{Path, Segment, capture};
///
/// let path = Path::root().field("scores").item(1);
/// assert_eq!(path.to_string(), "scores[1]");
/// assert_eq!(path.wild().to_string(), "scores[]");
/// assert_eq!(path.segments()[1], Segment::Item(1));
///
/// #[derive(serde::Serialize)]
/// struct Game {
///     scores: Vec<u32>,
/// }
///
/// let state = capture(&Game { scores: vec![7, 9] })?;
/// assert_eq!(state.get(&path), Some(&9_u32.into()));
/// # Ok::<(), hot_api::state::CaptureError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path(Vec<Segment>);

impl Path {
    /// The path of the whole state.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// This path, one step further.
    #[must_use]
    pub fn then(mut self, segment: Segment) -> Self {
        self.0.push(segment);
        self
    }

    /// Into a field of a struct.
    #[must_use]
    pub fn field(self, name: impl Into<String>) -> Self {
        self.then(Segment::Field(name.into()))
    }

    /// Into an element of a list.
    #[must_use]
    pub fn item(self, index: usize) -> Self {
        self.then(Segment::Item(index))
    }

    /// The steps, outermost first.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Length of the path of the outermost list or map on the way; the whole length if there is none.
    pub(super) fn depth_of_list(&self) -> usize {
        let is_element = |segment: &Segment| matches!(segment, Segment::Item(_) | Segment::Key(_));
        self.0.iter().position(is_element).unwrap_or(self.0.len())
    }

    /// For errors that learn their path from the inside out.
    pub(super) fn prepend(&mut self, segment: Segment) {
        self.0.insert(0, segment);
    }

    /// The path of all values like this one: list indices and map keys become wildcards.
    #[must_use]
    pub fn wild(&self) -> Self {
        let wild = |segment: &Segment| match segment {
            Segment::Item(_) | Segment::Key(_) => Segment::Each,
            other => other.clone(),
        };
        Self(self.0.iter().map(wild).collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("(root)");
        }
        let skipped = if self.0.len() > SHOWN_MAX {
            SHOWN_MAX - SHOWN_END..self.0.len() - SHOWN_END
        } else {
            0..0
        };
        for (index, segment) in self.0.iter().enumerate() {
            if skipped.contains(&index) {
                if index == skipped.start {
                    f.write_str(".…")?;
                }
                continue;
            }
            match segment {
                Segment::Field(name) | Segment::Variant(name) => {
                    let dot = if index == 0 { "" } else { "." };
                    write!(f, "{dot}{name}")?;
                }
                Segment::Item(index) | Segment::Slot(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => write!(f, "[{key}]")?,
                Segment::Each => f.write_str("[]")?,
            }
        }
        Ok(())
    }
}

/// A [`Segment`] that borrows, so that taking it costs nothing.
#[derive(Clone, Copy)]
pub(super) enum Step<'t> {
    Root,
    Field(&'t str),
    Variant(&'t str),
    Item(usize),
    Slot(usize),
    Key(&'t Tree),
}

impl Step<'_> {
    fn to_segment(self) -> Option<Segment> {
        Some(match self {
            Self::Root => return None,
            Self::Field(name) => Segment::Field(name.to_owned()),
            Self::Variant(name) => Segment::Variant(name.to_owned()),
            Self::Item(index) => Segment::Item(index),
            Self::Slot(index) => Segment::Slot(index),
            Self::Key(key) => Segment::Key(key.to_key_text()),
        })
    }

    /// Whether a step with wildcards stands for this one.
    pub(super) fn is_under(self, wild: &Segment) -> bool {
        match (self, wild) {
            (Self::Field(a), Segment::Field(b)) | (Self::Variant(a), Segment::Variant(b)) => a == b,
            (Self::Slot(a), Segment::Slot(b)) => a == *b,
            (Self::Item(_) | Self::Key(_), Segment::Each) => true,
            _ => false,
        }
    }
}

/// The steps from the root to here, as a list through the stack frames of a recursive descent.
pub(super) struct Trail<'t, 'p> {
    parent: Option<&'p Trail<'t, 'p>>,
    pub(super) step: Step<'t>,
    /// Steps from the root.
    pub(super) depth: usize,
}

impl<'t> Trail<'t, '_> {
    pub(super) fn root() -> Self {
        Self { parent: None, step: Step::Root, depth: 0 }
    }

    pub(super) fn then<'p>(&'p self, step: Step<'t>) -> Trail<'t, 'p> {
        Trail { parent: Some(self), step, depth: self.depth + 1 }
    }

    /// Whether a path with wildcards stands for this one.
    pub(super) fn is_under(&self, wild: &Path) -> bool {
        let mut here = Some(self);
        let ends_alike = wild.0.iter().rev().all(|segment| {
            let trail = here.take();
            here = trail.and_then(|trail| trail.parent);
            trail.is_some_and(|trail| trail.step.is_under(segment))
        });
        ends_alike && self.depth == wild.0.len()
    }

    pub(super) fn path(&self) -> Path {
        let mut path = self.parent.map(Trail::path).unwrap_or_default();
        path.0.extend(self.step.to_segment());
        path
    }
}
