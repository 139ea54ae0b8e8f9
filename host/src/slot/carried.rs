//! A state on its way from one generation to the next.

use super::exchange::SwapTurn;
use super::slot::Slot;
use crate::module::{CallError, CallLimit, LiveSnapshot};
use hot_api::state::Codec;

/// What one generation hands to the next.
#[derive(Clone, Debug)]
pub struct Carried {
    /// The snapshot; empty when nothing runs.
    pub snapshot: LiveSnapshot,
    /// The codec of its state.
    pub codec: Codec,
    /// Why it is an earlier one, if it is.
    pub note: Option<String>,
}

impl Carried {
    /// A snapshot by name that holds nothing but its bytes; empty ones stand for the default state.
    #[must_use]
    pub fn named(bytes: Vec<u8>) -> Self {
        Self { snapshot: LiveSnapshot::whole(bytes), codec: Codec::Named, note: None }
    }

    /// The same with other bytes by name.
    #[must_use]
    pub fn with_bytes(self, bytes: Vec<u8>) -> Self {
        Self { snapshot: self.snapshot.with_bytes(bytes), ..self }
    }
}

impl Slot {
    /// Engine thread, within a swap. Lets the running generation let go of what cannot exist twice,
    /// and captures its state: in the binary codec when `schema`, the next generation's, is known
    /// and its own, else by name. When its code does not return or panics, the newest earlier
    /// snapshot serves, and the note says so.
    ///
    /// # Errors
    /// When there is neither a state nor an earlier snapshot of it.
    pub fn capture_for(
        &self,
        turn: &mut SwapTurn<'_>,
        schema: Option<&[u8]>,
        limit: impl Into<CallLimit>,
    ) -> Result<Carried, CallError> {
        let (instances, limit) = (&mut *turn.0, limit.into());
        let Some(active) = instances.loaded.active_mut() else {
            return Ok(Carried::named(Vec::new()));
        };
        let earlier = &mut instances.earlier;
        if let Err(error) = active.thread.suspend(&limit) {
            return earlier.newest_for(schema, &error).ok_or(error);
        }
        if let Some(schema) = schema
            && active.schema.as_deref() == Some(schema)
            && let Ok(snapshot) = active.thread.hand_over(Codec::Binary, &limit)
        {
            earlier.keep_binary(schema.to_vec(), snapshot.clone());
            return Ok(Carried { snapshot, codec: Codec::Binary, note: None });
        }
        match active.thread.hand_over(Codec::Named, &limit) {
            Ok(snapshot) => {
                earlier.keep_named(snapshot.clone());
                Ok(Carried { snapshot, codec: Codec::Named, note: None })
            }
            Err(error) => earlier.newest_for(schema, &error).ok_or(error),
        }
    }

    /// Engine thread, within a swap whose state was captured in the binary codec and not read: the
    /// same state by name.
    ///
    /// # Errors
    /// As for [`Self::capture_for`].
    pub fn capture_by_name(
        &self,
        turn: &mut SwapTurn<'_>,
        limit: impl Into<CallLimit>,
    ) -> Result<Carried, CallError> {
        let instances = &mut *turn.0;
        let active = instances.loaded.active_mut().ok_or(CallError::Gone)?;
        match active.thread.hand_over(Codec::Named, limit) {
            Ok(snapshot) => Ok(Carried { snapshot, codec: Codec::Named, note: None }),
            Err(error) => instances.earlier.newest_for(None, &error).ok_or(error),
        }
    }
}
