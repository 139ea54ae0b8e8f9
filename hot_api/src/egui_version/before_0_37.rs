//! Before egui 0.37.

use super::at_0_35::{Selection, read_newer_event};
use crate::abi::wire::read_named;
use egui::accesskit::Role;
use egui::output::OutputEvent;
use egui::{ColorImage, Event, Key, Modifiers, Pos2, WidgetInfo, WidgetType};
use serde::{Deserialize, Serialize};

/// What a module's egui keeps of a screenshot that it has asked for.
#[cfg(feature = "module")]
pub(crate) type ScreenshotRequest = egui::UserData;

/// Hands a screenshot to whoever asked for it, as an event in `raw`, the input of the frame that follows.
#[cfg(feature = "module")]
pub(crate) fn answer_screenshot(
    request: ScreenshotRequest,
    image: std::sync::Arc<ColorImage>,
    raw: &mut egui::RawInput,
) {
    let viewport_id = egui::ViewportId::ROOT;
    raw.events.push(Event::Screenshot { viewport_id, user_data: request, image });
}

/// The image that an event carries.
#[cfg(any(feature = "module", test, fuzzing))]
pub(crate) fn image_in(event: &Event) -> Option<&ColorImage> {
    match event {
        Event::Screenshot { image, .. } => Some(image),
        _ => None,
    }
}

/// Where an event pastes: this version has no such events.
#[cfg(any(feature = "module", test))]
pub(crate) fn pasted_at(_event: &Event) -> Option<Pos2> {
    None
}

/// As [`pasted_at`].
pub(crate) fn pasted_at_mut(_event: &mut Event) -> Option<&mut Pos2> {
    None
}

/// Reads an event of the host's.
#[cfg(any(feature = "module", test, fuzzing))]
pub(crate) fn read_event(payload: &[u8]) -> Option<Event> {
    // A key that this version has may lie where newer versions alone have a name for the place: Escape on Caps Lock.
    let read_key = || {
        let LogicalKey::Key { key, pressed, repeat, modifiers } = read_named(payload)?;
        Some(Event::Key { key, physical_key: None, pressed, repeat, modifiers })
    };
    read_named(payload).or_else(read_key).or_else(|| read_newer_event(payload))
}

/// [`Event::Key`] without its `physical_key`.
#[derive(Deserialize)]
enum LogicalKey {
    Key { key: Key, pressed: bool, repeat: bool, modifiers: Modifiers },
}

/// An event as it crosses the boundary: newer versions know widgets by their roles.
#[cfg(any(feature = "module", test, fuzzing))]
pub(crate) fn output_event_form(event: &OutputEvent) -> impl Serialize + use<> {
    RoleEvent(event.clone())
}

/// Reads what [`output_event_form`] gave.
#[cfg(any(feature = "host", test, fuzzing))]
pub(crate) fn read_output_event(payload: &[u8]) -> Option<OutputEvent> {
    read_named(payload).map(|RoleEvent(event)| event)
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct RoleEvent(#[serde(with = "EventForm")] OutputEvent);

/// [`OutputEvent`] of egui 0.37.
#[derive(Serialize, Deserialize)]
#[serde(remote = "OutputEvent")]
enum EventForm {
    Clicked(#[serde(with = "InfoForm")] WidgetInfo),
    DoubleClicked(#[serde(with = "InfoForm")] WidgetInfo),
    TripleClicked(#[serde(with = "InfoForm")] WidgetInfo),
    FocusGained(#[serde(with = "InfoForm")] WidgetInfo),
    TextSelectionChanged(#[serde(with = "InfoForm")] WidgetInfo),
    ValueChanged(#[serde(with = "InfoForm")] WidgetInfo),
}

/// [`WidgetInfo`] of egui 0.37: `role` in place of `typ`.
#[derive(Serialize, Deserialize)]
#[serde(remote = "WidgetInfo")]
struct InfoForm {
    #[serde(rename = "role", with = "role")]
    typ: WidgetType,
    enabled: bool,
    label: Option<String>,
    current_text_value: Option<String>,
    prev_text_value: Option<String>,
    selected: Option<bool>,
    value: Option<f64>,
    #[cfg_attr(feature = "egui_0_34", serde(with = "super::at_0_35::selection"))]
    text_selection: Option<Selection>,
    hint_text: Option<String>,
}

/// The role of a widget in place of its type.
mod role {
    use super::{Role, WidgetType, role_of, type_of};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        typ: &WidgetType,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        role_of(*typ).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<WidgetType, D::Error> {
        Role::deserialize(deserializer).map(type_of)
    }
}

/// As these versions fill the accessibility tree.
fn role_of(typ: WidgetType) -> Role {
    match typ {
        WidgetType::Label => Role::Label,
        WidgetType::Link => Role::Link,
        WidgetType::TextEdit => Role::TextInput,
        WidgetType::Button | WidgetType::CollapsingHeader | WidgetType::SelectableLabel => {
            Role::Button
        }
        WidgetType::Image => Role::Image,
        WidgetType::Checkbox => Role::CheckBox,
        WidgetType::RadioButton => Role::RadioButton,
        WidgetType::RadioGroup => Role::RadioGroup,
        WidgetType::ComboBox => Role::ComboBox,
        WidgetType::Slider => Role::Slider,
        WidgetType::DragValue => Role::SpinButton,
        WidgetType::ColorButton => Role::ColorWell,
        WidgetType::Panel => Role::Pane,
        WidgetType::ProgressIndicator => Role::ProgressIndicator,
        WidgetType::Window => Role::Window,
        WidgetType::ResizeHandle => Role::Splitter,
        WidgetType::ScrollBar => Role::ScrollBar,
        WidgetType::Other => Role::Unknown,
    }
}

/// The reverse of [`role_of`]; where several types have one role, the commonest.
fn type_of(role: Role) -> WidgetType {
    match role {
        Role::Label => WidgetType::Label,
        Role::Link => WidgetType::Link,
        Role::TextInput => WidgetType::TextEdit,
        Role::Button => WidgetType::Button,
        Role::Image => WidgetType::Image,
        Role::CheckBox => WidgetType::Checkbox,
        Role::RadioButton => WidgetType::RadioButton,
        Role::RadioGroup => WidgetType::RadioGroup,
        Role::ComboBox => WidgetType::ComboBox,
        Role::Slider => WidgetType::Slider,
        Role::SpinButton => WidgetType::DragValue,
        Role::ColorWell => WidgetType::ColorButton,
        Role::Pane => WidgetType::Panel,
        Role::ProgressIndicator => WidgetType::ProgressIndicator,
        Role::Window => WidgetType::Window,
        Role::Splitter => WidgetType::ResizeHandle,
        Role::ScrollBar => WidgetType::ScrollBar,
        _ => WidgetType::Other,
    }
}

/// An id made of a name that is unique in the application.
#[cfg(feature = "standalone")]
pub(crate) fn unique_id(name: &str) -> egui::Id {
    egui::Id::new(name)
}

/// Items as egui 0.37 writes and reads them.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::wire::{InputItem, ItemWriter, OutputItem, Skipped, decode_input};
    use crate::egui_version::samples::{mouse_wheel, newer_input};
    use egui::{MouseWheelUnit, Vec2, vec2};

    #[derive(Serialize)]
    enum NewerKey {
        CapsLock,
        Escape,
    }

    #[derive(Serialize)]
    enum NewerEvent {
        Key {
            key: NewerKey,
            physical_key: Option<NewerKey>,
            pressed: bool,
            repeat: bool,
            modifiers: Modifiers,
        },
        MiddleClickPaste {
            pos: Pos2,
            text: &'static str,
        },
        MouseWheel {
            unit: MouseWheelUnit,
            delta: Vec2,
            phase: egui::TouchPhase,
            source: &'static str,
            modifiers: Modifiers,
        },
    }

    fn read(event: &NewerEvent) -> Result<Event, Skipped> {
        match decode_input(&newer_input(event)) {
            (items, Skipped(0)) => match &items[..] {
                [InputItem::Event(event)] => Ok(event.clone()),
                _ => panic!("{items:?}"),
            },
            (_, skipped) => Err(skipped),
        }
    }

    fn key(key: NewerKey, physical_key: Option<NewerKey>) -> NewerEvent {
        let modifiers = Modifiers::SHIFT;
        NewerEvent::Key { key, physical_key, pressed: true, repeat: false, modifiers }
    }

    #[test]
    fn a_key_in_a_place_without_a_name_is_still_that_key() {
        let escape = |physical_key| Event::Key {
            key: Key::Escape,
            physical_key,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::SHIFT,
        };
        let there = Some(NewerKey::Escape);
        assert_eq!(read(&key(NewerKey::Escape, there)), Ok(escape(Some(Key::Escape))));
        let elsewhere = Some(NewerKey::CapsLock);
        assert_eq!(read(&key(NewerKey::Escape, elsewhere)), Ok(escape(None)));
    }

    #[test]
    fn events_with_more_fields_are_read_and_unknown_ones_are_skipped() {
        let modifiers = Modifiers::CTRL;
        let (unit, delta, phase) = (MouseWheelUnit::Line, vec2(1.0, 2.0), egui::TouchPhase::Move);
        let wheel = NewerEvent::MouseWheel { unit, delta, phase, source: "Wheel", modifiers };
        assert_eq!(read(&wheel), Ok(mouse_wheel(unit, delta)));
        let paste = NewerEvent::MiddleClickPaste { pos: Pos2::ZERO, text: "primary" };
        for event in [paste, key(NewerKey::CapsLock, None)] {
            assert_eq!(read(&event), Err(Skipped(1)));
        }
    }

    #[test]
    fn widgets_are_told_by_their_roles() {
        let mut writer = ItemWriter::default();
        let info = WidgetInfo::labeled(WidgetType::Checkbox, true, "Save");
        assert!(OutputItem::Event(OutputEvent::Clicked(info)).encode(&mut writer));
        let bytes = writer.as_bytes();
        let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(holds("role") && holds("checkBox") && !holds("typ"));
    }
}
