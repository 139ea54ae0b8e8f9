//! A slot's state for those who keep it: captured between two frames, when code has run.
//!
//! Owns: what [`Captured`] says. Consumes: the frame boundary. Produces: snapshots, for the disk and
//! for the case that the code never returns. Never: makes the window wait longer than a swap does.

use super::slot::Slot;
use crate::journal::event::Generation;
use crate::module::{CallError, LiveSnapshot};
use std::time::{Duration, Instant};

/// How long a capture waits for the end of a frame: a window that is stuck in one is no reason to
/// hold up the end of the host.
const BOUNDARY_LIMIT: Duration = Duration::from_secs(1);
/// How long a capture may take. Beyond the frame limit the window shows the last picture meanwhile.
const CAPTURE_LIMIT: Duration = Duration::from_secs(3);

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
            instances.earlier.keep_named(LiveSnapshot::whole(bytes.clone()));
        }
        Some(captured.map(|bytes| Captured { bytes, generation, cost }))
    }
}
