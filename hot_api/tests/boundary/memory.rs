//! What of egui survives a reload: everything the user would miss.

use crate::driver::{Driver, Input, button, key};
use crate::script::{Script, note, play, seen};
use hot_api::abi::input_flag;
use hot_api::egui::{self, Event, Key, Modifiers, pos2, vec2};

/// Frames after a reload during which the host asks for the focus again.
const REFOCUS_FRAMES: u32 = 3;

/// Frames after which no animation or smooth scrolling goes on any more.
const AT_REST: u32 = 40;

fn workspace() -> Script {
    Script {
        ui: |_, data, ui, _| {
            let place = egui::Rect::from_min_size(pos2(500.0, 20.0), vec2(200.0, 20.0));
            let edit = egui::TextEdit::singleline(&mut data.text).id(egui::Id::unique("edit"));
            note("focused", ui.put(place, edit).has_focus());
            note("text", &data.text);
            let window = egui::Window::new("tools").default_pos([50.0, 50.0]).default_width(200.0);
            let shown = window.show(ui.ctx(), |ui| {
                let header = ui.collapsing("more", |ui| ui.label("the body"));
                note("header", format!("{:?}", header.header_response.rect.center()));
                note("open", header.openness);
                let area = egui::ScrollArea::vertical().max_height(60.0).auto_shrink(false);
                let area = area.show(ui, |ui| {
                    for line in 0..40 {
                        ui.label(format!("line {line}"));
                    }
                });
                note("scrolled", area.state.unclamped_offset().y);
                note("in the area", format!("{:?}", area.inner_rect.center()));
            });
            let rect = shown.expect("it is open").response.rect;
            note("window", format!("{:?}", rect.min));
        },
        ..Script::default()
    }
}

/// A place that the script noted.
fn place(name: &str) -> egui::Pos2 {
    let text = seen(name);
    let (x, y) = text.trim_matches(['[', ']']).split_once(' ').expect("a position");
    let number = |text: &str| text.trim().parse().unwrap_or_else(|_| panic!("{text:?}"));
    pos2(number(x), number(y))
}

#[test]
fn m13_window_positions_scroll_offsets_and_open_headers_survive() {
    play(workspace());
    let mut driver = Driver::new();
    driver.settle(AT_REST);
    assert_eq!(seen("open"), "0");
    driver.click(place("header"));
    let title = place("window") + vec2(60.0, 12.0);
    driver.play([Event::PointerMoved(title), button(title, true)]);
    let moved = title + vec2(130.0, 70.0);
    driver.play([Event::PointerMoved(moved), button(moved, false)]);
    driver.settle(AT_REST);
    let inside = place("in the area");
    let wheel = Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, -120.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    };
    driver.play([Event::PointerMoved(inside), wheel]);
    driver.settle(AT_REST);
    driver.play([Event::PointerGone]);
    let before = driver.settle(AT_REST);

    let names = ["window", "open", "scrolled", "header"];
    let noted = names.map(seen);
    assert_eq!(noted[0], "[180.0 120.0]", "the window was dragged");
    assert_eq!(noted[1], "1", "the header was opened");
    let scrolled: f32 = noted[2].parse().expect("a number");
    assert!((scrolled - 120.0).abs() < 0.1, "the list was scrolled: {scrolled}");
    driver.reload();
    driver.settle(2);
    assert_eq!(names.map(seen), noted);
    let after = driver.settle(AT_REST);
    assert!(after.without_uv() == before.without_uv(), "the same picture");
}

#[test]
fn m13_focus_and_text_cursor_survive() {
    play(workspace());
    let mut driver = Driver::new();
    driver.settle(2);
    driver.click(pos2(550.0, 30.0));
    driver.play([Event::Text("hello".to_owned()), key(Key::ArrowLeft), key(Key::ArrowLeft)]);
    assert_eq!((seen("focused"), seen("text")), ("true".to_owned(), "hello".to_owned()));
    driver.reload();
    for _ in 0..REFOCUS_FRAMES {
        driver.frame(&Input::default().flag(input_flag::REFOCUS));
    }
    driver.settle(1);
    assert_eq!(seen("focused"), "true");
    driver.play([Event::Text("X".to_owned())]);
    assert_eq!(seen("text"), "helXlo", "typing goes on where it stopped");
}

#[test]
fn focus_is_not_asked_for_unless_the_host_says_so() {
    play(workspace());
    let mut driver = Driver::new();
    driver.settle(2);
    driver.click(pos2(550.0, 30.0));
    driver.settle(1);
    assert_eq!(seen("focused"), "true");
    driver.reload();
    driver.settle(2);
    assert_eq!(seen("focused"), "false");
}

#[test]
fn views_keep_their_memories_apart() {
    play(Script {
        ui: |_, _, ui, _| note("main", ui.collapsing("same name", |_| {}).openness),
        side: |_, _, ui, _| note("side", ui.collapsing("same name", |_| {}).openness),
        ..Script::default()
    });
    let mut driver = Driver::new();
    driver.settle(2);
    driver.click(pos2(30.0, 10.0));
    driver.settle(AT_REST);
    driver.reload();
    let input = Input::default();
    for _ in 0..2 {
        driver.frame(&input);
        driver.frame_of(1, &input).expect("the second view");
    }
    assert_eq!((seen("main"), seen("side")), ("1".to_owned(), "0".to_owned()));
}

#[test]
fn the_state_survives_and_its_fate_is_reported() {
    play(Script { ui: |_, data, _, _| data.clicks += 1, ..Script::default() });
    let mut driver = Driver::new();
    assert_eq!(driver.take_restored(), None, "a fresh start restores nothing");
    driver.settle(5);
    driver.reload();
    let report = driver.take_restored().expect("a report");
    assert!(report.contains("\"kept\":2"), "{report}");
    play(Script { ui: |_, data, _, _| note("clicks", data.clicks), ..Script::default() });
    driver.settle(1);
    assert_eq!(seen("clicks"), "5");
}
