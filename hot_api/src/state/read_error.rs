//! Why a tree could not be read as a type.
//!
//! Owns: [`ReadError`], the error of the deserialiser. Keeps what serde's constructors tell in typed
//! form, because [`super::repairs`] acts on it.

use super::path::Path;
use serde::de::{self, Expected, Unexpected};
use std::fmt::{self, Display};

/// A tree that is not of the wanted type.
///
/// ```
/// use hot_api::state::{Trouble, capture, from_tree};
///
/// let tree = capture(&["12", "a dozen"])?;
/// let error = from_tree::<(String, u32)>(&tree).unwrap_err();
/// assert_eq!(error.path().to_string(), "[1]");
/// assert!(matches!(error.trouble(), Trouble::Mismatch { .. }), "{error}");
/// # Ok::<(), hot_api::state::CaptureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReadError(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    trouble: Trouble,
    /// Where; set by the innermost value that the error passes on its way out.
    path: Option<Path>,
    /// Whether elements of the innermost value had been skipped.
    is_short: bool,
    sites: Vec<Site>,
}

/// What is wrong with a value; see [`ReadError`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// A field is not there.
    #[error("missing field {0}")]
    Missing(&'static str),
    /// A field is there twice, or under two of its names.
    #[error("duplicate field {0}")]
    Duplicate(&'static str),
    /// A type with `deny_unknown_fields` does not know the field.
    #[error("unknown field {0}")]
    UnknownField(String),
    /// The enum has no such variant.
    #[error("unknown variant {0}")]
    UnknownVariant(String),
    /// The value is of another kind.
    #[error("expected {expected}, found {found}")]
    Mismatch {
        /// What the type wants.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// The value is neither an option nor what the option wants inside.
    #[error("expected option of {inside}, found {found}")]
    NotOption {
        /// What the option wants inside.
        inside: String,
        /// What stands there.
        found: String,
    },
    /// The type's own `Deserialize` could not use the value.
    #[error("{message}")]
    Unusable {
        /// How serde describes the value.
        value: String,
        /// What it said.
        message: String,
    },
    /// A default would contain itself without end.
    #[error("nested too deep")]
    TooDeep,
    /// Anything else that the type's own `Deserialize` said.
    #[error("{0}")]
    Custom(String),
}

/// A value of the old tree that an error passed through on its way out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    /// The value's address, as its identity.
    pub(super) id: usize,
    /// Length of the value's path.
    pub(super) depth: usize,
    pub(super) role: Role,
}

/// What a value is to the one that contains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// An element of a list or a value of a map, which can be left out.
    Element,
    /// A key of a map.
    Key,
    /// A field, a slot, or the whole.
    Part,
}

impl ReadError {
    /// What is wrong.
    #[must_use]
    pub fn trouble(&self) -> &Trouble {
        &self.0.trouble
    }

    /// With which value.
    #[must_use]
    pub fn path(&self) -> Path {
        self.0.path.clone().unwrap_or_default()
    }

    /// Whether the trouble can be that a probe skipped elements of the value.
    pub(super) fn is_doubtful(&self) -> bool {
        self.0.is_short
    }

    /// The values around the trouble, innermost first.
    pub(super) fn sites(&self) -> &[Site] {
        &self.0.sites
    }

    /// Notes that the error passes a value; the first one is where it happened.
    pub(super) fn passing(
        mut self,
        innermost: impl FnOnce() -> (Path, bool),
        site: Option<Site>,
    ) -> Self {
        if self.0.path.is_none() {
            let (path, is_short) = innermost();
            self.0.path = Some(path);
            self.0.is_short = is_short;
        }
        self.0.sites.extend(site);
        self
    }

    /// The same error, if it is about a part of the option's content; [`Trouble::NotOption`], if it
    /// is about the content itself.
    pub(super) fn or_not_option(mut self) -> Self {
        if let (None, Trouble::Mismatch { expected, found }) = (&self.0.path, &self.0.trouble) {
            self.0.trouble = Trouble::NotOption { inside: expected.clone(), found: found.clone() };
        }
        self
    }
}

impl From<Trouble> for ReadError {
    fn from(trouble: Trouble) -> Self {
        Self(Box::new(Inner { trouble, path: None, is_short: false, sites: Vec::new() }))
    }
}

impl Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read `{}`: {}", self.path(), self.0.trouble)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: Display>(message: T) -> Self {
        Trouble::Custom(message.to_string()).into()
    }
    fn invalid_type(value: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let message = format!("invalid type: {value}, expected {wanted}");
        Trouble::Unusable { value: value.to_string(), message }.into()
    }
    fn invalid_value(value: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let message = format!("invalid value: {value}, expected {wanted}");
        Trouble::Unusable { value: value.to_string(), message }.into()
    }
    fn unknown_variant(variant: &str, _known: &'static [&'static str]) -> Self {
        Trouble::UnknownVariant(variant.to_owned()).into()
    }
    fn unknown_field(field: &str, _known: &'static [&'static str]) -> Self {
        Trouble::UnknownField(field.to_owned()).into()
    }
    fn missing_field(field: &'static str) -> Self {
        Trouble::Missing(field).into()
    }
    fn duplicate_field(field: &'static str) -> Self {
        Trouble::Duplicate(field).into()
    }
}
