//! egui 0.36.

use crate::abi::wire::read_named;
use egui::accesskit::Role;
use egui::epaint::text::CharIndex;
use egui::output::OutputEvent;
use egui::{ColorImage, Event, Key, Modifiers, Pos2, WidgetInfo, WidgetType};
use serde::{Deserialize, Serialize};
use std::ops::Range;

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
    read_named(payload).or_else(|| {
        let LogicalKey::Key { key, pressed, repeat, modifiers } = read_named(payload)?;
        Some(Event::Key { key, physical_key: None, pressed, repeat, modifiers })
    })
}

/// [`Event::Key`] without its `physical_key`.
#[derive(Deserialize)]
enum LogicalKey {
    Key { key: Key, pressed: bool, repeat: bool, modifiers: Modifiers },
}

/// An event as it crosses the boundary: newer versions know widgets by their roles.
#[cfg(any(feature = "module", test, fuzzing))]
pub(crate) fn output_event_form(event: &OutputEvent) -> impl Serialize + use<> {
    match event.clone() {
        OutputEvent::Clicked(info) => RoleEvent::Clicked(info.into()),
        OutputEvent::DoubleClicked(info) => RoleEvent::DoubleClicked(info.into()),
        OutputEvent::TripleClicked(info) => RoleEvent::TripleClicked(info.into()),
        OutputEvent::FocusGained(info) => RoleEvent::FocusGained(info.into()),
        OutputEvent::TextSelectionChanged(info) => RoleEvent::TextSelectionChanged(info.into()),
        OutputEvent::ValueChanged(info) => RoleEvent::ValueChanged(info.into()),
    }
}

/// Reads what [`output_event_form`] gave.
#[cfg(any(feature = "host", test, fuzzing))]
pub(crate) fn read_output_event(payload: &[u8]) -> Option<OutputEvent> {
    Some(match read_named(payload)? {
        RoleEvent::Clicked(info) => OutputEvent::Clicked(info.into()),
        RoleEvent::DoubleClicked(info) => OutputEvent::DoubleClicked(info.into()),
        RoleEvent::TripleClicked(info) => OutputEvent::TripleClicked(info.into()),
        RoleEvent::FocusGained(info) => OutputEvent::FocusGained(info.into()),
        RoleEvent::TextSelectionChanged(info) => OutputEvent::TextSelectionChanged(info.into()),
        RoleEvent::ValueChanged(info) => OutputEvent::ValueChanged(info.into()),
    })
}

/// [`OutputEvent`] of egui 0.37.
#[derive(Serialize, Deserialize)]
enum RoleEvent {
    Clicked(RoleInfo),
    DoubleClicked(RoleInfo),
    TripleClicked(RoleInfo),
    FocusGained(RoleInfo),
    TextSelectionChanged(RoleInfo),
    ValueChanged(RoleInfo),
}

/// [`WidgetInfo`] of egui 0.37: `role` in place of `typ`.
#[derive(Serialize, Deserialize)]
struct RoleInfo {
    role: Role,
    enabled: bool,
    label: Option<String>,
    current_text_value: Option<String>,
    prev_text_value: Option<String>,
    selected: Option<bool>,
    value: Option<f64>,
    text_selection: Option<Range<CharIndex>>,
    hint_text: Option<String>,
}

impl From<WidgetInfo> for RoleInfo {
    fn from(info: WidgetInfo) -> Self {
        let WidgetInfo {
            typ,
            enabled,
            label,
            current_text_value,
            prev_text_value,
            selected,
            value,
            text_selection,
            hint_text,
        } = info;
        Self {
            role: role_of(typ),
            enabled,
            label,
            current_text_value,
            prev_text_value,
            selected,
            value,
            text_selection,
            hint_text,
        }
    }
}

impl From<RoleInfo> for WidgetInfo {
    fn from(info: RoleInfo) -> Self {
        let RoleInfo {
            role,
            enabled,
            label,
            current_text_value,
            prev_text_value,
            selected,
            value,
            text_selection,
            hint_text,
        } = info;
        Self {
            typ: type_of(role),
            enabled,
            label,
            current_text_value,
            prev_text_value,
            selected,
            value,
            text_selection,
            hint_text,
        }
    }
}

/// As egui 0.36 itself fills the accessibility tree.
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

/// What tests need of this version.
#[cfg(test)]
pub(crate) mod samples {
    use egui::{
        ColorImage, Event, Modifiers, MouseWheelUnit, OutputCommand, Pos2, TouchPhase, UserData,
        Vec2, ViewportId, WidgetInfo, WidgetType,
    };
    use std::sync::Arc;

    pub(crate) use egui::accesskit::Tree as TreeInfo;

    /// How many variants [`number`] knows.
    pub(crate) const EVENT_VARIANTS: usize = 18;

    /// The number of the variant.
    pub(crate) fn number(event: &Event) -> usize {
        super::super::number_of_event!(event, Event::Screenshot { .. } => 17)
    }

    /// The events that not every version has.
    pub(crate) fn more_events(image: ColorImage, _pos: Pos2) -> Vec<Event> {
        vec![image_event(image)]
    }

    /// An event that carries this image.
    pub(crate) fn image_event(image: ColorImage) -> Event {
        let (viewport_id, user_data) = (ViewportId::ROOT, UserData::default());
        Event::Screenshot { viewport_id, user_data, image: Arc::new(image) }
    }

    /// A turn of the mouse wheel.
    pub(crate) fn mouse_wheel(unit: MouseWheelUnit, delta: Vec2) -> Event {
        Event::MouseWheel { unit, delta, phase: TouchPhase::Move, modifiers: Modifiers::CTRL }
    }

    /// The commands that not every version has.
    pub(crate) fn more_commands() -> Vec<OutputCommand> {
        Vec::new()
    }

    /// A button.
    pub(crate) fn widget_info() -> WidgetInfo {
        WidgetInfo::labeled(WidgetType::Button, true, "Save")
    }
}

/// Items as egui 0.37 writes and reads them.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::wire::{InputItem, ItemWriter, OutputItem, Skipped, decode_input};
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

    /// The tag of an event, as it is written.
    fn event_tag() -> u16 {
        let mut writer = ItemWriter::default();
        InputItem::Event(Event::Copy).encode(&mut writer);
        u16::from_le_bytes([writer.as_bytes()[0], writer.as_bytes()[1]])
    }

    fn read(event: &NewerEvent) -> Result<Event, Skipped> {
        let mut writer = ItemWriter::default();
        assert!(writer.push_named(event_tag(), event));
        match decode_input(writer.as_bytes()) {
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
        assert_eq!(read(&wheel), Ok(samples::mouse_wheel(unit, delta)));
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
