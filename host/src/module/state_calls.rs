//! The calls of a generation's thread that carry its state in and out.

use super::buffers::Lent;
use super::call::{CallError, CallLimit};
use super::thread::ModuleThread;
use super::worker::{Call, Reply};
use crate::os::signals;
use hot_api::state::Codec;
use std::sync::Arc;

/// A snapshot that this process alone can restore, and only as long as a copy of it lives: it has
/// numbers in place of the buffers that it holds.
#[derive(Clone, Debug, Default)]
pub struct LiveSnapshot {
    /// The envelope; empty for the default state.
    pub bytes: Arc<Vec<u8>>,
    _lent: Arc<[Lent]>,
}

impl LiveSnapshot {
    pub(super) fn new(bytes: Vec<u8>, lent: Vec<Lent>) -> Self {
        Self { bytes: Arc::new(bytes), _lent: lent.into() }
    }

    /// One that holds nothing but its bytes.
    #[must_use]
    pub fn whole(bytes: Vec<u8>) -> Self {
        Self::new(bytes, Vec::new())
    }

    /// The same buffers, with other bytes around their numbers.
    #[must_use]
    pub fn with_bytes(self, bytes: Vec<u8>) -> Self {
        Self { bytes: Arc::new(bytes), ..self }
    }
}

impl ModuleThread {
    /// Creates the instance; empty bytes mean a fresh start. Returns what became of the state, as
    /// JSON, when there was any.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn create(
        &mut self,
        snapshot: &LiveSnapshot,
        limit: impl Into<CallLimit>,
    ) -> Result<Option<String>, CallError> {
        let created = self.call(Call::Create(Arc::clone(&snapshot.bytes)), limit);
        signals::take_back();
        created?;
        Ok(self.paint.host.take_restored())
    }

    /// What the module's state is made of, as bytes to compare: equal for two modules whose states
    /// are of the same version and the same structure. `None` when the module does not say.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn schema(&mut self, limit: impl Into<CallLimit>) -> Result<Option<Vec<u8>>, CallError> {
        let LiveSnapshot { bytes, .. } = self.state(Call::Schema, limit)?;
        Ok((!bytes.is_empty()).then(|| Arc::unwrap_or_clone(bytes)))
    }

    /// The state as a snapshot that any process and any schema can read; the instance is unchanged.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn capture(&mut self, limit: impl Into<CallLimit>) -> Result<Vec<u8>, CallError> {
        let LiveSnapshot { bytes, .. } = self.state(Call::Capture, limit)?;
        Ok(Arc::unwrap_or_clone(bytes))
    }

    /// The state for the next generation, in that codec; the instance is unchanged.
    ///
    /// # Errors
    /// See [`CallError`]; a state that the codec cannot carry is [`CallError::Refused`].
    pub fn hand_over(
        &mut self,
        codec: Codec,
        limit: impl Into<CallLimit>,
    ) -> Result<LiveSnapshot, CallError> {
        self.state(Call::HandOver(codec), limit)
    }

    fn state(
        &mut self,
        call: Call,
        limit: impl Into<CallLimit>,
    ) -> Result<LiveSnapshot, CallError> {
        match self.call(call, limit)? {
            Reply::Snapshot(snapshot) => Ok(snapshot),
            Reply::Done | Reply::Picture(_) | Reply::Json { .. } => {
                Err(CallError::Refused("the call returned no bytes".to_owned()))
            }
        }
    }
}
