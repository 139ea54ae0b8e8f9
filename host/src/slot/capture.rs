//! A slot's state for those who keep it: captured between two frames, when code has run.
//!
//! Owns: what [`Captured`] says. Consumes: the frame boundary. Produces: snapshots, for the disk and
//! for the case that the code never returns. Never: makes the window wait longer than a swap does.

use super::exchange::SwapTurn;
use super::slot::Slot;
use crate::journal::event::Generation;
use crate::module::{CallError, CallLimit, LiveSnapshot};
use std::time::{Duration, Instant};

/// How long a capture waits for the end of a frame: a window that is stuck in one is no reason to
/// hold up the end of the host.
const BOUNDARY_LIMIT: Duration = Duration::from_secs(1);
/// How long a capture may take. Beyond the frame limit the window shows the last picture meanwhile.
const CAPTURE_LIMIT: Duration = Duration::from_secs(3);

/// A state that took longer to capture is not captured for a trial alone: the window may have to wait for that.
const TRIAL_CAPTURE_MAX: Duration = Duration::from_millis(5);

/// A state, and what it took to get it.
#[derive(Clone, Debug)]
pub struct Captured {
    /// The snapshot.
    pub bytes: Vec<u8>,
    /// Whose state it is.
    pub generation: Generation,
    /// How long the module needed.
    pub cost: Duration,
}

impl Slot {
    /// Whether code has run since the state was last captured for keeping.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.dirty.is_set()
    }

    /// Has the next capture take the state also when no code has run.
    pub(crate) fn mark_dirty(&self) {
        self.dirty.mark();
    }

    /// Engine thread, between two frames: the state by name, whole, as new code is tried with it. One that takes time
    /// to capture is that of the last capture; empty bytes when nothing runs.
    ///
    /// # Errors
    /// When it cannot be captured, and never was.
    pub fn newest_state(
        &self,
        turn: &mut SwapTurn<'_>,
        limit: impl Into<CallLimit>,
    ) -> Result<Vec<u8>, CallError> {
        let instances = &mut *turn.0;
        let Some(active) = instances.loaded.active_mut() else { return Ok(Vec::new()) };
        let earlier = &mut instances.earlier;
        let is_current = !self.is_dirty();
        if let Some(known) = earlier.whole(|cost| is_current || cost > TRIAL_CAPTURE_MAX) {
            return Ok(known.bytes.to_vec());
        }
        let started = Instant::now();
        match active.thread.capture(limit) {
            Ok(bytes) => {
                earlier.keep_whole(LiveSnapshot::whole(bytes.clone()), started.elapsed());
                Ok(bytes)
            }
            Err(error) => {
                let known = earlier.whole(|_| true).ok_or(error)?;
                Ok(known.bytes.to_vec())
            }
        }
    }

    /// Any thread but the UI's: the state, when code has run since the last time. `None` when none
    /// has, when a call is out, or when it is not its turn yet. Code that has panicked is asked all the
    /// same: what was changed before is there, and nothing else will keep it.
    ///
    /// # Errors
    /// When the module cannot be captured.
    #[must_use]
    pub fn capture_if_dirty(&self) -> Option<Result<Captured, CallError>> {
        let mut turn = self.gate.begin_swap(BOUNDARY_LIMIT)?;
        let instances = &mut *turn;
        if instances.overdue_for().is_some() || !self.dirty.take() {
            return None;
        }
        let active = instances.loaded.active_mut()?;
        let generation = active.generation;
        let started = Instant::now();
        let captured = active.thread.capture(CAPTURE_LIMIT);
        let cost = started.elapsed();
        if let Ok(bytes) = &captured {
            instances.earlier.keep_whole(LiveSnapshot::whole(bytes.clone()), cost);
        }
        Some(captured.map(|bytes| Captured { bytes, generation, cost }))
    }
}
