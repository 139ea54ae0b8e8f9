//! What a module asks of the platform, passed on to the window's egui.

use egui::{Context, Rect, ViewportCommand};
use hot_api::abi::wire::{OutputItem, decode_output, scale_ime, scale_viewport_command};

/// What is left for the caller to do.
#[derive(Default)]
pub(super) struct PlatformRequests {
    /// The accessibility tree of the view.
    pub(super) accesskit: Option<Box<egui::accesskit::TreeUpdate>>,
    /// Screenshots to take, by number.
    pub(super) screenshots: Vec<u64>,
}

/// Whose requests they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    /// The view's area in the window's points.
    pub(super) rect: Rect,
    /// The pointer is over it, so its cursor counts.
    pub(super) has_pointer: bool,
    /// The keyboard is its, so its text cursor counts.
    pub(super) has_keyboard: bool,
}

/// Carries out a stream of requests.
pub(super) fn apply(ctx: &Context, stream: &[u8], asker: Asker) -> PlatformRequests {
    let mut requests = PlatformRequests::default();
    let to_points = ctx.pixels_per_point().recip();
    // Items of a newer module that this host does not know are no reason to drop the others.
    let (items, _skipped) = decode_output(stream);
    for item in items {
        match item {
            OutputItem::Command(command) => ctx.send_cmd(command),
            OutputItem::Cursor(icon) if asker.has_pointer => ctx.set_cursor_icon(icon),
            OutputItem::CursorImage(image) if asker.has_pointer => {
                ctx.set_cursor_image(Some(image));
            }
            OutputItem::Cursor(_) | OutputItem::CursorImage(_) => {}
            OutputItem::Event(event) => ctx.output_mut(|output| output.events.push(event)),
            OutputItem::Ime(mut ime) if asker.has_keyboard => {
                scale_ime(&mut ime, to_points);
                ime.rect = ime.rect.translate(asker.rect.min.to_vec2());
                ime.cursor_rect = ime.cursor_rect.translate(asker.rect.min.to_vec2());
                ctx.output_mut(|output| output.ime = Some(ime));
            }
            OutputItem::Ime(_) => {}
            OutputItem::AccessKit(update) => requests.accesskit = Some(update),
            OutputItem::Viewport(command) => apply_command(ctx, command, asker, to_points),
            OutputItem::Screenshot { request } => requests.screenshots.push(request),
        }
    }
    requests
}

fn apply_command(ctx: &Context, mut command: ViewportCommand, asker: Asker, to_points: f32) {
    scale_viewport_command(&mut command, to_points);
    match &mut command {
        ViewportCommand::IMERect(rect) => *rect = rect.translate(asker.rect.min.to_vec2()),
        // The module asks for its own area; the window is that much larger.
        ViewportCommand::InnerSize(size) => {
            *size += ctx.content_rect().size() - asker.rect.size();
        }
        _ => {}
    }
    ctx.send_viewport_cmd(command);
}
