//! egui's control data as bytes, and back.
//!
//! Owns: the item streams of [`FrameInput::items`](crate::abi::FrameInput) and
//! [`FrameView::platform`](crate::abi::FrameView). Consumes and produces: egui's own types.
//! Never: pointers; all bytes are hostile until decoded. Each side compiles its own half, by the features `host` and
//! `module`: what serde makes of all these types is half of the crate.
//!
//! Most of egui's types are serde types and travel under their field and variant names, so an egui
//! that knows more or fewer of them still understands the rest. What egui keeps out of serde has a
//! form of its own here.
//!
//! **Positions are physical pixels from the view's top left corner**, because the two sides may
//! have different zoom. [`scale_event`] and its siblings convert.
//!
//! ```
//! use hot_api::abi::wire::{InputItem, ItemWriter, decode_input};
//! use hot_api::egui::Event;
//!
//! let mut writer = ItemWriter::default();
//! assert!(InputItem::Event(Event::Text("a".to_owned())).encode(&mut writer));
//! writer.push_raw(9999, &[b"of a newer host"]);
//!
//! let (items, skipped) = decode_input(writer.as_bytes());
//! assert!(matches!(&items[..], [InputItem::Event(Event::Text(text))] if text == "a"));
//! assert_eq!(skipped.0, 1);
//! ```

#[cfg(any(feature = "host", test, fuzzing))]
mod host_side;
mod input;
mod items;
#[cfg(any(feature = "module", test, fuzzing))]
mod module_side;
mod output;
mod scale;
#[cfg(test)]
pub(crate) mod tests;

#[cfg(any(feature = "host", test, fuzzing))]
pub use host_side::decode_output;
pub use input::InputItem;
pub use items::{Broken, ItemWriter, Items, read_named};
#[cfg(any(feature = "module", test, fuzzing))]
pub use module_side::decode_input;
pub use output::OutputItem;
pub use scale::{scale_event, scale_ime, scale_viewport_command};

/// The number of items a decoder could not use, beside those it could.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped(pub u32);

/// Decodes a stream; what `decode` does not understand is skipped and counted.
fn decode_with<T>(stream: &[u8], decode: impl Fn(u16, &[u8]) -> Option<T>) -> (Vec<T>, Skipped) {
    let mut skipped = Skipped::default();
    let items = Items::new(stream)
        .filter_map(|item| {
            let known = item.ok().and_then(|(tag, payload)| decode(tag, payload));
            skipped.0 += u32::from(known.is_none());
            known
        })
        .collect();
    (items, skipped)
}

/// Reads a size and the RGBA bytes behind it.
fn read_image(payload: &[u8]) -> Option<([u32; 2], &[u8])> {
    let (head, pixels) = payload.split_first_chunk::<8>()?;
    let [w0, w1, w2, w3, h0, h1, h2, h3] = *head;
    let size = [u32::from_le_bytes([w0, w1, w2, w3]), u32::from_le_bytes([h0, h1, h2, h3])];
    let expected = u64::from(size[0]).checked_mul(u64::from(size[1]))?.checked_mul(4)?;
    (expected == pixels.len() as u64).then_some((size, pixels))
}

/// Whether `image` has as many pixels as its size says: egui's own deserialiser does not ask, and
/// whoever reads the pixels by row trusts the size.
fn is_whole(image: &egui::ColorImage) -> bool {
    let [width, height] = image.size;
    width.checked_mul(height) == Some(image.pixels.len())
}
