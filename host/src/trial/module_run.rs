//! What a host does with a module, from its library to its end, in a process that is there for nothing else.

use crate::engine::TrialInput;
use crate::journal::event::{Generation, Stage, Trigger};
use crate::module::{AppArgs, HostCalls, InputPacket, Retirement};
use crate::slot::{Active, Candidate, FrameResult, PendingCommit, Rejection, Slot};
use crossbeam_channel::bounded;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// A module, and how far it is run.
#[derive(Clone, Copy, Debug)]
pub struct ModuleRun<'a> {
    /// Its name.
    pub module: &'a str,
    /// Its library.
    pub library: &'a Path,
    /// Hash of the library.
    pub artifact: &'a str,
    /// The views that are drawn beside the main one; empty for all.
    pub views: &'a [String],
    /// The application's arguments.
    pub args: AppArgs,
    /// Whether it is to draw; otherwise it restores its state, and that is all.
    pub draws: bool,
    /// How long each step may take.
    pub limit: Duration,
}

/// What a module is about to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Its library is loaded: constructors of statics run.
    Load,
    /// Its instance is created, and its state restored.
    Create,
    /// Its logic.
    Logic,
    /// This view.
    Draw(String),
    /// Its state is captured.
    Capture,
    /// Its instance is dropped, and its library closed.
    Drop,
}

/// A step that was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which one.
    pub step: Step,
    /// One line.
    pub reason: String,
    /// The full text: message, location, backtrace.
    pub detail: String,
}

impl Step {
    /// As the journal has it.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::Load => Stage::Load,
            Self::Create => Stage::Restore,
            Self::Logic | Self::Draw(_) => Stage::FirstFrame,
            Self::Capture => Stage::Capture,
            Self::Drop => Stage::Drop,
        }
    }
}

/// Goes on after `while`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load => f.write_str("its library was loaded"),
            Self::Create => f.write_str("restoring its state"),
            Self::Logic => f.write_str("running its logic"),
            Self::Draw(view) => write!(f, "drawing \"{view}\""),
            Self::Capture => f.write_str("capturing its state"),
            Self::Drop => f.write_str("dropping it"),
        }
    }
}

impl ModuleRun<'_> {
    /// Loads, creates, draws, captures and drops it. `input` is asked for when the library is loaded; `on_step` hears of
    /// each step before it is done.
    ///
    /// # Errors
    /// The first step that was not done; what was loaded is dropped all the same.
    pub fn run(
        &self,
        input: impl FnOnce() -> Result<TrialInput, String>,
        on_step: &mut dyn FnMut(Step),
    ) -> Result<(), Broken> {
        // Nobody listens: there is no engine here.
        let (bell, _) = bounded(1);
        let slot = Slot::new(self.module.to_owned(), self.module.to_owned(), bell, self.limit);
        let slot = slot.with_views(self.views.to_vec());
        let shown = self.show(&slot, input, on_step);
        let ended = slot.take_all(self.limit).into_iter().map(|active| self.end(active, on_step));
        let ended: Vec<_> = ended.collect();
        shown.and(ended.into_iter().collect())
    }

    fn show(
        &self,
        slot: &Slot,
        input: impl FnOnce() -> Result<TrialInput, String>,
        on_step: &mut dyn FnMut(Step),
    ) -> Result<(), Broken> {
        let generation = Generation(1);
        let host_calls = HostCalls { args: self.args, on_trial: true, ..HostCalls::silent() };
        let artifact = self.artifact.to_owned();
        on_step(Step::Load);
        let candidate = Candidate::load(
            self.library,
            generation,
            self.module,
            artifact,
            host_calls,
            self.limit,
        );
        let candidate =
            candidate.map_err(|rejection| self.refused(Step::Load, rejection, on_step))?;
        let TrialInput { state, shown } =
            input().map_err(|reason| Broken::new(Step::Load, reason))?;
        on_step(Step::Create);
        let restored = candidate.restore(state);
        let restored =
            restored.map_err(|rejection| self.refused(Step::Create, rejection, on_step))?;
        if !self.draws {
            return Ok(());
        }
        let mut turn = slot.begin_swap(self.limit).expect("no frame is going on");
        let frames = Frames::after(&shown);
        Slot::show_as(&mut turn, shown);
        let mut drawn = Step::Create;
        let proven = restored.draw_each_hidden(slot, &turn, &mut |view| {
            drawn = Step::Draw(view.to_owned());
            on_step(drawn.clone());
        });
        let proven = proven.map_err(|rejection| self.refused(drawn, rejection, on_step))?;
        slot.commit(&mut turn, proven, PendingCommit::new(generation, Trigger::Start));
        drop(turn);
        frames.draw(slot, on_step)
    }

    fn refused(&self, step: Step, rejection: Rejection, on_step: &mut dyn FnMut(Step)) -> Broken {
        on_step(Step::Drop);
        let Rejection { reason, detail, .. } = rejection.retired(self.limit);
        Broken { step, reason, detail }
    }

    fn end(&self, mut active: Active, on_step: &mut dyn FnMut(Step)) -> Result<(), Broken> {
        on_step(Step::Capture);
        let captured = active.thread.capture(self.limit).map(drop);
        on_step(Step::Drop);
        let Retirement { fault, .. } = active.thread.retire(self.limit);
        captured.map_err(|error| {
            let Rejection { reason, detail, .. } = Rejection::of_call(Stage::Capture, &error);
            Broken { step: Step::Capture, reason, detail }
        })?;
        match fault {
            Some(fault) => {
                let (reason, detail) = (fault.message.clone(), fault.to_string());
                Err(Broken { step: Step::Drop, reason, detail })
            }
            None => Ok(()),
        }
    }
}

impl Broken {
    /// One of which no more is known than one line.
    #[must_use]
    pub fn new(step: Step, reason: String) -> Self {
        Self { step, detail: reason.clone(), reason }
    }
}

/// The first visible frame, with the input that each view was last shown with.
struct Frames {
    inputs: Vec<InputPacket>,
}

impl Frames {
    fn after(shown: &[InputPacket]) -> Self {
        Self { inputs: shown.to_vec() }
    }

    fn input(&self, view: u32) -> InputPacket {
        self.inputs.get(view as usize).cloned().unwrap_or_default()
    }

    fn draw(&self, slot: &Slot, on_step: &mut dyn FnMut(Step)) -> Result<(), Broken> {
        if !slot.begin_frame() {
            return Err(Broken::new(Step::Logic, "the frame has no beginning".to_owned()));
        }
        on_step(Step::Logic);
        let mut drawn = done(Step::Logic, slot, slot.logic(self.input(0)));
        for view in slot.views() {
            if drawn.is_err() {
                break;
            }
            let step = Step::Draw(view.name.clone());
            on_step(step.clone());
            drawn = done(step, slot, slot.frame(view.index, self.input(view.index)));
        }
        slot.end_frame();
        drawn
    }
}

fn done(step: Step, slot: &Slot, result: FrameResult) -> Result<(), Broken> {
    let FrameResult::Hold(reason) = result else { return Ok(()) };
    Err(match slot.fault() {
        Some(fault) => Broken { step, reason: fault.message.clone(), detail: fault.to_string() },
        None => Broken::new(step, format!("{reason:?}")),
    })
}
