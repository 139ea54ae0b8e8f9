//! egui's control data as bytes, and back: the same code on both sides of the boundary.
//!
//! Owns: the item streams of [`FrameInput::items`](crate::abi::FrameInput) and
//! [`FrameView::platform`](crate::abi::FrameView). Consumes and produces: egui's own types.
//! Never: pointers; all bytes are hostile until decoded.
//!
//! Most of egui's types are serde types and travel under their field and variant names, so an egui
//! that knows more or fewer of them still understands the rest. What egui keeps out of serde has a
//! form of its own here.
//!
//! **Positions are physical pixels from the view's top left corner**, because the two sides may
//! have different zoom. [`scale_event`] and its siblings convert.

mod input;
mod items;
mod output;
mod scale;
#[cfg(test)]
pub(crate) mod tests;

pub use input::{InputItem, decode_input};
pub use items::{Broken, ItemWriter, Items, read_named};
pub use output::{OutputItem, decode_output};
pub use scale::{scale_event, scale_ime, scale_viewport_command};

/// The number of items a decoder could not use, beside those it could.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped(pub u32);

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
