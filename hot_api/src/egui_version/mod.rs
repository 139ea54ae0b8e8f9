//! What differs between the versions of egui that this crate is built against.
//!
//! Owns: the differences, in one file for each version; all have the same names. Consumes: the feature by which the
//! manifest of an older version (`versions/`) says which it is. Never: a version named in another file.
//!
//! The bytes of the boundary are those of the newest version, which is the host's: an older form writes and reads that
//! version's items. What it cannot read is skipped and counted like any other item (`ABI-8`).

#[cfg(feature = "egui_0_36")]
mod v0_36;
#[cfg(not(feature = "egui_0_36"))]
mod v0_37;

#[cfg(feature = "egui_0_36")]
use v0_36 as form;
#[cfg(not(feature = "egui_0_36"))]
use v0_37 as form;

pub(crate) use form::pasted_at_mut;

#[cfg(any(feature = "host", test, fuzzing))]
pub(crate) use form::read_output_event;

#[cfg(any(feature = "module", test, fuzzing))]
pub(crate) use form::{image_in, output_event_form, read_event};

#[cfg(any(feature = "module", test))]
pub(crate) use form::pasted_at;

#[cfg(feature = "module")]
pub(crate) use form::{ScreenshotRequest, answer_screenshot};

#[cfg(feature = "standalone")]
pub(crate) use form::unique_id;

#[cfg(test)]
pub(crate) use form::samples;

/// Numbers the variants of [`egui::Event`], without a wildcard: an egui with a new one does not compile here. A version
/// adds those that not every version has.
#[cfg(test)]
macro_rules! number_of_event {
    ($event:expr, $($own:pat => $number:expr),+ $(,)?) => {
        match $event {
            Event::Copy => 0,
            Event::Cut => 1,
            Event::Paste(_) => 2,
            Event::Text(_) => 3,
            Event::Key { .. } => 4,
            Event::ModifiersChanged(_) => 5,
            Event::PointerMoved(_) => 6,
            Event::MouseMoved(_) => 7,
            Event::PointerButton { .. } => 8,
            Event::PointerGone => 9,
            Event::Zoom(_) => 10,
            Event::Rotate(_) => 11,
            Event::Ime(_) => 12,
            Event::Touch { .. } => 13,
            Event::MouseWheel { .. } => 14,
            Event::WindowFocused(_) => 15,
            Event::AccessKitActionRequest(_) => 16,
            $($own => $number),+
        }
    };
}
#[cfg(test)]
use number_of_event;
