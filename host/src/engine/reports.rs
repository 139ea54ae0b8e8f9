//! What slots report after a swap: first frames, faults, ends.

use super::board::{Failure, FailureKind, LastReload, ModuleStatus};
use super::swapping::{STEP_LIMIT, micros};
use super::worker::{UNSHOWN_LIMIT, Worker};
use crate::control::ModuleResult;
use crate::event::{Event, FaultSite, Generation, Stage};
use crate::module::{CallError, Fault, Retirement};
use crate::swap::{Active, PendingCommit, SlotEvent};
use std::time::{Duration, Instant};

impl Worker {
    pub(super) fn take_slot_event(&mut self, event: SlotEvent) {
        match event {
            SlotEvent::FirstFrame { module, pending, at } => {
                self.look_for_unshown();
                self.committed(&module, *pending, at);
            }
            SlotEvent::Fault { module, generation, fault, back_to, pending } => {
                self.on_fault(&module, generation, &fault, back_to, pending.is_some());
            }
            SlotEvent::Overdue { module, generation, error } => {
                self.on_overdue(&module, generation, &error);
            }
            SlotEvent::Returned { module, generation } => self.on_returned(&module, generation),
            SlotEvent::Retire { module, active } => self.retire(&module, *active),
        }
    }

    /// Nobody draws these modules: the window is minimised, or another tab is in front. What was
    /// swapped runs all the same.
    pub(super) fn confirm_unshown(&mut self) {
        for slot in self.registry.slots() {
            if slot.unshown_since().is_some_and(|since| since.elapsed() >= UNSHOWN_LIMIT)
                && let Some(pending) = slot.take_unshown()
            {
                let at = pending.swapped_at;
                self.committed(slot.name(), *pending, at);
            }
        }
        self.look_for_unshown();
    }

    /// Notes how long the oldest swap has been waiting for a frame, if one is.
    pub(super) fn look_for_unshown(&mut self) {
        self.unshown_since =
            self.registry.slots().iter().filter_map(|slot| slot.unshown_since()).min();
    }

    pub(super) fn committed(&mut self, name: &str, pending: PendingCommit, at: Instant) {
        let PendingCommit {
            generation,
            trigger,
            mut stages,
            ui_stall,
            state,
            swapped_at,
            is_rollback,
        } = pending;
        stages.first_frame += micros(at.saturating_duration_since(swapped_at));
        let total_us = stages.total();
        let ui_stall_us = micros(ui_stall);
        let event = Event::Committed {
            trigger,
            total_us,
            stages_us: stages,
            ui_stall_us,
            state: state.clone(),
        };
        let kept = self.kept.others(name, generation);
        let artifact = self.kept.artifact(name, generation);
        let state_bytes = state.bytes;
        let report = state.clone();
        let last = LastReload { trigger, total_us, stages, ui_stall_us, state };
        self.board.change(|board| board.notice = None);
        self.board.change_module(name, |module| {
            module.generation = Some(generation);
            module.artifact = artifact;
            module.status = ModuleStatus::Ok;
            module.failure = None;
            module.last_reload = Some(last);
            module.kept = kept;
            module.state_bytes = state_bytes;
        });
        let missing = self.registry.slot(name).map(|slot| slot.missing_views()).unwrap_or_default();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            self.notice(format!("pitstop.toml: {name} exports no view called {missing}"));
        }
        if let Some(age) = self.restoring.remove(name) {
            let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
            let restored = Event::Restored { from: "checkpoint".to_owned(), age_ms, state: report };
            self.record(Some(name), Some(generation), restored);
        }
        self.note_committed(name, generation);
        let entry = self.journal.record(Some(name), Some(generation), event);
        self.board.change_module(name, |module| module.last_entry = Some(entry.clone()));
        if is_rollback {
            let reason = "asked for".to_owned();
            self.record(Some(name), Some(generation), Event::RolledBack { to: generation, reason });
        }
        let result = ModuleResult::Committed { entry: Box::new(entry) };
        self.settle(name, generation, result);
        self.tell_after_commit(name);
        self.literals.prepare(name);
    }

    pub(super) fn on_fault(
        &mut self,
        name: &str,
        generation: Generation,
        fault: &Fault,
        back_to: Option<Generation>,
        was_pending: bool,
    ) {
        let title = match back_to {
            Some(to) => format!("The new code panicked and was taken back; {to} runs"),
            None => "The code panicked; its last picture stays".to_owned(),
        };
        let failure = Failure {
            kind: if back_to.is_some() { FailureKind::Rejected } else { FailureKind::Fault },
            title,
            reason: fault.message.clone(),
            detail: fault.to_string(),
            diagnostics: Vec::new(),
            generation: Some(generation),
        };
        self.board.change_module(name, |module| {
            module.status =
                if back_to.is_some() { ModuleStatus::Failed } else { ModuleStatus::Fault };
            module.failure = Some(failure);
            if let Some(back_to) = back_to {
                module.generation = Some(back_to);
            }
        });
        let event = Event::Fault {
            r#where: fault.site,
            message: fault.message.clone(),
            location: fault.location.clone(),
            backtrace: fault.backtrace.clone(),
        };
        self.record(Some(name), Some(generation), event);
        if let Some(to) = back_to {
            self.note_refused(name);
            let reason = fault.message.clone();
            self.record(Some(name), Some(generation), Event::RolledBack { to, reason });
        }
        if was_pending {
            self.look_for_unshown();
            let (stage, reason) = (Stage::FirstFrame, fault.message.clone());
            let detail = fault.to_string();
            let event = Event::Rejected { stage, reason: reason.clone(), detail: detail.clone() };
            self.record(Some(name), Some(generation), event);
            self.settle(name, generation, ModuleResult::Rejected { stage, reason, detail });
        }
        (self.config.services.request_repaint)(Duration::ZERO);
    }

    pub(super) fn on_overdue(&self, name: &str, generation: Generation, error: &CallError) {
        let CallError::Overdue { site, limit } = error else {
            return;
        };
        let message = format!("{site:?} has not returned within {} ms", limit.as_millis());
        let event = Event::Fault {
            r#where: FaultSite::Overdue,
            message: message.clone(),
            location: String::new(),
            backtrace: String::new(),
        };
        let failure = Failure {
            kind: FailureKind::Overdue,
            title: "The code does not return; its last picture stays".to_owned(),
            reason: message.clone(),
            detail: message,
            diagnostics: Vec::new(),
            generation: Some(generation),
        };
        self.board.change_module(name, |module| {
            module.status = ModuleStatus::Fault;
            // What the compiler said is still to be mended, and takes longer to read.
            let is_slow = |failure: &Failure| failure.kind == FailureKind::Overdue;
            if module.failure.as_ref().is_none_or(is_slow) {
                module.failure = Some(failure);
            }
        });
        self.record(Some(name), Some(generation), event);
    }

    /// What took so long is done: nothing is wrong with the code any more.
    fn on_returned(&self, name: &str, generation: Generation) {
        self.mended(name, FailureKind::Overdue);
        let message = format!("{name} {generation} has returned and goes on");
        self.record(Some(name), Some(generation), Event::Notice { message });
    }

    /// Lets the running code try again what it panicked in.
    pub(super) fn retry(&self, name: &str) {
        if let Some(slot) = self.registry.slot(name) {
            slot.retry();
        }
        self.mended(name, FailureKind::Fault);
        (self.config.services.request_repaint)(Duration::ZERO);
    }

    /// Takes a failure of this kind off the board.
    pub(super) fn mended(&self, name: &str, kind: FailureKind) {
        self.board.change_module(name, |module| {
            if module.failure.as_ref().is_some_and(|failure| failure.kind == kind) {
                module.failure = None;
            }
            module.status = match module.failure {
                None => ModuleStatus::Ok,
                Some(_) => ModuleStatus::Failed,
            };
        });
    }

    pub(super) fn retire(&mut self, name: &str, active: Active) {
        let Active { generation, file, thread, .. } = active;
        let retirement = thread.retire(STEP_LIMIT);
        self.record_retirement(name, generation, retirement);
        self.forget_old(name, &file);
    }

    pub(super) fn record_retirement(
        &self,
        name: &str,
        generation: Generation,
        retirement: Retirement,
    ) {
        let Retirement { unmapped, why_not, fault } = retirement;
        if let Some(fault) = fault {
            let Fault { site, message, location, backtrace } = *fault;
            let event = Event::Fault { r#where: site, message, location, backtrace };
            self.record(Some(name), Some(generation), event);
        }
        self.record(Some(name), Some(generation), Event::Retired { unmapped, why_not });
    }
}
