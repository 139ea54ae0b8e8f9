//! The calls of a generation's thread that carry its state in and out.

use super::call::CallError;
use super::thread::ModuleThread;
use super::worker::{Call, Reply};
use hot_api::snapshot::Codec;
use std::time::Duration;

impl ModuleThread {
    /// Creates the instance; empty bytes mean a fresh start. Returns what became of the state, as
    /// JSON, when there was any.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn create(
        &mut self,
        snapshot: Vec<u8>,
        limit: Duration,
    ) -> Result<Option<String>, CallError> {
        self.call(Call::Create(snapshot), limit)?;
        Ok(self.paint.host.take_restored())
    }

    /// What the module's state is made of, as bytes to compare: equal for two modules whose states
    /// are of the same version and the same structure. `None` when the module does not say.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn schema(&mut self, limit: Duration) -> Result<Option<Vec<u8>>, CallError> {
        let bytes = self.state_bytes(Call::Schema, limit)?;
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    /// The state as a snapshot that any schema can read; the instance is unchanged.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn capture(&mut self, limit: Duration) -> Result<Vec<u8>, CallError> {
        self.capture_as(Codec::Named, limit)
    }

    /// The state as a snapshot in that codec; the instance is unchanged.
    ///
    /// # Errors
    /// See [`CallError`]; a state that the codec cannot carry is [`CallError::Refused`].
    pub fn capture_as(&mut self, codec: Codec, limit: Duration) -> Result<Vec<u8>, CallError> {
        self.state_bytes(Call::Capture(codec), limit)
    }

    fn state_bytes(&mut self, call: Call, limit: Duration) -> Result<Vec<u8>, CallError> {
        match self.call(call, limit)? {
            Reply::Snapshot(bytes) => Ok(bytes),
            Reply::Done | Reply::Picture(_) => {
                Err(CallError::Refused("the call returned no bytes".to_owned()))
            }
        }
    }
}
