//! Everything that is done with a state's own type, as functions of one crate.

use super::binary::{BinaryError, from_binary, write_binary};
use super::capture::{CaptureError, to_bytes};
use super::restore::{Restored, restore};
use super::schema::{Schema, Untraceable};
use super::tree::Tree;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;

/// How a state of this type is captured and restored.
///
/// Serde's code is generic, and generic code is compiled where it is used: with the module, which in
/// a hot build is not optimised. A `static` of this type is compiled in the crate that has it:
///
/// ```
/// use hot_api::state::StateCodec;
///
/// #[derive(Default, serde::Serialize, serde::Deserialize)]
/// pub struct App {
///     readings: Vec<f64>,
/// }
///
/// pub static CODEC: StateCodec<App> = StateCodec::new();
/// ```
///
/// It is part of a [`StateSpec`](super::StateSpec). With that in the state's crate, and an `opt-level` for
/// the package in the dev profile, megabytes of state cross several times as fast, while the module
/// compiles as quickly as before.
pub struct StateCodec<T> {
    #[cfg(feature = "module")]
    default: fn() -> T,
    schema: fn() -> Result<Schema, Untraceable>,
    to_bytes: fn(&T) -> Result<Vec<u8>, CaptureError>,
    write_binary: fn(&T, &Schema, &mut Vec<u8>) -> Result<(), BinaryError>,
    from_binary: FromBinary<T>,
    restore: fn(&Tree) -> Restored<T>,
}

type FromBinary<T> = fn(&[u8], &Schema) -> Result<(T, u64), BinaryError>;

impl<T: Serialize + DeserializeOwned + Default> StateCodec<T> {
    /// The one codec of this type.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default could not initialise a static")]
    pub const fn new() -> Self {
        Self {
            #[cfg(feature = "module")]
            default: T::default,
            schema: Schema::of::<T>,
            to_bytes: to_bytes::<T>,
            write_binary: write_binary::<T>,
            from_binary: from_binary::<T>,
            restore: restore::<T>,
        }
    }
}

impl<T> StateCodec<T> {
    /// The default state.
    #[cfg(feature = "module")]
    pub(super) fn default_state(&self) -> T {
        (self.default)()
    }

    /// See [`Schema::of`].
    ///
    /// # Errors
    /// [`Untraceable`].
    pub fn schema(&self) -> Result<Schema, Untraceable> {
        (self.schema)()
    }

    /// See [`to_bytes`].
    ///
    /// # Errors
    /// [`CaptureError`].
    pub fn to_bytes(&self, state: &T) -> Result<Vec<u8>, CaptureError> {
        (self.to_bytes)(state)
    }

    /// See [`write_binary`].
    ///
    /// # Errors
    /// [`BinaryError::Write`].
    pub fn write_binary(
        &self,
        state: &T,
        schema: &Schema,
        bytes: &mut Vec<u8>,
    ) -> Result<(), BinaryError> {
        (self.write_binary)(state, schema, bytes)
    }

    /// See [`from_binary`].
    ///
    /// # Errors
    /// [`BinaryError::Read`], [`BinaryError::Left`].
    pub fn from_binary(&self, bytes: &[u8], schema: &Schema) -> Result<(T, u64), BinaryError> {
        (self.from_binary)(bytes, schema)
    }

    /// See [`restore()`].
    #[must_use]
    pub fn restore(&self, old: &Tree) -> Restored<T> {
        (self.restore)(old)
    }
}

impl<T> fmt::Debug for StateCodec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateCodec<{}>", std::any::type_name::<T>())
    }
}
