//! A module's textures in the window's own texture manager.

use crate::event::Generation;
use crate::module::TextureChange;
use egui::epaint::{ImageDelta, textures::TextureManager};
use egui::{ColorImage, Context, TextureFilter, TextureId, TextureOptions, TextureWrapMode};
use hot_api::abi::Sampling;
use std::collections::HashMap;
use std::sync::Arc;

/// The textures of one view, kept for each generation that may still be shown: a roll-back shows
/// pictures whose textures came long ago.
#[derive(Debug, Default)]
pub(super) struct ViewTextures {
    ids: HashMap<(Generation, u64), TextureId>,
}

impl ViewTextures {
    /// The window's id for a module's texture.
    pub(super) fn get(&self, generation: Generation, id: u64) -> Option<TextureId> {
        self.ids.get(&(generation, id)).copied()
    }

    /// Creates and changes textures, before painting.
    pub(super) fn apply(
        &mut self,
        ctx: &Context,
        generation: Generation,
        changes: Vec<TextureChange>,
    ) {
        if changes.is_empty() {
            return;
        }
        let manager = ctx.tex_manager();
        let mut manager = manager.write();
        for change in changes {
            self.apply_one(&mut manager, generation, change);
        }
    }

    fn apply_one(
        &mut self,
        manager: &mut TextureManager,
        generation: Generation,
        change: TextureChange,
    ) {
        let TextureChange { id, pos, size, sampling, pixels } = change;
        let options = options(sampling);
        let size = size.map(|side| side as usize);
        let image = Arc::new(ColorImage::from_rgba_premultiplied(size, &pixels));
        let known = self.ids.get(&(generation, id)).copied();
        match (known, pos) {
            (None, None) => {
                let name = format!("{generation} texture {id}");
                self.ids.insert((generation, id), manager.alloc(name, image.into(), options));
            }
            (Some(known), None) => manager.set(known, ImageDelta::full(image, options)),
            (Some(known), Some(pos)) => {
                let [x, y] = pos.map(|side| side as usize);
                let fits = manager
                    .meta(known)
                    .is_some_and(|meta| x + size[0] <= meta.size[0] && y + size[1] <= meta.size[1]);
                if fits {
                    manager.set(known, ImageDelta::partial([x, y], image, options));
                }
            }
            // A patch for a texture that never came: there is nothing to put it on.
            (None, Some(_)) => {}
        }
    }

    /// Frees textures that the module freed; the manager waits until this frame is painted.
    pub(super) fn free(&mut self, ctx: &Context, generation: Generation, freed: &[u64]) {
        let manager = ctx.tex_manager();
        for id in freed {
            if let Some(known) = self.ids.remove(&(generation, *id)) {
                manager.write().free(known);
            }
        }
    }

    /// Frees the textures of every generation but these.
    pub(super) fn retain(&mut self, ctx: &Context, live: &[Generation]) {
        let manager = ctx.tex_manager();
        self.ids.retain(|(generation, _), id| {
            let keep = live.contains(generation);
            if !keep {
                manager.write().free(*id);
            }
            keep
        });
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
