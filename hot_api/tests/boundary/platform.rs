//! What a module asks of the platform, and what it is told by it.

use crate::driver::{Driver, Input};
use crate::script::{Script, note, play, seen};
use crate::shown::Shown;
use hot_api::abi::wire::{InputItem, OutputItem};
use hot_api::abi::{input_flag, view_flag};
use hot_api::egui::{
    self, CursorIcon, Event, Modifiers, OpenUrl, OutputCommand, ViewportCommand, pos2, vec2,
};
use std::time::Duration;

/// The commands among what was asked for.
fn commands(shown: &Shown) -> Vec<&OutputCommand> {
    let commands = shown.platform.iter().filter_map(|item| match item {
        OutputItem::Command(command) => Some(command),
        _ => None,
    });
    commands.collect()
}

fn viewport_commands(shown: &Shown) -> Vec<&ViewportCommand> {
    let commands = shown.platform.iter().filter_map(|item| match item {
        // egui's own doing, in the first frame.
        OutputItem::Viewport(ViewportCommand::SetTheme(_)) => None,
        OutputItem::Viewport(command) => Some(command),
        _ => None,
    });
    commands.collect()
}

#[test]
fn copied_text_opened_links_and_the_cursor_come_through() {
    play(Script {
        ui: |_, data, ui, _| {
            data.clicks += 1;
            if data.clicks == 2 {
                ui.ctx().copy_text("copied".to_owned());
                ui.ctx().open_url(OpenUrl::new_tab("https://egui.rs"));
                ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
            }
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    assert!(commands(&driver.settle(1)).is_empty());
    let asked = driver.settle(1);
    let expected = [
        OutputCommand::CopyText("copied".to_owned()),
        OutputCommand::OpenUrl(OpenUrl::new_tab("https://egui.rs")),
    ];
    assert_eq!(commands(&asked), expected.iter().collect::<Vec<_>>());
    let grabs = |item: &OutputItem| matches!(item, OutputItem::Cursor(CursorIcon::Grabbing));
    assert!(asked.platform.iter().any(grabs));
    let next = driver.settle(1);
    assert!(commands(&next).is_empty(), "asked for once");
    assert!(!next.platform.iter().any(grabs));
}

#[test]
fn what_logic_asks_for_comes_at_once_and_draws_nothing() {
    play(Script {
        logic: |_, ctx, frame| {
            assert_eq!(frame.generation(), 7);
            ctx.send_viewport_cmd(ViewportCommand::Title("from logic".to_owned()));
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    driver.settle(1);
    let shown = driver.logic(&Input::default()).expect("logic runs");
    assert_eq!(viewport_commands(&shown), [&ViewportCommand::Title("from logic".to_owned())]);
    assert!(shown.meshes.is_empty() && shown.textures.is_empty());
}

#[test]
fn window_commands_count_in_pixels() {
    play(Script {
        ui: |_, _, ui, _| {
            ui.ctx().send_viewport_cmd(ViewportCommand::Title("title".to_owned()));
            ui.ctx().send_viewport_cmd(ViewportCommand::InnerSize(vec2(300.0, 200.0)));
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    let mut input = Input::default();
    input.raw.native_pixels_per_point = 2.0;
    let shown = driver.frame(&input);
    let expected = [
        ViewportCommand::Title("title".to_owned()),
        ViewportCommand::InnerSize(vec2(600.0, 400.0)),
    ];
    assert_eq!(viewport_commands(&shown), expected.iter().collect::<Vec<_>>());
}

#[test]
fn the_place_of_edited_text_counts_in_pixels() {
    play(Script {
        ui: |_, data, ui, _| {
            let place = egui::Rect::from_min_size(pos2(100.0, 50.0), vec2(200.0, 20.0));
            ui.put(place, egui::TextEdit::singleline(&mut data.text)).request_focus();
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    let mut input = Input::default();
    input.raw.native_pixels_per_point = 2.0;
    driver.frame(&input);
    let shown = driver.frame(&input);
    let ime = shown.platform.iter().find_map(|item| match item {
        OutputItem::Ime(ime) => Some(ime),
        _ => None,
    });
    let rect = ime.expect("text is being edited").rect;
    let place = egui::Rect::from_min_max(pos2(200.0, 100.0), pos2(600.0, 140.0));
    assert!(place.contains_rect(rect), "{rect:?}");
    assert_ne!(shown.view.flags & view_flag::WANTS_KEYBOARD, 0);
}

#[test]
fn the_accessibility_tree_comes_only_when_asked_for() {
    play(Script { ui: |_, _, ui, _| drop(ui.button("Save")), ..Script::default() });
    let mut driver = Driver::new();
    let tree = |shown: &Shown| {
        shown.platform.iter().find_map(|item| match item {
            OutputItem::AccessKit(tree) => Some(tree.nodes.clone()),
            _ => None,
        })
    };
    assert!(tree(&driver.settle(2)).is_none());
    let asking = Input::default().flag(input_flag::ACCESSKIT);
    let nodes = tree(&driver.frame(&asking)).expect("a tree");
    assert!(nodes.iter().any(|(_, node)| node.label() == Some("Save")), "{nodes:?}");
    driver.settle(1);
    assert!(tree(&driver.settle(1)).is_none(), "nobody asks any more");
}

#[test]
fn a_repaint_wanted_by_another_thread_reaches_the_host() {
    play(Script { ui: |_, _, ui, _| drop(ui.label("x")), ..Script::default() });
    let mut driver = Driver::new();
    driver.settle(5);
    while driver.repaints.try_recv().is_ok() {}
    play(Script {
        ui: |_, _, ui, _| {
            let ctx = ui.ctx().clone();
            let waker = std::thread::spawn(move || ctx.request_repaint());
            waker.join().expect("the thread ends");
        },
        ..Script::default()
    });
    driver.frame(&Input::default());
    let wanted = driver.repaints.recv_timeout(Duration::from_secs(10));
    assert_eq!(wanted, Ok(Duration::ZERO));
}

#[test]
fn s15_a_lease_ends_where_it_is_dropped_also_on_another_thread_and_in_a_panic() {
    play(Script {
        ui: |_, _, ui, frame| {
            let kept = frame.host().busy("wörk");
            let moved = frame.host().busy("on a thread");
            let worker = std::thread::spawn(move || drop(moved));
            worker.join().expect("the thread ends");
            frame.host().safe_point();
            ui.label("at work");
            // For longer than this frame.
            let _ = std::mem::ManuallyDrop::new(kept);
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    driver.frame(&Input::default());
    let lease = |name: &str, is_held| (name.to_owned(), is_held);
    let expected = [lease("wörk", true), lease("on a thread", false), lease("safe point", false)];
    assert_eq!(driver.leases()[..3], expected);
    let taken = driver.leases().len();
    play(Script {
        logic: |_, _, frame| {
            let _busy = frame.host().busy("panics");
            panic!("expected by the test");
        },
        ..Script::default()
    });
    assert!(driver.logic(&Input::default()).is_err());
    assert_eq!(driver.leases()[taken..], [lease("panics", false)]);
    driver.take_fault();
}

#[test]
fn the_delay_until_the_next_frame_comes_with_the_view() {
    play(Script {
        ui: |_, _, ui, _| ui.ctx().request_repaint_after(Duration::from_secs(5)),
        ..Script::default()
    });
    let mut driver = Driver::new();
    let delay = Duration::from_nanos(driver.settle(5).view.repaint_after_ns);
    // egui takes off what a frame is expected to last.
    assert!(delay > Duration::from_secs(4) && delay <= Duration::from_secs(5), "{delay:?}");
    play(Script::default());
    assert_eq!(driver.settle(5).view.repaint_after_ns, u64::MAX, "nothing is wanted");
}

#[test]
fn a_screenshot_goes_out_as_a_number_and_comes_back_as_a_picture() {
    play(Script {
        ui: |_, data, ui, _| {
            data.clicks += 1;
            if data.clicks == 1 {
                let callback = egui::ScreenshotCallback::new(|image| {
                    note("screenshot", format!("{:?}", image.size));
                });
                ui.ctx().send_viewport_cmd(ViewportCommand::Screenshot(callback));
            }
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    let shown = driver.settle(1);
    let request = shown.platform.iter().find_map(|item| match item {
        OutputItem::Screenshot { request } => Some(*request),
        _ => None,
    });
    let request = request.expect("a screenshot was asked for");
    assert!(viewport_commands(&shown).is_empty());
    let image = egui::ColorImage::filled([5, 3], egui::Color32::WHITE);
    let mut input = Input::default();
    input.items.push(InputItem::Screenshot { request: request + 1, image: image.clone() });
    input.items.push(InputItem::Screenshot { request, image });
    driver.frame(&input);
    assert_eq!(seen("screenshot"), "[5, 3]");
}

#[test]
fn files_and_the_window_are_told_to_the_module() {
    play(Script {
        ui: |_, _, ui, _| {
            ui.input(|input| {
                let dropped = input.raw.dropped_files.first();
                let dropped = dropped.map(|file| file.path().display().to_string());
                note("dropped", format!("{dropped:?}"));
                note("hovered", input.raw.hovered_files.len());
                note("title", format!("{:?}", input.viewport().title));
                note("focused", input.focused);
                note("dark", format!("{:?}", input.raw.system_theme));
            });
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    let window =
        egui::ViewportInfo { title: Some("window".to_owned()), ..egui::ViewportInfo::default() };
    let mut input = Input::default().flag(input_flag::DARK);
    input.items = vec![
        InputItem::DroppedFile("some/file.txt".into()),
        InputItem::HoveredFile(egui::HoveredFile::default()),
        InputItem::Viewport(Box::new(window)),
    ];
    driver.frame(&input);
    assert_eq!(seen("dropped"), "Some(\"some/file.txt\")");
    assert_eq!(seen("hovered"), "1");
    assert_eq!(seen("title"), "Some(\"window\")");
    assert_eq!(seen("focused"), "true");
    assert_eq!(seen("dark"), "Some(Dark)");
    let mut unfocused = Input::default();
    unfocused.raw.flags = 0;
    driver.frame(&unfocused);
    assert_eq!((seen("dropped"), seen("focused")), ("None".to_owned(), "false".to_owned()));
}

#[test]
fn keys_and_text_reach_what_has_the_focus() {
    play(Script {
        ui: |_, data, ui, _| {
            ui.text_edit_singleline(&mut data.text).request_focus();
            note("text", &data.text);
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    driver.settle(2);
    let modifiers = Modifiers::NONE;
    let key = egui::Key::Backspace;
    let backspace = Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers };
    driver.play([Event::Text("ab".to_owned()), backspace, Event::Paste("cd".to_owned())]);
    assert_eq!(seen("text"), "acd");
}
