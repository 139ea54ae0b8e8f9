//! The demo application's user interface and logic, reloaded while it runs: a task board, a live
//! plot, a table of ten thousand rows, and a stone painted with OpenGL.
//!
//! Owns: how things look and what a click does. Consumes: [`state::App`], which survives
//! reloads. Produces: egui widgets. Never: data that would be missed after a reload.
//!
//! Pages are plain functions of state and [`egui::Ui`](hot_api::egui::Ui); only `app` knows that
//! it can be reloaded. Change anything here, save, and look at the window.

mod app;
mod style;
mod widgets;

mod board;
mod card;
mod column;

mod signals;

mod rows;
mod table;

mod canvas;
mod canvas_gl;
mod gem;

mod stats;

#[cfg(test)]
mod tests;

pub use app::HotUi;

hot_api::export_module!(HotUi);
