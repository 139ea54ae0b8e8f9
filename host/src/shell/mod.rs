//! The window (feature `shell`): the one place that knows eframe.
//!
//! Owns: the native window, the dashboard, the error panel, and the drawing of modules. Consumes:
//! [`Board`](crate::journal::board::Board)s and pictures. Produces: orders to the engine. Never: decides
//! about builds or swaps; without it the engine runs headless, and nothing else changes.

mod accesskit;
mod ansi;
mod app;
mod dashboard;
mod editor;
mod error_panel;
mod headline;
mod input;
mod inspector;
mod latency;
mod orders;
mod paint;
mod platform;
mod programs_menu;
mod report;
#[cfg(test)]
mod samples;
mod scene_painter;
mod services_page;
mod textures;
mod theme;
mod units;
mod view;
mod window;
mod window_state;

pub use paint::Shown;
pub use window::{WindowError, has_display, run};
