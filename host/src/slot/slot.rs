//! One module in the window: its running generation, and the one it came from.
//!
//! Owns: the [`Active`] generation, its fallback while on probation, and the input that has not
//! reached it. Consumes: input from the UI thread, [`Proven`](super::Proven) candidates from the engine.
//! Produces: [`FrameResult`]s for the UI thread, [`SlotEvent`]s for the engine. Never: waits for more
//! than the frame limit on the UI thread.
//!
//! Two locks. Behind the [`Gate`] is what calls into the module; only the holder of a turn gets there,
//! so nobody waits for it. Behind the [`BriefLock`] is what threads tell each other; no call into a
//! module is made while it is held, so nobody waits for it for long. **No lock that the UI thread takes
//! is held across a call into a module.**
//!
//! Here is what the UI thread asks of it; the engine's half is in `exchange.rs`, and what is done with
//! its state in `carried.rs` and `capture.rs`.

use super::active::Active;
use super::dirty::Dirty;
use super::events::{FrameResult, HoldReason, PendingCommit, ShownView, SlotEvent};
use super::gate::Gate;
use super::instances::{Blame, Instances, Running, Shared, ViewSlot};
use crate::journal::event::Generation;
use crate::module::{BriefLock, CallError, Fault, InputPacket, LeaseFn, PaintTarget, Picture};
use crossbeam_channel::Sender;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
    pub(super) gate: Gate<Instances>,
    pub(super) shared: BriefLock<Shared>,
    pub(super) dirty: Dirty,
    /// Nothing is drawn any more.
    is_closed: AtomicBool,
    /// Rings when there are events to take.
    bell: Sender<()>,
    pub(super) limit: Duration,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Slot {
    /// An empty slot. `limit` is how long one call may keep the window waiting; `bell`, with room for
    /// one, rings when there are [events](Self::take_events).
    #[must_use]
    pub fn new(name: String, package: String, bell: Sender<()>, limit: Duration) -> Self {
        let (gate, shared, dirty) = (Gate::default(), BriefLock::default(), Dirty::default());
        let (wanted_views, is_closed) = (Vec::new(), AtomicBool::new(false));
        Self { name, package, wanted_views, gate, shared, dirty, is_closed, bell, limit }
    }

    /// Draws these views alone beside the main one; an empty list means all.
    #[must_use]
    pub fn with_views(self, wanted_views: Vec<String>) -> Self {
        Self { wanted_views, ..self }
    }

    /// Rings this bell when code runs for the first time since the state was captured.
    #[must_use]
    pub fn with_capture_bell(self, bell: Sender<()>) -> Self {
        Self { dirty: Dirty::with_bell(bell), ..self }
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

    /// UI thread. Begins a frame; `false` when a swap takes longer than the frame limit, or after [`Self::close`], and
    /// then the last picture is to be shown. Every frame ends with [`Self::end_frame`].
    #[must_use]
    pub fn begin_frame(&self) -> bool {
        !self.is_closed.load(Ordering::Acquire) && self.gate.begin_frame(self.limit)
    }

    /// No frame begins any more: what the state is at the end of the one that is out, it stays. Any thread; returns at
    /// once.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
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

    /// The views of the running generation that are to be drawn; none before the first load. Any
    /// thread; returns at once.
    #[must_use]
    pub fn views(&self) -> Vec<ShownView> {
        let Some(running) = self.running() else { return Vec::new() };
        let views = (0..).zip(&running.views);
        views
            .filter(|(index, name)| self.draws(*index as usize, name))
            .map(|(index, name)| ShownView { index, name: name.clone() })
            .collect()
    }

    /// The views to draw beside the main one; empty means all.
    #[must_use]
    pub fn wanted_views(&self) -> &[String] {
        &self.wanted_views
    }

    /// Whether this view of the module is drawn: the main one always is.
    #[must_use]
    pub fn draws(&self, index: usize, name: &str) -> bool {
        index == 0
            || self.wanted_views.is_empty()
            || self.wanted_views.iter().any(|wanted| wanted == name)
    }

    /// The configured views that the running generation does not export. Any thread; returns at once.
    #[must_use]
    pub fn missing_views(&self) -> Vec<String> {
        let Some(running) = self.running() else { return Vec::new() };
        let missing = self.wanted_views.iter().filter(|name| !running.views.contains(name));
        missing.cloned().collect()
    }

    /// The generations whose textures may still be needed. Any thread; returns at once.
    #[must_use]
    pub fn live_generations(&self) -> Vec<Generation> {
        self.shared.with(|shared| {
            let running = shared.condition.running().map(|running| running.generation);
            running.into_iter().chain(shared.fallback).collect()
        })
    }

    pub(super) fn running(&self) -> Option<Arc<Running>> {
        self.shared.with(|shared| shared.condition.running().cloned())
    }

    /// UI thread, within a frame. Runs the module's logic.
    pub fn logic(&self, input: InputPacket) -> FrameResult {
        match self.gate.frame() {
            Some(mut instances) => self.logic_of(&mut instances, input),
            None => FrameResult::Hold(HoldReason::Swapping),
        }
    }

    fn logic_of(&self, instances: &mut Instances, input: InputPacket) -> FrameResult {
        self.end_probation(instances);
        if let Some(hold) = instances.hold_while_overdue() {
            return hold;
        }
        self.call(instances, |active, limit| active.thread.logic(input, limit))
    }

    /// UI thread, within a frame. Has the module's logic run with the first view that is drawn, which
    /// saves a change of threads. [`Self::finish_logic`] runs it when none is.
    pub fn queue_logic(&self, input: InputPacket) {
        if let Some(mut instances) = self.gate.frame() {
            instances.logic = Some(input);
        }
    }

    /// UI thread, within a frame, after all views. Runs the logic that was queued, if none of them
    /// has taken it along.
    pub fn finish_logic(&self) -> Option<FrameResult> {
        let mut instances = self.gate.frame()?;
        let input = instances.logic.take()?;
        Some(self.logic_of(&mut instances, input))
    }

    /// UI thread, within a frame. Draws one view. Input is never lost: what the module cannot take
    /// now reaches it with its next frame.
    pub fn frame(&self, view: u32, input: InputPacket) -> FrameResult {
        let index = view as usize;
        let Some(mut instances) = self.gate.frame() else {
            self.defer(index, &input.items);
            return FrameResult::Hold(HoldReason::Swapping);
        };
        let instances = &mut *instances;
        if instances.views.len() <= index {
            instances.views.resize_with(index + 1, ViewSlot::default);
        }
        let is_faulted = self.is_faulted();
        if is_faulted || instances.loaded.active().is_none() {
            // Clicks on a picture that does not react are not to be answered later.
            instances.views[index].last = InputPacket { items: Vec::new(), ..input };
            let reason = if is_faulted { HoldReason::Faulted } else { HoldReason::NotLoaded };
            return FrameResult::Hold(reason);
        }
        if let Some(hold) = instances.hold_while_overdue() {
            // The call that is out has its own input and has not seen this.
            self.defer(index, &input.items);
            return hold;
        }
        let logic = instances.logic.take();
        if logic.is_some() {
            self.end_probation(instances);
        }
        let refocus = instances.views[index].frames < REFOCUS_FRAMES;
        let deferred = self.take_deferred(index);
        let packet = instances.views[index].packet(deferred, input, refocus);
        let result = self
            .call(instances, |active, limit| active.thread.frame_after(logic, view, packet, limit));
        match result {
            FrameResult::Picture { generation, mut picture } => {
                let slot = &mut instances.views[index];
                slot.told = true;
                slot.frames = slot.frames.saturating_add(1);
                if let Some(carried) = slot.carried.take() {
                    picture.prepend_textures(carried);
                }
                if let Some(earlier) = instances.requests.take() {
                    picture.prepend_requests(earlier);
                }
                if let Some(pending) = self.shared.with(|shared| shared.condition.confirm()) {
                    let module = self.name.clone();
                    self.tell(SlotEvent::FirstFrame { module, pending, at: Instant::now() });
                }
                FrameResult::Picture { generation, picture }
            }
            hold @ FrameResult::Hold(_) => hold,
        }
    }

    /// UI thread, within a frame. Takes back a picture whose content has been used, so that the next one
    /// needs no new memory.
    pub fn recycle(&self, picture: Box<Picture>) {
        if let Some(mut instances) = self.gate.frame()
            && let Some(active) = instances.loaded.active_mut()
        {
            active.thread.recycle(picture);
        }
    }

    /// For paint callbacks of the pictures of the running generation. Any thread; returns at once.
    #[must_use]
    pub fn paint_target(&self) -> Option<PaintTarget> {
        self.running().map(|running| running.paint.clone())
    }

    /// UI thread, GL context current (or no GL at all): hands over what is to be retired. Afterwards no
    /// paint callback of it runs.
    pub fn release_retired(&self) {
        let retiring = self.shared.with(|shared| std::mem::take(&mut shared.retiring));
        for active in retiring {
            let (module, generation) = (self.name.clone(), active.generation);
            if let Err(fault) = active.thread.paint_target().release_gl() {
                self.tell(SlotEvent::ThreadFault { module: module.clone(), generation, fault });
            }
            self.tell(SlotEvent::Retire { module, active: Box::new(active) });
        }
    }

    /// UI thread, GL context current, when the window closes: every generation's GL objects go,
    /// since there is no context to delete them in afterwards.
    pub fn release_all_gl(&self) {
        let instances = self.gate.frame();
        let loaded = instances
            .iter()
            .flat_map(|all| all.loaded.active().into_iter().chain(all.loaded.fallback()));
        let mut targets: Vec<PaintTarget> =
            loaded.map(|active| active.thread.paint_target()).collect();
        if instances.is_none() {
            targets.extend(self.paint_target());
        }
        drop(instances);
        targets.extend(self.shared.with(|shared| {
            let retiring = shared.retiring.iter();
            retiring.map(|active| active.thread.paint_target()).collect::<Vec<_>>()
        }));
        for target in targets {
            // The process ends; a clean-up that panics has nobody left to tell.
            let _ = target.release_gl();
        }
    }

    /// Any thread. After a fault: lets the code try again.
    pub fn retry(&self) {
        self.shared.with(|shared| shared.condition.retry());
    }

    /// The fault that keeps the module from drawing. Any thread; returns at once.
    #[must_use]
    pub fn fault(&self) -> Option<Box<Fault>> {
        self.shared.with(|shared| shared.condition.fault().cloned().map(Box::new))
    }

    /// Whether the module waits for a decision after a panic: nothing of it is called, paint callbacks
    /// included. Any thread; returns at once.
    #[must_use]
    pub fn is_faulted(&self) -> bool {
        self.shared.with(|shared| shared.condition.fault().is_some())
    }

    /// UI thread. A paint callback of that generation panicked, or its picture cannot be painted. One
    /// fault stands for all that follow until the code changes or somebody retries.
    pub fn paint_fault(&self, generation: Generation, fault: Box<Fault>) {
        // Outside of a frame the engine may commit something else at any moment.
        let mut frame = self.gate.frame();
        match self.shared.with(|shared| shared.condition.blame(generation, &fault)) {
            Blame::Another => {
                let module = self.name.clone();
                self.tell(SlotEvent::ThreadFault { module, generation, fault });
            }
            Blame::Known => {}
            Blame::Failed(pending) => self.failed(frame.as_deref_mut(), generation, fault, pending),
        }
    }

    fn end_probation(&self, instances: &mut Instances) {
        if let Some(fallback) = instances.end_probation() {
            self.shared.with(|shared| {
                shared.fallback = None;
                shared.retiring.push(fallback);
            });
        }
    }

    fn call(
        &self,
        instances: &mut Instances,
        call: impl FnOnce(&mut Active, Duration) -> Result<Picture, CallError>,
    ) -> FrameResult {
        if self.is_faulted() {
            return FrameResult::Hold(HoldReason::Faulted);
        }
        let Some(active) = instances.loaded.active_mut() else {
            return FrameResult::Hold(HoldReason::NotLoaded);
        };
        let generation = active.generation;
        // Whoever gets here has found that no call is out.
        let was_overdue = self.shared.with(|shared| shared.condition.overdue_mut()?.take());
        if was_overdue.is_some() {
            self.tell(SlotEvent::Returned { module: self.name.clone(), generation });
        }
        self.dirty.mark();
        let began = Instant::now();
        let result = call(active, self.limit);
        for fault in active.thread.take_stray_faults() {
            if instances.strays.is_new(&fault) {
                let (module, fault) = (self.name.clone(), Box::new(fault));
                self.tell(SlotEvent::ThreadFault { module, generation, fault });
            }
        }
        match result {
            Ok(picture) => FrameResult::Picture { generation, picture: Box::new(picture) },
            Err(CallError::Fault(fault)) => self.on_fault(instances, fault),
            Err(error) if error.is_out() => {
                self.shared.with(|shared| {
                    if let Some(overdue) = shared.condition.overdue_mut() {
                        *overdue = Some(began);
                    }
                });
                self.tell(SlotEvent::Overdue { module: self.name.clone(), generation, error });
                FrameResult::Hold(HoldReason::Overdue(self.limit))
            }
            Err(error) => FrameResult::Hold(HoldReason::Refused(error.to_string())),
        }
    }

    /// Keeps input back. Whole streams only, so that the rest stays readable.
    fn defer(&self, view: usize, items: &[u8]) {
        self.shared.with(|Shared { deferred, .. }| {
            if deferred.len() <= view {
                deferred.resize_with(view + 1, Vec::new);
            }
            if deferred[view].len() + items.len() <= DEFERRED_BYTES_MAX {
                deferred[view].extend_from_slice(items);
            }
        });
    }

    fn take_deferred(&self, view: usize) -> Vec<u8> {
        self.shared
            .with(|shared| shared.deferred.get_mut(view).map(std::mem::take).unwrap_or_default())
    }

    /// On probation the old generation comes back, with the state it had; later the module stops and
    /// waits for a decision.
    fn on_fault(&self, instances: &mut Instances, fault: Box<Fault>) -> FrameResult {
        let Some(generation) = instances.loaded.active().map(|active| active.generation) else {
            return FrameResult::Hold(HoldReason::NotLoaded);
        };
        let failed = fault.clone();
        let pending = self.shared.with(|shared| shared.condition.fail(failed));
        self.failed(Some(instances), generation, fault, pending);
        FrameResult::Hold(HoldReason::Faulted)
    }

    /// Goes back where that is possible, and tells the engine.
    fn failed(
        &self,
        instances: Option<&mut Instances>,
        generation: Generation,
        fault: Box<Fault>,
        pending: Option<Box<PendingCommit>>,
    ) {
        let back_to = instances.and_then(|instances| self.go_back(instances));
        let module = self.name.clone();
        self.tell(SlotEvent::Fault { module, generation, fault, back_to, pending });
    }

    /// Tells the engine of the leases of this generation.
    #[must_use]
    pub fn lease_sink(self: &Arc<Self>, generation: Generation) -> LeaseFn {
        let slot = Arc::clone(self);
        Arc::new(move |change| {
            let module = slot.name.clone();
            slot.tell(SlotEvent::Lease { module, generation, change });
        })
    }

    /// Any thread, also the UI's: never waits for the engine.
    fn tell(&self, event: SlotEvent) {
        self.shared.with(|shared| shared.outbox.push(event));
        // A bell that rings already is enough.
        let _ = self.bell.try_send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::bounded;

    #[test]
    fn c13_a_closed_slot_begins_no_frame_and_can_be_captured() {
        let (bell, _) = bounded(1);
        let slot = Slot::new("ui".to_owned(), "ui".to_owned(), bell, Duration::from_secs(60));
        assert!(slot.begin_frame());
        slot.close();
        slot.end_frame();
        assert!(!slot.begin_frame());
        assert!(slot.begin_swap(Duration::from_secs(60)).is_some());
    }
}
