//! What must hold for any item stream, in both directions.

use crate::abi::wire::{InputItem, ItemWriter, OutputItem, Skipped, decode_input, decode_output};
use crate::egui_version::image_in;
use egui::{ColorImage, OutputCommand};

/// Input items: skipped and counted, or items that their reader can rely on.
///
/// # Panics
/// When neither holds.
pub fn input_items(bytes: &[u8]) {
    let (items, skipped) = decode_input(bytes);
    assert!(items.len() + skipped.0 as usize <= bytes.len(), "more items than bytes");
    items.iter().for_each(check_input);
    written_as_read(&items, InputItem::encode, decode_input);
}

/// As [`input_items`], for what a module asks of the host.
///
/// # Panics
/// When neither holds.
pub fn output_items(bytes: &[u8]) {
    let (items, skipped) = decode_output(bytes);
    assert!(items.len() + skipped.0 as usize <= bytes.len(), "more items than bytes");
    items.iter().for_each(check_output);
    written_as_read(&items, OutputItem::encode, decode_output);
}

/// What was understood once is written, and then understood in full.
fn written_as_read<T>(
    items: &[T],
    encode: fn(&T, &mut ItemWriter) -> bool,
    decode: fn(&[u8]) -> (Vec<T>, Skipped),
) {
    let write = |items: &[T]| {
        let mut writer = ItemWriter::default();
        let count = items.iter().filter(|item| encode(item, &mut writer)).count();
        (writer.into_bytes(), count)
    };
    let (bytes, count) = write(items);
    let (again, skipped) = decode(&bytes);
    assert_eq!((again.len(), skipped), (count, Skipped(0)), "what is written is read again");
    // Compared as bytes: not every item can be compared, and a NaN is not equal to itself.
    assert!(write(&again).0 == bytes, "it is read as what was written");
}

pub(crate) fn check_input(item: &InputItem) {
    match item {
        InputItem::Event(event) => image_in(event).into_iter().for_each(check_image),
        InputItem::Screenshot { image, .. } => check_image(image),
        _ => {}
    }
}

pub(crate) fn check_output(item: &OutputItem) {
    match item {
        OutputItem::Command(OutputCommand::CopyImage(image)) => check_image(image),
        OutputItem::CursorImage(image) => {
            let [width, height] = image.size.map(usize::from);
            assert_eq!(width * height * 4, image.rgba.len());
        }
        _ => {}
    }
}

fn check_image(image: &ColorImage) {
    assert_eq!(image.size[0] * image.size[1], image.pixels.len());
}
