//! A new generation on its way in: `Candidate → Restored → Proven`.
//!
//! Owns: the order of the steps, in types; each consumes the one before. Produces: an [`Active`] or
//! a [`Rejection`]. Never: touches the running generation, so failing is simply not committing.

use super::active::Active;
use super::carried::Carried;
use super::exchange::SwapTurn;
use super::slot::Slot;
use crate::journal::event::{Generation, Stage, StateReport};
use crate::module::LiteralValue;
use crate::module::{
    CallError, CallLimit, HostCalls, InputPacket, LoadError, ModuleThread, OfConfig, Picture,
    Retirement,
};
use hot_api::abi::input_flag;
use hot_api::services::{Read, Refusal};
use hot_api::state::Codec;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Why a generation was not taken.
#[derive(Debug)]
pub struct Rejection {
    /// Where it failed.
    pub stage: Stage,
    /// One line.
    pub reason: String,
    /// The full text: message, location, backtrace.
    pub detail: String,
    /// How what was already loaded ended.
    pub retirement: Option<Box<Retirement>>,
    /// What is still loaded: see [`Self::retired`].
    pub(super) loaded: Option<Box<Active>>,
    /// Nothing is wrong with it but that some of the state would be lost.
    pub loses_state: bool,
    /// A call has not returned: nothing is known of the code, nor of the state that it was given.
    pub timed_out: bool,
}

/// A library that is loaded and fits.
#[derive(Debug)]
pub struct Candidate {
    active: Active,
    limit: CallLimit,
}

/// A candidate that has taken over the state.
#[derive(Debug)]
pub struct Restored {
    active: Active,
    report: StateReport,
    /// Values that the old state knew and the new one does not.
    lost: u64,
    limit: CallLimit,
}

/// A candidate that has drawn.
#[derive(Debug)]
pub struct Proven {
    pub(super) active: Active,
    /// For each view, the textures of its hidden passes.
    pub(super) carried: Vec<Picture>,
    /// What became of the state.
    pub report: StateReport,
    limit: CallLimit,
}

/// Hidden passes before the first visible one: the first lays out, the second lets fade-ins end.
const HIDDEN_PASSES: u32 = 2;
/// Seconds between hidden passes: longer than any of egui's animations.
const HIDDEN_PASS_SECONDS: f64 = 0.5;

impl Candidate {
    /// Loads a library and shakes hands. `limit` bounds this and every later step.
    ///
    /// # Errors
    /// When the library cannot be loaded or does not fit; nothing is left behind.
    pub fn load(
        file: &Path,
        generation: Generation,
        module: &str,
        artifact: String,
        host_calls: HostCalls,
        limit: impl Into<CallLimit>,
    ) -> Result<Self, Rejection> {
        let limit = limit.into();
        let thread = ModuleThread::load(file, generation, module, host_calls, &limit)
            .map_err(|error| Rejection::load(&error))?;
        let mut active =
            Active { generation, artifact, file: file.to_path_buf(), schema: None, thread };
        if let Some(other) = active.other_build() {
            let reason = format!(
                "the loaded code is build {other} and not {}; something wrote to its file while it was \
                 loaded: reload once more",
                active.artifact
            );
            return Err(Rejection {
                loaded: Some(Box::new(active)),
                ..Rejection::new(Stage::Handshake, reason)
            }
            .retired(&limit));
        }
        match active.thread.schema(&limit) {
            Ok(schema) => active.schema = schema,
            // It could not even say that it does not know.
            Err(error) => {
                return Err(Rejection::after_load(Stage::Load, &error, active).retired(&limit));
            }
        }
        Ok(Self { active, limit })
    }

    /// What its state is made of, to be compared.
    #[must_use]
    pub fn schema(&self) -> Option<&[u8]> {
        self.active.schema.as_deref()
    }

    /// Ends it for a reason that is not its own, which `rejection` says.
    #[must_use]
    pub fn reject(self, rejection: Rejection) -> Rejection {
        Rejection { loaded: Some(Box::new(self.active)), ..rejection }
    }

    /// Puts values in place of its literals, before any code of its author runs.
    ///
    /// # Errors
    /// See [`CallError`]; it then shows what was compiled.
    pub fn set_literals(&mut self, values: Vec<LiteralValue>) -> Result<(), CallError> {
        self.active.thread.set_literals(values, &self.limit)
    }

    /// Whether it has services.
    #[must_use]
    pub fn has_services(&self) -> bool {
        self.active.thread.has_services()
    }

    /// Has it read a configuration, before any instance is made.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn check_config(&mut self, config: Arc<Vec<u8>>) -> Result<OfConfig<Read>, CallError> {
        self.active.thread.check_config(config, &self.limit)
    }

    /// Creates the instance from `snapshot`; empty bytes mean a fresh start.
    ///
    /// # Errors
    /// When the module panics or refuses.
    pub fn restore(self, snapshot: Vec<u8>) -> Result<Restored, Rejection> {
        self.create(&Carried::named(snapshot))
    }

    /// Creates the instance from what was captured. When its code does not read what the binary
    /// codec carries, `by_name` captures once more.
    ///
    /// # Errors
    /// As for [`Self::restore`], and when `by_name` fails.
    pub fn take_over(
        mut self,
        carried: &Carried,
        by_name: impl FnOnce() -> Result<Carried, CallError>,
    ) -> Result<Restored, Rejection> {
        if carried.codec == Codec::Named {
            return self.create(carried);
        }
        let limit = self.restore_limit(carried);
        match self.active.thread.create(&carried.snapshot, &limit) {
            Ok(report) => Ok(self.restored(carried, report.as_deref())),
            Err(CallError::Refused(_)) => match by_name() {
                Ok(carried) => self.create(&carried),
                Err(error) => Err(Rejection::after_load(Stage::Capture, &error, self.active)),
            },
            Err(error) => Err(Rejection::after_load(Stage::Restore, &error, self.active)),
        }
    }

    fn create(mut self, carried: &Carried) -> Result<Restored, Rejection> {
        let limit = self.restore_limit(carried);
        match self.active.thread.create(&carried.snapshot, &limit) {
            Ok(report) => Ok(self.restored(carried, report.as_deref())),
            Err(error) => Err(Rejection::after_load(Stage::Restore, &error, self.active)),
        }
    }

    /// Restoring takes its time for each byte.
    fn restore_limit(&self, carried: &Carried) -> CallLimit {
        self.limit.with_time(state_limit(self.limit.time, carried.snapshot.bytes.len()))
    }

    fn restored(self, carried: &Carried, report: Option<&str>) -> Restored {
        let bytes = carried.snapshot.bytes.len() as u64;
        let (report, lost) = state_report(bytes, carried.codec, report);
        Restored { active: self.active, report, lost, limit: self.limit }
    }
}

impl Restored {
    /// Lets only those through that know everything the old state knew.
    ///
    /// # Errors
    /// With what would be lost.
    pub fn without_loss(self) -> Result<Self, Rejection> {
        let Self { active, report, lost, limit } = self;
        if lost == 0 {
            return Ok(Self { active, report, lost, limit });
        }
        let lines: Vec<&str> =
            report.dropped.iter().chain(&report.defaulted).map(String::as_str).collect();
        let values = if lost == 1 { "1 value".to_owned() } else { format!("{lost} values") };
        Err(Rejection {
            stage: Stage::Restore,
            reason: format!("{values} of the state would be lost"),
            detail: lines.join("\n"),
            retirement: None,
            loaded: Some(Box::new(active)),
            loses_state: true,
            timed_out: false,
        })
    }

    /// Draws the hidden passes of every view that `slot` shows, each as large as it was last shown;
    /// nobody sees them.
    ///
    /// # Errors
    /// When the module panics or does not come back.
    pub fn draw_hidden(self, slot: &Slot, turn: &SwapTurn<'_>) -> Result<Proven, Rejection> {
        self.draw_each_hidden(slot, turn, &mut |_| {})
    }

    /// As [`Self::draw_hidden`]; tells the name of each view before it is drawn.
    ///
    /// # Errors
    /// As for [`Self::draw_hidden`].
    pub fn draw_each_hidden(
        mut self,
        slot: &Slot,
        turn: &SwapTurn<'_>,
        on_view: &mut dyn FnMut(&str),
    ) -> Result<Proven, Rejection> {
        let shown = Slot::last_inputs(turn);
        let mut carried = Vec::new();
        for view in 0..self.active.thread.views().len() {
            if !slot.draws(view, &self.active.thread.views()[view]) {
                carried.push(Picture::default());
                continue;
            }
            on_view(&self.active.thread.views()[view]);
            let last = shown.get(view).cloned().unwrap_or_default();
            match draw_hidden_view(&mut self.active.thread, view as u32, &last, &self.limit) {
                Ok(picture) => carried.push(picture),
                Err(error) => {
                    return Err(Rejection::after_load(Stage::FirstFrame, &error, self.active));
                }
            }
        }
        Ok(Proven { active: self.active, carried, report: self.report, limit: self.limit })
    }
}

/// Draws one view without showing it; returns the last picture with the textures of all.
fn draw_hidden_view(
    thread: &mut ModuleThread,
    view: u32,
    last: &InputPacket,
    limit: &CallLimit,
) -> Result<Picture, CallError> {
    let mut carried = Picture::default();
    for pass in 0..HIDDEN_PASSES {
        let ago = f64::from(HIDDEN_PASSES - pass) * HIDDEN_PASS_SECONDS;
        let input = InputPacket {
            flags: last.flags | input_flag::HIDDEN | input_flag::REFOCUS,
            time: last.time - ago,
            items: last.standing.clone(),
            ..last.clone()
        };
        let mut picture = thread.frame(view, input, limit)?;
        picture.prepend_textures(carried);
        carried = picture;
    }
    Ok(carried)
}

impl Proven {
    /// The attempt that made it.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.active.generation
    }

    /// Has it list its services for a configuration: none of them is started.
    ///
    /// # Errors
    /// When its code panics, or its list is none. `explain` puts a refusal into words.
    pub fn list_services(
        mut self,
        config: Arc<Vec<u8>>,
        explain: impl FnOnce(&Refusal) -> String,
    ) -> Result<Self, Rejection> {
        match self.active.thread.list_services(config, &self.limit) {
            Ok(Ok(_)) => Ok(self),
            Ok(Err(refusal)) => Err(Rejection {
                loaded: Some(Box::new(self.active)),
                ..Rejection::new(Stage::Services, explain(&refusal))
            }),
            Err(error) => Err(Rejection::after_load(Stage::Services, &error, self.active)),
        }
    }
}

impl Rejection {
    fn load(error: &LoadError) -> Self {
        let stage = if error.is_handshake() { Stage::Handshake } else { Stage::Load };
        let timed_out = matches!(error, LoadError::Overdue { .. } | LoadError::Stopped { .. });
        Self { timed_out, ..Self::new(stage, error.to_string()) }
    }

    fn after_load(stage: Stage, error: &CallError, active: Active) -> Self {
        Self { loaded: Some(Box::new(active)), ..Self::of_call(stage, error) }
    }

    /// Retires what is still loaded; the rejection then says how that ended. Apart from the steps that
    /// reject, so that the window need not wait for it: it may take as long as `limit`.
    #[must_use]
    pub fn retired(mut self, limit: impl Into<CallLimit>) -> Self {
        if let Some(active) = self.loaded.take() {
            self.retirement = Some(Box::new(active.thread.retire(limit)));
        }
        self
    }

    /// A rejection that leaves nothing to retire.
    #[must_use]
    pub fn of_call(stage: Stage, error: &CallError) -> Self {
        let detail = match error {
            CallError::Fault(fault) => fault.to_string(),
            other => other.to_string(),
        };
        let timed_out = error.is_out();
        Self { detail, timed_out, ..Self::new(stage, error.to_string()) }
    }

    /// A rejection for a reason outside the module.
    #[must_use]
    pub fn new(stage: Stage, reason: String) -> Self {
        Self {
            stage,
            detail: reason.clone(),
            reason,
            retirement: None,
            loaded: None,
            loses_state: false,
            timed_out: false,
        }
    }
}

/// Bytes of a snapshot that slow code restores or captures in a second: a debug build of deeply nested
/// types, on a busy machine.
const STATE_BYTES_PER_SECOND_MIN: usize = 1 << 20;

/// How long a call may take that carries a state of that size, when `least` is what any call may take.
#[must_use]
pub fn state_limit(least: Duration, bytes: usize) -> Duration {
    least + Duration::from_secs((bytes / STATE_BYTES_PER_SECOND_MIN) as u64)
}

/// Reads what the module says about its state, and how many values of the old one are lost. The text
/// is the module's, so anything may be in it.
fn state_report(bytes: u64, codec: Codec, json: Option<&str>) -> (StateReport, u64) {
    let Some(json) = json.filter(|_| bytes > 0) else {
        let report = StateReport { bytes, codec: "none".to_owned(), ..StateReport::default() };
        return (report, 0);
    };
    let codec = match codec {
        Codec::Named => "named",
        Codec::Binary => "binary",
    };
    let report: hot_api::state::Report = serde_json::from_str(json).unwrap_or_default();
    let lines = hot_api::state::Notes::lines;
    let told = StateReport {
        bytes,
        codec: codec.to_owned(),
        kept: report.kept,
        defaulted: lines(&report.defaulted),
        dropped: lines(&report.dropped),
        converted: lines(&report.converted),
        migrated: report.migrated,
        schema: report.schema,
    };
    (told, report.lost)
}
