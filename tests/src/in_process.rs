//! A module without a host: one slot, one frame loop and one swap, made by hand.
//!
//! Owns: a [`Slot`] and the numbering of its generations. Consumes: artifacts and input. Produces:
//! pictures and how old generations ended. Never: builds, or anything that an engine does beside
//! the steps of a swap.

use crossbeam_channel::bounded;
use host::compile::{Artifact, ShadowCopy};
use host::journal::event::{Generation, Trigger};
use host::module::{HostCalls, InputPacket, Picture, Retirement};
use host::slot::{Active, Candidate, FrameResult, PendingCommit, Rejection, Slot, SlotEvent};
use hot_api::abi::wire::{InputItem, ItemWriter};
use hot_api::egui;
use hot_api::state::Snapshot;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// Limit of every call: a test that runs into it has found a hang.
const LIMIT: Duration = Duration::from_secs(60);

/// Seconds between frames, as a display of 60 Hz has them.
const FRAME_SECONDS: f64 = 1.0 / 60.0;

/// A slot on a stage of its own: the test plays the window and the engine.
#[derive(Debug)]
pub struct Stage {
    slot: Slot,
    generations: TempDir,
    last: u64,
    time: f64,
    /// How each old generation ended.
    pub retired: Vec<Retirement>,
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}

impl Stage {
    /// An empty stage.
    #[must_use]
    pub fn new() -> Self {
        // Nobody listens: events are taken after each frame.
        let (bell, _) = bounded(1);
        let slot = Slot::new("module".to_owned(), "module".to_owned(), bell, LIMIT);
        let generations = crate::clean::temp_dir();
        Self { slot, generations, last: 0, time: 10.0, retired: Vec::new() }
    }

    /// Copies the library under a name of its own, as for every generation.
    ///
    /// # Panics
    /// When it cannot be copied.
    #[track_caller]
    pub fn shadow(&mut self, artifact: &Artifact) -> (Generation, PathBuf) {
        self.last += 1;
        let generation = Generation(self.last);
        let copy = ShadowCopy::create(artifact, self.generations.path(), "module", generation)
            .unwrap_or_else(|error| panic!("{error}"));
        (generation, copy.path)
    }

    /// Swaps to `artifact` with the state of what runs, through every step of a real swap.
    ///
    /// # Errors
    /// The rejection; what ran before runs on.
    #[track_caller]
    pub fn reload(&mut self, artifact: &Artifact) -> Result<Generation, Box<Rejection>> {
        let captured = {
            let mut turn = self.slot.begin_swap(LIMIT).expect("no frame is going on");
            self.slot.capture_for(&mut turn, None, LIMIT).expect("the state can be captured")
        };
        self.reload_with(artifact, captured.snapshot.bytes.to_vec())
    }

    /// Swaps to `artifact` with the state in `snapshot`.
    ///
    /// # Errors
    /// As for [`Self::reload`].
    #[track_caller]
    pub fn reload_with(
        &mut self,
        artifact: &Artifact,
        snapshot: Vec<u8>,
    ) -> Result<Generation, Box<Rejection>> {
        let (generation, path) = self.shadow(artifact);
        let hash = artifact.hash.clone();
        let candidate =
            Candidate::load(&path, generation, "module", hash, HostCalls::silent(), LIMIT)?;
        let mut turn = self.slot.begin_swap(LIMIT).expect("no frame is going on");
        let restored = candidate.restore(snapshot);
        match restored.and_then(|restored| restored.draw_hidden(&self.slot, &turn)) {
            Ok(proven) => self.slot.commit(
                &mut turn,
                proven,
                PendingCommit::new(generation, Trigger::Command),
            ),
            Err(rejection) => return Err(Box::new(rejection.retired(LIMIT))),
        }
        Ok(generation)
    }

    /// One frame of the window: logic, then the main view with these events, then the clean-up.
    ///
    /// # Panics
    /// When the module does not draw.
    #[track_caller]
    pub fn frame(&mut self, events: &[egui::Event]) -> Picture {
        self.time += FRAME_SECONDS;
        let input = InputPacket { time: self.time, items: encode(events), ..Default::default() };
        assert!(self.slot.begin_frame(), "a swap is going on");
        let quiet = InputPacket { items: Vec::new(), ..input.clone() };
        self.slot.queue_logic(quiet);
        let picture = match self.slot.frame(0, input) {
            FrameResult::Picture { picture, .. } => *picture,
            FrameResult::Hold(reason) => panic!("no picture: {reason:?} {:?}", self.slot.fault()),
        };
        assert!(self.slot.finish_logic().is_none(), "the view has taken it along");
        self.slot.release_retired();
        self.slot.end_frame();
        self.settle();
        picture
    }

    /// The state of what runs, as a snapshot.
    ///
    /// # Panics
    /// When it cannot be captured.
    #[must_use]
    #[track_caller]
    pub fn snapshot(&self) -> Vec<u8> {
        self.slot.snapshot(LIMIT).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The state of what runs, as JSON.
    ///
    /// # Panics
    /// When it cannot be captured.
    #[must_use]
    #[track_caller]
    pub fn state(&self) -> serde_json::Value {
        let snapshot = Snapshot::decode(&self.snapshot()).expect("what was captured can be read");
        let state = snapshot.section("state").expect("every module has a state");
        state.tree().expect("the state was captured with its names").to_json()
    }

    /// The slot, for what the methods here do not cover.
    #[must_use]
    pub fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Does what an engine does with what the slot reports.
    #[track_caller]
    fn settle(&mut self) {
        for event in self.slot.take_events() {
            match event {
                SlotEvent::Retire { active, .. } => self.retired.push(retire(*active)),
                SlotEvent::FirstFrame { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for active in self.slot.take_all(LIMIT) {
            // The test is over; how this one ends is not what it was about.
            let _retirement = retire(active);
        }
    }
}

fn retire(active: Active) -> Retirement {
    let Active { thread, file, .. } = active;
    let retirement = thread.retire(LIMIT);
    // Two hundred copies of ten megabytes are too many for a temporary directory.
    let _ = std::fs::remove_file(file); // the temporary directory goes in the end
    retirement
}

fn encode(events: &[egui::Event]) -> Vec<u8> {
    let mut writer = ItemWriter::default();
    for event in events {
        assert!(InputItem::Event(event.clone()).encode(&mut writer), "{event:?}");
    }
    writer.into_bytes()
}
