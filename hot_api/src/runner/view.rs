//! One view: its egui context, and what its last frame left behind.

use super::input::{self, DecodedInput};
use super::output::Output;
use super::paint::PaintSide;
use super::placeholder::replace_unpaintable;
use super::repaint;
use crate::abi::wire::OutputItem;
use crate::abi::{FrameInput, FrameView, input_flag, view_flag};
use crate::egui_version::{
    ScreenshotRequest, answer_screenshot, commands_of_pass, complete, run_logic,
};
use crate::host::Host;
use egui::epaint::textures::TexturesDelta;
use egui::{Context, FullOutput, Id, RawInput, Ui, ViewportCommand, ViewportId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

/// What of a view's egui survives a reload: the part of [`egui::Memory`] that egui can serialise,
/// and two things that it leaves out.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct ViewMemory {
    memory: egui::Memory,
    focused: Option<Id>,
    /// Only when the user changed it from what the author's `setup` had chosen.
    zoom_factor: Option<f32>,
}

/// Screenshots a module may have asked for and not yet received; more are refused.
const SCREENSHOTS_MAX: usize = 8;

pub(super) struct ViewRun {
    ctx: Context,
    output: Output,
    /// Texture changes that no frame has handed over yet.
    pending_textures: TexturesDelta,
    /// The focus to ask for again.
    focused: Option<Id>,
    /// What the author's `setup` chose; known once the first pass has begun, because egui applies a
    /// zoom there and not when it is set.
    zoom_at_setup: Option<f32>,
    /// The user's own zoom, to be set again.
    restored_zoom: Option<f32>,
    /// Something could not be painted.
    has_placeholder: bool,
    screenshots: BTreeMap<u64, ScreenshotRequest>,
    last_screenshot: u64,
}

/// What a frame begins with.
pub(super) struct Begun {
    pub(super) raw: RawInput,
    /// How many items of the host's were not understood.
    skipped: u32,
}

impl Drop for ViewRun {
    fn drop(&mut self) {
        // egui treats forgotten texture changes as a bug of the painter; here nobody paints any more.
        self.pending_textures.clear();
    }
}

impl ViewRun {
    /// Makes the context. `setup` is the author's; it runs after `memory` is back, so that
    /// edited styles win over remembered ones.
    ///
    /// # Errors
    /// Those of `setup`.
    pub(super) fn new(
        host: Host,
        memory: ViewMemory,
        setup: &mut dyn FnMut(&Context) -> Result<(), String>,
    ) -> Result<Self, String> {
        let ctx = Context::default();
        ctx.memory_mut(|slot| *slot = memory.memory);
        // Zoom keys belong to the window, which hands its zoom on through the pixel density.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        // The host has one native window; further viewports become windows inside it.
        ctx.set_embed_viewports(true);
        repaint::forward(&ctx, host);
        setup(&ctx)?;
        Ok(Self {
            ctx,
            output: Output::default(),
            pending_textures: TexturesDelta::default(),
            focused: memory.focused,
            zoom_at_setup: None,
            restored_zoom: memory.zoom_factor,
            has_placeholder: false,
            screenshots: BTreeMap::new(),
            last_screenshot: 0,
        })
    }

    /// What of this view survives a reload.
    pub(super) fn memory(&self) -> ViewMemory {
        let zoom_factor = self.ctx.zoom_factor();
        ViewMemory {
            memory: self.ctx.memory(Clone::clone),
            focused: self.ctx.memory(egui::Memory::focused),
            zoom_factor: match self.zoom_at_setup {
                Some(at_setup) => (zoom_factor != at_setup).then_some(zoom_factor),
                None => self.restored_zoom,
            },
        }
    }

    /// Runs `logic` between passes. Nothing is drawn.
    pub(super) fn logic(
        &mut self,
        input: &FrameInput,
        items: &[u8],
        logic: &mut dyn FnMut(&Context),
    ) -> FrameView {
        let DecodedInput { raw, skipped, .. } = input::decode(input, items, self.ctx.zoom_factor());
        let (platform, commands) = run_logic(&self.ctx, &raw, &mut self.pending_textures, logic);
        let pixels_per_point = self.ctx.pixels_per_point();
        self.output.begin();
        self.output.push_platform(platform, pixels_per_point);
        self.push_viewport_commands(commands, pixels_per_point);
        FrameView {
            platform: self.output.platform(),
            pixels_per_point,
            zoom_factor: self.ctx.zoom_factor(),
            skipped_items: skipped.0,
            ..FrameView::empty()
        }
    }

    pub(super) fn context(&self) -> &Context {
        &self.ctx
    }

    /// Takes in what a frame begins with; [`Self::frame`] draws it.
    pub(super) fn begin(&mut self, input: &FrameInput, items: &[u8]) -> Begun {
        let DecodedInput { mut raw, held, screenshots, skipped } =
            input::decode(input, items, self.ctx.zoom_factor());
        complete(&self.ctx, &mut raw, held);
        self.prepare(input.flags, screenshots, &mut raw);
        Begun { raw, skipped: skipped.0 }
    }

    /// Draws one frame.
    pub(super) fn frame(
        &mut self,
        input: Begun,
        paint: &PaintSide,
        index: usize,
        ui: &mut dyn FnMut(&mut Ui),
    ) -> FrameView {
        let Begun { raw, skipped } = input;
        let output = self.run(raw, ui);
        let FullOutput {
            platform_output,
            textures_delta,
            mut shapes,
            pixels_per_point,
            viewport_output,
        } = output;
        self.pending_textures.append(textures_delta);
        if replace_unpaintable(&self.ctx, &mut shapes)
            && !std::mem::replace(&mut self.has_placeholder, true)
        {
            self.ctx.request_repaint();
        }

        let primitives = self.ctx.tessellate(shapes, pixels_per_point);
        paint.begin_frame(index);
        self.output.set_primitives(primitives, |callback| paint.add(index, callback));
        self.output.set_textures(&mut self.pending_textures);
        let flags = self.flags(&platform_output);
        let passes = u32::try_from(platform_output.num_completed_passes).unwrap_or(u32::MAX);

        self.output.begin();
        self.output.push_platform(platform_output, pixels_per_point);
        let mut repaint_after = Duration::MAX;
        for (id, viewport) in viewport_output {
            if id == ViewportId::ROOT {
                repaint_after = viewport.repaint_delay;
                let commands = commands_of_pass(&self.ctx, viewport.commands);
                self.push_viewport_commands(commands, pixels_per_point);
            }
        }
        FrameView {
            flags,
            prims: self.output.prims(),
            textures_set: self.output.textures_set(),
            textures_free: self.output.textures_free(),
            platform: self.output.platform(),
            pixels_per_point,
            zoom_factor: self.ctx.zoom_factor(),
            repaint_after_ns: u64::try_from(repaint_after.as_nanos()).unwrap_or(u64::MAX),
            passes,
            skipped_items: skipped,
            ..FrameView::empty()
        }
    }

    fn prepare(
        &mut self,
        flags: u32,
        screenshots: Vec<(u64, std::sync::Arc<egui::ColorImage>)>,
        raw: &mut RawInput,
    ) {
        if flags & input_flag::ACCESSKIT != 0 {
            self.ctx.enable_accesskit();
        } else {
            self.ctx.disable_accesskit();
        }
        if flags & input_flag::REFOCUS != 0
            && let Some(focused) = self.focused
        {
            self.ctx.memory_mut(|memory| memory.request_focus(focused));
        }
        for (request, image) in screenshots {
            if let Some(asked) = self.screenshots.remove(&request) {
                answer_screenshot(asked, image, raw);
            }
        }
    }

    /// Runs the passes of a frame. A panic of the author's code is caught inside the pass, so that
    /// egui ends it as usual: the context stays whole for the next attempt, and the textures of
    /// every pass are kept. Then the panic goes on.
    fn run(&mut self, raw: RawInput, ui: &mut dyn FnMut(&mut Ui)) -> FullOutput {
        let Self { ctx, zoom_at_setup, restored_zoom, .. } = self;
        let mut panicked = None;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            ctx.run_ui(raw, |root| {
                if zoom_at_setup.is_none() {
                    *zoom_at_setup = Some(ctx.zoom_factor());
                    if let Some(zoom_factor) = restored_zoom.take() {
                        ctx.set_zoom_factor(zoom_factor);
                    }
                }
                if panicked.is_none() {
                    panicked = catch_unwind(AssertUnwindSafe(|| ui(root))).err();
                }
            })
        }));
        let (mut output, payload) = match (outcome, panicked) {
            (Ok(output), None) => return output,
            (Ok(output), Some(payload)) => (output, payload),
            // One of the author's egui plugins: the pass is still open.
            (Err(payload), _) => match catch_unwind(AssertUnwindSafe(|| ctx.end_pass())) {
                Ok(output) => (output, payload),
                Err(_) => resume_unwind(payload),
            },
        };
        self.pending_textures.append(std::mem::take(&mut output.textures_delta));
        resume_unwind(payload)
    }

    fn flags(&self, platform: &egui::PlatformOutput) -> u32 {
        let flag = |set: bool, bit: u32| if set { bit } else { 0 };
        flag(self.ctx.egui_wants_keyboard_input(), view_flag::WANTS_KEYBOARD)
            | flag(self.ctx.egui_wants_pointer_input(), view_flag::WANTS_POINTER)
            | flag(platform.mutable_text_under_cursor, view_flag::TEXT_CURSOR)
    }

    fn push_viewport_commands(&mut self, commands: Vec<ViewportCommand>, pixels_per_point: f32) {
        for command in commands {
            match command {
                ViewportCommand::Screenshot(asked) => {
                    if self.screenshots.len() < SCREENSHOTS_MAX {
                        self.last_screenshot += 1;
                        let request = self.last_screenshot;
                        self.screenshots.insert(request, asked);
                        self.output.push(&OutputItem::Screenshot { request });
                    }
                }
                command => self.output.push_viewport(command, pixels_per_point),
            }
        }
    }
}
