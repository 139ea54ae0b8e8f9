//! Numbers and bytes on their way in, sensible or not.

use crate::driver::{Driver, Input, button};
use crate::script::{Script, note, play, seen};
use hot_api::abi::Slice;
use hot_api::abi::wire::InputItem;
use hot_api::egui::{self, Event, Rect, pos2, vec2};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;

/// A button at a known place, in points.
const PLACE: Rect = Rect::from_min_max(pos2(100.0, 100.0), pos2(140.0, 120.0));

fn button_script() -> Script {
    Script {
        ui: |_, data, ui, _| {
            data.clicks += u32::from(ui.put(PLACE, egui::Button::new("+")).clicked());
            note("clicks", data.clicks);
            note("rect", format!("{:?}", ui.max_rect().size()));
            note("pixels per point", ui.ctx().pixels_per_point());
        },
        ..Script::default()
    }
}

/// Events of a click at a place in pixels.
fn click_events(x: f32, y: f32) -> [Event; 3] {
    let pos = pos2(x, y);
    [Event::PointerMoved(pos), button(pos, true), button(pos, false)]
}

#[test]
fn positions_count_in_pixels_whatever_the_zoom() {
    play(Script { setup: |_, ctx| ctx.set_zoom_factor(1.5), ..button_script() });
    let mut driver = Driver::new();
    let mut input = Input::default();
    input.raw.native_pixels_per_point = 2.0;
    driver.frame(&input);
    let shown = driver.frame(&input);
    assert_eq!((shown.view.pixels_per_point, shown.view.zoom_factor), (3.0, 1.5));
    assert_eq!(seen("pixels per point"), "3");
    assert_eq!(seen("rect"), format!("{:?}", vec2(800.0, 600.0) / 3.0));
    let mut click = |x, y| {
        for event in click_events(x, y) {
            driver.frame(&input.clone().events([event]));
        }
        seen("clicks")
    };
    assert_eq!(click(120.0, 110.0), "0", "points are not pixels");
    assert_eq!(click(360.0, 330.0), "1");
}

#[test]
fn the_zoom_of_the_user_survives_a_reload_and_the_zoom_of_the_author_is_what_setup_says() {
    let setup_15 = Script { setup: |_, ctx| ctx.set_zoom_factor(1.5), ..button_script() };
    let setup_20 = Script { setup: |_, ctx| ctx.set_zoom_factor(2.0), ..button_script() };
    play(setup_15);
    let mut driver = Driver::new();
    assert_eq!(driver.settle(2).view.zoom_factor, 1.5);
    play(setup_20);
    driver.reload();
    assert_eq!(driver.settle(2).view.zoom_factor, 2.0, "nobody but the author chose 1.5");

    play(Script { ui: |_, _, ui, _| ui.ctx().set_zoom_factor(3.0), ..setup_20 });
    driver.settle(2);
    play(setup_15);
    driver.reload();
    assert_eq!(driver.settle(3).view.zoom_factor, 3.0, "the user chose 3");
    driver.reload();
    driver.reload();
    assert_eq!(driver.settle(3).view.zoom_factor, 3.0, "reloads without a frame in between");
}

#[test]
fn items_that_the_module_does_not_know_are_counted() {
    play(button_script());
    let mut driver = Driver::new();
    let (table, instance) = (driver.table, driver.instance);
    let mut stream = hot_api::abi::wire::ItemWriter::default();
    InputItem::Event(Event::PointerGone).encode(&mut stream);
    stream.push_raw(60_000, &[b"from the future"]);
    stream.push_raw(60_001, &[]);
    let mut bytes = stream.into_bytes();
    bytes.extend_from_slice(b"cut");
    let mut raw = Input::default().raw;
    raw.items = Slice::new(&bytes);
    let mut view = hot_api::abi::FrameView::empty();
    #[expect(unsafe_code, reason = "passes bytes that no encoder writes")]
    // SAFETY: ABI-4, ABI-5: all of it lives during the call.
    let code = unsafe { (table.frame)(instance, 0, &raw const raw, &raw mut view) };
    assert_eq!((code, view.skipped_items), (0, 3));
    driver.settle(1);
}

/// Any float at all, the special ones as often as the others.
fn float() -> impl Strategy<Value = f32> {
    const SPECIAL: [f32; 7] =
        [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, f32::MIN, f32::MAX];
    prop_oneof![any::<u32>().prop_map(f32::from_bits), proptest::sample::select(&SPECIAL[..])]
}

/// A hostile or broken host must not make a module panic with numbers.
#[test]
fn no_number_makes_a_frame_fail() {
    play(button_script());
    let mut driver = Driver::new();
    driver.settle(2);
    let strategy = (
        (float(), float(), [float(), float()]),
        any::<u32>(),
        [float(), float(), float(), float()],
    );
    // proptest calls from a shared closure.
    let driver = RefCell::new(driver);
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&strategy, |(scalars, flags, places)| {
        let (dt, native, size_px) = scalars;
        let mut input = Input::default();
        input.raw.flags = flags;
        input.raw.predicted_dt = dt;
        input.raw.native_pixels_per_point = native;
        input.raw.size_px = size_px;
        input.raw.max_texture_side = flags;
        let [a, b, c, d] = places;
        let input = input.events(click_events(a, b)).events([
            Event::MouseMoved(vec2(c, d)),
            Event::Zoom(c),
            Event::MouseWheel {
                unit: egui::MouseWheelUnit::Point,
                delta: vec2(c, d),
                phase: egui::TouchPhase::Move,
                source: egui::MouseWheelSource::Unknown,
                modifiers: egui::Modifiers::NONE,
            },
        ]);
        let mut driver = driver.borrow_mut();
        let drawn = driver.frame_of(0, &input);
        let faults = driver.take_faults();
        prop_assert!(drawn.is_ok(), "{:?}", faults);
        // What came before must not spoil what comes after.
        let view = driver.frame(&Input::default()).view;
        prop_assert_eq!(view.pixels_per_point, 1.0);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn time_may_be_anything() {
    play(button_script());
    let mut driver = Driver::new();
    for time in [5.0, f64::NAN, f64::INFINITY, -1.0, 4.0, f64::MAX, f64::MIN, 6.0] {
        let mut input = Input::default();
        input.raw.time = time;
        assert!(driver.frame_of(0, &input).is_ok(), "{time}: {:?}", driver.take_faults());
    }
}
