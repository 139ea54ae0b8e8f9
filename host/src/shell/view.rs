//! One view of a module, as a widget of the window.

use super::accesskit::{TreeMerge, is_wanted};
use super::input::{InputRoute, Place, size_px};
use super::paint::{Shown, callback};
use super::platform::{self, Asker};
use super::scene_painter::ScenePainter;
use super::textures::ViewTextures;
use crate::journal::event::Generation;
use crate::module::{InputPacket, Picture};
use crate::slot::{FrameResult, HoldReason, Slot};
use egui::{Context, EventFilter, Id, Rect, Sense, Ui};
use hot_api::abi::input_flag;
use hot_api::abi::wire::{InputItem, ItemWriter};
use parking_lot::Mutex;
use std::sync::Arc;

/// A screenshot on its way back to the module that asked for it.
type Screenshots = Arc<Mutex<Vec<(u64, Arc<egui::ColorImage>)>>>;

/// Draws one view of a module and carries its input to it. UI thread only.
pub(super) struct ModuleView {
    slot: Arc<Slot>,
    index: u32,
    title: String,
    route: InputRoute,
    painter: ScenePainter,
    textures: ViewTextures,
    shown: Shown,
    tree: TreeMerge,
    generation: Option<Generation>,
    module_pixels_per_point: f32,
    screenshots: Screenshots,
    /// Why the newest frame brought no picture.
    pub(super) hold: Option<HoldReason>,
}

impl ModuleView {
    pub(super) fn new(slot: Arc<Slot>, index: u32, title: String, painter: ScenePainter) -> Self {
        Self {
            slot,
            index,
            title,
            route: InputRoute::default(),
            textures: ViewTextures::new(painter.clone()),
            painter,
            shown: Shown::default(),
            tree: TreeMerge::default(),
            generation: None,
            module_pixels_per_point: 1.0,
            screenshots: Screenshots::default(),
            hold: None,
        }
    }

    /// Draws the view into all of `ui`. Returns its area.
    pub(super) fn show(&mut self, ui: &mut Ui) -> Rect {
        let ctx = ui.ctx().clone();
        let pixels_per_point = ctx.pixels_per_point();
        // On whole pixels, so that the module's own pixels are the screen's.
        let rect = round_to_pixels(ui.available_rect_before_wrap(), pixels_per_point);
        let id = ui.scope_id().with(("module view", self.index));
        let response = ui.interact(rect, id, Sense::focusable_noninteractive());
        let has_keyboard = keep_keyboard(&ctx, id, self.route.has_pointer());
        ui.advance_cursor_after_rect(rect);

        // egui may run the window's own passes twice; the module draws once for each frame.
        if ctx.current_pass_index() == 0 {
            let place = Place { rect, layer: ui.layer_id(), has_keyboard };
            self.frame(&ctx, place, response.id);
        } else {
            let ppp = self.module_pixels_per_point;
            self.tree.hang_up(&ctx, id, &self.title, rect, None, ppp);
        }
        let painter = ui.painter().with_clip_rect(rect);
        if let Some(generation) = self.generation {
            let whose = (&self.slot, generation);
            self.shown.paint(&painter, rect, whose, &self.textures, &self.painter);
        }
        rect
    }

    fn frame(&mut self, ctx: &Context, place: Place, id: Id) {
        let rect = place.rect;
        let input = self.input(ctx, place);
        match self.slot.frame(self.index, input) {
            FrameResult::Picture { generation, picture } => {
                self.hold = None;
                self.take(ctx, place, id, generation, picture);
            }
            FrameResult::Hold(reason) => {
                self.hold = Some(reason);
                let ppp = self.module_pixels_per_point;
                self.tree.hang_up(ctx, id, &self.title, rect, None, ppp);
            }
        }
        if let Some(hold) = &self.hold
            && !matches!(hold, HoldReason::Faulted | HoldReason::NotLoaded)
        {
            // Somebody has to look whether it has come back.
            ctx.request_repaint_after(std::time::Duration::from_millis(50));
        }
    }

    fn input(&mut self, ctx: &Context, place: Place) -> InputPacket {
        let (mut items, standing) = self.route.collect(ctx, place);
        let mut more = ItemWriter::default();
        for request in self.tree.requests(ctx) {
            InputItem::Event(request).encode(&mut more);
        }
        for (request, image) in self.screenshots.lock().drain(..) {
            let region = image.region(&place.rect, Some(ctx.pixels_per_point()));
            InputItem::Screenshot { request, image: region }.encode(&mut more);
        }
        items.extend_from_slice(more.as_bytes());
        let pixels_per_point = ctx.pixels_per_point();
        let flag = |set: bool, bit: u32| if set { bit } else { 0 };
        ctx.input(|input| InputPacket {
            flags: flag(input.raw.focused, input_flag::FOCUSED)
                | flag(input.raw.system_theme == Some(egui::Theme::Dark), input_flag::DARK)
                | flag(input.raw.system_theme == Some(egui::Theme::Light), input_flag::LIGHT),
            time: input.time,
            predicted_dt: input.predicted_dt,
            native_pixels_per_point: pixels_per_point,
            size_px: size_px(place.rect, pixels_per_point),
            max_texture_side: u32::try_from(input.max_texture_side).unwrap_or(u32::MAX),
            items,
            standing,
        })
        .with_flag(is_wanted(ctx), input_flag::ACCESSKIT)
    }

    fn take(
        &mut self,
        ctx: &Context,
        place: Place,
        id: Id,
        generation: Generation,
        mut picture: Box<Picture>,
    ) {
        self.generation = Some(generation);
        self.module_pixels_per_point = picture.pixels_per_point;
        self.textures.apply(generation, std::mem::take(&mut picture.textures));
        let callback = |id| callback(&self.slot, generation, self.index, id);
        let texture = |id| self.textures.get(generation, id);
        self.shown.take(&picture, place.rect, ctx.pixels_per_point(), texture, callback);
        self.textures.free(generation, &picture.freed);
        self.textures.retain(&self.slot.live_generations());
        let asker = Asker {
            rect: place.rect,
            has_pointer: self.route.has_pointer(),
            has_keyboard: place.has_keyboard,
        };
        let requests = platform::apply(ctx, &picture.platform, asker);
        let ppp = picture.pixels_per_point;
        self.tree.hang_up(ctx, id, &self.title, place.rect, requests.accesskit, ppp);
        for request in requests.screenshots {
            let screenshots = Arc::clone(&self.screenshots);
            let repaint = ctx.clone();
            ctx.request_screenshot(move |image| {
                screenshots.lock().push((request, image));
                repaint.request_repaint();
            });
        }
        if let Some(after) = picture.repaint_after {
            ctx.request_repaint_after(after);
        }
        self.slot.recycle(picture);
    }
}

/// Gives the keyboard to the view when nobody of the window wants it, and keeps egui from moving the
/// focus away on Tab, arrows and Escape, which are the module's. Returns whether it has it.
fn keep_keyboard(ctx: &Context, id: Id, has_pointer: bool) -> bool {
    let pressed = ctx.input(|input| input.pointer.any_pressed());
    ctx.memory_mut(|memory| {
        let free = memory.focused().is_none();
        if free || (pressed && has_pointer) {
            memory.request_focus(id);
        }
        let everything =
            EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: true };
        memory.set_focus_lock_filter(id, everything);
        memory.has_focus(id)
    })
}

fn round_to_pixels(rect: Rect, pixels_per_point: f32) -> Rect {
    let round =
        |pos: egui::Pos2| ((pos.to_vec2() * pixels_per_point).round() / pixels_per_point).to_pos2();
    Rect::from_min_max(round(rect.min), round(rect.max))
}
