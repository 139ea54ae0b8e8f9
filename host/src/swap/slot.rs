//! One module in the window: its running generation, and the one it came from.
//!
//! Owns: the [`Active`] generation, its fallback while on probation, and the input that has not
//! reached it. Consumes: input from the UI thread, [`Proven`] candidates from the engine. Produces:
//! [`FrameResult`]s for the UI thread, [`SlotEvent`]s for the engine. Never: waits for more than
//! the frame limit on the UI thread.
//!
//! Here is what the UI thread asks of it; the engine's half is in `exchange.rs`, and what is done with
//! its state in `carried.rs` and `keep.rs`.

use super::active::Active;
use super::gate::Gate;
use super::inner::{Inner, ViewSlot};
use super::told::{FrameResult, HoldReason, ShownView, SlotEvent};
use super::touch::Touch;
use crate::event::Generation;
use crate::module::{CallError, Fault, InputPacket, PaintTarget, Picture};
use crossbeam_channel::Sender;
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// Frames for which the old generation stays ready behind a new one.
pub const PROBATION_FRAMES: u32 = 10;
/// Frames during which a restored focus is asked for again: egui drops the focus of a widget that
/// was not there in the pass before.
const REFOCUS_FRAMES: u32 = 3;
/// Input that is kept while the module cannot take it; beyond this the oldest is dropped, since
/// nobody types a megabyte in the time of a swap.
const DEFERRED_BYTES_MAX: usize = 1 << 20;

/// The place of one module in the window: the generation that runs there and what waits for it.
///
/// The UI thread asks it for frames, the engine hands it proven candidates; both may at any time.
pub struct Slot {
    name: String,
    package: String,
    /// The views to draw beside the main one; empty means all.
    wanted_views: Vec<String>,
    pub(super) gate: Gate,
    pub(super) inner: Mutex<Inner>,
    pub(super) touch: Touch,
    /// Input of each view that has not reached the module. Apart from `inner`, because a swap holds
    /// that for longer than the window may wait.
    deferred: Mutex<Vec<Vec<u8>>>,
    events: Sender<SlotEvent>,
    limit: Duration,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Slot {
    /// An empty slot. `limit` is how long one call may keep the window waiting.
    #[must_use]
    pub fn new(name: String, package: String, events: Sender<SlotEvent>, limit: Duration) -> Self {
        let (inner, deferred) = (Mutex::default(), Mutex::default());
        let (wanted_views, gate, touch) = (Vec::new(), Gate::default(), Touch::default());
        Self { name, package, wanted_views, gate, inner, touch, deferred, events, limit }
    }

    /// Draws these views alone beside the main one; an empty list means all.
    #[must_use]
    pub fn with_views(self, wanted_views: Vec<String>) -> Self {
        Self { wanted_views, ..self }
    }

    /// Rings this bell when code runs for the first time since the state was captured.
    #[must_use]
    pub fn with_bell(self, bell: Sender<()>) -> Self {
        Self { touch: Touch::with_bell(bell), ..self }
    }

    /// The module's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The crate it is built from.
    #[must_use]
    pub fn package(&self) -> &str {
        &self.package
    }

    /// UI thread. Begins a frame; `false` when a swap takes longer than the frame limit, and then
    /// the last picture is to be shown. Every frame ends with [`Self::end_frame`].
    #[must_use]
    pub fn begin_frame(&self) -> bool {
        self.gate.begin_frame(self.limit)
    }

    /// UI thread, after painting.
    pub fn end_frame(&self) {
        self.gate.end_frame();
    }

    /// Whether a frame is going on: only then may paint callbacks run.
    #[must_use]
    pub fn in_frame(&self) -> bool {
        self.gate.in_frame()
    }

    /// The views of the running generation that are to be drawn; none before the first load.
    #[must_use]
    pub fn views(&self) -> Vec<ShownView> {
        let inner = self.inner.lock();
        let names = inner.active.iter().flat_map(|active| active.thread.views());
        let views = (0..).zip(names).filter(|(index, name)| self.draws(*index as usize, name));
        views.map(|(index, name)| ShownView { index, name: name.clone() }).collect()
    }

    /// Whether this view of the module is drawn: the main one always is.
    #[must_use]
    pub fn draws(&self, index: usize, name: &str) -> bool {
        index == 0
            || self.wanted_views.is_empty()
            || self.wanted_views.iter().any(|wanted| wanted == name)
    }

    /// The configured views that the running generation does not export.
    #[must_use]
    pub fn missing_views(&self) -> Vec<String> {
        let inner = self.inner.lock();
        let Some(active) = &inner.active else { return Vec::new() };
        let exported = active.thread.views();
        self.wanted_views.iter().filter(|name| !exported.contains(name)).cloned().collect()
    }

    /// The generations whose textures may still be needed.
    #[must_use]
    pub fn live_generations(&self) -> Vec<Generation> {
        let inner = self.inner.lock();
        inner.active.iter().chain(&inner.fallback).map(|active| active.generation).collect()
    }

    /// UI thread, within a frame. Runs the module's logic.
    pub fn logic(&self, input: InputPacket) -> FrameResult {
        if !self.gate.in_frame() {
            return FrameResult::Hold(HoldReason::Swapping);
        }
        let mut inner = self.inner.lock();
        inner.end_probation();
        if let Some(hold) = inner.overdue() {
            return hold;
        }
        self.call(&mut inner, |active, limit| active.thread.logic(input, limit))
    }

    /// UI thread, within a frame. Has the module's logic run with the first view that is drawn, which
    /// saves a change of threads. [`Self::finish_logic`] runs it when none is.
    pub fn queue_logic(&self, input: InputPacket) {
        self.inner.lock().logic = Some(input);
    }

    /// UI thread, within a frame, after all views. Runs the logic that was queued, if none of them
    /// has taken it along.
    pub fn finish_logic(&self) -> Option<FrameResult> {
        let input = self.inner.lock().logic.take()?;
        Some(self.logic(input))
    }

    /// UI thread, within a frame. Draws one view. Input is never lost: what the module cannot take
    /// now reaches it with its next frame.
    pub fn frame(&self, view: u32, input: InputPacket) -> FrameResult {
        let index = view as usize;
        if !self.gate.in_frame() {
            self.defer(index, &input.items);
            return FrameResult::Hold(HoldReason::Swapping);
        }
        let mut inner = self.inner.lock();
        if inner.views.len() <= index {
            inner.views.resize_with(index + 1, ViewSlot::default);
        }
        if inner.fault.is_some() || inner.active.is_none() {
            // Clicks on a picture that does not react are not to be answered later.
            inner.views[index].last = InputPacket { items: Vec::new(), ..input };
            let reason =
                if inner.fault.is_some() { HoldReason::Faulted } else { HoldReason::NotLoaded };
            return FrameResult::Hold(reason);
        }
        if let Some(hold) = inner.overdue() {
            // The call that is out has its own input and has not seen this.
            self.defer(index, &input.items);
            return hold;
        }
        let logic = inner.logic.take();
        if logic.is_some() {
            inner.end_probation();
        }
        let refocus = inner.views[index].frames < REFOCUS_FRAMES;
        let deferred = self.deferred.lock().get_mut(index).map(std::mem::take).unwrap_or_default();
        let packet = inner.views[index].packet(deferred, input, refocus);
        let result = self.call(&mut inner, |active, limit| {
            active.thread.frame_after(logic, view, packet, limit)
        });
        match result {
            FrameResult::Picture { generation, mut picture } => {
                let slot = &mut inner.views[index];
                slot.told = true;
                slot.frames = slot.frames.saturating_add(1);
                if let Some(carried) = slot.carried.take() {
                    picture.prepend_textures(carried);
                }
                if let Some(pending) = inner.pending.take() {
                    let module = self.name.clone();
                    self.tell(SlotEvent::FirstFrame { module, pending, at: Instant::now() });
                }
                FrameResult::Picture { generation, picture }
            }
            hold @ FrameResult::Hold(_) => hold,
        }
    }

    /// Takes back a picture whose content has been used, so that the next one needs no new memory.
    pub fn recycle(&self, picture: Box<Picture>) {
        if let Some(active) = &mut self.inner.lock().active {
            active.thread.recycle(picture);
        }
    }

    /// For paint callbacks of the pictures of the running generation.
    #[must_use]
    pub fn paint_target(&self) -> Option<PaintTarget> {
        self.inner.lock().active.as_ref().map(|active| active.thread.paint_target())
    }

    /// UI thread, GL context current (or no GL at all): hands over what is to be retired.
    pub fn release_retired(&self) {
        let retiring = std::mem::take(&mut self.inner.lock().retiring);
        for active in retiring {
            if let Err(fault) = active.thread.paint_target().release_gl() {
                let module = self.name.clone();
                let generation = active.generation;
                self.tell(SlotEvent::Fault {
                    module,
                    generation,
                    fault,
                    back_to: None,
                    pending: None,
                });
            }
            self.tell(SlotEvent::Retire { module: self.name.clone(), active: Box::new(active) });
        }
    }

    /// UI thread, GL context current, when the window closes: every generation's GL objects go,
    /// since there is no context to delete them in afterwards.
    pub fn release_all_gl(&self) {
        let inner = self.inner.lock();
        let all = inner.active.iter().chain(&inner.fallback).chain(&inner.retiring);
        for active in all {
            // The process ends; a clean-up that panics has nobody left to tell.
            let _reported = active.thread.paint_target().release_gl();
        }
    }

    /// UI thread. After a fault: lets the code try again.
    pub fn retry(&self) {
        self.inner.lock().fault = None;
    }

    /// The fault that keeps the module from drawing.
    #[must_use]
    pub fn fault(&self) -> Option<Box<Fault>> {
        self.inner.lock().fault.clone()
    }

    /// A paint callback panicked.
    pub fn paint_fault(&self, fault: Box<Fault>) {
        let mut inner = self.inner.lock();
        let _held = self.on_fault(&mut inner, fault);
    }

    fn call(
        &self,
        inner: &mut Inner,
        call: impl FnOnce(&mut Active, Duration) -> Result<Picture, CallError>,
    ) -> FrameResult {
        if inner.fault.is_some() {
            return FrameResult::Hold(HoldReason::Faulted);
        }
        let Some(active) = &mut inner.active else {
            return FrameResult::Hold(HoldReason::NotLoaded);
        };
        let generation = active.generation;
        // Whoever gets here has found that no call is out.
        if inner.overdue.take().is_some() {
            self.tell(SlotEvent::Returned { module: self.name.clone(), generation });
        }
        self.touch.mark();
        let result = call(active, self.limit);
        let strays = active.thread.take_stray_faults();
        for fault in strays {
            let (module, fault) = (self.name.clone(), Box::new(fault));
            self.tell(SlotEvent::Fault { module, generation, fault, back_to: None, pending: None });
        }
        match result {
            Ok(picture) => FrameResult::Picture { generation, picture: Box::new(picture) },
            Err(CallError::Fault(fault)) => self.on_fault(inner, fault),
            Err(error @ CallError::Overdue { .. }) => {
                inner.overdue = Some(generation);
                self.tell(SlotEvent::Overdue { module: self.name.clone(), generation, error });
                FrameResult::Hold(HoldReason::Overdue(self.limit))
            }
            Err(error) => FrameResult::Hold(HoldReason::Refused(error.to_string())),
        }
    }

    /// Keeps input back. Whole streams only, so that the rest stays readable.
    fn defer(&self, view: usize, items: &[u8]) {
        let mut deferred = self.deferred.lock();
        if deferred.len() <= view {
            deferred.resize_with(view + 1, Vec::new);
        }
        if deferred[view].len() + items.len() <= DEFERRED_BYTES_MAX {
            deferred[view].extend_from_slice(items);
        }
    }

    /// On probation the old generation comes back, with the state it had; later the module stops and
    /// waits for a decision.
    fn on_fault(&self, inner: &mut Inner, fault: Box<Fault>) -> FrameResult {
        let Some(generation) = inner.active.as_ref().map(|active| active.generation) else {
            return FrameResult::Hold(HoldReason::NotLoaded);
        };
        let pending = inner.pending.take();
        let back_to = inner.fallback.take().map(|mut fallback| {
            let back_to = fallback.generation;
            if let Err(error) = fallback.thread.resume(self.limit) {
                inner.fault = match error {
                    CallError::Fault(fault) => Some(fault),
                    _ => None,
                };
            }
            let failed = inner.active.replace(fallback);
            inner.retiring.extend(failed);
            for view in &mut inner.views {
                view.carried = None;
                // It has never lost its focus.
                view.frames = PROBATION_FRAMES;
            }
            back_to
        });
        if back_to.is_none() {
            inner.fault = Some(fault.clone());
        }
        let module = self.name.clone();
        self.tell(SlotEvent::Fault { module, generation, fault, back_to, pending });
        FrameResult::Hold(HoldReason::Faulted)
    }

    /// The channel is as long as there can be events between two rounds of the engine; when the
    /// engine has ended there is nobody to tell.
    fn tell(&self, event: SlotEvent) {
        let _gone = self.events.send(event);
    }
}
