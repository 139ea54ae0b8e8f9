//! Since egui 0.35.

#[cfg(feature = "module")]
use egui::{PlatformOutput, RawInput};

pub(crate) use egui::CustomCursorImage;

/// The part of a text that is selected.
#[cfg(feature = "egui_0_36")]
pub(crate) type Selection = std::ops::Range<egui::epaint::text::CharIndex>;

/// The picture of the mouse cursor. Names every field: an egui with another one does not compile here.
#[cfg(feature = "module")]
pub(crate) fn cursor_image(platform: &mut PlatformOutput) -> Option<CustomCursorImage> {
    let PlatformOutput {
        commands: _,
        cursor_icon: _,
        cursor_image,
        events: _,
        mutable_text_under_cursor: _,
        ime: _,
        accesskit_update: _,
        num_completed_passes: _,
        request_discard_reasons: _,
    } = platform;
    cursor_image.take()
}

/// Reads an event of the host's that has another form than here: there is none.
#[cfg(feature = "egui_0_36")]
pub(crate) fn read_newer_event(_payload: &[u8]) -> Option<egui::Event> {
    None
}

/// Draws an application as eframe does.
#[cfg(feature = "eframe")]
pub(crate) fn draw_app(app: &mut dyn eframe::App, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
    app.ui(ui, frame);
}

/// The method of `eframe::Storage` that removes a text.
#[cfg(feature = "eframe")]
macro_rules! removing {
    ($($method:tt)*) => { $($method)* };
}
#[cfg(feature = "eframe")]
pub(crate) use removing;

/// Shows a panel in `ui`.
#[cfg(feature = "standalone")]
pub(crate) fn show_panel(panel: egui::Panel, ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui)) {
    panel.show(ui, add);
}

/// Composed text needs no announcement.
#[cfg(feature = "module")]
pub(crate) fn announce_ime(_raw: &mut RawInput) {}
