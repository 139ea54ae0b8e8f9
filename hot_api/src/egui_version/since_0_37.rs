//! Since egui 0.37, the newest: its items are those of the boundary.

use crate::abi::wire::read_named;
use egui::output::OutputEvent;
use egui::{Event, Pos2};

/// What a module's egui keeps of a screenshot that it has asked for.
#[cfg(feature = "module")]
pub(crate) type ScreenshotRequest = egui::ScreenshotCallback;

/// Hands a screenshot to whoever asked for it. `_raw` is the input of the frame that follows.
#[cfg(feature = "module")]
pub(crate) fn answer_screenshot(
    request: ScreenshotRequest,
    image: std::sync::Arc<egui::ColorImage>,
    _raw: &mut egui::RawInput,
) {
    request.complete(image);
}

/// The image that an event carries.
#[cfg(any(feature = "module", test, fuzzing))]
pub(crate) fn image_in(event: &Event) -> Option<&egui::ColorImage> {
    match event {
        Event::PasteImage(image) => Some(image),
        _ => None,
    }
}

/// Where an event pastes; not every version has such events.
#[cfg(any(feature = "module", test))]
pub(crate) fn pasted_at(event: &Event) -> Option<Pos2> {
    match event {
        Event::MiddleClickPaste { pos, .. } => Some(*pos),
        _ => None,
    }
}

/// As [`pasted_at`].
pub(crate) fn pasted_at_mut(event: &mut Event) -> Option<&mut Pos2> {
    match event {
        Event::MiddleClickPaste { pos, .. } => Some(pos),
        _ => None,
    }
}

/// Reads an event of the host's.
#[cfg(any(feature = "module", test, fuzzing))]
pub(crate) fn read_event(payload: &[u8]) -> Option<Event> {
    read_named(payload)
}

/// An event as it crosses the boundary.
#[cfg(any(feature = "module", test, fuzzing))]
pub(crate) fn output_event_form(event: &OutputEvent) -> &OutputEvent {
    event
}

/// Reads what [`output_event_form`] gave.
#[cfg(any(feature = "host", test, fuzzing))]
pub(crate) fn read_output_event(payload: &[u8]) -> Option<OutputEvent> {
    read_named(payload)
}

/// An id made of a name that is unique in the application.
#[cfg(feature = "standalone")]
pub(crate) fn unique_id(name: &str) -> egui::Id {
    egui::Id::unique(name)
}
