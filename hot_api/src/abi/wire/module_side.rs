//! What a module does with items: it reads input and writes output.

use super::input::{InputItem, tag};
use super::output::{OutputItem, tag as output_tag};
use super::{ItemWriter, Skipped, decode_with, is_whole, items::read_named, read_image};
use crate::egui_version::{self, ime_form, output_event_form};
use std::path::PathBuf;

impl OutputItem {
    /// Appends this item. Returns whether it could be written.
    pub fn encode(&self, writer: &mut ItemWriter) -> bool {
        match self {
            Self::Command(command) => writer.push_named(output_tag::COMMAND, command),
            Self::Cursor(icon) => writer.push_named(output_tag::CURSOR, icon),
            Self::CursorImage(image) => {
                let [width, height] = image.size.map(|side| u32::from(side).to_le_bytes());
                let [x, y] = image.hotspot.map(u16::to_le_bytes);
                writer.push_raw(output_tag::CURSOR_IMAGE, &[&x, &y, &width, &height, &image.rgba]);
                true
            }
            Self::Event(event) => writer.push_named(output_tag::EVENT, &output_event_form(event)),
            Self::Ime(ime) => writer.push_named(output_tag::IME, &ime_form(ime)),
            Self::AccessKit(update) => writer.push_named(output_tag::ACCESSKIT, update),
            Self::Viewport(command) => writer.push_named(output_tag::VIEWPORT_COMMAND, command),
            Self::Screenshot { request } => {
                writer.push_raw(output_tag::SCREENSHOT, &[&request.to_le_bytes()]);
                true
            }
        }
    }
}

impl InputItem {
    fn decode(tag: u16, payload: &[u8]) -> Option<Self> {
        Some(match tag {
            tag::EVENT => match egui_version::read_modifiers(payload) {
                Some(held) => Self::Modifiers(held),
                None => Self::Event(read_event(payload)?),
            },
            tag::VIEWPORT => Self::Viewport(read_named(payload)?),
            tag::HOVERED_FILE => Self::HoveredFile(read_named(payload)?),
            tag::DROPPED_FILE => Self::DroppedFile(read_path(payload)?),
            tag::SAFE_AREA => Self::SafeArea(read_named(payload)?),
            tag::SCREENSHOT => {
                let (request, image) = payload.split_first_chunk::<8>()?;
                let (size, pixels) = read_image(image)?;
                let size = size.map(|side| side as usize);
                let image = egui::ColorImage::from_rgba_premultiplied(size, pixels);
                Self::Screenshot { request: u64::from_le_bytes(*request), image }
            }
            _ => return None,
        })
    }
}

fn read_event(payload: &[u8]) -> Option<egui::Event> {
    egui_version::read_event(payload)
        .filter(|event| egui_version::image_in(event).is_none_or(is_whole))
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems can refuse")]
fn read_path(payload: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(payload)))
}

#[cfg(not(unix))]
fn read_path(payload: &[u8]) -> Option<PathBuf> {
    // Windows' own encoding is WTF-8; a name that is not UTF-8 cannot be rebuilt safely.
    std::str::from_utf8(payload).ok().map(PathBuf::from)
}

/// Decodes a stream; what this side does not understand is skipped and counted.
#[must_use]
pub fn decode_input(stream: &[u8]) -> (Vec<InputItem>, Skipped) {
    decode_with(stream, InputItem::decode)
}
