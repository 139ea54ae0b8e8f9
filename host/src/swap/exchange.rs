//! The engine's half of a [`Slot`]: what runs, and how it is exchanged.

use super::active::Active;
use super::candidate::Proven;
use super::gate::SwapTurn;
use super::inner::ViewSlot;
use super::slot::Slot;
use super::told::PendingCommit;
use crate::event::{FaultSite, Generation};
use crate::literals::LiteralValue;
use crate::module::{CallError, InputPacket};
use std::time::{Duration, Instant};

impl Slot {
    /// Engine thread. Waits for the frame boundary.
    #[must_use]
    pub fn begin_swap(&self, limit: Duration) -> Option<SwapTurn<'_>> {
        self.gate.begin_swap(limit)
    }

    /// What runs.
    #[must_use]
    pub fn generation(&self) -> Option<Generation> {
        self.inner.lock().active.as_ref().map(|active| active.generation)
    }

    /// The hash of the library that runs.
    #[must_use]
    pub fn artifact(&self) -> Option<String> {
        self.inner.lock().active.as_ref().map(|active| active.artifact.clone())
    }

    /// Any thread: a snapshot of the running generation. Waits for the frame boundary.
    ///
    /// # Errors
    /// When nothing runs or the module cannot be captured.
    pub fn snapshot(&self, limit: Duration) -> Result<Vec<u8>, CallError> {
        let site = FaultSite::Capture;
        let _turn = self.gate.begin_swap(limit).ok_or(CallError::Overdue { site, limit })?;
        let mut inner = self.inner.lock();
        let Some(active) = &mut inner.active else {
            return Err(CallError::Gone);
        };
        active.thread.capture(limit)
    }

    /// Engine thread: puts these values, and no others, in place of the literals of `generation`,
    /// between two frames. Waits for the frame boundary.
    ///
    /// # Errors
    /// When it no longer runs, has panicked, does not return, or refuses; then nothing has changed.
    pub fn set_literals(
        &self,
        generation: Generation,
        values: Vec<LiteralValue>,
        limit: Duration,
    ) -> Result<(), CallError> {
        let site = FaultSite::Ui;
        let _turn = self.gate.begin_swap(limit).ok_or(CallError::Overdue { site, limit })?;
        let mut inner = self.inner.lock();
        if let Some(fault) = &inner.fault {
            return Err(CallError::Fault(fault.clone()));
        }
        match &mut inner.active {
            Some(active) if active.generation == generation => {
                active.thread.set_literals(values, limit)
            }
            _ => Err(CallError::Gone),
        }
    }

    /// Engine thread, within a swap that failed: the old generation takes back what it let go of.
    pub fn resume(&self, limit: Duration) -> Result<(), CallError> {
        match &mut self.inner.lock().active {
            Some(active) => active.thread.resume(limit),
            None => Ok(()),
        }
    }

    /// What each view was last shown with, for hidden passes.
    #[must_use]
    pub fn last_inputs(&self) -> Vec<InputPacket> {
        self.inner.lock().views.iter().map(|view| view.last.clone()).collect()
    }

    /// Engine thread, within a swap. From here on the new generation draws.
    pub fn commit(&self, proven: Proven, pending: PendingCommit) {
        let mut inner = self.inner.lock();
        let Proven { active, carried, .. } = proven;
        // A generation that was itself still on probation needs no fallback any more.
        let replaced = inner.active.replace(active);
        let older = std::mem::replace(&mut inner.fallback, replaced);
        inner.retiring.extend(older);
        let stuck = inner.fallback.as_mut().is_some_and(|old| old.thread.overdue_for().is_some());
        if inner.fault.take().is_some() || stuck {
            // What faulted is no place to go back to.
            let faulted = inner.fallback.take();
            inner.retiring.extend(faulted);
        }
        inner.overdue = None;
        inner.pending = Some(Box::new(pending));
        inner.views.resize_with(carried.len(), ViewSlot::default);
        for (view, picture) in inner.views.iter_mut().zip(carried) {
            view.carried = Some(picture);
            view.told = false;
            view.frames = 0;
        }
    }

    /// When the swap was made that no frame has confirmed yet.
    #[must_use]
    pub fn unshown_since(&self) -> Option<Instant> {
        self.inner.lock().pending.as_ref().map(|pending| pending.swapped_at)
    }

    /// Engine thread. The commit that no frame has confirmed, when the window does not draw.
    #[must_use]
    pub fn take_unshown(&self) -> Option<Box<PendingCommit>> {
        self.inner.lock().pending.take()
    }

    /// Engine thread, at the end: everything that is loaded.
    #[must_use]
    pub fn take_all(&self) -> Vec<Active> {
        let mut inner = self.inner.lock();
        let retiring = std::mem::take(&mut inner.retiring);
        inner.active.take().into_iter().chain(inner.fallback.take()).chain(retiring).collect()
    }
}
