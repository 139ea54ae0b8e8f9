//! When the host has to start again because reloads have used up what only a new process has.
//!
//! Consumes: how generations ended. Produces: the reason for a restart, at a moment when nothing is lost
//! by it. Never: ends the host where nobody would start it again; then the user is told.

use super::core::Core;
use super::hand_over::HandOver;
use super::leftovers::{Need, Pinned};
use crate::journal::board::ModuleHealth;
use crate::journal::event::Event;
use crate::module::{Retirement, has_thread_keys, mapped_bytes};
use std::time::{Duration, Instant};

/// Thread keys below which the host starts again as soon as it can.
const KEYS_LOW: usize = 96;
/// Thread keys below which no more code is loaded: a module may need several at once, and the count is
/// not exact.
const KEYS_LEAST: usize = 32;
/// How long nothing has ended before the host counts as idle.
const IDLE_AFTER: Duration = Duration::from_secs(2);

/// A process gives way to another for its resources no sooner.
const RESTART_EVERY: Duration = Duration::from_secs(5);

impl Core {
    /// A generation has ended.
    pub(super) fn note_end(&mut self, name: &str, retirement: &Retirement) {
        self.leftovers.last_end = Some(Instant::now());
        if retirement.mapped_bytes > 0 {
            let (library, bytes) = (retirement.library.clone(), retirement.mapped_bytes);
            self.leftovers.pinned.push(Pinned { library, bytes });
            self.tell_pinned(name, retirement);
        }
        // One unload may take several along.
        self.leftovers.pinned.retain(|pinned| mapped_bytes(&pinned.library) != Some(0));
        let bytes = self.leftovers.pinned.iter().map(|pinned| pinned.bytes).sum();
        self.leftovers.need =
            Need::of(self.leftovers.pinned.len(), bytes, !has_thread_keys(KEYS_LOW));
    }

    /// Says once for each module what keeps its libraries mapped, and what to do.
    fn tell_pinned(&mut self, name: &str, retirement: &Retirement) {
        if !self.leftovers.told.insert(name.to_owned()) {
            return;
        }
        let threads = match retirement.threads.as_slice() {
            [] => "a thread of it".to_owned(),
            names => format!("its threads {}", names.join(", ")),
        };
        self.notice(format!(
            "{name}: {threads} kept running when the generation ended, so {} MB stay mapped for each \
             reload; make services of them (docs/services.md), or end and join them in the module's \
             `Drop` (with rayon or tokio: use a pool or runtime that the module owns, not the global \
             one)",
            retirement.mapped_bytes.div_ceil(1 << 20)
        ));
    }

    /// Why no more code can be loaded into this process.
    pub(super) fn refuses_load(&mut self) -> Option<String> {
        if has_thread_keys(KEYS_LEAST) {
            return None;
        }
        self.leftovers.refused = true;
        self.leftovers.need = Some(Need::Keys);
        let way_out = match self.config.may_restart {
            true => "the host starts again and loads it then",
            false => "end the host and start it again; the state is kept",
        };
        Some(format!("{}; {way_out}", Need::Keys.in_words()))
    }

    /// What the next process begins with, when this one is to end for it at this moment.
    pub(super) fn restart_now(&mut self) -> Option<HandOver> {
        let hand_over = self.takes_over_now().or_else(|| self.gives_resources_back())?;
        let (reason, why) = (hand_over.reason().to_owned(), &hand_over.why);
        self.notice(format!("{why}; the host starts again and goes on from the checkpoint"));
        let busy = false;
        self.record(None, None, Event::Restarting { reason, busy });
        Some(hand_over)
    }

    fn gives_resources_back(&mut self) -> Option<HandOver> {
        let need = self.leftovers.need?;
        if !self.config.may_restart {
            if !std::mem::replace(&mut self.leftovers.asked, true) {
                let why = need.in_words();
                self.notice(format!(
                    "{why}; end the host and start it again soon; the state is kept"
                ));
            }
            return None;
        }
        if !self.can_restart(need) {
            return None;
        }
        Some(self.hand_over(need.in_words(), None))
    }

    /// Whether a module is at work that must not be interrupted.
    pub(super) fn is_any_busy(&self) -> bool {
        self.board().modules.iter().any(|module| !self.busy_with(&module.name).is_empty())
    }

    /// Whether nothing is under way, and what is on disk runs: a host that starts again builds it.
    fn can_restart(&self, need: Need) -> bool {
        // A new host takes over soon; and what needs another process at once would go on needing them.
        if self.host_change.is_under_way() || self.started.elapsed() < RESTART_EVERY {
            return false;
        }
        if self.leftovers.refused {
            return true;
        }
        let is_quiet = self.leftovers.last_end.is_none_or(|at| at.elapsed() >= IDLE_AFTER)
            || need == Need::Keys;
        let is_well = |status| status == ModuleHealth::Ok;
        self.requests.is_idle()
            && self.next_look.is_none()
            && is_quiet
            && self.board().modules.iter().all(|module| is_well(module.status))
            && !self.is_any_busy()
    }
}
