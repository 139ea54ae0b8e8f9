//! What a module's egui asks of the host.

use super::{ItemWriter, Items, Skipped, is_whole, items::read_named, read_image};
use crate::egui_version::{
    CustomCursorImage, ime_form, output_event_form, read_ime, read_output_event,
};

mod tag {
    pub(super) const COMMAND: u16 = 1;
    pub(super) const CURSOR: u16 = 2;
    pub(super) const CURSOR_IMAGE: u16 = 3;
    pub(super) const EVENT: u16 = 4;
    pub(super) const IME: u16 = 5;
    pub(super) const ACCESSKIT: u16 = 6;
    pub(super) const VIEWPORT_COMMAND: u16 = 7;
    pub(super) const SCREENSHOT: u16 = 8;
}

/// One request to the platform.
#[derive(Clone)]
pub enum OutputItem {
    /// Copy text or an image, open a URL.
    Command(egui::OutputCommand),
    /// The mouse cursor's shape.
    Cursor(egui::CursorIcon),
    /// The mouse cursor's picture.
    CursorImage(CustomCursorImage),
    /// Something a screen reader may want to say.
    Event(egui::output::OutputEvent),
    /// Text is being edited here.
    Ime(egui::output::IMEOutput),
    /// The accessibility tree of this view.
    AccessKit(Box<egui::accesskit::TreeUpdate>),
    /// Change the native window.
    Viewport(egui::ViewportCommand),
    /// Take a screenshot and send it back under this number.
    Screenshot {
        /// Comes back in [`InputItem::Screenshot`](super::InputItem).
        request: u64,
    },
}

impl OutputItem {
    /// Appends this item. Returns whether it could be written.
    pub fn encode(&self, writer: &mut ItemWriter) -> bool {
        match self {
            Self::Command(command) => writer.push_named(tag::COMMAND, command),
            Self::Cursor(icon) => writer.push_named(tag::CURSOR, icon),
            Self::CursorImage(image) => {
                let [width, height] = image.size.map(|side| u32::from(side).to_le_bytes());
                let [x, y] = image.hotspot.map(u16::to_le_bytes);
                writer.push_raw(tag::CURSOR_IMAGE, &[&x, &y, &width, &height, &image.rgba]);
                true
            }
            Self::Event(event) => writer.push_named(tag::EVENT, &output_event_form(event)),
            Self::Ime(ime) => writer.push_named(tag::IME, &ime_form(ime)),
            Self::AccessKit(update) => writer.push_named(tag::ACCESSKIT, update),
            Self::Viewport(command) => writer.push_named(tag::VIEWPORT_COMMAND, command),
            Self::Screenshot { request } => {
                writer.push_raw(tag::SCREENSHOT, &[&request.to_le_bytes()]);
                true
            }
        }
    }

    fn decode(tag: u16, payload: &[u8]) -> Option<Self> {
        Some(match tag {
            tag::COMMAND => Self::Command(read_command(payload)?),
            tag::CURSOR => Self::Cursor(read_named(payload)?),
            tag::CURSOR_IMAGE => Self::CursorImage(read_cursor_image(payload)?),
            tag::EVENT => Self::Event(read_output_event(payload)?),
            tag::IME => Self::Ime(read_ime(payload)?),
            tag::ACCESSKIT => Self::AccessKit(read_named(payload)?),
            tag::VIEWPORT_COMMAND => Self::Viewport(read_named(payload)?),
            tag::SCREENSHOT => {
                Self::Screenshot { request: u64::from_le_bytes(payload.try_into().ok()?) }
            }
            _ => return None,
        })
    }
}

fn read_command(payload: &[u8]) -> Option<egui::OutputCommand> {
    let command = read_named(payload)?;
    match &command {
        egui::OutputCommand::CopyImage(image) if !is_whole(image) => None,
        _ => Some(command),
    }
}

fn read_cursor_image(payload: &[u8]) -> Option<CustomCursorImage> {
    let (hotspot, image) = payload.split_first_chunk::<4>()?;
    let (size, rgba) = read_image(image)?;
    let [x0, x1, y0, y1] = *hotspot;
    Some(CustomCursorImage {
        rgba: rgba.into(),
        size: [u16::try_from(size[0]).ok()?, u16::try_from(size[1]).ok()?],
        hotspot: [u16::from_le_bytes([x0, x1]), u16::from_le_bytes([y0, y1])],
    })
}

/// Decodes a stream; what this side does not understand is skipped and counted.
#[must_use]
pub fn decode_output(stream: &[u8]) -> (Vec<OutputItem>, Skipped) {
    let mut skipped = Skipped::default();
    let items = Items::new(stream)
        .filter_map(|item| {
            let known = item.ok().and_then(|(tag, payload)| OutputItem::decode(tag, payload));
            skipped.0 += u32::from(known.is_none());
            known
        })
        .collect();
    (items, skipped)
}
