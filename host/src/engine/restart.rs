//! When the host has to start again because reloads have used up what only a new process has.
//!
//! Owns: what earlier generations have left behind, and the bounds. Consumes: how generations ended.
//! Produces: the reason for a restart, at a moment when nothing is lost by it. Never: ends the host
//! where nobody would start it again; then the user is told.
//!
//! Two things are used up. A library that stays mapped, because a thread of it runs on, keeps its memory.
//! And each generation that starts a thread takes a key for thread-local storage, of which a process has
//! about a thousand; std aborts when there is none.

use super::engine_loop::EngineLoop;
use crate::journal::board::ModuleStatus;
use crate::journal::event::Event;
use crate::module::{Retirement, has_thread_keys, mapped_bytes};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Libraries that may stay mapped, and the memory that they may take, before the host starts again.
const PINNED_MAX: usize = 40;
const PINNED_BYTES_MAX: u64 = 1 << 30;
/// Thread keys below which the host starts again as soon as it can.
const KEYS_LOW: usize = 96;
/// Thread keys below which no more code is loaded: a module may need several at once, and the count is
/// not exact.
const KEYS_LEAST: usize = 32;
/// How long nothing has ended before the host counts as idle.
const IDLE_AFTER: Duration = Duration::from_secs(2);

/// What earlier generations have left behind in this process.
#[derive(Debug, Default)]
pub(super) struct Restart {
    pinned: Vec<Pinned>,
    /// Modules whose user knows that their libraries stay mapped.
    told: BTreeSet<String>,
    need: Option<Need>,
    /// The user knows that the host should be started again by hand.
    asked: bool,
    /// When the last generation ended.
    last_end: Option<Instant>,
    /// Code was not loaded, because the process has no room for it.
    refused: bool,
}

#[derive(Debug)]
struct Pinned {
    library: PathBuf,
    bytes: u64,
}

/// Why the host has to start again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// Thread keys run out.
    Keys,
    /// Libraries stay mapped.
    Memory { libraries: usize, bytes: u64 },
}

impl Need {
    /// What the counts say.
    fn of(libraries: usize, bytes: u64, keys_are_low: bool) -> Option<Self> {
        if keys_are_low {
            return Some(Self::Keys);
        }
        (libraries > PINNED_MAX || bytes > PINNED_BYTES_MAX)
            .then_some(Self::Memory { libraries, bytes })
    }

    fn in_words(self) -> String {
        match self {
            Self::Keys => "the process runs out of keys for thread-local storage: each generation \
                           that starts a thread takes one"
                .to_owned(),
            Self::Memory { libraries, bytes } => format!(
                "{libraries} libraries of earlier generations stay mapped ({} MB), because threads \
                 of them run on",
                bytes >> 20
            ),
        }
    }
}

impl EngineLoop {
    /// A generation has ended.
    pub(super) fn note_end(&mut self, name: &str, retirement: &Retirement) {
        self.restart.last_end = Some(Instant::now());
        if retirement.mapped_bytes > 0 {
            let (library, bytes) = (retirement.library.clone(), retirement.mapped_bytes);
            self.restart.pinned.push(Pinned { library, bytes });
            self.tell_pinned(name, retirement);
        }
        // One unload may take several along.
        self.restart.pinned.retain(|pinned| mapped_bytes(&pinned.library) != Some(0));
        let bytes = self.restart.pinned.iter().map(|pinned| pinned.bytes).sum();
        self.restart.need = Need::of(self.restart.pinned.len(), bytes, !has_thread_keys(KEYS_LOW));
    }

    /// Says once for each module what keeps its libraries mapped, and what to do.
    fn tell_pinned(&mut self, name: &str, retirement: &Retirement) {
        if !self.restart.told.insert(name.to_owned()) {
            return;
        }
        let threads = match retirement.threads.as_slice() {
            [] => "a thread of it".to_owned(),
            names => format!("its threads {}", names.join(", ")),
        };
        self.notice(format!(
            "{name}: {threads} kept running when the generation ended, so {} MB stay mapped for each \
             reload; end and join them in the module's `Drop` (with rayon or tokio: use a pool or \
             runtime that the module owns, not the global one)",
            retirement.mapped_bytes.div_ceil(1 << 20)
        ));
    }

    /// Why no more code can be loaded into this process.
    pub(super) fn refuses_load(&mut self) -> Option<String> {
        if has_thread_keys(KEYS_LEAST) {
            return None;
        }
        self.restart.refused = true;
        self.restart.need = Some(Need::Keys);
        let way_out = match self.config.may_restart {
            true => "the host starts again and loads it then",
            false => "end the host and start it again; the state is kept",
        };
        Some(format!("{}; {way_out}", Need::Keys.in_words()))
    }

    /// The reason to end and be started again at this moment, if there is one.
    pub(super) fn restart_now(&mut self) -> Option<String> {
        let need = self.restart.need?;
        if !self.config.may_restart {
            if !std::mem::replace(&mut self.restart.asked, true) {
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
        let why = need.in_words();
        self.notice(format!("{why}; the host starts again and goes on from the checkpoint"));
        let reason = "resources".to_owned();
        self.record(None, None, Event::Restarting { reason, busy: false });
        Some(why)
    }

    /// Whether nothing is under way, and what is on disk runs: a host that starts again builds it.
    fn can_restart(&self, need: Need) -> bool {
        if self.restart.refused {
            return true;
        }
        let is_quiet =
            self.restart.last_end.is_none_or(|at| at.elapsed() >= IDLE_AFTER) || need == Need::Keys;
        let is_well = |status| status == ModuleStatus::Ok;
        self.requests.is_idle()
            && self.next_look.is_none()
            && is_quiet
            && self.board.get().modules.iter().all(|module| is_well(module.status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g42_a_restart_is_needed_past_each_of_the_bounds() {
        for (libraries, bytes, keys_are_low, expected) in [
            (0, 0, false, None),
            (PINNED_MAX, PINNED_BYTES_MAX, false, None),
            (
                PINNED_MAX + 1,
                10,
                false,
                Some(Need::Memory { libraries: PINNED_MAX + 1, bytes: 10 }),
            ),
            (
                1,
                PINNED_BYTES_MAX + 1,
                false,
                Some(Need::Memory { libraries: 1, bytes: PINNED_BYTES_MAX + 1 }),
            ),
            (0, 0, true, Some(Need::Keys)),
            (PINNED_MAX + 1, 0, true, Some(Need::Keys)),
        ] {
            assert_eq!(Need::of(libraries, bytes, keys_are_low), expected);
        }
    }
}
