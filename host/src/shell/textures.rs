//! A view's textures, by the ids that its module gives them.

use super::scene_painter::{ScenePainter, TextureQueue};
use crate::journal::event::Generation;
use crate::module::TextureChange;
use egui::epaint::ImageDelta;
use egui::{ColorImage, TextureFilter, TextureId, TextureOptions, TextureWrapMode};
use hot_api::abi::Sampling;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// The textures of one view, kept for each generation that may still be shown: a roll-back shows
/// pictures whose textures came long ago.
pub(super) struct ViewTextures {
    painter: ScenePainter,
    queue: Arc<Mutex<TextureQueue>>,
    known: HashMap<(Generation, u64), Known>,
}

#[derive(Clone, Copy)]
struct Known {
    id: TextureId,
    size: [usize; 2],
}

impl ViewTextures {
    pub(super) fn new(painter: ScenePainter) -> Self {
        Self { painter, queue: Arc::default(), known: HashMap::new() }
    }

    /// What the next painting is to do first and last.
    pub(super) fn queue(&self) -> &Arc<Mutex<TextureQueue>> {
        &self.queue
    }

    /// The painter's id for a module's texture.
    pub(super) fn get(&self, generation: Generation, id: u64) -> Option<TextureId> {
        self.known.get(&(generation, id)).map(|known| known.id)
    }

    /// Creates and changes textures, before painting.
    pub(super) fn apply(&mut self, generation: Generation, changes: Vec<TextureChange>) {
        for change in changes {
            self.apply_one(generation, change);
        }
    }

    fn apply_one(&mut self, generation: Generation, change: TextureChange) {
        let TextureChange { id, pos, size, sampling, pixels } = change;
        let options = options(sampling);
        let size = size.map(|side| side as usize);
        let key = (generation, id);
        let known = self.known.get(&key).copied();
        let (texture, pos) = match (known, pos) {
            (None, None) => (self.painter.new_texture(), None),
            (Some(known), None) => (known.id, None),
            (Some(known), Some(pos)) => {
                let pos = pos.map(|side| side as usize);
                let fits = |axis: usize| pos[axis] + size[axis] <= known.size[axis];
                if !(fits(0) && fits(1)) {
                    return;
                }
                (known.id, Some(pos))
            }
            // A patch for a texture that never came: there is nothing to put it on.
            (None, Some(_)) => return,
        };
        let image = Arc::new(ColorImage::from_rgba_premultiplied(size, &pixels));
        let delta = match pos {
            None => {
                self.known.insert(key, Known { id: texture, size });
                ImageDelta::full(image, options)
            }
            Some(pos) => ImageDelta::partial(pos, image, options),
        };
        self.queue.lock().set.push((texture, delta));
    }

    /// Frees textures that the module freed, once this frame is painted.
    pub(super) fn free(&mut self, generation: Generation, freed: &[u64]) {
        let freed = freed.iter().filter_map(|id| self.known.remove(&(generation, *id)));
        self.queue.lock().free.extend(freed.map(|known| known.id));
    }

    /// Frees the textures of every generation but these.
    pub(super) fn retain(&mut self, live: &[Generation]) {
        let gone = self.known.extract_if(|(generation, _), _| !live.contains(generation));
        self.queue.lock().free.extend(gone.map(|(_, known)| known.id));
    }
}

impl Drop for ViewTextures {
    fn drop(&mut self) {
        let queued = std::mem::take(&mut *self.queue.lock());
        let known = self.known.values().map(|known| known.id);
        self.painter.abandon(known.chain(queued.free));
    }
}

fn options(sampling: Sampling) -> TextureOptions {
    let filter = |code| {
        if code == 0 { TextureFilter::Nearest } else { TextureFilter::Linear }
    };
    TextureOptions {
        magnification: filter(sampling.magnification),
        minification: filter(sampling.minification),
        wrap_mode: match sampling.wrap {
            1 => TextureWrapMode::Repeat,
            2 => TextureWrapMode::MirroredRepeat,
            _ => TextureWrapMode::ClampToEdge,
        },
        mipmap_mode: (sampling.mipmap <= 1).then(|| filter(sampling.mipmap)),
    }
}
