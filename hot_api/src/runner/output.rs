//! egui's output as plain arrays that stay put until the view's next frame.

use crate::abi::wire::{ItemWriter, OutputItem, scale_ime, scale_viewport_command};
use crate::abi::{Prim, Sampling, Slice, TextureSet, Vertex, WHOLE_TEXTURE};
use crate::egui_version::{cursor_image, drain_free, drain_set};
use egui::epaint::{ClippedPrimitive, ImageDelta, Primitive, textures::TexturesDelta};
use egui::{PlatformOutput, Rect, TextureFilter, TextureId, TextureOptions, TextureWrapMode};
use std::mem::{offset_of, size_of};

// ABI-8: meshes cross as they are, so egui's vertex must be ours, byte for byte.
const _: () = {
    assert!(size_of::<egui::epaint::Vertex>() == size_of::<Vertex>());
    assert!(align_of::<egui::epaint::Vertex>() == align_of::<Vertex>());
    assert!(offset_of!(egui::epaint::Vertex, pos) == offset_of!(Vertex, pos));
    assert!(offset_of!(egui::epaint::Vertex, uv) == offset_of!(Vertex, uv));
    assert!(offset_of!(egui::epaint::Vertex, color) == offset_of!(Vertex, color));
    assert!(size_of::<egui::Color32>() == 4);
};

/// The arrays behind a [`FrameView`](crate::abi::FrameView). The slices in `prims` and
/// `textures_set` point into `primitives` and `images`, which are not touched until the next frame.
#[derive(Default)]
pub(super) struct Output {
    primitives: Vec<ClippedPrimitive>,
    prims: Vec<Prim>,
    images: Vec<(u64, ImageDelta)>,
    textures_set: Vec<TextureSet>,
    textures_free: Vec<u64>,
    platform: ItemWriter,
}

impl Output {
    pub(super) fn prims(&self) -> Slice<Prim> {
        Slice::new(&self.prims)
    }

    pub(super) fn textures_set(&self) -> Slice<TextureSet> {
        Slice::new(&self.textures_set)
    }

    pub(super) fn textures_free(&self) -> Slice<u64> {
        Slice::new(&self.textures_free)
    }

    pub(super) fn platform(&self) -> Slice<u8> {
        Slice::new(self.platform.as_bytes())
    }

    /// Forgets the platform requests of the last call.
    pub(super) fn begin(&mut self) {
        self.platform.clear();
    }

    /// Takes the textures. Unlike meshes they are changes, so they add up: what an earlier frame
    /// could not hand over (it panicked) comes with this one.
    pub(super) fn set_textures(&mut self, pending: &mut TexturesDelta) {
        self.images.clear();
        self.textures_free.clear();
        for (id, delta) in drain_set(pending) {
            if let TextureId::Managed(id) = id {
                self.images.push((id, delta));
            }
        }
        for id in drain_free(pending) {
            if let TextureId::Managed(id) = id {
                self.textures_free.push(id);
            }
        }
        self.textures_set.clear();
        self.textures_set.extend(self.images.iter().map(|(id, delta)| texture_set(*id, delta)));
    }

    /// Takes the picture. `callback_id` numbers a custom paint callback, or gives 0 for one that
    /// cannot be painted.
    pub(super) fn set_primitives(
        &mut self,
        primitives: Vec<ClippedPrimitive>,
        mut callback_id: impl FnMut(&egui::PaintCallback) -> u64,
    ) {
        self.primitives = primitives;
        self.prims.clear();
        for ClippedPrimitive { clip_rect, primitive } in &self.primitives {
            let clip = corners(*clip_rect);
            match primitive {
                Primitive::Mesh(mesh) => {
                    // A texture of the user's own belongs to a painter that is not here.
                    let TextureId::Managed(texture) = mesh.texture_id else { continue };
                    self.prims.push(Prim {
                        clip,
                        texture,
                        vertices: Slice {
                            ptr: mesh.vertices.as_ptr().cast(),
                            len: mesh.vertices.len(),
                        },
                        indices: Slice::new(&mesh.indices),
                        callback: 0,
                        callback_rect: [0.0; 4],
                    });
                }
                Primitive::Callback(callback) => {
                    let id = callback_id(callback);
                    if id != 0 {
                        self.prims.push(Prim {
                            clip,
                            texture: 0,
                            vertices: Slice::EMPTY,
                            indices: Slice::EMPTY,
                            callback: id,
                            callback_rect: corners(callback.rect),
                        });
                    }
                }
            }
        }
    }

    /// Appends the platform requests of one call, in pixels.
    pub(super) fn push_platform(&mut self, mut platform: PlatformOutput, pixels_per_point: f32) {
        let cursor_image = cursor_image(&mut platform);
        let PlatformOutput { commands, cursor_icon, events, ime, accesskit_update, .. } = platform;
        for command in commands {
            self.push(&OutputItem::Command(command));
        }
        self.push(&OutputItem::Cursor(cursor_icon));
        if let Some(image) = cursor_image {
            self.push(&OutputItem::CursorImage(image));
        }
        for event in events {
            self.push(&OutputItem::Event(event));
        }
        if let Some(mut ime) = ime {
            scale_ime(&mut ime, pixels_per_point);
            self.push(&OutputItem::Ime(ime));
        }
        if let Some(update) = accesskit_update {
            self.push(&OutputItem::AccessKit(Box::new(update)));
        }
    }

    /// Appends one command for the window, in pixels.
    pub(super) fn push_viewport(
        &mut self,
        mut command: egui::ViewportCommand,
        pixels_per_point: f32,
    ) {
        scale_viewport_command(&mut command, pixels_per_point);
        self.push(&OutputItem::Viewport(command));
    }

    pub(super) fn push(&mut self, item: &OutputItem) {
        // What cannot be written is a request that egui itself cannot describe; it is not lost
        // silently for long: the host sees no effect, and nothing else is harmed.
        let _written = item.encode(&mut self.platform);
    }
}

fn corners(rect: Rect) -> [f32; 4] {
    [rect.min.x, rect.min.y, rect.max.x, rect.max.y]
}

fn texture_set(id: u64, delta: &ImageDelta) -> TextureSet {
    let egui::ImageData::Color(image) = &delta.image;
    TextureSet {
        id,
        pos: delta.pos.map_or(WHOLE_TEXTURE, |pos| pos.map(|side| side as u32)),
        size: image.size.map(|side| side as u32),
        sampling: sampling(delta.options),
        reserved: 0,
        // A `Color32` is its four bytes.
        pixels: Slice { ptr: image.pixels.as_ptr().cast(), len: image.pixels.len() * 4 },
    }
}

fn sampling(options: TextureOptions) -> Sampling {
    let filter = |filter| match filter {
        TextureFilter::Nearest => 0,
        TextureFilter::Linear => 1,
    };
    Sampling {
        magnification: filter(options.magnification),
        minification: filter(options.minification),
        wrap: match options.wrap_mode {
            TextureWrapMode::ClampToEdge => 0,
            TextureWrapMode::Repeat => 1,
            TextureWrapMode::MirroredRepeat => 2,
        },
        mipmap: options.mipmap_mode.map_or(255, filter),
    }
}
