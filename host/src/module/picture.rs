//! The host's own copy of what a frame produced.
//!
//! Owns: the copying and checking of a [`FrameView`]. Produces: a [`Picture`] without a single
//! pointer into the module. Never: trusts a length.
#![expect(unsafe_code, reason = "copies out of memory that belongs to the module")]

use super::slices::{self, Implausible};
use hot_api::abi::mesh;
use hot_api::abi::{FrameView, Prim, Sampling, Slice, TextureSet, Vertex, WHOLE_TEXTURE};
use std::ops::Range;
use std::time::Duration;

/// Texels of a texture side that are believed.
const TEXTURE_SIDE_MAX: u32 = 1 << 15;

/// More elements than this in one array is a length that nobody meant.
const ELEMENTS_MAX: usize = 1 << 30;

/// Why what a module returned cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// A null or misaligned pointer, or an implausible length.
    #[error("the frame's {what} has {len} elements at {address:#x}")]
    Slice {
        /// Which array.
        what: &'static str,
        /// Its length.
        len: usize,
        /// Its address.
        address: usize,
    },
    /// An index points past the mesh's vertices, or the indices are no triangles.
    #[error("a mesh of the frame has index {index} into {vertices} vertices ({indices} indices)")]
    Index {
        /// The largest index.
        index: u32,
        /// How many vertices there are.
        vertices: usize,
        /// How many indices there are.
        indices: usize,
    },
    /// A texture's pixels do not fit its size.
    #[error("texture {id} says {size:?} texels and brings {bytes} bytes")]
    Texture {
        /// Which texture.
        id: u64,
        /// What it says.
        size: [u32; 2],
        /// What it brings.
        bytes: usize,
    },
}

/// One thing to paint.
#[derive(Clone, Debug, PartialEq)]
pub struct PicturePrim {
    /// Clip rectangle in the module's points: min x, min y, max x, max y.
    pub clip: [f32; 4],
    /// What it is.
    pub kind: PrimKind,
}

/// A mesh or a paint callback.
#[derive(Clone, Debug, PartialEq)]
pub enum PrimKind {
    /// Triangles.
    Mesh {
        /// Id of the texture within the view.
        texture: u64,
        /// Where in [`Picture::vertices`].
        vertices: Range<usize>,
        /// Where in [`Picture::indices`]; the indices count from `vertices.start`.
        indices: Range<usize>,
    },
    /// Painted by the module itself.
    Callback {
        /// What to hand to [`PaintTarget::paint`](super::PaintTarget::paint).
        id: u64,
        /// Where, in the module's points.
        rect: [f32; 4],
    },
}

/// A texture to create, or a part of one to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextureChange {
    /// Id within the view.
    pub id: u64,
    /// Where the patch goes; `None` for a whole texture.
    pub pos: Option<[u32; 2]>,
    /// Width and height in texels.
    pub size: [u32; 2],
    /// How to sample it.
    pub sampling: Sampling,
    /// sRGBA with premultiplied alpha, row by row.
    pub pixels: Vec<u8>,
}

/// What one frame produced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// Bits of [`hot_api::abi::view_flag`].
    pub flags: u32,
    /// What to paint, back to front.
    pub prims: Vec<PicturePrim>,
    /// The vertices of all meshes, in the module's points.
    pub vertices: Vec<Vertex>,
    /// The indices of all meshes.
    pub indices: Vec<u32>,
    /// Textures to create or change before painting.
    pub textures: Vec<TextureChange>,
    /// Textures to free after painting.
    pub freed: Vec<u64>,
    /// A stream of `hot_api::abi::wire::OutputItem`s.
    pub platform: Vec<u8>,
    /// Physical pixels per point of this frame.
    pub pixels_per_point: f32,
    /// The module's own zoom.
    pub zoom_factor: f32,
    /// When the next frame is wanted; `None` = not by itself.
    pub repaint_after: Option<Duration>,
    /// How many passes it took.
    pub passes: u32,
    /// Input items the module did not understand.
    pub skipped_items: u32,
}

impl Picture {
    /// Copies `view`, into the memory of a picture that is no longer needed.
    ///
    /// # Errors
    /// When something in it cannot be right; the picture is then not used at all.
    ///
    /// # Safety
    /// The slices of `view` are what a module returned for its last call and no other call was made
    /// since (ABI-5): where they pass the checks here, they point to that many live elements.
    pub(super) unsafe fn copy(view: &FrameView, spare: Self) -> Result<Self, PictureError> {
        // SAFETY: promised by the caller, for each array in turn.
        let (prims, textures, freed, platform) = unsafe {
            (
                elements(view.prims, "list of primitives")?,
                elements(view.textures_set, "list of textures")?,
                elements(view.textures_free, "list of freed textures")?,
                elements(view.platform, "platform output")?,
            )
        };
        let mut picture = Self {
            flags: view.flags,
            platform: platform.to_vec(),
            freed: freed.to_vec(),
            pixels_per_point: positive(view.pixels_per_point),
            zoom_factor: positive(view.zoom_factor),
            repaint_after: (view.repaint_after_ns != u64::MAX)
                .then(|| Duration::from_nanos(view.repaint_after_ns)),
            passes: view.passes,
            skipped_items: view.skipped_items,
            ..spare.emptied()
        };
        // SAFETY: as above.
        unsafe { picture.reserve(prims) }?;
        for prim in prims {
            // SAFETY: as above.
            unsafe { picture.push_prim(prim) }?;
        }
        for texture in textures {
            // SAFETY: as above.
            picture.textures.push(unsafe { copy_texture(texture) }?);
        }
        Ok(picture)
    }

    /// Nothing, with the memory for as many meshes.
    fn emptied(self) -> Self {
        let Self { mut prims, mut vertices, mut indices, .. } = self;
        prims.clear();
        vertices.clear();
        indices.clear();
        Self { prims, vertices, indices, ..Self::default() }
    }

    /// Makes room for all meshes at once: growing bit by bit would copy each vertex twice.
    ///
    /// # Safety
    /// As for [`Self::copy`].
    unsafe fn reserve(&mut self, prims: &[Prim]) -> Result<(), PictureError> {
        let (mut vertices, mut indices) = (0_usize, 0_usize);
        for prim in prims.iter().filter(|prim| prim.callback == 0) {
            // SAFETY: promised by the caller.
            let mesh =
                unsafe { (elements(prim.vertices, "mesh")?, elements(prim.indices, "mesh")?) };
            // Each length is below 2^30 here, and there are less than 2^30 of them.
            vertices += mesh.0.len();
            indices += mesh.1.len();
        }
        let len = vertices.max(indices);
        if len > ELEMENTS_MAX {
            let address = prims.as_ptr().addr();
            return Err(PictureError::Slice { what: "meshes together", len, address });
        }
        self.prims.reserve(prims.len());
        self.vertices.reserve(vertices);
        self.indices.reserve(indices);
        Ok(())
    }

    /// # Safety
    /// As for [`Self::copy`].
    unsafe fn push_prim(&mut self, prim: &Prim) -> Result<(), PictureError> {
        let kind = if prim.callback == 0 {
            // SAFETY: promised by the caller.
            let (vertices, indices) =
                unsafe { (elements(prim.vertices, "mesh")?, elements(prim.indices, "mesh")?) };
            let index = mesh::largest_index(indices);
            let triangles = indices.len().is_multiple_of(3);
            if !triangles || (!indices.is_empty() && index as usize >= vertices.len()) {
                return Err(PictureError::Index {
                    index,
                    vertices: vertices.len(),
                    indices: indices.len(),
                });
            }
            let vertices_start = self.vertices.len();
            let indices_start = self.indices.len();
            self.vertices.extend_from_slice(vertices);
            self.indices.extend_from_slice(indices);
            PrimKind::Mesh {
                texture: prim.texture,
                vertices: vertices_start..self.vertices.len(),
                indices: indices_start..self.indices.len(),
            }
        } else {
            PrimKind::Callback { id: prim.callback, rect: prim.callback_rect }
        };
        self.prims.push(PicturePrim { clip: prim.clip, kind });
        Ok(())
    }

    /// Puts what the logic before this frame asked for in front of what the frame asks for.
    pub(crate) fn prepend_requests(&mut self, mut logic: Self) {
        logic.platform.append(&mut self.platform);
        self.platform = std::mem::take(&mut logic.platform);
        self.repaint_after = [self.repaint_after, logic.repaint_after].into_iter().flatten().min();
        self.prepend_textures(logic);
    }

    /// Puts the texture changes of an earlier picture, which was never shown, before this one's.
    pub(crate) fn prepend_textures(&mut self, mut earlier: Self) {
        earlier.textures.append(&mut self.textures);
        self.textures = earlier.textures;
        earlier.freed.append(&mut self.freed);
        self.freed = earlier.freed;
    }
}

/// # Safety
/// As for [`Picture::copy`].
unsafe fn copy_texture(texture: &TextureSet) -> Result<TextureChange, PictureError> {
    // SAFETY: promised by the caller.
    let pixels = unsafe { elements(texture.pixels, "texture") }?;
    let [width, height] = texture.size;
    let fits = width <= TEXTURE_SIDE_MAX
        && height <= TEXTURE_SIDE_MAX
        && width as usize * height as usize * 4 == pixels.len();
    if !fits {
        return Err(PictureError::Texture {
            id: texture.id,
            size: texture.size,
            bytes: pixels.len(),
        });
    }
    Ok(TextureChange {
        id: texture.id,
        pos: (texture.pos != WHOLE_TEXTURE).then_some(texture.pos),
        size: texture.size,
        sampling: texture.sampling,
        pixels: pixels.to_vec(),
    })
}

/// # Safety
/// As for [`slices::elements`].
unsafe fn elements<'a, T>(slice: Slice<T>, what: &'static str) -> Result<&'a [T], PictureError> {
    // SAFETY: promised by the caller.
    unsafe { slices::elements(slice, ELEMENTS_MAX) }
        .map_err(|Implausible { len, address }| PictureError::Slice { what, len, address })
}

fn positive(value: f32) -> f32 {
    if value.is_finite() && value > 0.0 { value } else { 1.0 }
}

#[cfg(test)]
mod tests;
