//! The native window.

use super::app::Shell;
use super::window_state::WindowState;
use crate::engine::Engine;
use crate::module::{HostCalls, LogFn};
use crate::supervise::ProgramsHandle;
use eframe::NativeOptions;
use serde_json::Value;
use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// Why there is no window, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// The system would not open one, or its GL does not work.
    #[error("no window could be opened: {0}")]
    NoWindow(String),
    /// The engine did not start.
    #[error("{0}")]
    Engine(anyhow::Error),
}

/// Whether there is a display to try.
#[must_use]
pub fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(target_os = "linux")) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Opens the window, as `before` has it, and draws until it is closed; returns what it was like then, for the next time.
/// `start` is called once, when there is something to draw on. Must be called on the main thread.
///
/// # Errors
/// When there is no window; `start` has then not been called.
pub fn run(
    title: &str,
    root: PathBuf,
    before: Option<Value>,
    start: impl FnOnce(HostCalls) -> anyhow::Result<(Engine, ProgramsHandle)>,
    log: LogFn,
) -> Result<Option<Value>, WindowError> {
    let failed: RefCell<Option<anyhow::Error>> = RefCell::new(None);
    // One that cannot be read, as of another version, is none.
    let before: Option<WindowState> = before.and_then(|value| serde_json::from_value(value).ok());
    let placement = before.as_ref().map(|before| before.placement);
    let last = Rc::new(RefCell::new(None));
    let viewport = egui::ViewportBuilder::default()
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([480.0, 320.0])
        .with_app_id("pitstop")
        .with_title(title);
    let viewport = match placement {
        Some(placement) => placement.apply(viewport),
        None => viewport,
    };
    let options = NativeOptions { viewport, ..NativeOptions::default() };
    let seen = Rc::clone(&last);
    let result = eframe::run_native(
        title,
        options,
        Box::new(|cc| {
            let ctx = cc.egui_ctx.clone();
            if let Some(placement) = placement {
                ctx.set_zoom_factor(placement.zoom);
            }
            let host_calls = HostCalls {
                request_repaint: Arc::new(move |after| ctx.request_repaint_after(after)),
                log,
                gl: cc.get_proc_address.clone(),
                ..HostCalls::silent()
            };
            match start(host_calls) {
                Ok((engine, programs)) => {
                    Ok(Box::new(Shell::new(&cc.egui_ctx, engine, programs, root, before, seen)))
                }
                Err(error) => {
                    let text = error.to_string();
                    *failed.borrow_mut() = Some(error);
                    Err(text.into())
                }
            }
        }),
    );
    match (result, failed.into_inner()) {
        (_, Some(error)) => Err(WindowError::Engine(error)),
        (Err(error), None) => Err(WindowError::NoWindow(error.to_string())),
        (Ok(()), None) => Ok(last.take().and_then(|last| serde_json::to_value(last).ok())),
    }
}
