//! The thread that keeps the checkpoints up to date.
//!
//! Owns: when each module is captured, and what was written last. Consumes: the bell of the slots.
//! Produces: files, `checkpoint` entries, one notice for each disk that fails. Never: captures a
//! module whose code has not run.

use super::{CheckpointError, Store};
use crate::journal::Journal;
use crate::journal::event::{Event, Generation};
use crate::slot::{Captured, Registry, Slot};
use crossbeam_channel::{Receiver, Sender, after, bounded, never, select};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The least time between two captures of a module. Half of the second that a checkpoint may be
/// behind: the other half is for waiting for the end of a frame, capturing, and the disk.
const CAPTURE_EVERY: Duration = Duration::from_millis(500);
/// A capture, whether it succeeds or not, may take this share of the time between two of them,
/// since the window may have to wait for it.
const CAPTURE_SHARE: u32 = 20;
/// How long a write that failed waits for another attempt.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Keeps the checkpoints of all modules. Dropping it writes what is not yet written, and joins the
/// thread.
#[derive(Debug)]
pub struct Keeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread. `bell` rings when a slot of the registry is touched.
    #[must_use]
    pub fn start(
        store: Store,
        registry: Registry,
        bell: Receiver<()>,
        journal: Arc<Journal>,
    ) -> Self {
        let (stop, stopped) = bounded(0);
        let kept = BTreeMap::new();
        let mut rounds = Rounds { store, registry, journal, kept, disk_fails: false };
        let thread = std::thread::Builder::new()
            .name("pitstop-keeper".to_owned())
            .spawn(move || rounds.run(&bell, &stopped))
            .expect("failed to spawn thread");
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // its panic has been printed
        }
    }
}

/// The thread's own state.
struct Rounds {
    store: Store,
    registry: Registry,
    journal: Arc<Journal>,
    kept: BTreeMap<String, Kept>,
    /// The user knows that the disk does not take checkpoints.
    disk_fails: bool,
}

/// What is known of one module.
struct Kept {
    /// When it may be captured again.
    due: Instant,
    sequence: u64,
    /// Hash of what the newest file holds.
    written: Option<blake3::Hash>,
    /// What the disk did not take.
    unwritten: Option<Unwritten>,
    /// The user knows that its state cannot be captured.
    capture_fails: bool,
}

struct Unwritten {
    captured: Captured,
    hash: blake3::Hash,
    retry: Instant,
}

impl Rounds {
    fn run(&mut self, bell: &Receiver<()>, stopped: &Receiver<()>) {
        loop {
            let timer = self
                .next()
                .map_or_else(never, |next| after(next.saturating_duration_since(Instant::now())));
            select! {
                recv(stopped) -> _ => {
                    self.round(true);
                    return;
                }
                recv(bell) -> rung => if rung.is_err() {
                    self.round(true);
                    return;
                },
                recv(timer) -> _ => {}
            }
            self.round(false);
        }
    }

    /// When there is something to do again; `None` until the bell rings.
    fn next(&self) -> Option<Instant> {
        let slots = self.registry.slots();
        let wishes = slots.iter().filter_map(|slot| {
            let Some(kept) = self.kept.get(slot.name()) else {
                return slot.is_dirty().then(Instant::now);
            };
            let capture = slot.is_dirty().then_some(kept.due);
            let write = kept.unwritten.as_ref().map(|unwritten| unwritten.retry);
            capture.into_iter().chain(write).min()
        });
        wishes.min()
    }

    /// Attends to every module that is due, at the end to all.
    fn round(&mut self, is_last: bool) {
        for slot in self.registry.slots() {
            let kept = self.kept.remove(slot.name());
            let mut kept = kept.unwrap_or_else(|| Kept::of(&self.store, slot.name()));
            let now = Instant::now();
            if is_last && self.store.newest_first(slot.name()).is_empty() {
                // Somebody has removed them, as `cargo clean` does.
                kept.written = None;
                slot.mark_dirty();
            }
            if slot.is_dirty() && (is_last || kept.due <= now) {
                self.capture(&slot, &mut kept);
            }
            if kept.unwritten.as_ref().is_some_and(|wait| is_last || wait.retry <= now) {
                self.write(slot.name(), &mut kept);
            }
            self.kept.insert(slot.name().to_owned(), kept);
        }
    }

    fn capture(&mut self, slot: &Slot, kept: &mut Kept) {
        let started = Instant::now();
        let captured = slot.capture_if_dirty();
        let cost = match &captured {
            Some(Ok(captured)) => captured.cost,
            Some(Err(_)) => started.elapsed(),
            // Its code was not called.
            None => Duration::ZERO,
        };
        kept.due = started + pause_after(cost);
        match captured {
            Some(Ok(captured)) => {
                kept.capture_fails = false;
                let hash = blake3::hash(&captured.bytes);
                let is_written = kept.written == Some(hash);
                // A module that has no state leaves nothing to write.
                if is_written || captured.bytes.is_empty() {
                    kept.unwritten = None;
                } else {
                    // A newer state waits no longer than the older one that the disk did not take.
                    let retry = kept.unwritten.take().map_or(started, |unwritten| unwritten.retry);
                    kept.unwritten = Some(Unwritten { captured, hash, retry });
                }
            }
            Some(Err(error)) if !kept.capture_fails => {
                kept.capture_fails = true;
                let name = slot.name();
                let message = format!(
                    "{name}: the state cannot be captured ({error}); a crash would lose what \
                     changed since the last checkpoint"
                );
                self.journal.record(Some(name), None, Event::Notice { message });
            }
            Some(Err(_)) | None => {}
        }
    }

    fn write(&mut self, name: &str, kept: &mut Kept) {
        let Some(Unwritten { captured, hash, .. }) = kept.unwritten.take() else { return };
        let started = Instant::now();
        kept.sequence += 1;
        match self.store.write(name, kept.sequence, &captured.bytes) {
            Ok(()) => {
                self.disk_fails = false;
                kept.written = Some(hash);
                let bytes = captured.bytes.len() as u64;
                let ms = started.elapsed().as_millis() as u64;
                let event = Event::Checkpoint { bytes, ms };
                self.journal.record(Some(name), Some(captured.generation), event);
            }
            Err(error) => {
                self.tell_once(name, captured.generation, &error);
                let retry = started + RETRY_AFTER;
                kept.unwritten = Some(Unwritten { captured, hash, retry });
            }
        }
    }

    /// A disk that fails is told of once, and again only after it worked in between.
    fn tell_once(&mut self, name: &str, generation: Generation, error: &CheckpointError) {
        if !std::mem::replace(&mut self.disk_fails, true) {
            let message = error.to_string();
            self.journal.record(Some(name), Some(generation), Event::Notice { message });
        }
    }
}

/// The least time from the beginning of a capture that took this long to the next one.
fn pause_after(cost: Duration) -> Duration {
    CAPTURE_EVERY.max(cost * CAPTURE_SHARE)
}

impl Kept {
    fn of(store: &Store, name: &str) -> Self {
        Self {
            due: Instant::now(),
            sequence: store.last_sequence(name),
            written: store.newest(name).map(|newest| blake3::hash(&newest.bytes)),
            unwritten: None,
            capture_fails: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g08_the_next_capture_waits_in_proportion_to_the_last() {
        for (cost_ms, pause_ms) in [(0, 500), (25, 500), (40, 800), (3_000, 60_000)] {
            let pause = pause_after(Duration::from_millis(cost_ms));
            assert_eq!(pause, Duration::from_millis(pause_ms), "{cost_ms} ms");
        }
    }
}
