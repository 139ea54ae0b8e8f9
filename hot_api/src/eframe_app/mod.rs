//! An [`eframe::App`] as a module (feature `eframe`).
//!
//! Owns: the running application, and what of eframe it is given. Consumes: what `export_eframe_app!` is told.
//! Produces: an `AnyModule`. Never: chooses a renderer or another feature of eframe; the application does.
//!
//! The application gets eframe's own contexts, made as for egui_kittest: without renderer, window handle and
//! storage of the frame.

mod creator;
mod exit;
mod kept;
mod log_lines;
mod saved;
mod taken;

pub use creator::Creator;
pub use kept::KeptApp;
pub use saved::SavedApp;

use crate::egui_version::draw_app;
use crate::module::{CreateContext, ModuleFrame};
use crate::runner::{AnyModule, AnyModuleType};
use crate::services::ServicesType;
use crate::state::Report;
use crate::state::any_state::AnySpec;
use egui::{Color32, Context, RawInput, Ui, ViewportBuilder, ViewportCommand};
use std::any::Any;
use std::error::Error;

/// What eframe's creators return when they fail.
type CreatorError = Box<dyn Error + Send + Sync>;

/// An application before there is an instance, in one of the two forms of its state.
pub trait EframeType: Sync {
    /// Makes the application from what the state has, and puts it there. `report` is as for [`AnyModule::setup`].
    ///
    /// # Errors
    /// What the creator returns.
    fn begin(
        &self,
        state: &mut dyn Any,
        ctx: &Context,
        report: Option<&mut Report>,
    ) -> Result<(), CreatorError>;

    /// The application, once it has begun.
    fn app<'a>(&self, state: &'a mut dyn Any) -> Option<&'a mut (dyn eframe::App + 'static)>;

    /// What [`eframe::App::persist_egui_memory`] says.
    fn persists_egui_memory(&self, state: &dyn Any) -> bool;

    /// What the window is to be like at first.
    fn options(&self) -> Option<eframe::NativeOptions>;

    /// The full name of something of the author's crate.
    fn name(&self) -> &'static str;

    /// See [`AnyModuleType::state`].
    fn state(&self) -> &'static dyn AnySpec;
}

impl<T: EframeType> AnyModuleType for T {
    fn name(&self) -> &'static str {
        EframeType::name(self)
    }

    fn extra_view(&self, _index: usize) -> Option<&'static str> {
        None
    }

    fn create(&'static self, _cc: &CreateContext<'_>) -> Box<dyn AnyModule> {
        Box::new(RunningApp { of: self, frame: eframe::Frame::_new_kittest(), window: Vec::new() })
    }

    fn state(&self) -> &'static dyn AnySpec {
        EframeType::state(self)
    }

    fn services(&self) -> Option<&'static ServicesType> {
        None
    }
}

/// An application that runs. It lives in the state, which is made of it.
struct RunningApp {
    of: &'static dyn EframeType,
    frame: eframe::Frame,
    /// What the window is yet to be told.
    window: Vec<ViewportCommand>,
}

impl RunningApp {
    fn with_app(
        &mut self,
        state: &mut dyn Any,
        act: impl FnOnce(&mut (dyn eframe::App + 'static), &mut eframe::Frame),
    ) {
        if let Some(app) = self.of.app(state) {
            act(app, &mut self.frame);
        }
    }
}

impl AnyModule for RunningApp {
    fn setup(
        &mut self,
        state: &mut dyn Any,
        ctx: &Context,
        report: Option<&mut Report>,
        is_swap: bool,
    ) -> Result<(), String> {
        // A reload leaves the window as it is.
        if !is_swap {
            let options = self.of.options().unwrap_or_default();
            self.window = ViewportBuilder::default().patch(options.viewport).0;
            if report.is_some() {
                // It is as large as it was, and where it was.
                self.window.retain(|command| {
                    matches!(command, ViewportCommand::Title(_) | ViewportCommand::Icon(_))
                });
            }
        }
        log_lines::begin();
        let begun = self.of.begin(state, ctx, report);
        log_lines::begun();
        begun.map_err(|error| format!("the application cannot be created: {error}"))
    }

    fn logic(&mut self, state: &mut dyn Any, ctx: &Context, _frame: &mut ModuleFrame<'_>) {
        for command in self.window.drain(..) {
            ctx.send_viewport_cmd(command);
        }
        self.with_app(state, |app, frame| app.logic(ctx, frame));
    }

    fn raw_input(&mut self, state: &mut dyn Any, ctx: &Context, raw: &mut RawInput) {
        self.with_app(state, |app, _| app.raw_input_hook(ctx, raw));
    }

    fn draw(
        &mut self,
        _view: usize,
        state: &mut dyn Any,
        ui: &mut Ui,
        _frame: &mut ModuleFrame<'_>,
    ) {
        self.with_app(state, |app, frame| {
            // A window of eframe's has this colour before anything is drawn, whatever its alpha.
            let [red, green, blue, _] = app.clear_color(ui.visuals());
            let byte = |part: f32| (part.clamp(0.0, 1.0) * 255.0).round() as u8;
            let clear = Color32::from_rgb(byte(red), byte(green), byte(blue));
            ui.painter().rect_filled(ui.max_rect(), 0.0, clear);
            draw_app(app, ui, frame);
        });
    }

    fn persists_egui_memory(&self, state: &dyn Any) -> bool {
        self.of.persists_egui_memory(state)
    }

    fn exit(&mut self, state: &mut dyn Any) {
        self.with_app(state, |app, _| exit::call(<dyn eframe::App>::on_exit, app));
        log_lines::end();
    }
}
