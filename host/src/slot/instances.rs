//! What a slot holds: what the holder of the gate may call, and what anybody may ask for.

use super::active::Active;
use super::earlier::Earlier;
use super::events::{FrameResult, HoldReason, PendingCommit};
use super::outbox::Outbox;
use super::slot::PROBATION_FRAMES;
use super::strays::Strays;
use crate::journal::event::Generation;
use crate::module::{Fault, InputPacket, PaintTarget, Picture};
use hot_api::abi::input_flag;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Behind the gate: everything that calls into the module.
#[derive(Default)]
pub(super) struct Instances {
    pub(super) active: Option<Active>,
    pub(super) fallback: Option<Active>,
    pub(super) views: Vec<ViewSlot>,
    pub(super) earlier: Earlier,
    /// Logic that runs with the next view that is drawn.
    pub(super) logic: Option<InputPacket>,
    /// Panics of the active generation's own threads that have been reported.
    pub(super) strays: Strays,
}

impl std::fmt::Debug for Instances {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instances").field("active", &self.active).finish_non_exhaustive()
    }
}

/// Behind a brief lock: facts about the module, and what goes to the engine and to the UI thread.
#[derive(Default)]
pub(super) struct Shared {
    /// What is known of the active generation.
    pub(super) running: Option<Arc<Running>>,
    /// The generation that is ready to come back.
    pub(super) fallback: Option<Generation>,
    pub(super) pending: Option<Box<PendingCommit>>,
    pub(super) fault: Option<Box<Fault>>,
    /// Since when a call of the active generation has been out, as the engine has been told.
    pub(super) overdue: Option<Instant>,
    /// Wait for the UI thread to delete their GL objects.
    pub(super) retiring: Vec<Active>,
    /// Input of each view that has not reached the module.
    pub(super) deferred: Vec<Vec<u8>>,
    pub(super) outbox: Outbox,
}

/// Facts of a generation that do not change while it runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) generation: Generation,
    pub(super) artifact: String,
    pub(super) views: Vec<String>,
    pub(super) paint: PaintTarget,
}

impl Running {
    pub(super) fn of(active: &Active) -> Arc<Self> {
        Arc::new(Self {
            generation: active.generation,
            artifact: active.artifact.clone(),
            views: active.thread.views().to_vec(),
            paint: active.thread.paint_target(),
        })
    }
}

/// What is known of one view.
#[derive(Default)]
pub(super) struct ViewSlot {
    /// The last input, for hidden passes.
    pub(super) last: InputPacket,
    /// Textures that no shown picture has brought yet.
    pub(super) carried: Option<Picture>,
    /// Whether this generation has been told how things stand.
    pub(super) told: bool,
    /// How often this generation has drawn it.
    pub(super) frames: u32,
}

impl Instances {
    /// For how long a call of the active generation has been out.
    pub(super) fn overdue_for(&mut self) -> Option<Duration> {
        let (_, since) = self.active.as_mut()?.thread.overdue_for()?;
        Some(since)
    }

    /// Whether a call of an earlier frame is still out: then no other is made.
    pub(super) fn hold_while_overdue(&mut self) -> Option<FrameResult> {
        self.overdue_for().map(|since| FrameResult::Hold(HoldReason::Overdue(since)))
    }

    /// The fallback, once the active generation has drawn often enough to need none.
    pub(super) fn end_probation(&mut self) -> Option<Active> {
        let drawn = self.views.iter().map(|view| view.frames).max();
        let is_over = drawn.is_some_and(|frames| frames >= PROBATION_FRAMES);
        self.fallback.take_if(|_| is_over)
    }
}

impl ViewSlot {
    /// Joins what was kept back with what is new.
    pub(super) fn packet(
        &mut self,
        deferred: Vec<u8>,
        input: InputPacket,
        refocus: bool,
    ) -> InputPacket {
        let mut items = if self.told { Vec::new() } else { input.standing.clone() };
        items.extend(deferred);
        items.extend_from_slice(&input.items);
        let refocus = if refocus { input_flag::REFOCUS } else { 0 };
        let packet = InputPacket { items, flags: input.flags | refocus, ..input.clone() };
        self.last = InputPacket { items: Vec::new(), ..input };
        packet
    }
}
