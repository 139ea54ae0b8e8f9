//! Everything that can be written comes back equal, in order.

use super::samples::{
    DELTA, POS, events, input_items, output_items, text_of_input, text_of_output, viewport_commands,
};
use crate::abi::wire::{
    InputItem, ItemWriter, OutputItem, Skipped, decode_input, decode_output, scale_event,
    scale_viewport_command,
};
use crate::egui_version::pasted_at;
use crate::egui_version::samples::{EVENT_VARIANTS, mouse_wheel, number};
use egui::{Event, ViewportCommand};
use std::collections::BTreeSet;

#[test]
fn the_samples_hold_every_variant_of_event() {
    let found: BTreeSet<usize> = events().iter().map(number).collect();
    assert_eq!(found.len(), EVENT_VARIANTS, "missing from the samples; there are {found:?}");
}

#[test]
fn every_input_item_round_trips() {
    let items = input_items();
    let mut writer = ItemWriter::default();
    for item in &items {
        assert!(item.encode(&mut writer), "{} is not written", text_of_input(item));
    }
    let (read, skipped) = decode_input(writer.as_bytes());
    assert_eq!(skipped, Skipped(0));
    let texts = |items: &[InputItem]| items.iter().map(text_of_input).collect::<Vec<_>>();
    assert_eq!(texts(&read), texts(&items));
}

#[test]
fn every_output_item_round_trips() {
    let items = output_items();
    let mut writer = ItemWriter::default();
    for item in &items {
        assert!(item.encode(&mut writer), "{} is not written", text_of_output(item));
    }
    let (read, skipped) = decode_output(writer.as_bytes());
    assert_eq!(skipped, Skipped(0));
    let texts = |items: &[OutputItem]| items.iter().map(text_of_output).collect::<Vec<_>>();
    assert_eq!(texts(&read), texts(&items));
}

#[cfg(unix)]
#[test]
fn a_dropped_file_may_have_any_name_that_the_system_allows() {
    use std::os::unix::ffi::OsStrExt as _;
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9 \xff.txt");
    let mut writer = ItemWriter::default();
    InputItem::DroppedFile(name.into()).encode(&mut writer);
    let (read, skipped) = decode_input(writer.as_bytes());
    assert_eq!(skipped, Skipped(0));
    let [InputItem::DroppedFile(path)] = &read[..] else { panic!("{read:?}") };
    assert_eq!(path.as_os_str(), name);
}

#[cfg(unix)]
#[test]
fn what_serde_cannot_write_is_left_out_and_the_stream_stays_whole() {
    use std::os::unix::ffi::OsStrExt as _;
    let path = std::path::PathBuf::from(std::ffi::OsStr::from_bytes(b"\xff"));
    let mut writer = ItemWriter::default();
    InputItem::Event(Event::Copy).encode(&mut writer);
    let hovered = egui::HoveredFile { path: Some(path), ..egui::HoveredFile::default() };
    assert!(!InputItem::HoveredFile(hovered).encode(&mut writer));
    InputItem::Event(Event::Cut).encode(&mut writer);
    let (read, skipped) = decode_input(writer.as_bytes());
    assert_eq!(skipped, Skipped(0));
    assert!(
        matches!(&read[..], [InputItem::Event(Event::Copy), InputItem::Event(Event::Cut)]),
        "{read:?}"
    );
}

#[test]
fn scaling_there_and_back_changes_nothing() {
    for event in events() {
        let mut scaled = event.clone();
        scale_event(&mut scaled, 2.0);
        scale_event(&mut scaled, 0.5);
        assert_eq!(scaled, event);
    }
    for command in viewport_commands() {
        let mut scaled = command.clone();
        scale_viewport_command(&mut scaled, 2.0);
        scale_viewport_command(&mut scaled, 0.5);
        assert_eq!(scaled, command);
    }
}

#[test]
fn positions_and_lengths_are_scaled_and_nothing_else() {
    for mut event in events() {
        scale_event(&mut event, 2.0);
        match event {
            Event::PointerMoved(pos)
            | Event::PointerButton { pos, .. }
            | Event::Touch { pos, .. } => assert_eq!(pos, (POS.to_vec2() * 2.0).to_pos2()),
            Event::MouseMoved(delta) | Event::MouseWheel { delta, .. } => {
                assert_eq!(delta, DELTA * 2.0);
            }
            other => match pasted_at(&other) {
                Some(pos) => assert_eq!(pos, (POS.to_vec2() * 2.0).to_pos2()),
                None => assert!(events().contains(&other), "{other:?} was changed"),
            },
        }
    }
    let mut lines = mouse_wheel(egui::MouseWheelUnit::Line, DELTA);
    let before = lines.clone();
    scale_event(&mut lines, 2.0);
    assert_eq!(lines, before, "lines have no pixels");
    let mut title = ViewportCommand::Title("t".to_owned());
    scale_viewport_command(&mut title, 2.0);
    assert_eq!(title, ViewportCommand::Title("t".to_owned()));
}
