//! One of everything that crosses the boundary as an item.

use crate::abi::wire::{InputItem, OutputItem};
use crate::egui_version::samples::{
    TreeInfo, ime_output, more_commands, more_events, more_viewport_commands, mouse_wheel,
    widget_info,
};
use crate::egui_version::{CustomCursorImage, image_in};
use egui::output::OutputEvent;
use egui::{
    Color32, ColorImage, CursorIcon, Event, ImeEvent, Key, Modifiers, MouseWheelUnit, OpenUrl,
    OutputCommand, PointerButton, Pos2, Rect, TouchDeviceId, TouchId, TouchPhase,
    UserAttentionType, Vec2, ViewportCommand, accesskit, pos2, vec2,
};
use std::sync::Arc;

pub(super) const POS: Pos2 = pos2(12.5, -3.25);
pub(super) const DELTA: Vec2 = vec2(0.0, -48.0);

pub(super) fn image() -> ColorImage {
    let pixels = (0..6).map(|shade| Color32::from_rgba_premultiplied(shade, 2, 3, 4)).collect();
    ColorImage::new([3, 2], pixels)
}

fn action_request() -> accesskit::ActionRequest {
    accesskit::ActionRequest {
        action: accesskit::Action::SetValue,
        target_tree: accesskit::TreeId::ROOT,
        target_node: accesskit::NodeId(u64::MAX),
        data: Some(accesskit::ActionData::Value("new".into())),
    }
}

/// Every variant of [`Event`]; `number` makes forgetting one a compile or a test error.
pub(super) fn events() -> Vec<Event> {
    let modifiers = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };
    let key = |key: Key| Event::Key {
        key,
        physical_key: Some(Key::Q),
        pressed: true,
        repeat: false,
        modifiers,
    };
    let mut events: Vec<Event> = Key::ALL.iter().copied().map(key).collect();
    events.extend([
        Event::Copy,
        Event::Cut,
        Event::Paste("two\nlines".to_owned()),
        Event::Text("ü 漢 🦀".to_owned()),
        Event::PointerMoved(POS),
        Event::MouseMoved(DELTA),
        Event::PointerButton { pos: POS, button: PointerButton::Extra2, pressed: false, modifiers },
        Event::PointerGone,
        Event::Zoom(1.25),
        Event::Rotate(-0.5),
        Event::Ime(ImeEvent::Commit("か".to_owned())),
        Event::Touch {
            device_id: TouchDeviceId(7),
            id: TouchId(u64::MAX),
            phase: TouchPhase::Cancel,
            pos: POS,
            force: Some(0.5),
        },
        mouse_wheel(MouseWheelUnit::Point, DELTA),
        Event::WindowFocused(false),
        Event::AccessKitActionRequest(action_request()),
    ]);
    events.extend(more_events(image(), POS));
    events
}

/// Every kind of [`InputItem`].
pub(crate) fn input_items() -> Vec<InputItem> {
    let window = egui::ViewportInfo {
        title: Some("a window".to_owned()),
        native_pixels_per_point: Some(2.0),
        inner_rect: Some(Rect::from_min_size(POS, vec2(800.0, 600.0))),
        focused: Some(true),
        ..egui::ViewportInfo::default()
    };
    let hovered = egui::HoveredFile { path: Some("a/b.png".into()), mime: "image/png".to_owned() };
    let insets = egui::SafeAreaInsets(egui::epaint::MarginF32::same(3.5));
    let mut items: Vec<InputItem> = events().into_iter().map(InputItem::Event).collect();
    items.extend([
        InputItem::Viewport(Box::new(window)),
        InputItem::HoveredFile(hovered),
        InputItem::DroppedFile("dropped file.txt".into()),
        InputItem::SafeArea(insets),
        InputItem::Screenshot { request: 3, image: image() },
    ]);
    items
}

fn tree() -> accesskit::TreeUpdate {
    let root = accesskit::NodeId(1);
    let mut window = accesskit::Node::new(accesskit::Role::Window);
    window.set_children(vec![accesskit::NodeId(2)]);
    let mut button = accesskit::Node::new(accesskit::Role::Button);
    button.set_label("Save");
    button.set_bounds(accesskit::Rect { x0: 0.0, y0: 1.0, x1: 2.5, y1: 3.0 });
    button.add_action(accesskit::Action::Click);
    accesskit::TreeUpdate {
        nodes: vec![(root, window), (accesskit::NodeId(2), button)],
        tree: Some(TreeInfo::new(root)),
        tree_id: accesskit::TreeId::ROOT,
        focus: root,
    }
}

/// Commands for the window, each form of payload among them.
pub(super) fn viewport_commands() -> Vec<ViewportCommand> {
    let icon = egui::IconData { rgba: vec![1, 2, 3, 4], width: 1, height: 1 };
    let mut commands = vec![
        ViewportCommand::Close,
        ViewportCommand::Title("ünïcode".to_owned()),
        ViewportCommand::OuterPosition(POS),
        ViewportCommand::InnerSize(vec2(800.0, 600.0)),
        ViewportCommand::ResizeIncrements(Some(vec2(8.0, 16.0))),
        ViewportCommand::BeginResize(egui::ResizeDirection::NorthWest),
        ViewportCommand::EnableButtons { close: true, minimized: false, maximize: true },
        ViewportCommand::Fullscreen(true),
        ViewportCommand::WindowLevel(egui::WindowLevel::AlwaysOnTop),
        ViewportCommand::Icon(Some(Arc::new(icon))),
        ViewportCommand::IMERect(Rect::from_min_size(POS, DELTA)),
        ViewportCommand::IMEPurpose(egui::IMEPurpose::Password),
        ViewportCommand::RequestUserAttention(UserAttentionType::Critical),
        ViewportCommand::SetTheme(egui::SystemTheme::Dark),
        ViewportCommand::CursorGrab(egui::CursorGrab::Locked),
        ViewportCommand::RequestPaste,
    ];
    commands.extend(more_viewport_commands());
    commands
}

/// Every kind of [`OutputItem`].
pub(crate) fn output_items() -> Vec<OutputItem> {
    let info = widget_info;
    let ime = ime_output(
        Rect::from_min_size(POS, vec2(100.0, 20.0)),
        Rect::from_min_size(POS, vec2(1.0, 20.0)),
    );
    let cursor =
        CustomCursorImage { rgba: vec![9; 2 * 3 * 4].into(), size: [2, 3], hotspot: [1, 2] };
    let mut items: Vec<OutputItem> = CursorIcon::ALL.into_iter().map(OutputItem::Cursor).collect();
    items.extend(viewport_commands().into_iter().map(OutputItem::Viewport));
    items.extend([
        OutputItem::Command(OutputCommand::CopyText("copied".to_owned())),
        OutputItem::Command(OutputCommand::CopyImage(image())),
        OutputItem::Command(OutputCommand::OpenUrl(OpenUrl::new_tab("https://egui.rs"))),
        OutputItem::CursorImage(cursor),
        OutputItem::Event(OutputEvent::Clicked(info())),
        OutputItem::Event(OutputEvent::DoubleClicked(info())),
        OutputItem::Event(OutputEvent::TripleClicked(info())),
        OutputItem::Event(OutputEvent::FocusGained(info())),
        OutputItem::Event(OutputEvent::TextSelectionChanged(info())),
        OutputItem::Event(OutputEvent::ValueChanged(info())),
        OutputItem::Ime(ime),
        OutputItem::AccessKit(Box::new(tree())),
        OutputItem::Screenshot { request: u64::MAX },
    ]);
    items.extend(more_commands().into_iter().map(OutputItem::Command));
    items
}

/// What an item says, for comparing: the variant and, through egui's own `Debug` or `PartialEq`
/// where that is coarser than the value, its content.
pub(super) fn text_of_input(item: &InputItem) -> String {
    match item {
        InputItem::Event(event) if let Some(image) = image_in(event) => {
            format!("image {:?}", image.pixels)
        }
        InputItem::Screenshot { request, image } => {
            format!("Screenshot {request} {:?} {:?}", image.size, image.pixels)
        }
        other => format!("{other:?}"),
    }
}

/// As [`text_of_input`].
pub(super) fn text_of_output(item: &OutputItem) -> String {
    match item {
        OutputItem::Command(OutputCommand::CopyImage(image)) => {
            format!("CopyImage {:?} {:?}", image.size, image.pixels)
        }
        OutputItem::Command(command) => format!("{command:?}"),
        OutputItem::Cursor(icon) => format!("{icon:?}"),
        OutputItem::CursorImage(image) => format!("{image:?} {:?}", image.rgba),
        OutputItem::Event(event) => format!("{event:?}"),
        OutputItem::Ime(ime) => format!("{ime:?}"),
        OutputItem::AccessKit(update) => format!("{update:?}"),
        OutputItem::Viewport(command) => format!("{command:?}"),
        OutputItem::Screenshot { request } => format!("Screenshot {request}"),
    }
}
