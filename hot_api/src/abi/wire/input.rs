//! What a host tells a module's egui.

use std::path::PathBuf;

pub(super) mod tag {
    pub(in crate::abi::wire) const EVENT: u16 = 1;
    pub(in crate::abi::wire) const VIEWPORT: u16 = 2;
    pub(in crate::abi::wire) const HOVERED_FILE: u16 = 3;
    pub(in crate::abi::wire) const DROPPED_FILE: u16 = 4;
    pub(in crate::abi::wire) const SAFE_AREA: u16 = 5;
    pub(in crate::abi::wire) const SCREENSHOT: u16 = 6;
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
