//! [`FrameInput`] to [`egui::RawInput`].

use crate::abi::wire::{InputItem, Skipped, decode_input, scale_event};
use crate::abi::{FrameInput, input_flag};
use crate::egui_version::{dropped_file, pasted_at};
use egui::{Event, Pos2, RawInput, Rect, Vec2, ViewportId};
use std::sync::Arc;

/// What one frame's input comes to.
pub(super) struct DecodedInput {
    pub(super) raw: RawInput,
    /// The modifiers that are held, where egui has no event for them and they have changed.
    pub(super) held: Option<egui::Modifiers>,
    /// Screenshots that arrived, by the number of their request.
    pub(super) screenshots: Vec<(u64, Arc<egui::ColorImage>)>,
    pub(super) skipped: Skipped,
}

/// Largest view side in pixels that is believed; above it a driver or a bug is talking.
const SIDE_PX_MAX: f32 = 65_536.0;
/// Largest position or distance of an event that is believed, in pixels: some screens beyond the
/// edge, and small enough for egui to compute with.
const DISTANCE_PX_MAX: f32 = 1e7;

/// Decodes `input` for a context with this zoom. `items` is [`FrameInput::items`], already read
/// from its pointer. Nonsense numbers are replaced by harmless ones.
pub(super) fn decode(input: &FrameInput, items: &[u8], zoom_factor: f32) -> DecodedInput {
    let native = sane(input.native_pixels_per_point, 1.0, 0.1, 16.0);
    let pixels_per_point = native * zoom_factor;
    let [width, height] = input.size_px.map(|side| sane(side, 1.0, 1.0, SIDE_PX_MAX));
    let flag = |bit| input.flags & bit != 0;
    let mut raw = RawInput {
        screen_rect: Some(Rect::from_min_size(
            Pos2::ZERO,
            Vec2::new(width, height) / pixels_per_point,
        )),
        max_texture_side: Some(input.max_texture_side.max(1024) as usize),
        time: Some(if input.time.is_finite() { input.time } else { 0.0 }),
        predicted_dt: sane(input.predicted_dt, 1.0 / 60.0, 0.0, 1.0),
        focused: flag(input_flag::FOCUSED),
        system_theme: if flag(input_flag::DARK) {
            Some(egui::Theme::Dark)
        } else if flag(input_flag::LIGHT) {
            Some(egui::Theme::Light)
        } else {
            None
        },
        ..RawInput::default()
    };
    let (mut held, mut screenshots) = (None, Vec::new());
    let (items, mut skipped) = decode_input(items);
    for item in items {
        match item {
            InputItem::Event(event) if !is_sane(&event) => skipped.0 += 1,
            InputItem::Event(mut event) => {
                scale_event(&mut event, pixels_per_point.recip());
                raw.events.push(event);
            }
            InputItem::Modifiers(modifiers) => held = Some(modifiers),
            InputItem::Viewport(info) => {
                raw.viewports.insert(ViewportId::ROOT, *info);
            }
            InputItem::HoveredFile(file) => raw.hovered_files.push(file),
            InputItem::DroppedFile(path) => raw.dropped_files.push(dropped_file(path)),
            InputItem::SafeArea(insets) if !is_sane_margin(insets.0) => skipped.0 += 1,
            InputItem::SafeArea(insets) => raw.safe_area_insets = Some(insets),
            InputItem::Screenshot { request, image } => {
                screenshots.push((request, Arc::new(image)));
            }
        }
    }
    let viewport = raw.viewports.entry(ViewportId::ROOT).or_default();
    viewport.native_pixels_per_point = Some(native);
    DecodedInput { raw, held, screenshots, skipped }
}

/// Whether egui can live with the numbers of `event`: a single NaN among them would stay in its
/// input state and make every later frame fail.
fn is_sane(event: &Event) -> bool {
    let is_near = |x: f32, y: f32| x.abs() <= DISTANCE_PX_MAX && y.abs() <= DISTANCE_PX_MAX;
    match event {
        Event::PointerMoved(pos)
        | Event::PointerButton { pos, .. }
        | Event::Touch { pos, force: None, .. } => is_near(pos.x, pos.y),
        Event::Touch { pos, force: Some(force), .. } => {
            is_near(pos.x, pos.y) && (0.0..=1.0).contains(force)
        }
        Event::MouseMoved(delta) | Event::MouseWheel { delta, .. } => is_near(delta.x, delta.y),
        Event::Zoom(factor) => (1e-3..=1e3).contains(factor),
        Event::Rotate(radians) => radians.abs() <= DISTANCE_PX_MAX,
        _ => pasted_at(event).is_none_or(|pos| is_near(pos.x, pos.y)),
    }
}

fn is_sane_margin(margin: egui::epaint::MarginF32) -> bool {
    let sides = [margin.left, margin.right, margin.top, margin.bottom];
    sides.iter().all(|side| (0.0..=SIDE_PX_MAX).contains(side))
}

fn sane(value: f32, otherwise: f32, min: f32, max: f32) -> f32 {
    if value.is_finite() { value.clamp(min, max) } else { otherwise }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::Slice;
    use crate::abi::wire::ItemWriter;
    use crate::egui_version::samples::mouse_wheel;
    use egui::{Event, MouseWheelUnit, pos2, vec2};
    use proptest::prelude::*;
    use std::mem::size_of;

    /// Any float at all, the special ones as often as the others.
    fn float() -> impl Strategy<Value = f32> {
        const SPECIAL: [f32; 7] =
            [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, f32::MIN, f32::MAX];
        prop_oneof![any::<u32>().prop_map(f32::from_bits), prop::sample::select(&SPECIAL[..])]
    }

    fn input(flags: u32, floats: [f32; 4], time: f64) -> FrameInput {
        let [predicted_dt, native_pixels_per_point, width, height] = floats;
        FrameInput {
            size: size_of::<FrameInput>() as u32,
            flags,
            time,
            predicted_dt,
            native_pixels_per_point,
            size_px: [width, height],
            max_texture_side: flags,
            reserved: 0,
            items: Slice::EMPTY,
        }
    }

    fn events(x: f32, y: f32) -> [Event; 5] {
        [
            Event::PointerMoved(pos2(x, y)),
            Event::MouseMoved(vec2(x, y)),
            mouse_wheel(MouseWheelUnit::Line, vec2(x, y)),
            Event::Zoom(x),
            Event::Rotate(y),
        ]
    }

    proptest! {
        #[test]
        fn nonsense_numbers_become_harmless(
            flags in any::<u32>(),
            floats in [float(), float(), float(), float()],
            time in any::<u64>().prop_map(f64::from_bits),
            zoom_factor in 0.1_f32..10.0,
        ) {
            let raw = decode(&input(flags, floats, time), &[], zoom_factor).raw;
            let screen = raw.screen_rect.expect("always given");
            prop_assert!(screen.is_finite() && screen.is_positive(), "{:?}", screen);
            prop_assert!(raw.time.is_some_and(f64::is_finite));
            prop_assert!((0.0..=1.0).contains(&raw.predicted_dt));
            let native = raw.viewport().native_pixels_per_point.expect("always given");
            prop_assert!((0.1..=16.0).contains(&native));
            prop_assert!(raw.max_texture_side.is_some_and(|side| side >= 1024));
        }

        #[test]
        fn events_with_nonsense_numbers_are_skipped_and_counted(x in float(), y in float()) {
            let mut writer = ItemWriter::default();
            for event in events(x, y) {
                InputItem::Event(event).encode(&mut writer);
            }
            let sides = egui::epaint::MarginF32 { left: x, right: y, top: 0.0, bottom: 0.0 };
            InputItem::SafeArea(egui::SafeAreaInsets(sides)).encode(&mut writer);
            let floats = [0.1, 1.0, 800.0, 600.0];
            let decoded = decode(&input(0, floats, 1.0), writer.as_bytes(), 1.0);
            for event in &decoded.raw.events {
                prop_assert!(!format!("{event:?}").contains("NaN"), "{:?}", event);
                prop_assert!(!format!("{event:?}").contains("inf"), "{:?}", event);
            }
            let taken = decoded.raw.events.len() + usize::from(decoded.raw.safe_area_insets.is_some());
            prop_assert_eq!(taken + decoded.skipped.0 as usize, 6);
        }
    }

    #[test]
    fn sensible_numbers_pass_unchanged() {
        let raw = decode(&input(0, [0.25, 2.0, 800.0, 600.0], 12.5), &[], 1.5).raw;
        assert_eq!(
            raw.screen_rect,
            Some(Rect::from_min_size(Pos2::ZERO, vec2(800.0, 600.0) / 3.0))
        );
        assert_eq!((raw.time, raw.predicted_dt), (Some(12.5), 0.25));
        let mut writer = ItemWriter::default();
        for event in events(2.0, -3.0) {
            InputItem::Event(event).encode(&mut writer);
        }
        let raw = decode(&input(0, [0.25, 1.0, 800.0, 600.0], 12.5), writer.as_bytes(), 1.0).raw;
        assert_eq!(raw.events, events(2.0, -3.0));
    }
}
