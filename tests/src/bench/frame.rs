//! What one frame costs more through the boundary.
//!
//! Both ways run in the same process, turn and turn about, so that whatever else the machine does
//! hits both. A third number adds what the window does with a picture: it hands the meshes to its
//! own egui as shapes, which tessellates them once more.

use super::demo::{Boundary, Direct, window_names};
use super::report::Report;
use super::stats::Summary;
use egui::epaint::{ClippedShape, Mesh};
use egui::{Context, Pos2, Rect, Shape, TextureId, pos2};
use host::module::{Picture, PrimKind};
use hot_api::mesh;
use std::time::{Duration, Instant};

/// Frames before the first that counts: fonts, layout and buffers have settled.
const WARM_UP: u32 = 60;
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
    let window = Window::new();
    let (mut directly, mut through, mut onto) = (Vec::new(), Vec::new(), Vec::new());
    let mut vertices = 0;
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
            window.take(&picture);
            let shown = began.elapsed();
            drop(picture);
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

/// What the shell does with a picture, without its window.
struct Window {
    ctx: Context,
}

impl Window {
    fn new() -> Self {
        let ctx = Context::default();
        // Tessellating needs the fonts that the first pass loads.
        ctx.run_ui(egui::RawInput::default(), |_| {}).drop_without_applying_deltas();
        Self { ctx }
    }

    fn take(&self, picture: &Picture) {
        let rect = |[left, top, right, bottom]: [f32; 4]| {
            Rect::from_min_max(pos2(left, top), pos2(right, bottom))
        };
        let shapes = picture.prims.iter().filter_map(|prim| match &prim.kind {
            PrimKind::Mesh { texture, vertices, indices } => {
                let mesh = Mesh {
                    indices: picture.indices[indices.clone()].to_vec(),
                    vertices: mesh::placed(&picture.vertices[vertices.clone()], Pos2::ZERO, 1.0),
                    texture_id: TextureId::Managed(*texture),
                };
                Some(ClippedShape::new(rect(prim.clip), Shape::mesh(mesh)))
            }
            PrimKind::Callback { .. } => None,
        });
        drop(self.ctx.tessellate(shapes.collect(), 1.0));
    }
}
