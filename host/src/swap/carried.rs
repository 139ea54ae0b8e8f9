//! A state on its way from one generation to the next.

use super::inner::KeptSnapshot;
use super::slot::Slot;
use crate::module::CallError;
use hot_api::snapshot::Codec;
use std::time::{Duration, Instant};

/// What one generation hands to the next.
#[derive(Debug)]
pub struct Carried {
    /// The snapshot; empty when nothing runs.
    pub bytes: Vec<u8>,
    /// The codec of its state.
    pub codec: Codec,
    /// Why it is an earlier one, if it is.
    pub note: Option<String>,
}

impl Carried {
    /// A snapshot by name.
    #[must_use]
    pub fn named(bytes: Vec<u8>) -> Self {
        Self { bytes, codec: Codec::Named, note: None }
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
        schema: Option<&[u8]>,
        limit: Duration,
    ) -> Result<Carried, CallError> {
        let mut inner = self.inner.lock();
        let Some(active) = &mut inner.active else {
            return Ok(Carried::named(Vec::new()));
        };
        let suspended = active.thread.suspend(limit);
        if suspended.is_ok()
            && schema.is_some()
            && active.schema.as_deref() == schema
            && let Ok(bytes) = active.thread.capture_as(Codec::Binary, limit)
        {
            // Not kept for later: only this very schema can read it.
            return Ok(Carried { bytes, codec: Codec::Binary, note: None });
        }
        let captured = suspended.and_then(|()| active.thread.capture(limit));
        match (captured, &inner.kept) {
            (Ok(bytes), _) => {
                let kept = bytes.clone();
                inner.kept = Some(KeptSnapshot { bytes: kept, at: Instant::now() });
                Ok(Carried::named(bytes))
            }
            (Err(error), Some(kept)) => {
                let age = kept.at.elapsed().as_secs_f32();
                let note = format!("{error}; its state of {age:.1} s ago is used");
                Ok(Carried { note: Some(note), ..Carried::named(kept.bytes.clone()) })
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Engine thread, within a swap whose state was captured in the binary codec and not read: the
    /// same state by name.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn capture_by_name(&self, limit: Duration) -> Result<Vec<u8>, CallError> {
        match &mut self.inner.lock().active {
            Some(active) => active.thread.capture(limit),
            None => Err(CallError::Gone),
        }
    }
}
