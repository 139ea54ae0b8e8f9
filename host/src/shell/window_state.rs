//! What the window is like, for the window of the next process.
//!
//! Owns: its form. The modules' own windows and scroll offsets are part of their states.

use super::app::Pane;
use egui::{Context, ViewportBuilder};
use egui_tiles::Tree;
use serde::{Deserialize, Serialize};

/// Where the window is, and what is open in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct WindowState {
    pub(super) placement: Placement,
    pub(super) panes: Vec<Pane>,
    pub(super) tree: Tree<Pane>,
    /// The modules whose states are inspected.
    pub(super) inspected: Vec<String>,
}

/// Where a window is, in points of the system, which do not change with egui's zoom.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Placement {
    /// The upper left corner of its frame; `None` where the system does not say.
    position: Option<[f32; 2]>,
    /// Width and height without the frame.
    size: [f32; 2],
    /// Whether it takes the whole screen but for the system's bars.
    is_maximized: bool,
    /// Whether it takes the whole screen.
    is_fullscreen: bool,
    /// egui's zoom.
    pub(super) zoom: f32,
}

impl Placement {
    /// Of the window that is drawn. `None` while it is minimised: then it is where it was.
    pub(super) fn of(ctx: &Context) -> Option<Self> {
        let zoom = ctx.zoom_factor();
        ctx.input(|input| {
            let viewport = input.viewport();
            if viewport.minimized == Some(true) {
                return None;
            }
            // Wayland does not say where a window is, and therefore gives no rectangle.
            let size = viewport.inner_rect.unwrap_or_else(|| input.viewport_rect()).size() * zoom;
            Some(Self {
                position: viewport.outer_rect.map(|rect| (rect.min * zoom).into()),
                size: size.into(),
                is_maximized: viewport.maximized == Some(true),
                is_fullscreen: viewport.fullscreen == Some(true),
                zoom,
            })
        })
    }

    /// The window that is to be opened, there.
    pub(super) fn apply(self, viewport: ViewportBuilder) -> ViewportBuilder {
        let Self { position, size, is_maximized, is_fullscreen, zoom: _ } = self;
        let viewport = viewport
            .with_inner_size(size)
            .with_maximized(is_maximized)
            .with_fullscreen(is_fullscreen);
        match position {
            Some(position) => viewport.with_position(position),
            None => viewport,
        }
    }
}
