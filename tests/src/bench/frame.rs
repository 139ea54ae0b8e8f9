//! What one frame costs more through the boundary.
//!
//! Both ways run in the same process, turn and turn about, so that whatever else the machine does
//! hits both. A third number adds what the window does with a picture before its painter takes it.

use super::demo::{Boundary, Direct, window_names};
use super::report::Report;
use super::stats::Summary;
use egui::epaint::{Mesh, Primitive};
use egui::{ClippedPrimitive, Pos2, Rect, TextureId, pos2};
use host::module::{Picture, PicturePrim, PrimKind};
use hot_api::mesh;
use std::time::{Duration, Instant};

/// Frames before the first that counts: fonts, layout and buffers have settled.
const WARM_UP: u32 = 60;
/// Where the view begins: below the dashboard.
const AREA_MIN: Pos2 = pos2(0.0, 57.0);
/// Frames that count.
const FRAMES: u32 = 400;

/// Runs the demo with few, some and all windows open.
///
/// # Errors
/// When the demo's library cannot be loaded or panics.
pub fn run(show: &mut dyn FnMut(&Report)) -> anyhow::Result<()> {
    let names = window_names();
    for count in [3, 12, names.len()] {
        show(&measure(&names[..count])?);
    }
    Ok(())
}

fn measure(windows: &[String]) -> anyhow::Result<Report> {
    let mut direct = Direct::new(windows);
    let mut boundary = Boundary::new(windows)?;
    let (mut directly, mut through, mut onto) = (Vec::new(), Vec::new(), Vec::new());
    let (mut vertices, mut ready) = (0, Vec::new());
    for frame in 0..WARM_UP + FRAMES {
        let mut run_directly = || {
            let began = Instant::now();
            drop(direct.frame(frame));
            began.elapsed()
        };
        let mut run_through = || -> anyhow::Result<(Duration, Duration)> {
            let began = Instant::now();
            let picture = boundary.frame(frame)?;
            let got = began.elapsed();
            vertices = picture.vertices.len();
            make_ready(&picture, &mut ready);
            let shown = began.elapsed();
            boundary.recycle(picture);
            // Dropping is part of both.
            let dropped = began.elapsed() - shown;
            Ok((got + dropped, shown + dropped))
        };
        let (direct_time, (boundary_time, window_time)) = if frame % 2 == 0 {
            let direct_time = run_directly();
            (direct_time, run_through()?)
        } else {
            let times = run_through()?;
            (run_directly(), times)
        };
        if frame >= WARM_UP {
            directly.push(direct_time);
            through.push(boundary_time);
            onto.push(window_time);
        }
    }
    boundary.retire();
    let (direct, through, onto) = (Summary::of(directly), Summary::of(through), Summary::of(onto));
    Ok(Report::new(format!("frame, {} windows, {vertices} vertices", windows.len()))
        .times("direct", direct)
        .times("boundary", through)
        .times("boundary and window", onto)
        .number("ratio", through.median_us / direct.median_us, "×")
        .number("ratio with window", onto.median_us / direct.median_us, "×")
        .number("extra us", through.median_us - direct.median_us, "µs a frame")
        .number("extra us with window", onto.median_us - direct.median_us, "µs a frame"))
}

/// What the window makes of a picture before it paints: primitives at the place of the view.
fn make_ready(picture: &Picture, ready: &mut Vec<ClippedPrimitive>) {
    let rect = |[left, top, right, bottom]: [f32; 4]| {
        Rect::from_min_max(pos2(left, top), pos2(right, bottom)).translate(AREA_MIN.to_vec2())
    };
    let is_mesh = |prim: &&PicturePrim| matches!(prim.kind, PrimKind::Mesh { .. });
    let empty = || ClippedPrimitive {
        clip_rect: Rect::NOTHING,
        primitive: Primitive::Mesh(Mesh::default()),
    };
    ready.resize_with(picture.prims.iter().filter(is_mesh).count(), empty);
    for (ready, prim) in ready.iter_mut().zip(picture.prims.iter().filter(is_mesh)) {
        let (PrimKind::Mesh { texture, vertices, indices }, Primitive::Mesh(mesh)) =
            (&prim.kind, &mut ready.primitive)
        else {
            continue;
        };
        ready.clip_rect = rect(prim.clip);
        mesh.texture_id = TextureId::Managed(*texture);
        mesh.indices.clear();
        mesh.indices.extend_from_slice(&picture.indices[indices.clone()]);
        mesh::place(&picture.vertices[vertices.clone()], AREA_MIN, 1.0, &mut mesh.vertices);
    }
}
