//! Before egui 0.35.

use crate::abi::wire::read_named;
use egui::{Event, ImeEvent};
use serde::Deserialize;

/// The picture of a mouse cursor, which this egui does not have.
#[derive(Clone, Debug)]
pub struct CustomCursorImage {
    /// Straight RGBA.
    pub rgba: std::sync::Arc<[u8]>,
    /// Width and height.
    pub size: [u16; 2],
    /// Where it points.
    pub hotspot: [u16; 2],
}

/// The part of a text that is selected: from where it was begun to where it ends, which may be before that.
pub(crate) type Selection = std::ops::RangeInclusive<usize>;

/// [`Selection`] as newer versions have it: in order, and without its end.
pub(crate) mod selection {
    use super::Selection;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::ops::Range;

    #[expect(clippy::ref_option, reason = "serde calls it with the field")]
    pub(crate) fn serialize<S: Serializer>(
        selection: &Option<Selection>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        // Both are places between characters: despite its type the end was never included.
        let in_order = |selection: &Selection| {
            let (start, end) = (*selection.start(), *selection.end());
            start.min(end)..start.max(end)
        };
        selection.as_ref().map(in_order).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Selection>, D::Error> {
        let range = Option::<Range<usize>>::deserialize(deserializer)?;
        Ok(range.map(|Range { start, end }| start..=end))
    }
}

/// The picture of the mouse cursor: there is none.
#[cfg(feature = "module")]
pub(crate) fn cursor_image(_platform: &mut egui::PlatformOutput) -> Option<CustomCursorImage> {
    None
}

/// Reads an event of the host's that has another form than here.
pub(crate) fn read_newer_event(payload: &[u8]) -> Option<Event> {
    let NewerEvent::Ime(NewerImeEvent::Preedit { text }) = read_named(payload)?;
    Some(Event::Ime(ImeEvent::Preedit(text)))
}

#[derive(Deserialize)]
enum NewerEvent {
    Ime(NewerImeEvent),
}

#[derive(Deserialize)]
enum NewerImeEvent {
    Preedit { text: String },
}

/// Draws an application as eframe does.
#[cfg(feature = "eframe")]
#[expect(deprecated, reason = "applications may still have it, with all that they draw")]
pub(crate) fn draw_app(app: &mut dyn eframe::App, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
    app.update(ui.ctx(), frame);
    app.ui(ui, frame);
}

/// The method of `eframe::Storage` that removes a text: it has none.
#[cfg(feature = "eframe")]
macro_rules! removing {
    ($($method:tt)*) => {};
}
#[cfg(feature = "eframe")]
pub(crate) use removing;

/// Shows a panel in `ui`.
#[cfg(feature = "standalone")]
pub(crate) fn show_panel(panel: egui::Panel, ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui)) {
    panel.show_inside(ui, add);
}

/// Announces composed text: newer versions need no [`ImeEvent::Enabled`], and their hosts send none.
#[cfg(feature = "module")]
pub(crate) fn announce_ime(raw: &mut egui::RawInput) {
    let with_announcement = |event: Event| {
        let enabled = matches!(event, Event::Ime(ImeEvent::Preedit(_) | ImeEvent::Commit(_)));
        enabled.then_some(Event::Ime(ImeEvent::Enabled)).into_iter().chain([event])
    };
    raw.events = std::mem::take(&mut raw.events).into_iter().flat_map(with_announcement).collect();
}

/// Items as egui 0.37 writes and reads them.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::wire::{InputItem, ItemWriter, OutputItem, Skipped};
    use crate::abi::wire::{decode_input, decode_output};
    use crate::egui_version::samples::newer_input;
    use egui::WidgetInfo;
    use egui::output::OutputEvent;
    use serde::Serialize;

    #[derive(Serialize)]
    enum Newer {
        Ime(NewerIme),
    }

    #[derive(Serialize)]
    enum NewerIme {
        Preedit { text: &'static str, active_range_chars: Option<std::ops::Range<usize>> },
    }

    #[test]
    fn a_selection_is_told_in_order() {
        let info = WidgetInfo::text_selection_changed(true, Selection::new(3, 1), "text");
        let mut writer = ItemWriter::default();
        assert!(OutputItem::Event(OutputEvent::TextSelectionChanged(info)).encode(&mut writer));
        let (items, _) = decode_output(writer.as_bytes());
        let [OutputItem::Event(OutputEvent::TextSelectionChanged(info))] = &items[..] else {
            panic!("{} items", items.len())
        };
        assert_eq!(info.text_selection, Some(1..=3));
    }

    #[cfg(feature = "module")]
    #[test]
    fn composed_text_is_read_and_announced() {
        let composed = NewerIme::Preedit { text: "ka", active_range_chars: Some(0..2) };
        let (items, skipped) = decode_input(&newer_input(&Newer::Ime(composed)));
        let [InputItem::Event(event)] = &items[..] else { panic!("{items:?}") };
        let preedit = Event::Ime(ImeEvent::Preedit("ka".to_owned()));
        assert_eq!((event, skipped), (&preedit, Skipped(0)));
        let mut raw = egui::RawInput { events: vec![Event::Copy, preedit], ..Default::default() };
        announce_ime(&mut raw);
        let [Event::Copy, Event::Ime(ImeEvent::Enabled), Event::Ime(ImeEvent::Preedit(_))] =
            &raw.events[..]
        else {
            panic!("{:?}", raw.events)
        };
    }
}
