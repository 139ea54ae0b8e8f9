//! A stream of tagged, length-prefixed items: a reader skips what it does not know (`ABI-8`).
//!
//! Owns: the framing. Never: what is inside an item.

use serde::{Serialize, de::DeserializeOwned};

/// Bytes before each item's payload: a tag (`u16`) and a length (`u32`), little endian.
const FRAMING_BYTES: usize = 6;

/// Appends items to a buffer that is kept between frames.
#[derive(Debug, Default)]
pub struct ItemWriter {
    bytes: Vec<u8>,
}

impl ItemWriter {
    /// Forgets the items, keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// The stream so far.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The stream, by value.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Appends one item whose payload `write` appends to the buffer it is given. When it fails,
    /// nothing is appended.
    fn frame<E>(
        &mut self,
        tag: u16,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&tag.to_le_bytes());
        self.bytes.extend_from_slice(&[0; 4]);
        if let Err(error) = write(&mut self.bytes) {
            self.bytes.truncate(start);
            return Err(error);
        }
        let length = self.bytes.len() - start - FRAMING_BYTES;
        let length = u32::try_from(length).expect("one item of control data is below 4 GiB");
        self.bytes[start + 2..start + FRAMING_BYTES].copy_from_slice(&length.to_le_bytes());
        Ok(())
    }

    /// Appends an item of raw bytes, given in parts.
    pub fn push_raw(&mut self, tag: u16, parts: &[&[u8]]) {
        let done: Result<(), std::convert::Infallible> = self.frame(tag, |bytes| {
            for part in parts {
                bytes.extend_from_slice(part);
            }
            Ok(())
        });
        let Ok(()) = done;
    }

    /// Appends a value with its field and variant names, so that the other side may have more or
    /// fewer of them. Returns whether it could be written; a value that cannot (egui has one: a
    /// path that is not UTF-8) is left out.
    pub fn push_named(&mut self, tag: u16, value: &impl Serialize) -> bool {
        let written = self.frame(tag, |bytes| {
            let mut serializer = rmp_serde::Serializer::new(bytes).with_struct_map();
            value.serialize(&mut serializer)
        });
        written.is_ok()
    }
}

/// Reads a value that [`ItemWriter::push_named`] wrote; `None` when this side does not know it.
#[must_use]
pub fn read_named<T: DeserializeOwned>(payload: &[u8]) -> Option<T> {
    rmp_serde::from_slice(payload).ok()
}

/// Iterates over the items of a stream. A stream that ends in the middle of an item yields
/// [`Broken`] once and ends.
#[derive(Debug)]
pub struct Items<'a> {
    rest: &'a [u8],
}

/// The stream ends in the middle of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

impl<'a> Items<'a> {
    /// Reads `stream` from its beginning.
    #[must_use]
    pub fn new(stream: &'a [u8]) -> Self {
        Self { rest: stream }
    }

    fn split(&self) -> Option<(u16, &'a [u8], &'a [u8])> {
        let (framing, rest) = self.rest.split_first_chunk::<FRAMING_BYTES>()?;
        let [t0, t1, l0, l1, l2, l3] = *framing;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let (payload, rest) = rest.split_at_checked(length)?;
        Some((u16::from_le_bytes([t0, t1]), payload, rest))
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<(u16, &'a [u8]), Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match self.split() {
            Some((tag, payload, rest)) => {
                self.rest = rest;
                Some(Ok((tag, payload)))
            }
            None => {
                self.rest = &[];
                Some(Err(Broken))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn streams_round_trip(items in prop::collection::vec(
            (any::<u16>(), prop::collection::vec(any::<u8>(), 0..40)), 0..20)
        ) {
            let mut writer = ItemWriter::default();
            for (tag, payload) in &items {
                writer.push_raw(*tag, &[payload]);
            }
            let read: Vec<_> = Items::new(writer.as_bytes())
                .map(|item| item.map(|(tag, payload)| (tag, payload.to_vec())))
                .collect::<Result<_, _>>()
                .expect("a whole stream");
            prop_assert_eq!(read, items);
        }

        #[test]
        fn hostile_streams_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            // Each item takes at least its framing, so the iterator cannot run on.
            let items: Vec<_> = Items::new(&bytes).collect();
            prop_assert!(items.len() <= bytes.len() / FRAMING_BYTES + 1);
            let broken = items.iter().filter(|item| item.is_err()).count();
            prop_assert!(broken <= 1);
            prop_assert!(broken == 0 || items.last() == Some(&Err(Broken)));
        }
    }

    #[test]
    fn a_truncated_stream_keeps_the_whole_items() {
        let mut writer = ItemWriter::default();
        writer.push_raw(1, &[b"whole"]);
        let end_of_first = writer.as_bytes().len();
        writer.push_raw(2, &[b"cut"]);
        for end in end_of_first + 1..writer.as_bytes().len() {
            let items: Vec<_> = Items::new(&writer.as_bytes()[..end]).collect();
            assert_eq!(items, [Ok((1, &b"whole"[..])), Err(Broken)], "cut at {end}");
        }
    }
}
