//! What a module's egui asks of the host.

use crate::egui_version::CustomCursorImage;

pub(super) mod tag {
    pub(in crate::abi::wire) const COMMAND: u16 = 1;
    pub(in crate::abi::wire) const CURSOR: u16 = 2;
    pub(in crate::abi::wire) const CURSOR_IMAGE: u16 = 3;
    pub(in crate::abi::wire) const EVENT: u16 = 4;
    pub(in crate::abi::wire) const IME: u16 = 5;
    pub(in crate::abi::wire) const ACCESSKIT: u16 = 6;
    pub(in crate::abi::wire) const VIEWPORT_COMMAND: u16 = 7;
    pub(in crate::abi::wire) const SCREENSHOT: u16 = 8;
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
