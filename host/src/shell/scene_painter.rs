//! The painter of the modules' pictures.
//!
//! Owns: an `egui_glow` painter of its own in the window's GL context, and the textures of all modules.
//! Consumes: meshes that are ready to be drawn. Never: hands them to the window's egui, which would
//! copy and tessellate every one of them again in every frame.
//!
//! Everything about GL happens while the window is painted; until then changes wait in a queue for
//! each view.

use egui::epaint::ImageDelta;
use egui::{ClippedPrimitive, PaintCallbackInfo, TextureId};
use egui_glow::{Painter, PainterError};
use parking_lot::Mutex;
use std::sync::Arc;

/// One for each window; clones share it.
#[derive(Clone, Default)]
pub(super) struct ScenePainter(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// Made when there is something to paint.
    painter: Option<Painter>,
    last_texture: u64,
    /// Textures of views that are no more.
    orphans: Vec<TextureId>,
}

/// What a view wants of its textures before and after its next painting.
#[derive(Default)]
pub(super) struct TextureQueue {
    /// To be made or changed, in order.
    pub(super) set: Vec<(TextureId, ImageDelta)>,
    /// To be freed afterwards.
    pub(super) free: Vec<TextureId>,
}

impl ScenePainter {
    /// An id that no view has had before.
    pub(super) fn new_texture(&self) -> TextureId {
        let mut inner = self.0.lock();
        inner.last_texture += 1;
        TextureId::Managed(inner.last_texture)
    }

    /// Frees textures whose view will not be painted again.
    pub(super) fn abandon(&self, textures: impl IntoIterator<Item = TextureId>) {
        self.0.lock().orphans.extend(textures);
    }

    /// UI thread, GL current, within a paint callback of the window's painter `outer`. What is in
    /// `primitives` may call back into this very thread, but not into this painter.
    ///
    /// # Errors
    /// When GL refuses what the window's own painter got from it.
    pub(super) fn paint(
        &self,
        outer: &Painter,
        info: &PaintCallbackInfo,
        queue: &Mutex<TextureQueue>,
        primitives: &[ClippedPrimitive],
    ) -> Result<(), PainterError> {
        let mut inner = self.0.lock();
        let Inner { painter, orphans, .. } = &mut *inner;
        let painter = match painter {
            Some(painter) => painter,
            // As eframe makes its own, so that no pixel differs.
            None => painter.insert(Painter::new(Arc::clone(outer.gl()), "", None, DITHERING)?),
        };
        let TextureQueue { set, free } = std::mem::take(&mut *queue.lock());
        for (texture, delta) in set {
            let side_max = delta.image.size().into_iter().max().unwrap_or(0);
            // The painter would panic; the texture stays away and so does what is painted with it.
            if side_max <= painter.max_texture_side() {
                painter.set_texture(texture, &delta);
            }
        }
        painter.paint_primitives(info.screen_size_px, info.pixels_per_point, primitives);
        for texture in free.into_iter().chain(orphans.drain(..)) {
            painter.free_texture(texture);
        }
        Ok(())
    }

    /// UI thread, GL current: the window ends.
    pub(super) fn destroy(&self) {
        if let Some(mut painter) = self.0.lock().painter.take() {
            painter.destroy();
        }
    }
}

/// eframe's default, which [`super::window`] does not change.
const DITHERING: bool = true;
