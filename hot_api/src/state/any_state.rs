//! A state without its type: what the runner does with it, so that the runner is compiled once.
//!
//! Owns: the table of functions behind [`AnySpec`], the only code of a state's own type that is
//! compiled with the module. Never: holds a state.

use super::binary::BinaryError;
use super::capture::CaptureError;
use super::migrate::Migration;
use super::restore::Restored;
use super::schema::{Schema, Untraceable};
use super::state_spec::StateSpec;
use super::tree::Tree;
use std::any::Any;

/// A state of some type. Whoever has the [`AnySpec`] that made it can use it.
pub(crate) type AnyState = Box<dyn Any>;

/// A [`StateSpec`] whose type is not named. Every state that is handed to it was made by it.
pub trait AnySpec: Sync {
    /// The default state.
    fn default_state(&self) -> AnyState;
    /// See [`StateCodec::schema`](super::StateCodec::schema).
    fn schema(&self) -> Result<Schema, Untraceable>;
    /// See [`StateCodec::to_bytes`](super::StateCodec::to_bytes).
    fn to_bytes(&self, state: &dyn Any) -> Result<Vec<u8>, CaptureError>;
    /// See [`StateCodec::write_binary`](super::StateCodec::write_binary).
    fn write_binary(
        &self,
        state: &dyn Any,
        schema: &Schema,
        bytes: &mut Vec<u8>,
    ) -> Result<(), BinaryError>;
    /// See [`StateCodec::from_binary`](super::StateCodec::from_binary).
    fn read_binary(&self, bytes: &[u8], schema: &Schema) -> Result<(AnyState, u64), BinaryError>;
    /// See [`StateCodec::restore`](super::StateCodec::restore).
    fn restore(&self, old: &Tree) -> Restored<AnyState>;
    /// See [`StateSpec::migrations`].
    fn migrations(&self) -> &'static [Migration];

    /// See [`StateSpec::schema_version`].
    fn schema_version(&self) -> u32;
}

impl<T> AnySpec for StateSpec<T> {
    fn default_state(&self) -> AnyState {
        Box::new(self.codec().default_state())
    }

    fn schema(&self) -> Result<Schema, Untraceable> {
        self.codec().schema()
    }

    fn to_bytes(&self, state: &dyn Any) -> Result<Vec<u8>, CaptureError> {
        self.codec().to_bytes(typed(state))
    }

    fn write_binary(
        &self,
        state: &dyn Any,
        schema: &Schema,
        bytes: &mut Vec<u8>,
    ) -> Result<(), BinaryError> {
        self.codec().write_binary(typed(state), schema, bytes)
    }

    fn read_binary(&self, bytes: &[u8], schema: &Schema) -> Result<(AnyState, u64), BinaryError> {
        self.codec().from_binary(bytes, schema).map(|(state, kept)| (Box::new(state) as _, kept))
    }

    fn restore(&self, old: &Tree) -> Restored<AnyState> {
        let Restored { value, report } = self.codec().restore(old);
        Restored { value: Box::new(value), report }
    }

    fn migrations(&self) -> &'static [Migration] {
        StateSpec::migrations(self)
    }

    fn schema_version(&self) -> u32 {
        StateSpec::schema_version(self)
    }
}

fn typed<T: 'static>(state: &dyn Any) -> &T {
    state.downcast_ref().expect("a state is used by the spec that made it")
}
