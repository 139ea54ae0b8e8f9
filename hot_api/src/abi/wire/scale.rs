//! Conversion between points and pixels: the two sides may have different zoom.

use crate::egui_version::pasted_at_mut;
use egui::{Event, Pos2, ViewportCommand, output::IMEOutput};

/// Multiplies every position and length in `event` by `factor`.
pub fn scale_event(event: &mut Event, factor: f32) {
    let scale = |pos: &mut Pos2| *pos = (pos.to_vec2() * factor).to_pos2();
    match event {
        Event::PointerMoved(pos) | Event::PointerButton { pos, .. } | Event::Touch { pos, .. } => {
            scale(pos);
        }
        Event::MouseMoved(delta)
        | Event::MouseWheel { unit: egui::MouseWheelUnit::Point, delta, .. } => *delta *= factor,
        _ => pasted_at_mut(event).into_iter().for_each(scale),
    }
}

/// Multiplies the rectangles of `ime` by `factor`.
pub fn scale_ime(ime: &mut IMEOutput, factor: f32) {
    ime.rect = ime.rect * factor;
    ime.cursor_rect = ime.cursor_rect * factor;
}

/// Multiplies every position and length in `command` by `factor`.
pub fn scale_viewport_command(command: &mut ViewportCommand, factor: f32) {
    match command {
        ViewportCommand::OuterPosition(pos) | ViewportCommand::CursorPosition(pos) => {
            *pos = (pos.to_vec2() * factor).to_pos2();
        }
        ViewportCommand::InnerSize(size)
        | ViewportCommand::MinInnerSize(size)
        | ViewportCommand::MaxInnerSize(size)
        | ViewportCommand::ResizeIncrements(Some(size)) => *size *= factor,
        ViewportCommand::IMERect(rect) => *rect = *rect * factor,
        _ => {}
    }
}
