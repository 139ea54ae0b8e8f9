//! egui's own demo, run directly and through the boundary, with the same windows and input.
//!
//! Owns: the two ways. Consumes: the number of a frame, from which all input follows. Produces: what
//! there is to paint. Never: paints.

use egui::epaint::Primitive;
use egui::{ClippedPrimitive, Context, Event, Pos2, RawInput, Rect, Vec2, ViewportId, pos2};
use egui_demo_lib::DemoWindows;
use host::journal::event::Generation;
use host::module::{HostCalls, InputPacket, LiveSnapshot, ModuleThread, Picture, PrimKind};
use hot_api::abi::wire::{InputItem, ItemWriter};
use hot_api::state::{STATE_SECTION, Section, Snapshot};
use std::path::PathBuf;
use std::time::Duration;

/// Limit of every call: far above what any frame takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Seconds between frames, as a display of 60 Hz has them.
const FRAME_SECONDS: f64 = 1.0 / 60.0;

/// Pixels of the window; its points, too.
const SIZE_PX: [f32; 2] = [1600.0, 1000.0];

/// What a GPU usually can.
const MAX_TEXTURE_SIDE: u32 = 8192;

/// The demo's library, which cargo built along with this program, from the same egui.
///
/// # Errors
/// When it is not where cargo puts it.
pub fn library() -> anyhow::Result<PathBuf> {
    let exe = std::env::current_exe()?;
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let name = format!("{prefix}egui_demo{suffix}");
    // A program lies in <target>/<profile>, a test in <target>/<profile>/deps.
    let beside = exe.ancestors().skip(1).take(2).map(|dir| dir.join("deps").join(&name));
    beside
        .into_iter()
        .find(|path| path.exists())
        .ok_or_else(|| anyhow::anyhow!("{name} is not in the deps directory of {}", exe.display()))
}

/// The demo with these windows open.
///
/// # Panics
/// When the demo's state has another form than it had in the version this was written for.
#[must_use]
pub fn demo_with(windows: &[String]) -> DemoWindows {
    let state = serde_json::json!({ "open": windows });
    serde_json::from_value(state).expect("the open windows are all that the demo serialises")
}

/// What an instance of the demo would leave behind that has these windows open.
///
/// # Errors
/// When the demo's state cannot be captured.
pub fn snapshot_with(windows: &[String]) -> anyhow::Result<Vec<u8>> {
    let state = Section::capture(STATE_SECTION, &demo_with(windows))?;
    let snapshot = Snapshot {
        module: "egui_demo".to_owned(),
        schema_version: 1,
        fingerprint: None,
        sections: vec![state],
    };
    Ok(snapshot.encode())
}

/// The names of all windows, the three that are open by default first.
///
/// The demo keeps its list to itself, so it is read off the buttons of its side panel, as a screen
/// reader would.
#[must_use]
pub fn window_names() -> Vec<String> {
    let ctx = Context::default();
    egui_extras::install_image_loaders(&ctx);
    ctx.enable_accesskit();
    let mut demo = demo_with(&[]);
    // Tall enough that nothing is scrolled out of sight.
    let screen = Rect::from_min_size(Pos2::ZERO, Vec2::new(SIZE_PX[0], 10_000.0));
    let mut names = Vec::new();
    for _ in 0..2 {
        let input = RawInput { screen_rect: Some(screen), ..RawInput::default() };
        let mut output = ctx.run_ui(input, |ui| demo.ui(ui));
        output.textures_delta.clear();
        let nodes = output.platform_output.accesskit_update.map(|tree| tree.nodes);
        names = nodes
            .iter()
            .flatten()
            .filter(|(_, node)| node.toggled().is_some())
            .filter_map(|(_, node)| node.label().map(ToOwned::to_owned))
            .collect();
    }
    let default = serde_json::to_value(DemoWindows::default()).unwrap_or_default();
    let is_default = |name: &String| {
        default["open"].as_array().is_some_and(|open| open.iter().any(|other| other == name))
    };
    names.sort();
    names.sort_by_key(|name| !is_default(name));
    names
}

/// What happens in this frame: the pointer wanders over all windows.
fn events(frame: u32) -> Vec<Event> {
    let angle = f64::from(frame) * 0.05;
    let [width, height] = SIZE_PX.map(f64::from);
    let x = width * (0.5 + 0.45 * angle.sin());
    let y = height * (0.5 + 0.45 * (angle * 0.7).cos());
    vec![Event::PointerMoved(pos2(x as f32, y as f32))]
}

fn time(frame: u32) -> f64 {
    1.0 + f64::from(frame) * FRAME_SECONDS
}

/// The demo as any egui application runs it.
pub struct Direct {
    ctx: Context,
    demo: DemoWindows,
}

impl Direct {
    /// With these windows open.
    #[must_use]
    pub fn new(windows: &[String]) -> Self {
        let ctx = Context::default();
        ctx.set_embed_viewports(true);
        egui_extras::install_image_loaders(&ctx);
        Self { ctx, demo: demo_with(windows) }
    }

    /// Runs and tessellates one frame.
    #[must_use]
    pub fn frame(&mut self, frame: u32) -> Vec<ClippedPrimitive> {
        let [width, height] = SIZE_PX;
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, Vec2::new(width, height))),
            max_texture_side: Some(MAX_TEXTURE_SIDE as usize),
            time: Some(time(frame)),
            predicted_dt: FRAME_SECONDS as f32,
            focused: true,
            events: events(frame),
            ..RawInput::default()
        };
        let window = input.viewports.entry(ViewportId::ROOT).or_default();
        window.native_pixels_per_point = Some(1.0);
        let demo = &mut self.demo;
        let _requests = self.ctx.run_logic(&input, |ctx| demo.logic(ctx));
        let mut output = self.ctx.run_ui(input, |ui| demo.ui(ui));
        output.textures_delta.clear();
        self.ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point)
    }
}

/// The demo as a module.
#[derive(Debug)]
pub struct Boundary {
    thread: ModuleThread,
}

impl Boundary {
    /// Loads the library and restores a state in which these windows are open.
    ///
    /// # Errors
    /// When it cannot be loaded or created.
    pub fn new(windows: &[String]) -> anyhow::Result<Self> {
        let path = library()?;
        let host_calls = HostCalls::silent();
        let mut thread = ModuleThread::load(&path, Generation(1), "demo", host_calls, LIMIT)?;
        thread.create(&LiveSnapshot::whole(snapshot_with(windows)?), LIMIT)?;
        Ok(Self { thread })
    }

    /// Runs logic and one frame, as the window does for each of its frames.
    ///
    /// # Errors
    /// When the module panics.
    pub fn frame(&mut self, frame: u32) -> anyhow::Result<Picture> {
        let mut items = ItemWriter::default();
        for event in events(frame) {
            InputItem::Event(event).encode(&mut items);
        }
        let input = InputPacket {
            time: time(frame),
            predicted_dt: FRAME_SECONDS as f32,
            size_px: SIZE_PX,
            max_texture_side: MAX_TEXTURE_SIDE,
            items: items.into_bytes(),
            ..InputPacket::default()
        };
        let quiet = InputPacket { items: Vec::new(), ..input.clone() };
        Ok(self.thread.frame_after(Some(quiet), 0, input, LIMIT)?)
    }

    /// Gives a picture back when it has been used, as the window does.
    pub fn recycle(&mut self, picture: Picture) {
        self.thread.recycle(Box::new(picture));
    }

    /// Ends the instance and unloads the library.
    pub fn retire(self) {
        let _how = self.thread.retire(LIMIT);
    }
}

/// Where a picture differs from what a direct run wants painted, if anywhere.
#[must_use]
pub fn difference(direct: &[ClippedPrimitive], picture: &Picture) -> Option<String> {
    if direct.len() != picture.prims.len() {
        return Some(format!("{} primitives instead of {}", picture.prims.len(), direct.len()));
    }
    direct.iter().zip(&picture.prims).enumerate().find_map(|(index, (direct, prim))| {
        let clip = direct.clip_rect;
        if prim.clip != [clip.min.x, clip.min.y, clip.max.x, clip.max.y] {
            return Some(format!("primitive {index} is clipped to {:?}, not {clip:?}", prim.clip));
        }
        match (&direct.primitive, &prim.kind) {
            (Primitive::Callback(_), PrimKind::Callback { .. }) => None,
            (Primitive::Mesh(mesh), PrimKind::Mesh { texture, vertices, indices }) => {
                let theirs = &picture.vertices[vertices.clone()];
                let same_vertices = theirs.len() == mesh.vertices.len()
                    && theirs.iter().zip(&mesh.vertices).all(|(theirs, ours)| {
                        let pos = [ours.pos.x, ours.pos.y].map(f32::to_bits);
                        let uv = [ours.uv.x, ours.uv.y].map(f32::to_bits);
                        (theirs.pos.map(f32::to_bits), theirs.uv.map(f32::to_bits)) == (pos, uv)
                            && theirs.color == ours.color.to_array()
                    });
                let same_texture = egui::TextureId::Managed(*texture) == mesh.texture_id;
                let same_indices = picture.indices[indices.clone()] == mesh.indices[..];
                (!same_vertices || !same_texture || !same_indices).then(|| {
                    format!(
                        "mesh {index}: same vertices {same_vertices}, same indices {same_indices}, \
                         same texture {same_texture}"
                    )
                })
            }
            _ => Some(format!("primitive {index} is of another kind")),
        }
    })
}
