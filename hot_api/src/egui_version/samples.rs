//! What tests need of a version.

use egui::output::IMEOutput;
use egui::{
    ColorImage, Event, ImeEvent, Modifiers, MouseWheelUnit, OutputCommand, Pos2, Rect, TouchPhase,
    Vec2, ViewportCommand, WidgetInfo,
};
use std::sync::Arc;

#[cfg(feature = "egui_0_36")]
pub(crate) use egui::accesskit::Tree as TreeInfo;
#[cfg(not(feature = "egui_0_36"))]
pub(crate) use egui::accesskit::TreeInfo;

/// How many variants [`number`] knows.
pub(crate) const EVENT_VARIANTS: usize =
    16 + 3 - cfg!(feature = "egui_0_36") as usize - cfg!(feature = "egui_0_35") as usize;

/// The number of the variant, without a wildcard: an egui with a new one does not compile here.
pub(crate) fn number(event: &Event) -> usize {
    match event {
        Event::Copy => 0,
        Event::Cut => 1,
        Event::Paste(_) => 2,
        Event::Text(_) => 3,
        Event::Key { .. } => 4,
        Event::PointerMoved(_) => 5,
        Event::MouseMoved(_) => 6,
        Event::PointerButton { .. } => 7,
        Event::PointerGone => 8,
        Event::Zoom(_) => 9,
        Event::Rotate(_) => 10,
        Event::Ime(_) => 11,
        Event::Touch { .. } => 12,
        Event::MouseWheel { .. } => 13,
        Event::WindowFocused(_) => 14,
        Event::AccessKitActionRequest(_) => 15,
        #[cfg(feature = "egui_0_36")]
        Event::Screenshot { .. } => 16,
        #[cfg(not(feature = "egui_0_36"))]
        Event::PasteImage(_) => 16,
        #[cfg(not(feature = "egui_0_36"))]
        Event::MiddleClickPaste { .. } => 17,
        #[cfg(not(feature = "egui_0_35"))]
        Event::ModifiersChanged(_) => 18,
    }
}

/// The events that not every version has.
pub(crate) fn more_events(image: ColorImage, pos: Pos2) -> Vec<Event> {
    let mut events = vec![image_event(image)];
    #[cfg(not(feature = "egui_0_34"))]
    events.push(Event::Ime(ImeEvent::Preedit {
        text: "ka".to_owned(),
        active_range_chars: Some(0..2),
    }));
    #[cfg(feature = "egui_0_34")]
    events.push(Event::Ime(ImeEvent::Preedit("ka".to_owned())));
    #[cfg(not(feature = "egui_0_35"))]
    events.extend([
        Event::Ime(ImeEvent::DeleteSurrounding { before_chars: 1, after_chars: 0 }),
        Event::ModifiersChanged(Modifiers::CTRL),
    ]);
    let _only_where_it_is_pasted = pos;
    #[cfg(not(feature = "egui_0_36"))]
    events.push(Event::MiddleClickPaste { pos, text: "primary".to_owned() });
    events
}

/// An event that carries this image.
pub(crate) fn image_event(image: ColorImage) -> Event {
    let image = Arc::new(image);
    #[cfg(feature = "egui_0_36")]
    let event = Event::Screenshot {
        viewport_id: egui::ViewportId::ROOT,
        user_data: egui::UserData::default(),
        image,
    };
    #[cfg(not(feature = "egui_0_36"))]
    let event = Event::PasteImage(image);
    event
}

/// A turn of the mouse wheel.
pub(crate) fn mouse_wheel(unit: MouseWheelUnit, delta: Vec2) -> Event {
    Event::MouseWheel {
        unit,
        delta,
        phase: TouchPhase::Move,
        #[cfg(not(feature = "egui_0_36"))]
        source: egui::MouseWheelSource::Momentum,
        modifiers: Modifiers::CTRL,
    }
}

/// The commands that not every version has.
pub(crate) fn more_commands() -> Vec<OutputCommand> {
    vec![
        #[cfg(not(feature = "egui_0_36"))]
        OutputCommand::TextSelectionSettled("selected".to_owned()),
    ]
}

/// The commands for a window that not every version has.
pub(crate) fn more_viewport_commands() -> Vec<ViewportCommand> {
    vec![
        #[cfg(not(feature = "egui_0_34"))]
        ViewportCommand::SetMonitor(1),
    ]
}

/// A place where text is edited.
pub(crate) fn ime_output(rect: Rect, cursor_rect: Rect) -> IMEOutput {
    IMEOutput {
        #[cfg(not(feature = "egui_0_35"))]
        purpose: egui::IMEPurpose::Terminal,
        rect,
        cursor_rect,
        #[cfg(not(feature = "egui_0_34"))]
        should_interrupt_composition: true,
    }
}

/// A button.
pub(crate) fn widget_info() -> WidgetInfo {
    #[cfg(feature = "egui_0_36")]
    let button = egui::WidgetType::Button;
    #[cfg(not(feature = "egui_0_36"))]
    let button = egui::Role::Button;
    WidgetInfo::labeled(button, true, "Save")
}

/// The stream of one event, in the form that a newer version has for it.
#[cfg(feature = "egui_0_36")]
pub(crate) fn newer_input(event: &impl serde::Serialize) -> Vec<u8> {
    use crate::abi::wire::{InputItem, ItemWriter};
    let mut writer = ItemWriter::default();
    InputItem::Event(Event::Copy).encode(&mut writer);
    let event_tag = u16::from_le_bytes([writer.as_bytes()[0], writer.as_bytes()[1]]);
    writer.clear();
    assert!(writer.push_named(event_tag, event));
    writer.into_bytes()
}
