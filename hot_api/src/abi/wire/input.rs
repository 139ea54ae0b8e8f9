//! What a host tells a module's egui.

use super::{ItemWriter, Items, Skipped, is_whole, items::read_named, read_image};
use crate::egui_version;
use std::path::PathBuf;

mod tag {
    pub(super) const EVENT: u16 = 1;
    pub(super) const VIEWPORT: u16 = 2;
    pub(super) const HOVERED_FILE: u16 = 3;
    pub(super) const DROPPED_FILE: u16 = 4;
    pub(super) const SAFE_AREA: u16 = 5;
    pub(super) const SCREENSHOT: u16 = 6;
}

/// One piece of input.
#[derive(Clone, Debug)]
pub enum InputItem {
    /// A key, text, pointer, touch, wheel, clipboard, IME or accessibility event.
    Event(egui::Event),
    /// The modifiers that are held from here on, read by an egui that has no event for them.
    Modifiers(egui::Modifiers),
    /// What is known of the native window.
    Viewport(Box<egui::ViewportInfo>),
    /// A file is being dragged over the window.
    HoveredFile(egui::HoveredFile),
    /// A file was dropped on the window.
    DroppedFile(PathBuf),
    /// Parts of the window that notches and bars cover.
    SafeArea(egui::SafeAreaInsets),
    /// The screenshot that [`OutputItem::Screenshot`](super::OutputItem) asked for.
    Screenshot {
        /// The number of the request.
        request: u64,
        /// The picture.
        image: egui::ColorImage,
    },
}

impl InputItem {
    /// Appends this item. Returns whether it could be written.
    pub fn encode(&self, writer: &mut ItemWriter) -> bool {
        match self {
            Self::Event(event) => writer.push_named(tag::EVENT, event),
            Self::Modifiers(held) => {
                writer.push_named(tag::EVENT, &HeldModifiers::ModifiersChanged(*held))
            }
            Self::Viewport(info) => writer.push_named(tag::VIEWPORT, info),
            Self::HoveredFile(file) => writer.push_named(tag::HOVERED_FILE, file),
            Self::DroppedFile(path) => {
                writer.push_raw(tag::DROPPED_FILE, &[path.as_os_str().as_encoded_bytes()]);
                true
            }
            Self::SafeArea(insets) => writer.push_named(tag::SAFE_AREA, insets),
            Self::Screenshot { request, image } => {
                let [width, height] = image.size.map(|side| (side as u32).to_le_bytes());
                let pixels: Vec<u8> =
                    image.pixels.iter().flat_map(egui::Color32::to_array).collect();
                writer
                    .push_raw(tag::SCREENSHOT, &[&request.to_le_bytes(), &width, &height, &pixels]);
                true
            }
        }
    }

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

/// The event that egui has for held modifiers, also where egui itself does not have it.
#[derive(serde::Serialize)]
enum HeldModifiers {
    ModifiersChanged(egui::Modifiers),
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
    let mut skipped = Skipped::default();
    let items = Items::new(stream)
        .filter_map(|item| {
            let known = item.ok().and_then(|(tag, payload)| InputItem::decode(tag, payload));
            skipped.0 += u32::from(known.is_none());
            known
        })
        .collect();
    (items, skipped)
}
