//! A value of any type, captured.
//!
//! Owns: the two ways to capture and their error. Consumes: `&impl Serialize`. Produces: named
//! bytes, or a tree made from them. Never: lets a state through that could not be read again.
//!
//! `is_human_readable` is `true` here and in [`super::from_tree()`]. It cannot be chosen freely:
//! serde's own buffers behind `flatten`, `untagged` and `tag` always say `true`, so a type such as
//! `IpAddr` inside one of them would be written in one form and read in another. A binary codec may
//! say `false`: a payload is only ever read by the codec that wrote it.

use super::MAX_DEPTH;
use super::encode::Writer;
use super::path::{Path, Segment};
use super::tree::Tree;
use serde::ser::{self, Serialize};

/// A state that cannot be captured.
///
/// ```
/// use hot_api::state::capture;
///
/// #[derive(serde::Serialize)]
/// struct App {
///     #[serde(serialize_with = "refuse")]
///     shared: u8,
/// }
///
/// fn refuse<S: serde::Serializer>(_: &u8, _: S) -> Result<S::Ok, S::Error> {
///     Err(serde::ser::Error::custom("the lock is poisoned"))
/// }
///
/// let error = capture(&App { shared: 1 }).unwrap_err().to_string();
/// assert!(error.starts_with("cannot capture `shared`: the lock is poisoned"), "{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// Containers inside containers past the limit.
    #[error(
        "cannot capture `{path}`: it is nested deeper than {MAX_DEPTH} levels; \
         store it flat, or leave it out with #[serde(skip)]"
    )]
    TooDeep {
        /// The value that is too deep.
        path: Path,
    },
    /// Its own `Serialize` failed.
    #[error(
        "cannot capture `{path}`: {message}; \
         mend its Serialize, or leave it out with #[serde(skip)]"
    )]
    Refused {
        /// The value that failed.
        path: Path,
        /// What its `Serialize` said.
        message: String,
    },
}

impl CaptureError {
    pub(super) fn within(mut self, segment: impl FnOnce() -> Segment) -> Self {
        let (Self::TooDeep { path } | Self::Refused { path, .. }) = &mut self;
        path.prepend(segment());
        self
    }
}

impl ser::Error for CaptureError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Refused { path: Path::root(), message: message.to_string() }
    }
}

/// Captures `value` as named bytes.
///
/// ```
/// use hot_api::state::{Tree, capture, to_bytes};
///
/// let volumes = [("left", 0.8_f32), ("right", 0.7)];
/// assert_eq!(Tree::decode(&to_bytes(&volumes)?).as_ref(), Ok(&capture(&volumes)?));
/// # Ok::<(), hot_api::state::CaptureError>(())
/// ```
///
/// # Errors
/// When it is nested deeper than [`MAX_DEPTH`], or its own `Serialize` fails.
pub fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CaptureError> {
    write_named(&mut |writer| value.serialize(writer))
}

/// What of capturing needs no type, so that it is compiled once.
fn write_named(
    write: &mut dyn FnMut(&mut Writer<'static>) -> Result<(), CaptureError>,
) -> Result<Vec<u8>, CaptureError> {
    let mut writer = Writer::new();
    write(&mut writer)?;
    Ok(writer.into_bytes())
}

/// Captures `value` as a tree: for tests of migrations, and for whoever looks into a state.
///
/// ```
/// use hot_api::state::capture;
///
/// #[derive(serde::Serialize)]
/// struct Window {
///     title: &'static str,
///     size: (u32, u32),
/// }
///
/// let tree = capture(&Window { title: "Plan", size: (640, 480) })?;
/// assert_eq!(tree.to_json(), serde_json::json!({ "title": "Plan", "size": [640, 480] }));
/// # Ok::<(), hot_api::state::CaptureError>(())
/// ```
///
/// # Errors
/// As for [`to_bytes`].
pub fn capture<T: Serialize + ?Sized>(value: &T) -> Result<Tree, CaptureError> {
    to_bytes(value).and_then(|bytes| decode_own(&bytes))
}

/// The tree in bytes that were just captured.
pub(super) fn decode_own(bytes: &[u8]) -> Result<Tree, CaptureError> {
    // Our own bytes can be read, unless a hand-written `Serialize` ends a map after a key.
    Tree::decode(bytes)
        .map_err(|e| CaptureError::Refused { path: e.path, message: e.fault.to_string() })
}
