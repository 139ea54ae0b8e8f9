//! Whatever a module returns: copied exactly, or refused with the reason.
//!
//! No files, no clock, no foreign code: these run under Miri as they are.
#![expect(unsafe_code, reason = "hands crooked views to the one function that may read them")]

use super::*;
use proptest::prelude::*;
use std::ptr::{dangling, null, without_provenance};

/// A mesh whose arrays stay where they are.
#[derive(Clone, Debug)]
struct Mesh {
    texture: u64,
    vertices: Vec<Vertex>,
    indices: Vec<u32>,
}

fn triangle() -> Mesh {
    Mesh { texture: 1, vertices: vec![Vertex::default(); 3], indices: vec![0, 1, 2] }
}

fn prim(mesh: &Mesh) -> Prim {
    Prim {
        clip: [0.0, 0.0, 8.0, 8.0],
        texture: mesh.texture,
        vertices: Slice::new(&mesh.vertices),
        indices: Slice::new(&mesh.indices),
        callback: 0,
        callback_rect: [0.0; 4],
    }
}

fn texture(size: [u32; 2], pixels: &[u8]) -> TextureSet {
    let (pos, pixels) = (WHOLE_TEXTURE, Slice::new(pixels));
    TextureSet { id: 5, pos, size, sampling: Sampling::default(), reserved: 0, pixels }
}

/// A picture of before, of which nothing may be seen again.
fn used() -> Picture {
    Picture {
        flags: 7,
        prims: vec![PicturePrim {
            clip: [1.0; 4],
            kind: PrimKind::Callback { id: 3, rect: [2.0; 4] },
        }],
        vertices: vec![Vertex::default(); 9],
        indices: vec![8; 3],
        freed: vec![4],
        platform: vec![1, 2],
        ..Picture::default()
    }
}

fn copy(view: &FrameView) -> Result<Picture, PictureError> {
    // SAFETY: ABI-5: what is not crooked in a way that is checked points to live arrays of the test.
    unsafe { Picture::copy(view, used()) }
}

fn copy_prims(prims: &[Prim]) -> Result<Picture, PictureError> {
    copy(&FrameView { prims: Slice::new(prims), ..FrameView::empty() })
}

fn copy_texture_set(texture: TextureSet) -> Result<Picture, PictureError> {
    copy(&FrameView { textures_set: Slice::new(&[texture]), ..FrameView::empty() })
}

#[track_caller]
fn check<T: std::fmt::Debug>(outcome: Result<T, PictureError>, message: &str) {
    let error = outcome.expect_err(message).to_string();
    assert!(error.contains(message), "{error:?} lacks {message:?}");
}

#[test]
fn an_empty_view_is_an_empty_picture() {
    let picture = copy(&FrameView::empty()).expect("nothing to refuse");
    let empty = Picture { pixels_per_point: 1.0, zoom_factor: 1.0, ..Picture::default() };
    assert_eq!(picture, empty);
}

#[test]
fn an_empty_slice_is_never_read_wherever_it_points() {
    let nowhere = Slice { ptr: without_provenance(3), len: 0 };
    let view = FrameView { prims: nowhere, ..FrameView::empty() };
    assert_eq!(copy(&view).expect("nothing to refuse").prims, []);
}

#[test]
fn arrays_at_impossible_places_or_of_impossible_lengths_are_refused() {
    let huge = ELEMENTS_MAX + 1;
    let view = |prims| FrameView { prims, ..FrameView::empty() };
    check(copy(&view(Slice { ptr: null(), len: 2 })), "list of primitives has 2 elements at 0x0");
    check(copy(&view(Slice { ptr: without_provenance(9), len: 1 })), "1 elements at 0x9");
    check(copy(&view(Slice { ptr: dangling(), len: huge })), "has 1073741825 elements");
    check(copy(&view(Slice { ptr: dangling(), len: usize::MAX })), "list of primitives has");
    let platform = Slice { ptr: null(), len: 1 };
    check(copy(&FrameView { platform, ..FrameView::empty() }), "platform output has 1");
    let textures_free = Slice { ptr: without_provenance(12), len: 1 };
    check(copy(&FrameView { textures_free, ..FrameView::empty() }), "freed textures has 1");
    let textures_set = Slice { ptr: null(), len: 1 };
    check(copy(&FrameView { textures_set, ..FrameView::empty() }), "list of textures has 1");
}

#[test]
fn meshes_at_impossible_places_are_refused() {
    let mesh = triangle();
    let with = |spoil: fn(&mut Prim)| {
        let mut prim = prim(&mesh);
        spoil(&mut prim);
        copy_prims(&[prim])
    };
    check(with(|prim| prim.vertices.ptr = null()), "mesh has 3 elements at 0x0");
    check(with(|prim| prim.indices.ptr = without_provenance(2)), "mesh has 3 elements at 0x2");
    check(with(|prim| prim.vertices.len = ELEMENTS_MAX + 1), "mesh has 1073741825");
    check(with(|prim| prim.indices.len = usize::MAX), "mesh has 18446744073709551615");
}

#[test]
fn meshes_that_are_no_triangles_or_point_past_their_vertices_are_refused() {
    let with = |vertices: usize, indices: &[u32]| {
        let vertices = vec![Vertex::default(); vertices];
        let mesh = Mesh { texture: 0, vertices, indices: indices.to_vec() };
        copy_prims(&[prim(&triangle()), prim(&mesh)])
    };
    check(with(3, &[0, 1, 3]), "index 3 into 3 vertices");
    check(with(3, &[u32::MAX, 1, 2]), "index 4294967295 into 3 vertices");
    check(with(0, &[0, 0, 0]), "index 0 into 0 vertices");
    check(with(3, &[0, 1]), "(2 indices)");
    check(with(3, &[0, 1, 2, 0]), "(4 indices)");
    assert!(with(3, &[2, 1, 0]).is_ok());
    assert!(with(3, &[]).is_ok(), "vertices that nothing uses");
    assert!(with(0, &[]).is_ok());
}

#[test]
fn textures_whose_pixels_do_not_fit_their_size_are_refused() {
    let pixels = [0; 24];
    let with = |size| copy_texture_set(texture(size, &pixels));
    assert!(with([3, 2]).is_ok());
    check(with([2, 2]), "texture 5 says [2, 2] texels and brings 24 bytes");
    check(with([4, 2]), "says [4, 2] texels");
    check(with([0, 0]), "says [0, 0] texels");
    // As 32-bit numbers these multiply to what is there.
    check(with([1 << 31, 1 << 31]), "says [2147483648, 2147483648] texels");
    check(with([u32::MAX, u32::MAX]), "texels and brings 24 bytes");
    check(with([TEXTURE_SIDE_MAX + 1, 0]), "texels and brings 24 bytes");
    let missing = TextureSet { pixels: Slice { ptr: null(), len: 24 }, ..texture([3, 2], &[]) };
    check(copy_texture_set(missing), "texture has 24 elements at 0x0");
}

#[test]
fn a_callback_brings_no_mesh_whatever_its_slices_say() {
    let crooked = Slice { ptr: null(), len: 7 };
    let rect = [1.0, 2.0, 3.0, 4.0];
    let callback =
        Prim { vertices: crooked, callback: 9, callback_rect: rect, ..prim(&triangle()) };
    let picture = copy_prims(&[callback]).expect("its slices are not looked at");
    assert_eq!(picture.prims[0].kind, PrimKind::Callback { id: 9, rect });
}

#[test]
fn nonsense_scales_become_one() {
    for nonsense in [f32::NAN, f32::INFINITY, 0.0, -2.0] {
        let view = FrameView {
            pixels_per_point: nonsense,
            zoom_factor: nonsense,
            repaint_after_ns: 0,
            ..FrameView::empty()
        };
        let picture = copy(&view).expect("nothing to refuse");
        assert_eq!((picture.pixels_per_point, picture.zoom_factor), (1.0, 1.0), "{nonsense}");
        assert_eq!(picture.repaint_after, Some(Duration::ZERO));
    }
}

#[test]
fn textures_of_a_picture_that_was_never_shown_come_first() {
    let change = |id| TextureChange {
        id,
        pos: None,
        size: [0, 0],
        sampling: Sampling::default(),
        pixels: Vec::new(),
    };
    let picture =
        |id| Picture { textures: vec![change(id)], freed: vec![id], ..Picture::default() };
    let mut newer = Picture { passes: 2, ..picture(2) };
    newer.prepend_textures(picture(1));
    assert_eq!(newer.textures.iter().map(|change| change.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((newer.freed, newer.passes), (vec![1, 2], 2));
}

fn mesh() -> impl Strategy<Value = Mesh> {
    let vertex = (any::<[u32; 4]>(), any::<[u8; 4]>()).prop_map(|(bits, color)| {
        let [x, y, u, v] = bits.map(f32::from_bits);
        Vertex { pos: [x, y], uv: [u, v], color }
    });
    (any::<u64>(), prop::collection::vec(vertex, 0..40)).prop_flat_map(|(texture, vertices)| {
        let count = vertices.len() as u32;
        let triangles = if count == 0 { 0..1_usize } else { 0..30_usize };
        let indices = prop::collection::vec(prop::array::uniform3(0..count.max(1)), triangles);
        indices.prop_map(move |indices| Mesh {
            texture,
            vertices: vertices.clone(),
            indices: indices.into_flattened(),
        })
    })
}

proptest! {
    #[test]
    fn whatever_is_right_is_copied_exactly(
        meshes in prop::collection::vec(mesh(), 0..8),
        freed in prop::collection::vec(any::<u64>(), 0..5),
        platform in prop::collection::vec(any::<u8>(), 0..50),
        width in 0_u32..5,
        height in 0_u32..5,
        pos in prop::option::of([0_u32..9, 0_u32..9]),
        shade in any::<u8>(),
    ) {
        let prims: Vec<Prim> = meshes.iter().map(prim).collect();
        let pixels = vec![shade; (width * height * 4) as usize];
        let patch =
            TextureSet { pos: pos.unwrap_or(WHOLE_TEXTURE), ..texture([width, height], &pixels) };
        let view = FrameView {
            prims: Slice::new(&prims),
            textures_set: Slice::new(std::slice::from_ref(&patch)),
            textures_free: Slice::new(&freed),
            platform: Slice::new(&platform),
            ..FrameView::empty()
        };
        let picture = copy(&view).expect("it is right");
        prop_assert_eq!(&picture.freed, &freed);
        prop_assert_eq!(&picture.platform, &platform);
        let [change] = &picture.textures[..] else { panic!("{:?}", picture.textures) };
        prop_assert_eq!((change.id, change.pos, change.size), (5, pos, [width, height]));
        prop_assert_eq!(&change.pixels, &pixels);
        prop_assert_eq!(picture.prims.len(), meshes.len());
        for (prim, mesh) in picture.prims.iter().zip(&meshes) {
            let PrimKind::Mesh { texture, vertices, indices } = &prim.kind else {
                panic!("{prim:?}");
            };
            prop_assert_eq!(*texture, mesh.texture);
            prop_assert_eq!(&picture.indices[indices.clone()], &mesh.indices[..]);
            // Bits, since a NaN is not equal to itself.
            let bits = |vertices: &[Vertex]| -> Vec<_> {
                let of = |vertex: &Vertex| {
                    let [[x, y], [u, v]] = [vertex.pos, vertex.uv];
                    ([x, y, u, v].map(f32::to_bits), vertex.color)
                };
                vertices.iter().map(of).collect()
            };
            prop_assert_eq!(bits(&picture.vertices[vertices.clone()]), bits(&mesh.vertices));
        }
    }

    #[test]
    fn one_wrong_index_anywhere_refuses_the_picture(
        meshes in prop::collection::vec(mesh(), 1..6),
        which in any::<prop::sample::Index>(),
        beyond in 0_u32..1000,
    ) {
        let mut meshes = meshes;
        let which = which.index(meshes.len());
        let mesh = &mut meshes[which];
        let wrong = mesh.vertices.len() as u32 + beyond;
        mesh.indices.extend([wrong; 3]);
        let prims: Vec<Prim> = meshes.iter().map(prim).collect();
        let refused = matches!(copy_prims(&prims), Err(PictureError::Index { index, .. }) if index == wrong);
        prop_assert!(refused);
    }
}
