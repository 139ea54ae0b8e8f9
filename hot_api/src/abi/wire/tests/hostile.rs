//! Bytes that nobody meant: never a panic, never a value that breaks its reader's assumptions.

use super::samples::{image, input_items, output_items, text_of_input, text_of_output};
use crate::abi::wire::{InputItem, ItemWriter, OutputItem, Skipped, decode_input, decode_output};
use crate::egui_version::samples::image_event;
use crate::fuzzing::{check_input, check_output};
use egui::{Event, OutputCommand};
use proptest::prelude::*;
use proptest::sample::Index;

/// A tag that neither side uses.
const UNKNOWN_TAG: u16 = 60_000;

/// A stream of some of the `samples`, written by `encode`.
fn stream<T>(samples: &[T], picks: &[Index], encode: fn(&T, &mut ItemWriter) -> bool) -> Vec<u8> {
    let mut writer = ItemWriter::default();
    for pick in picks {
        assert!(encode(pick.get(samples), &mut writer));
    }
    writer.into_bytes()
}

/// What a reader may rely on.
fn check_images(inputs: &[InputItem], outputs: &[OutputItem]) {
    inputs.iter().for_each(check_input);
    outputs.iter().for_each(check_output);
}

fn picks() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 1..6)
}

proptest! {
    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check_images(&decode_input(&bytes).0, &decode_output(&bytes).0);
    }

    #[test]
    fn random_payloads_of_every_tag_do_no_harm(
        items in prop::collection::vec((0_u16..12, prop::collection::vec(any::<u8>(), 0..120)), 0..8)
    ) {
        let mut writer = ItemWriter::default();
        for (tag, payload) in &items {
            writer.push_raw(*tag, &[payload]);
        }
        let (inputs, skipped) = decode_input(writer.as_bytes());
        prop_assert_eq!(inputs.len() + skipped.0 as usize, items.len());
        let (outputs, skipped) = decode_output(writer.as_bytes());
        prop_assert_eq!(outputs.len() + skipped.0 as usize, items.len());
        check_images(&inputs, &outputs);
    }

    #[test]
    fn flipped_bytes_do_no_harm(
        picks in picks(),
        flips in prop::collection::vec((any::<Index>(), 1_u8..), 1..6),
    ) {
        for mut bytes in [
            stream(&input_items(), &picks, InputItem::encode),
            stream(&output_items(), &picks, OutputItem::encode),
        ] {
            for (at, change) in &flips {
                let at = at.index(bytes.len());
                bytes[at] ^= change;
            }
            check_images(&decode_input(&bytes).0, &decode_output(&bytes).0);
        }
    }

    #[test]
    fn a_cut_stream_keeps_the_items_before_the_cut(picks in picks(), cut in any::<Index>()) {
        let samples = input_items();
        let bytes = stream(&samples, &picks, InputItem::encode);
        let end = cut.index(bytes.len());
        let (read, skipped) = decode_input(&bytes[..end]);
        prop_assert!(read.len() < picks.len());
        prop_assert!(skipped.0 <= 1);
        for (read, pick) in read.iter().zip(&picks) {
            prop_assert_eq!(text_of_input(read), text_of_input(pick.get(&samples)));
        }
    }

    #[test]
    fn an_oversized_length_hides_what_follows_and_keeps_what_precedes(
        picks in picks(),
        claimed in 1_u32..,
        payload in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let samples = output_items();
        let mut bytes = stream(&samples, &picks, OutputItem::encode);
        bytes.extend_from_slice(&2_u16.to_le_bytes());
        let claimed = (payload.len() as u32).saturating_add(claimed);
        bytes.extend_from_slice(&claimed.to_le_bytes());
        bytes.extend_from_slice(&payload);
        let (read, skipped) = decode_output(&bytes);
        prop_assert_eq!(skipped, Skipped(1));
        prop_assert_eq!(read.len(), picks.len());
        for (read, pick) in read.iter().zip(&picks) {
            prop_assert_eq!(text_of_output(read), text_of_output(pick.get(&samples)));
        }
    }

    #[test]
    fn unknown_items_are_skipped_and_counted(
        order in prop::collection::vec(any::<bool>(), 0..12),
        payload in prop::collection::vec(any::<u8>(), 0..30),
    ) {
        let mut writer = ItemWriter::default();
        for &known in &order {
            if known {
                prop_assert!(InputItem::Event(Event::Copy).encode(&mut writer));
            } else {
                writer.push_raw(UNKNOWN_TAG, &[&payload]);
            }
        }
        let (read, skipped) = decode_input(writer.as_bytes());
        prop_assert_eq!(read.len(), order.iter().filter(|known| **known).count());
        prop_assert_eq!(skipped.0 as usize, order.len() - read.len());
        prop_assert!(read.iter().all(|item| matches!(item, InputItem::Event(Event::Copy))));
    }
}

/// An egui newer than ours has events of which we know nothing; the others still arrive.
#[test]
fn a_variant_of_a_newer_egui_is_skipped() {
    #[derive(serde::Serialize)]
    enum NewerEvent {
        Copy,
        Brainwave { hertz: f32 },
    }
    let event_tag = {
        let mut writer = ItemWriter::default();
        InputItem::Event(Event::Copy).encode(&mut writer);
        u16::from_le_bytes([writer.as_bytes()[0], writer.as_bytes()[1]])
    };
    let mut writer = ItemWriter::default();
    assert!(writer.push_named(event_tag, &NewerEvent::Brainwave { hertz: 10.0 }));
    assert!(writer.push_named(event_tag, &NewerEvent::Copy));
    let (read, skipped) = decode_input(writer.as_bytes());
    assert_eq!(skipped, Skipped(1));
    assert!(matches!(&read[..], [InputItem::Event(Event::Copy)]), "{read:?}");
}

#[test]
fn an_image_that_lies_about_its_size_is_skipped() {
    let mut liar = image();
    for size in [[3, 3], [usize::MAX, 2], [usize::MAX, usize::MAX], [0, 0]] {
        liar.size = size;
        let mut writer = ItemWriter::default();
        InputItem::Event(image_event(liar.clone())).encode(&mut writer);
        let (read, skipped) = decode_input(writer.as_bytes());
        assert!(read.is_empty() && skipped == Skipped(1), "{size:?}: {read:?}");

        let mut writer = ItemWriter::default();
        OutputItem::Command(OutputCommand::CopyImage(liar.clone())).encode(&mut writer);
        let (read, skipped) = decode_output(writer.as_bytes());
        assert!(read.is_empty() && skipped == Skipped(1), "{size:?}: {} items", read.len());
    }
}
