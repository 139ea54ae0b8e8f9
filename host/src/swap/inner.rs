//! What a slot holds behind its lock.

use super::active::Active;
use super::earlier::Earlier;
use super::slot::PROBATION_FRAMES;
use super::told::{FrameResult, HoldReason, PendingCommit};
use crate::event::Generation;
use crate::module::{Fault, InputPacket, Picture};
use hot_api::abi::input_flag;

#[derive(Default)]
pub(super) struct Inner {
    pub(super) active: Option<Active>,
    pub(super) fallback: Option<Active>,
    pub(super) pending: Option<Box<PendingCommit>>,
    pub(super) views: Vec<ViewSlot>,
    pub(super) fault: Option<Box<Fault>>,
    /// Whose call is out, as the engine has been told.
    pub(super) overdue: Option<Generation>,
    pub(super) earlier: Earlier,
    pub(super) retiring: Vec<Active>,
    /// Logic that runs with the next view that is drawn.
    pub(super) logic: Option<InputPacket>,
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

impl Inner {
    /// Whether a call of an earlier frame is still out: then no other is made.
    pub(super) fn overdue(&mut self) -> Option<FrameResult> {
        let (_, since) = self.active.as_mut()?.thread.overdue_for()?;
        Some(FrameResult::Hold(HoldReason::Overdue(since)))
    }

    pub(super) fn end_probation(&mut self) {
        let drawn = self.views.iter().map(|view| view.frames).max();
        if drawn.is_some_and(|frames| frames >= PROBATION_FRAMES)
            && let Some(fallback) = self.fallback.take()
        {
            self.retiring.push(fallback);
        }
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
