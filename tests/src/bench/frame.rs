//! What one frame costs more through the boundary.
//!
//! Both ways run in the same process, turn and turn about, so that whatever else the machine does
//! hits both. A third number adds what the window does with a picture before its painter takes it.

use super::demo::{Boundary, Direct, window_names};
use super::report::Report;
use super::stats::Summary;
use egui::{Rect, TextureId, pos2};
use host::shell::Shown;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Frames before the first that counts: fonts, layout and buffers have settled.
const WARM_UP: u32 = 60;
/// Where the view is: below the dashboard.
const AREA: Rect = Rect::from_min_max(pos2(0.0, 57.0), pos2(1280.0, 857.0));
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
    let (mut vertices, mut ready) = (0, Shown::default());
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
            // Which texture it is, and whose callback, makes no difference before painting.
            let texture = |id| Some(TextureId::Managed(id));
            ready.take(&picture, AREA, 1.0, texture, |_| Arc::new(()));
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
