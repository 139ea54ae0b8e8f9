//! What differs between the versions of egui that this crate is built against.
//!
//! Owns: the differences, by the version that made them: `since_…` is for that version and newer ones, `before_…` for
//! older ones, and both have the same names. Consumes: the feature by which the manifest of an older version
//! (`versions/`) says which it is; it implies those of the versions between it and the newest. Never: a version named
//! in a file outside.
//!
//! The bytes of the boundary are those of the newest version, which is the host's: an older form writes and reads that
//! version's items. What it cannot read is skipped and counted like any other item (`ABI-8`).

#[cfg(feature = "egui_0_34")]
mod before_0_35;
#[cfg(feature = "egui_0_35")]
mod before_0_36;
#[cfg(feature = "egui_0_36")]
mod before_0_37;
#[cfg(not(feature = "egui_0_34"))]
mod since_0_35;
#[cfg(not(feature = "egui_0_35"))]
mod since_0_36;
#[cfg(not(feature = "egui_0_36"))]
mod since_0_37;

#[cfg(test)]
pub(crate) mod samples;

#[cfg(feature = "egui_0_34")]
use before_0_35 as at_0_35;
#[cfg(feature = "egui_0_35")]
use before_0_36 as at_0_36;
#[cfg(feature = "egui_0_36")]
use before_0_37 as at_0_37;
#[cfg(not(feature = "egui_0_34"))]
use since_0_35 as at_0_35;
#[cfg(not(feature = "egui_0_35"))]
use since_0_36 as at_0_36;
#[cfg(not(feature = "egui_0_36"))]
use since_0_37 as at_0_37;

pub(crate) use {at_0_35::CustomCursorImage, at_0_37::pasted_at_mut};

#[cfg(any(feature = "host", test, fuzzing))]
pub(crate) use {at_0_36::read_ime, at_0_37::read_output_event};

#[cfg(any(feature = "module", test, fuzzing))]
pub(crate) use {
    at_0_36::{ime_form, read_modifiers},
    at_0_37::{image_in, output_event_form, read_event},
};

#[cfg(any(feature = "module", test))]
pub(crate) use at_0_37::pasted_at;

#[cfg(feature = "module")]
pub(crate) use {
    at_0_35::cursor_image,
    at_0_36::{commands_of_pass, drain_free, drain_set, dropped_file, run_logic},
    at_0_37::{ScreenshotRequest, answer_screenshot},
};

#[cfg(feature = "eframe")]
pub(crate) use at_0_35::{draw_app, removing};

#[cfg(feature = "standalone")]
pub(crate) use {at_0_35::show_panel, at_0_37::unique_id};

/// Adds to `raw` what this egui is told beside the host's events. `held` are the modifiers, if they have changed.
#[cfg(feature = "module")]
pub(crate) fn complete(
    ctx: &egui::Context,
    raw: &mut egui::RawInput,
    held: Option<egui::Modifiers>,
) {
    at_0_36::hold_modifiers(ctx, raw, held);
    at_0_35::announce_ime(raw);
}
