//! What a state is made of, from its type alone.
//!
//! Owns: [`Schema`], its fingerprint, and why a type has none. Consumes: any `Deserialize`. Never:
//! needs an annotation, a value, or the name of a type.
//!
//! `serde-reflection` answers the same question and was not taken: its registry goes by the bare
//! names of types, so two `Range`s of different numbers already contradict each other, and nothing
//! bounds its work. Here types are told apart by their full names while tracing, and by their
//! structure afterwards: renaming a type is no change of the state.

mod diff;
mod format;
mod trace;

pub use format::{Format, Variant};

use super::path::Path;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The structure of a type, as its `Deserialize` asks for it.
///
/// ```
/// use hot_api::state::schema::Schema;
///
/// mod before {
///     #[derive(serde::Deserialize)]
///     pub struct Task {
///         pub name: String,
///     }
/// }
/// #[derive(serde::Deserialize)]
/// struct Task {
///     name: String,
///     done: bool,
/// }
///
/// let (old, new) = (Schema::of::<before::Task>()?, Schema::of::<Task>()?);
/// assert_ne!(old.fingerprint(), new.fingerprint());
/// assert_eq!(new.diff(&old), ["+ done: bool"]);
/// # Ok::<(), hot_api::state::schema::Untraceable>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    root: Format,
}

/// A type without a schema, hence without a fingerprint: its states travel by name alone.
///
/// ```
/// use hot_api::state::schema::Schema;
///
/// #[derive(serde::Deserialize)]
/// #[serde(untagged)]
/// enum Either {
///     Number(f64),
///     Text(String),
/// }
///
/// let error = Schema::of::<Vec<Either>>().unwrap_err();
/// assert_eq!(error.path.to_string(), "[]");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` has no schema: {reason}")]
pub struct Untraceable {
    /// The part that cannot be traced.
    pub path: Path,
    /// Why.
    pub reason: String,
}

impl Schema {
    /// Traces `T`. Bounded in time, depth and memory; a `Deserialize` that panics is caught.
    ///
    /// # Errors
    /// [`Untraceable`] for types that look at the data to find out what it is (`untagged`, `flatten`,
    /// `tag`), that refuse made-up values, or that are too large.
    pub fn of<T: DeserializeOwned>() -> Result<Self, Untraceable> {
        trace::trace::<T>().map(Self::rooted)
    }

    fn rooted(root: Format) -> Self {
        Self { root }
    }

    /// The structure.
    #[must_use]
    pub fn root(&self) -> &Format {
        &self.root
    }

    /// A number that is the same for the same structure, in every build.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        // FNV-1a: fixed by its definition, and there is nobody who would forge a collision.
        let text = self.root.to_string();
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    /// What has changed since `old`, a line for each part: `+` added, `-` removed, `~` changed.
    #[must_use]
    pub fn diff(&self, old: &Self) -> Vec<String> {
        diff::diff(&old.root, &self.root)
    }
}

impl fmt::Display for Schema {
    /// A line for each part that has no parts itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in diff::lines(&self.root).into_iter().enumerate() {
            write!(f, "{}{line}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}
