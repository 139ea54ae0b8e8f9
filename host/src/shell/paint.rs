//! A [`Picture`] as primitives that are ready to be painted.

use super::scene_painter::ScenePainter;
use super::textures::ViewTextures;
use crate::journal::event::{FaultSite, Generation};
use crate::module::{Fault, Picture, PrimKind};
use crate::slot::Slot;
use egui::epaint::{Mesh, Primitive};
use egui::{ClippedPrimitive, Pos2, Rect, TextureId};
use hot_api::abi::PaintInfo;
use hot_api::abi::mesh;
use std::any::Any;
use std::mem::size_of;
use std::sync::Arc;

/// What is on the screen of one view; shown again when the module has nothing newer.
pub struct Shown {
    primitives: Arc<Vec<ClippedPrimitive>>,
    area: Rect,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown").field("area", &self.area).finish_non_exhaustive()
    }
}

impl Default for Shown {
    fn default() -> Self {
        Self { primitives: Arc::default(), area: Rect::NOTHING }
    }
}

impl Shown {
    /// Converts `picture` for that area, and cuts it off there. Both sides count physical pixels, so
    /// nothing is resampled. The memory of the picture before it is used again.
    pub fn take(
        &mut self,
        picture: &Picture,
        area: Rect,
        pixels_per_point: f32,
        texture: impl Fn(u64) -> Option<TextureId>,
        callback: impl Fn(u64) -> Arc<dyn Any + Send + Sync>,
    ) {
        let place =
            Placement { origin: area.min, scale: picture.pixels_per_point / pixels_per_point };
        self.area = area;
        // Shared only while the window is being painted.
        let primitives = Arc::make_mut(&mut self.primitives);
        let mut used = 0;
        for prim in &picture.prims {
            match &prim.kind {
                PrimKind::Mesh { texture: id, vertices, indices } => {
                    let Some(texture_id) = texture(*id) else { continue };
                    let mesh = mesh_at(primitives, used);
                    mesh.texture_id = texture_id;
                    mesh.indices.clear();
                    mesh.indices.extend_from_slice(&picture.indices[indices.clone()]);
                    let vertices = &picture.vertices[vertices.clone()];
                    mesh::place(vertices, place.origin, place.scale, &mut mesh.vertices);
                }
                PrimKind::Callback { id, rect } => {
                    let (rect, callback) = (place.rect(*rect), callback(*id));
                    let primitive = Primitive::Callback(egui::PaintCallback { rect, callback });
                    let primitive = ClippedPrimitive { clip_rect: area, primitive };
                    match primitives.get_mut(used) {
                        Some(known) if !is_mesh(known) => *known = primitive,
                        _ => primitives.insert(used, primitive),
                    }
                }
            }
            primitives[used].clip_rect = place.rect(prim.clip).intersect(area);
            used += 1;
        }
        primitives.truncate(used);
    }

    /// Paints it through `painter`, when the window is painted.
    pub(super) fn paint(
        &mut self,
        ui: &egui::Painter,
        area: Rect,
        (slot, generation): (&Arc<Slot>, Generation),
        textures: &ViewTextures,
        painter: &ScenePainter,
    ) {
        if area != self.area {
            self.move_to(area);
        }
        let (primitives, slot) = (Arc::clone(&self.primitives), Arc::clone(slot));
        let (queue, painter) = (Arc::clone(textures.queue()), painter.clone());
        let callback = egui_glow::CallbackFn::new(move |info, outer| {
            if let Err(error) = painter.paint(outer, &info, &queue, &primitives) {
                let message = format!("the picture cannot be painted: {error}");
                let (location, backtrace) = (String::new(), String::new());
                let fault = Fault { site: FaultSite::Paint, message, location, backtrace };
                slot.paint_fault(generation, Box::new(fault));
            }
        });
        ui.add(egui::PaintCallback { rect: area, callback: Arc::new(callback) });
    }

    /// An old picture in a new place: its corner stays the area's, and it is cut off anew.
    fn move_to(&mut self, area: Rect) {
        let moved = area.min - self.area.min;
        self.area = area;
        for ClippedPrimitive { clip_rect, primitive } in Arc::make_mut(&mut self.primitives) {
            *clip_rect = clip_rect.translate(moved).intersect(area);
            match primitive {
                Primitive::Mesh(mesh) => mesh.translate(moved),
                Primitive::Callback(callback) => callback.rect = callback.rect.translate(moved),
            }
        }
    }
}

/// The mesh with that number; one of the picture before, if there was any in its place.
fn mesh_at(primitives: &mut Vec<ClippedPrimitive>, index: usize) -> &mut Mesh {
    if !primitives.get(index).is_some_and(is_mesh) {
        let primitive = Primitive::Mesh(Mesh::default());
        primitives.insert(index, ClippedPrimitive { clip_rect: Rect::NOTHING, primitive });
    }
    match &mut primitives[index].primitive {
        Primitive::Mesh(mesh) => mesh,
        Primitive::Callback(_) => unreachable!("a mesh was put there"),
    }
}

fn is_mesh(primitive: &ClippedPrimitive) -> bool {
    matches!(primitive.primitive, Primitive::Mesh(_))
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
pub(super) fn callback(
    slot: &Arc<Slot>,
    generation: Generation,
    view: u32,
    id: u64,
) -> Arc<dyn Any + Send + Sync> {
    let slot = Arc::clone(slot);
    let target = slot.paint_target();
    Arc::new(egui_glow::CallbackFn::new(move |info, _painter| {
        // Between frames the module's thread may be at work for a swap (ABI-4), and code that has
        // panicked waits for a decision.
        let may_run = || slot.in_frame() && !slot.is_faulted();
        let Some(target) = target.as_ref().filter(|_| may_run()) else {
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
            slot.paint_fault(generation, fault);
        }
    }))
}
