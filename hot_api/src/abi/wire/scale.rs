//! Conversion between points and pixels: the two sides may have different zoom.

use egui::{Event, ViewportCommand, output::IMEOutput};

/// Multiplies every position and length in `event` by `factor`.
pub fn scale_event(event: &mut Event, factor: f32) {
    match event {
        Event::PointerMoved(pos)
        | Event::PointerButton { pos, .. }
        | Event::MiddleClickPaste { pos, .. }
        | Event::Touch { pos, .. } => *pos = (pos.to_vec2() * factor).to_pos2(),
        Event::MouseMoved(delta)
        | Event::MouseWheel { unit: egui::MouseWheelUnit::Point, delta, .. } => *delta *= factor,
        _ => {}
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
