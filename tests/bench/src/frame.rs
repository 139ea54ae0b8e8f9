//! What one frame costs more through the boundary.
//!
//! Both ways run in the same process, turn and turn about, so that whatever else the machine does
//! hits both. A third number adds what the window does with a picture before its painter takes it.

use super::report::Report;
use super::run::Run;
use super::stats::Summary;
use crate::plot::axis::plain;
use crate::plot::{Axis, Bar, Bars, Group, Scale};
use egui::{Rect, TextureId, pos2};
use host::shell::Shown;
use pitstop_tests::demo::{Boundary, Direct, window_names};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Frames before the first that counts: fonts, layout and buffers have settled.
const WARM_UP: u32 = 60;
/// Where the view is: below the dashboard.
const AREA: Rect = Rect::from_min_max(pos2(0.0, 57.0), pos2(1280.0, 857.0));
/// Frames that count.
const FRAMES: usize = 400;
/// The same, when few were wished.
const FRAMES_QUICK: usize = 40;

/// Runs the demo with few, some and all windows open.
///
/// # Errors
/// When the demo's library cannot be loaded or panics.
pub fn run(run: &mut Run<'_>) -> anyhow::Result<()> {
    let names = window_names();
    let frames = run.rounds(FRAMES, FRAMES_QUICK);
    let mut groups = Vec::new();
    for count in [3, 12, names.len()] {
        let frame = Frame::measured(&names[..count], frames)?;
        run.report(frame.report());
        groups.push(frame.group());
    }
    let bars = Bars {
        title: "One frame of egui's demo, directly and as a module".to_owned(),
        subtitle: format!("Medians of {frames} frames, turn and turn about"),
        x: Axis { label: "milliseconds".to_owned(), scale: Scale::Linear, tick: plain },
        parts: WAYS.map(str::to_owned).to_vec(),
        groups,
    };
    run.figure("frame", &bars.title, bars.svg());
    Ok(())
}

/// What is compared, in the order of the picture.
const WAYS: [&str; 3] = ["direct", "through the boundary", "ready to paint"];

/// One number of open windows.
struct Frame {
    windows: usize,
    vertices: usize,
    direct: Summary,
    through: Summary,
    onto: Summary,
}

impl Frame {
    fn measured(windows: &[String], frames: usize) -> anyhow::Result<Self> {
        let mut direct = Direct::new(windows);
        let mut boundary = Boundary::new(windows)?;
        let (mut directly, mut through, mut onto) = (Vec::new(), Vec::new(), Vec::new());
        let (mut vertices, mut ready) = (0, Shown::default());
        for frame in 0..WARM_UP + frames as u32 {
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
        let (direct, through, onto) =
            (Summary::of(directly), Summary::of(through), Summary::of(onto));
        Ok(Self { windows: windows.len(), vertices, direct, through, onto })
    }

    fn report(&self) -> Report {
        let Self { windows, vertices, direct, through, onto } = *self;
        Report::new(format!("frame, {windows} windows, {} vertices", plain(vertices as f64)))
            .times("direct", direct)
            .times("boundary", through)
            .times("boundary and window", onto)
            .number("ratio", through.median_us / direct.median_us, "×")
            .number("ratio with window", onto.median_us / direct.median_us, "×")
            .number("extra us", through.median_us - direct.median_us, "µs a frame")
            .number("extra us with window", onto.median_us - direct.median_us, "µs a frame")
    }

    fn group(&self) -> Group {
        let ways = WAYS.into_iter().zip([self.direct, self.through, self.onto]).enumerate();
        let bars = ways.map(|(part, (name, times))| Bar {
            name: name.to_owned(),
            parts: vec![(part, times.median_us / 1e3)],
            text: format!("{:.2} ×", times.median_us / self.direct.median_us),
        });
        let (windows, vertices) = (self.windows, plain(self.vertices as f64));
        Group { name: format!("{windows} windows, {vertices} vertices"), bars: bars.collect() }
    }
}
