//! What slots report after a swap: first frames, faults, ends.

use super::core::Core;
use super::outcome::ModuleResult;
use super::swap::{BOUNDARY_LIMIT, STEP_LIMIT};
use crate::journal::board::ModuleHealth;
use crate::journal::event::{Event, FailureKind, FaultSite, Generation, Stage, Trigger};
use crate::journal::stage_clock::micros;
use crate::module::{CallError, Fault, Retirement};
use crate::slot::{Active, PendingCommit, Slot, SlotEvent, TakenBack};
use std::time::{Duration, Instant};

/// How long a swapped generation may go without a frame before it counts as running all the same:
/// a minimised window draws nothing, nor does a tab behind another.
const UNSHOWN_LIMIT: Duration = Duration::from_secs(1);
/// How long the first visible frame of new code may be out before the code is taken back. Longer than
/// any frame that a user would call slow and not broken.
const FIRST_FRAME_LIMIT: Duration = Duration::from_secs(5);
/// How often a swap is looked at again whose frame is going on.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Core {
    pub(super) fn take_slot_events(&mut self) {
        for slot in self.registry.slots() {
            for event in slot.take_events() {
                self.take_slot_event(event);
            }
        }
    }

    fn take_slot_event(&mut self, event: SlotEvent) {
        match event {
            SlotEvent::FirstFrame { module, pending, at } => {
                self.plan_look();
                self.committed(&module, *pending, at);
            }
            SlotEvent::Fault { module, generation, fault, back_to, pending } => {
                self.on_fault(&module, generation, &fault, back_to, pending.is_some());
            }
            SlotEvent::ThreadFault { module, generation, fault } => {
                self.on_thread_fault(&module, generation, *fault);
            }
            SlotEvent::Overdue { module, generation, error } => {
                self.on_overdue(&module, generation, &error);
            }
            SlotEvent::Returned { module, generation } => self.on_returned(&module, generation),
            SlotEvent::Lease { module, generation, change } => {
                self.on_lease(&module, generation, change);
            }
            SlotEvent::Retire { module, active } => self.retire(&module, *active),
        }
    }

    /// Looks at swaps that no frame has confirmed. Where nobody draws (the window is minimised, or
    /// another tab is in front), what was swapped runs all the same. Where the first frame does not
    /// return, it is taken back.
    pub(super) fn look_after_unshown(&mut self) {
        for slot in self.registry.slots() {
            let Some(unshown) = slot.unshown() else { continue };
            match unshown.overdue {
                Some(since) if since.elapsed() >= FIRST_FRAME_LIMIT => self.on_hung(&slot),
                Some(_) => {}
                None if unshown.since.elapsed() >= UNSHOWN_LIMIT => {
                    if let Some(pending) = slot.take_unshown() {
                        let at = pending.swapped_at;
                        self.committed(slot.name(), *pending, at);
                    }
                }
                None => {}
            }
        }
        self.plan_look();
    }

    /// Notes when a swap has to be looked at that no frame has confirmed, if there is one.
    pub(super) fn plan_look(&mut self) {
        let again = Instant::now() + LOOK_EVERY;
        let slots = self.registry.slots();
        let unshown = slots.iter().filter_map(|slot| slot.unshown());
        self.next_look = unshown.map(|unshown| (unshown.since + UNSHOWN_LIMIT).max(again)).min();
    }

    /// The first frame of new code does not return. It has drawn its hidden passes, but nobody has
    /// seen it, so it is not proven.
    fn on_hung(&mut self, slot: &Slot) {
        let name = slot.name();
        let seconds = FIRST_FRAME_LIMIT.as_secs();
        let reason = format!("its first frame has not returned for {seconds} s");
        match slot.take_back_unshown(BOUNDARY_LIMIT) {
            Some(TakenBack { pending, back_to }) => {
                let generation = pending.generation;
                self.taken_back(name, generation, back_to, &reason);
                self.refused_at_first_frame(name, generation, reason.clone(), reason);
                (self.config.host_calls.request_repaint)(Duration::ZERO);
            }
            None => {
                // Nothing can take its place; it may still return, and is committed then.
                let Some(generation) = slot.generation().filter(|_| slot.unshown().is_some())
                else {
                    return;
                };
                if self.hung.insert(name.to_owned(), generation) != Some(generation) {
                    self.refused_at_first_frame(name, generation, reason.clone(), reason);
                }
            }
        }
    }

    /// The slot has gone back to the generation before.
    fn taken_back(&mut self, name: &str, generation: Generation, to: Generation, reason: &str) {
        self.note_taken_back(name, generation);
        self.record_kept(name, Some(to));
        let build = self.registry.slot(name).and_then(|slot| slot.artifact()).unwrap_or_default();
        let reason = reason.to_owned();
        self.record(Some(name), Some(generation), Event::RolledBack { to, reason, build });
        self.give_back_config(name);
        self.services_follow(name, false);
    }

    /// A commit that thereby is none.
    fn refused_at_first_frame(
        &mut self,
        name: &str,
        generation: Generation,
        reason: String,
        detail: String,
    ) {
        self.plan_look();
        let stage = Stage::FirstFrame;
        let (loss, why) = (None, reason.clone());
        let event = Event::Rejected { stage, reason: why, detail: detail.clone(), loss };
        self.record(Some(name), Some(generation), event);
        self.settle(name, generation, ModuleResult::Rejected { stage, reason, detail });
    }

    pub(super) fn committed(&mut self, name: &str, pending: PendingCommit, at: Instant) {
        let PendingCommit {
            generation,
            trigger,
            mut clock,
            ui_stall,
            state,
            before_migration,
            is_rollback,
            ..
        } = pending;
        if let Some(snapshot) = before_migration {
            let replaced = self.board().module(name).and_then(|module| module.generation);
            let steps = state.migrated.len();
            self.migrations.committed(name, generation, snapshot, steps, replaced);
        }
        clock.end_at(|stages| &mut stages.first_frame, at);
        self.generations.committed(name, generation);
        self.note_committed(name, generation);
        self.record_kept(name, Some(generation));
        if let Some(age) = self.restoring.remove(name) {
            let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
            let (from, state) = ("checkpoint".to_owned(), state.clone());
            self.record(Some(name), Some(generation), Event::Restored { from, age_ms, state });
        }
        let build = self.generations.artifact(name, generation);
        self.harmless.insert(build.clone());
        let event = Event::Committed {
            trigger,
            total_us: clock.total_us(),
            stages_us: clock.stages(),
            ui_stall_us: micros(ui_stall),
            state,
            build: build.clone(),
        };
        let entry = self.journal.record(Some(name), Some(generation), event);
        if is_rollback {
            let (to, reason) = (generation, "asked for".to_owned());
            self.record(Some(name), Some(generation), Event::RolledBack { to, reason, build });
        }
        let missing = self.registry.slot(name).map(|slot| slot.missing_views()).unwrap_or_default();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            self.notice(format!("pitstop.toml: {name} exports no view called {missing}"));
        }
        let result = ModuleResult::Committed { entry: Box::new(entry) };
        self.settle(name, generation, result);
        self.tell_after_commit(name);
        self.config.fast_path.committed(name);
        self.services_follow(name, trigger == Trigger::Start);
        self.look_again_for_new_code();
    }

    pub(super) fn on_fault(
        &mut self,
        name: &str,
        generation: Generation,
        fault: &Fault,
        back_to: Option<Generation>,
        was_pending: bool,
    ) {
        self.record(Some(name), Some(generation), fault.clone().into_event(false));
        if let Some(to) = back_to {
            self.taken_back(name, generation, to, &fault.message);
        }
        if was_pending {
            let (reason, detail) = (fault.message.clone(), fault.to_string());
            self.refused_at_first_frame(name, generation, reason, detail);
        }
        (self.config.host_calls.request_repaint)(Duration::ZERO);
    }

    /// A thread that the module started itself, or a picture of it that is no longer shown: the module
    /// runs on, and its picture moves.
    fn on_thread_fault(&self, name: &str, generation: Generation, fault: Fault) {
        self.record(Some(name), Some(generation), fault.into_event(true));
        (self.config.host_calls.request_repaint)(Duration::ZERO);
    }

    pub(super) fn on_overdue(&self, name: &str, generation: Generation, error: &CallError) {
        let CallError::Overdue { site, limit } = error else {
            return;
        };
        let message = format!("{site:?} has not returned within {} ms", limit.as_millis());
        let (location, backtrace) = (String::new(), String::new());
        let fault = Fault { site: FaultSite::Overdue, message, location, backtrace };
        self.record(Some(name), Some(generation), fault.into_event(false));
    }

    /// What took so long is done: nothing is wrong with the code any more.
    fn on_returned(&mut self, name: &str, generation: Generation) {
        self.resolve(name, FailureKind::Overdue);
        self.services_follow(name, false);
        let message = format!("{name} {generation} has returned and goes on");
        self.record(Some(name), Some(generation), Event::Notice { message });
    }

    /// Lets the running code try again what it panicked in.
    pub(super) fn retry(&mut self, name: &str) {
        if let Some(slot) = self.registry.slot(name) {
            slot.retry();
        }
        // Its first frame may have been what has panicked.
        self.services_follow(name, false);
        self.resolve(name, FailureKind::Fault);
        (self.config.host_calls.request_repaint)(Duration::ZERO);
    }

    /// A failure of this kind is no more, or the user has seen it.
    pub(super) fn resolve(&self, name: &str, failure: FailureKind) {
        let board = self.board();
        let shown = board.module(name).and_then(|module| module.failure.as_ref());
        let is_fault =
            board.module(name).is_some_and(|module| module.status == ModuleHealth::Fault);
        if is_fault || shown.is_some_and(|shown| shown.kind == failure) {
            self.record(
                Some(name),
                shown.and_then(|it| it.generation),
                Event::Resolved { failure },
            );
        }
    }

    pub(super) fn retire(&mut self, name: &str, active: Active) {
        let Active { generation, file, thread, .. } = active;
        let retirement = thread.retire(STEP_LIMIT);
        self.note_end(name, &retirement);
        self.record_retirement(name, generation, retirement);
        self.tidy_copies(name, Some(&file));
        let running = self.registry.slot(name).and_then(|slot| slot.generation());
        self.record_kept(name, running);
    }

    pub(super) fn record_retirement(
        &self,
        name: &str,
        generation: Generation,
        retirement: Retirement,
    ) {
        let Retirement { unmapped, why_not, fault, .. } = retirement;
        if let Some(fault) = fault {
            self.record(Some(name), Some(generation), fault.into_event(true));
        }
        self.record(Some(name), Some(generation), Event::Retired { unmapped, why_not });
    }
}
