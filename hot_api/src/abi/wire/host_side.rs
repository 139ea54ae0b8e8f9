//! What a host does with items: it writes input and reads output.

use super::input::{InputItem, tag as input_tag};
use super::output::{OutputItem, tag};
use super::{ItemWriter, Skipped, decode_with, is_whole, items::read_named, read_image};
use crate::egui_version::{CustomCursorImage, read_ime, read_output_event};

impl InputItem {
    /// Appends this item. Returns whether it could be written.
    pub fn encode(&self, writer: &mut ItemWriter) -> bool {
        match self {
            Self::Event(event) => writer.push_named(input_tag::EVENT, event),
            Self::Modifiers(held) => {
                writer.push_named(input_tag::EVENT, &HeldModifiers::ModifiersChanged(*held))
            }
            Self::Viewport(info) => writer.push_named(input_tag::VIEWPORT, info),
            Self::HoveredFile(file) => writer.push_named(input_tag::HOVERED_FILE, file),
            Self::DroppedFile(path) => {
                writer.push_raw(input_tag::DROPPED_FILE, &[path.as_os_str().as_encoded_bytes()]);
                true
            }
            Self::SafeArea(insets) => writer.push_named(input_tag::SAFE_AREA, insets),
            Self::Screenshot { request, image } => {
                let [width, height] = image.size.map(|side| (side as u32).to_le_bytes());
                let pixels: Vec<u8> =
                    image.pixels.iter().flat_map(egui::Color32::to_array).collect();
                writer.push_raw(
                    input_tag::SCREENSHOT,
                    &[&request.to_le_bytes(), &width, &height, &pixels],
                );
                true
            }
        }
    }
}

/// The event that egui has for held modifiers, also where egui itself does not have it.
#[derive(serde::Serialize)]
enum HeldModifiers {
    ModifiersChanged(egui::Modifiers),
}

impl OutputItem {
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
    decode_with(stream, OutputItem::decode)
}
