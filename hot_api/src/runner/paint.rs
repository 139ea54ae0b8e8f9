//! Custom paint callbacks: the part of an instance that the UI thread touches.
//!
//! Owns: the callbacks of each view's last frame, and the module's GL objects. Never: egui's
//! context or the author's state, which belong to the module thread (`ABI-4`).

use super::VIEWS_MAX;
use crate::lock::lock;
use std::sync::Mutex;

#[cfg(feature = "glow")]
use crate::{abi::PaintInfo, host::Host, module::GlCleanup};

/// Shared between the module thread, which fills it, and the UI thread, which paints from it. The
/// host never calls both at once, so the locks are free whenever they are taken.
pub(super) struct PaintSide {
    callbacks: Mutex<Callbacks>,
    #[cfg(feature = "glow")]
    gl: Mutex<Gl>,
}

#[derive(Default)]
struct Callbacks {
    last_id: u64,
    views: [Vec<(u64, egui::PaintCallback)>; VIEWS_MAX],
}

impl PaintSide {
    pub(super) fn new(#[cfg(feature = "glow")] cleanup: Option<GlCleanup>) -> Self {
        Self {
            callbacks: Mutex::default(),
            #[cfg(feature = "glow")]
            gl: Mutex::new(Gl { painter: None, failed: false, cleanup }),
        }
    }

    /// Forgets the callbacks of the view's last frame.
    pub(super) fn begin_frame(&self, view: usize) {
        lock(&self.callbacks).views[view].clear();
    }

    /// Keeps a callback of this frame under a number that is never used again.
    pub(super) fn add(&self, view: usize, callback: &egui::PaintCallback) -> u64 {
        let mut callbacks = lock(&self.callbacks);
        callbacks.last_id += 1;
        let id = callbacks.last_id;
        callbacks.views[view].push((id, callback.clone()));
        id
    }

    #[cfg(feature = "glow")]
    fn find(&self, view: usize, id: u64) -> Option<egui::PaintCallback> {
        let callbacks = lock(&self.callbacks);
        let (_, callback) = callbacks.views.get(view)?.iter().find(|(known, _)| *known == id)?;
        Some(callback.clone())
    }
}

/// The module's own painter: it only sets up the state that egui promises to callbacks.
#[cfg(feature = "glow")]
struct Gl {
    painter: Option<egui_glow::Painter>,
    failed: bool,
    cleanup: Option<GlCleanup>,
}

#[cfg(feature = "glow")]
impl PaintSide {
    /// UI thread, GL current. Runs one callback; returns whether there was one.
    pub(super) fn paint(&self, host: Host, view: usize, id: u64, info: &PaintInfo) -> bool {
        let Some(callback) = self.find(view, id) else { return false };
        let mut gl = lock(&self.gl);
        let Some(painter) = gl.painter(host) else { return false };
        let rect = |[left, top, right, bottom]: [f32; 4]| {
            egui::Rect::from_min_max(egui::pos2(left, top), egui::pos2(right, bottom))
        };
        let primitive = egui::ClippedPrimitive {
            clip_rect: rect(info.clip),
            primitive: egui::epaint::Primitive::Callback(egui::PaintCallback {
                rect: rect(info.viewport),
                callback: callback.callback,
            }),
        };
        painter.paint_primitives(info.screen_px, info.pixels_per_point, &[primitive]);
        true
    }

    /// UI thread, GL current. Deletes what the module made with GL.
    pub(super) fn release_gl(&self) {
        for view in &mut lock(&self.callbacks).views {
            view.clear();
        }
        let mut gl = lock(&self.gl);
        let cleanup = gl.cleanup.take();
        if let Some(mut painter) = gl.painter.take() {
            if let Some(cleanup) = cleanup {
                cleanup(painter.gl());
            }
            painter.destroy();
        }
    }
}

#[cfg(feature = "glow")]
impl Gl {
    /// Makes the painter at the first callback; a driver that refuses is asked once.
    fn painter(&mut self, host: Host) -> Option<&mut egui_glow::Painter> {
        if self.painter.is_none() && !self.failed {
            let gl = load_gl(host);
            match egui_glow::Painter::new(std::sync::Arc::new(gl), "", None, false) {
                Ok(painter) => self.painter = Some(painter),
                Err(error) => {
                    self.failed = true;
                    host.log(
                        crate::host::LogLevel::Error,
                        &format!("custom painting is off: {error}"),
                    );
                }
            }
        }
        self.painter.as_mut()
    }
}

#[cfg(feature = "glow")]
#[expect(unsafe_code, reason = "glow loads GL functions by address")]
fn load_gl(host: Host) -> glow::Context {
    // SAFETY: ABI-4: only reached from `paint`, on the UI thread with the GL context current; the
    // addresses come from that context's own loader.
    unsafe { glow::Context::from_loader_function_cstr(|name| host.gl_get_proc(name)) }
}
