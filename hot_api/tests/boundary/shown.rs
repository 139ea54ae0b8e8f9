//! A frame as the host has copied it.
//!
//! Owns: the copy. Consumes: a [`FrameView`] whose call was the last one. Never: keeps a pointer.
#![expect(unsafe_code, reason = "copies out of memory that belongs to the instance")]

use hot_api::abi::wire::{OutputItem, Skipped, decode_output};
use hot_api::abi::{FrameView, Prim, Slice, TextureSet, Vertex, WHOLE_TEXTURE};

/// A mesh, copied.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mesh {
    pub(crate) clip: [f32; 4],
    pub(crate) texture: u64,
    pub(crate) vertices: Vec<Vertex>,
    pub(crate) indices: Vec<u32>,
}

/// A texture change, copied; `pos` is `None` for a whole texture.
#[derive(Clone, Debug)]
pub(crate) struct Texture {
    pub(crate) id: u64,
    pub(crate) pos: Option<[u32; 2]>,
    pub(crate) size: [u32; 2],
    pub(crate) bytes: usize,
}

/// A whole frame, copied.
pub(crate) struct Shown {
    pub(crate) view: FrameView,
    pub(crate) meshes: Vec<Mesh>,
    pub(crate) textures: Vec<Texture>,
    pub(crate) freed: Vec<u64>,
    pub(crate) platform: Vec<OutputItem>,
}

impl Shown {
    /// The meshes without their places in the font texture, which depend on the order in which
    /// glyphs were first needed.
    pub(crate) fn without_uv(&self) -> Vec<Mesh> {
        let mut meshes = self.meshes.clone();
        for vertex in meshes.iter_mut().flat_map(|mesh| &mut mesh.vertices) {
            vertex.uv = [0.0; 2];
        }
        meshes
    }
}

/// Copies what a call returned.
///
/// # Safety
/// No other call but `paint` was made since (ABI-5).
pub(crate) unsafe fn copy(view: FrameView) -> Shown {
    // SAFETY: promised by the caller, for each slice in turn.
    let (prims, textures, freed, platform) = unsafe {
        (
            elements(view.prims),
            elements(view.textures_set),
            elements(view.textures_free),
            elements(view.platform),
        )
    };
    let mesh = |prim: &Prim| Mesh {
        clip: prim.clip,
        texture: prim.texture,
        // SAFETY: promised by the caller.
        vertices: unsafe { elements(prim.vertices) }.to_vec(),
        // SAFETY: promised by the caller.
        indices: unsafe { elements(prim.indices) }.to_vec(),
    };
    let texture = |texture: &TextureSet| Texture {
        id: texture.id,
        pos: (texture.pos != WHOLE_TEXTURE).then_some(texture.pos),
        size: texture.size,
        // SAFETY: promised by the caller.
        bytes: unsafe { elements(texture.pixels) }.to_vec().len(),
    };
    let (items, skipped) = decode_output(platform);
    assert_eq!(skipped, Skipped(0));
    Shown {
        view,
        meshes: prims.iter().filter(|prim| prim.callback == 0).map(mesh).collect(),
        textures: textures.iter().map(texture).collect(),
        freed: freed.to_vec(),
        platform: items,
    }
}

/// # Safety
/// `slice` is empty or points to that many live elements.
pub(crate) unsafe fn elements<'a, T>(slice: Slice<T>) -> &'a [T] {
    if slice.len == 0 {
        return &[];
    }
    assert!(!slice.ptr.is_null() && slice.ptr.is_aligned(), "{:p}", slice.ptr);
    // SAFETY: promised by the caller.
    unsafe { slice.elements() }
}
