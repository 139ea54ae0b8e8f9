//! A [`Picture`] as shapes of the window's own egui.

use super::textures::ViewTextures;
use crate::event::Generation;
use crate::module::{Picture, PrimKind};
use crate::swap::Slot;
use egui::epaint::Mesh;
use egui::{Painter, Pos2, Rect, Shape};
use hot_api::abi::PaintInfo;
use hot_api::mesh;
use std::mem::size_of;
use std::sync::Arc;

/// What is on the screen of one view; shown again when the module has nothing newer.
#[derive(Default)]
pub(super) struct Shown {
    shapes: Vec<(Rect, Shape)>,
    origin: Pos2,
}

impl Shown {
    /// Converts `picture` for an area that begins at `origin`. Both sides count physical pixels, so
    /// nothing is resampled.
    pub(super) fn new(
        picture: &Picture,
        generation: Generation,
        textures: &ViewTextures,
        slot: &Arc<Slot>,
        view: u32,
        origin: Pos2,
        pixels_per_point: f32,
    ) -> Self {
        let place = Placement { origin, scale: picture.pixels_per_point / pixels_per_point };
        let shapes = picture
            .prims
            .iter()
            .filter_map(|prim| {
                let shape = match &prim.kind {
                    PrimKind::Mesh { texture, vertices, indices } => {
                        let texture_id = textures.get(generation, *texture)?;
                        let vertices = &picture.vertices[vertices.clone()];
                        Shape::mesh(Mesh {
                            indices: picture.indices[indices.clone()].to_vec(),
                            vertices: mesh::placed(vertices, place.origin, place.scale),
                            texture_id,
                        })
                    }
                    PrimKind::Callback { id, rect } => {
                        let callback = callback(slot, view, *id);
                        Shape::Callback(egui::PaintCallback { rect: place.rect(*rect), callback })
                    }
                };
                Some((place.rect(prim.clip), shape))
            })
            .collect();
        Self { shapes, origin }
    }

    /// Paints it, cut off at `painter`'s clip rectangle.
    pub(super) fn paint(&self, painter: &Painter, origin: Pos2) {
        let moved = origin - self.origin;
        for (clip, shape) in &self.shapes {
            let mut shape = shape.clone();
            if moved != egui::Vec2::ZERO {
                shape.translate(moved);
            }
            painter.with_clip_rect(clip.translate(moved).intersect(painter.clip_rect())).add(shape);
        }
    }
}

#[derive(Clone, Copy)]
struct Placement {
    origin: Pos2,
    scale: f32,
}

impl Placement {
    fn pos(self, [x, y]: [f32; 2]) -> Pos2 {
        self.origin + egui::vec2(x, y) * self.scale
    }

    fn rect(self, [left, top, right, bottom]: [f32; 4]) -> Rect {
        Rect::from_min_max(self.pos([left, top]), self.pos([right, bottom]))
    }
}

/// A callback of ours that runs the module's, when the picture is painted.
fn callback(slot: &Arc<Slot>, view: u32, id: u64) -> Arc<egui_glow::CallbackFn> {
    let slot = Arc::clone(slot);
    let target = slot.paint_target();
    Arc::new(egui_glow::CallbackFn::new(move |info, _painter| {
        // Between frames the module's thread may be at work for a swap (ABI-4).
        let Some(target) = target.as_ref().filter(|_| slot.in_frame()) else {
            return;
        };
        let corners = |rect: Rect| [rect.min.x, rect.min.y, rect.max.x, rect.max.y];
        let info = PaintInfo {
            size: size_of::<PaintInfo>() as u32,
            pixels_per_point: info.pixels_per_point,
            viewport: corners(info.viewport),
            clip: corners(info.clip_rect),
            screen_px: info.screen_size_px,
        };
        if let Err(fault) = target.paint(view, id, &info) {
            slot.paint_fault(fault);
        }
    }))
}
