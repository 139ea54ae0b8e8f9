//! Panics stay inside: message, location and backtrace come out as text, and the next call works.

use crate::driver::{Driver, Input};
use crate::script::{Script, Scripted, play};
use hot_api::abi::code;
use hot_api::egui::{self, Color32, ColorImage, TextureOptions};
use hot_api::{KeptBytes, ViewFn};

/// This file, as panic locations name it.
const HERE: &str = file!();

#[track_caller]
fn check_fault(driver: &Driver, message: &str) {
    let fault = driver.take_fault();
    assert!(fault.message.contains(message), "{fault:?}");
    assert!(fault.location.starts_with(HERE), "{fault:?}");
    assert!(!fault.backtrace.is_empty(), "{fault:?}");
}

/// As [`check_fault`], for a panic inside of `hot_api`.
#[track_caller]
fn check_fault_of(driver: &Driver, message: &str) {
    let fault = driver.take_fault();
    assert!(fault.message.contains(message), "{fault:?}");
}

#[test]
fn k06_panic_in_ui_is_contained_and_the_next_frame_works() {
    play(Script { ui: |_, _, ui, _| drop(ui.label("fine")), ..Script::default() });
    let mut driver = Driver::new();
    let good = driver.settle(3);
    play(Script {
        ui: |_, _, ui, _| {
            egui::Window::new("window").show(ui.ctx(), |ui| {
                egui::ScrollArea::vertical().show(ui, |_| panic!("in the {}", "middle"));
            });
        },
        ..Script::default()
    });
    for _ in 0..3 {
        assert_eq!(driver.frame_of(0, &Input::default()).err(), Some(code::FAULT));
        check_fault(&driver, "in the middle");
    }
    play(Script { ui: |_, _, ui, _| drop(ui.label("fine")), ..Script::default() });
    assert_eq!(driver.settle(5).meshes, good.meshes);
}

#[test]
fn k06_panic_in_the_second_pass_of_a_frame_keeps_the_textures_of_the_first() {
    play(Script {
        ui: |_, data, ui, _| {
            ui.label("text");
            data.clicks += 1;
            ui.ctx().request_discard("a second pass");
            assert!(data.clicks != 2, "in the second pass");
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    assert_eq!(driver.frame_of(0, &Input::default()).err(), Some(code::FAULT));
    check_fault(&driver, "in the second pass");
    let next = driver.frame(&Input::default());
    assert!(next.textures.iter().any(|texture| texture.pos.is_none()), "the font comes now");
    assert!(next.view.passes > 1);
}

#[test]
fn textures_that_a_panic_kept_back_come_with_the_next_frame() {
    play(Script {
        ui: |module, _, ui, _| {
            ui.label("text");
            let image = ColorImage::filled([3, 3], Color32::BLUE);
            module.texture = Some(ui.ctx().load_texture("blue", image, TextureOptions::LINEAR));
            panic!("after loading a texture");
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    assert_eq!(driver.frame_of(0, &Input::default()).err(), Some(code::FAULT));
    check_fault(&driver, "after loading a texture");
    play(Script {
        ui: |module, _, ui, _| {
            ui.image(module.texture.as_ref().expect("it was loaded"));
        },
        ..Script::default()
    });
    let shown = driver.frame(&Input::default());
    let sizes: Vec<_> = shown.textures.iter().map(|texture| texture.size).collect();
    assert!(sizes.contains(&[3, 3]) && sizes.len() == 2, "font and image: {sizes:?}");
}

#[test]
fn k06_panic_in_logic_is_contained() {
    play(Script {
        logic: |data, _, _| {
            data.clicks += 1;
            assert!(data.clicks != 1, "in logic");
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    assert_eq!(driver.logic(&Input::default()).err(), Some(code::FAULT));
    check_fault(&driver, "in logic");
    assert!(driver.logic(&Input::default()).is_ok());
}

#[test]
fn k06_panic_in_create_leaves_nothing_behind() {
    play(Script { create: |_| panic!("in create"), ..Script::default() });
    let mut driver = Driver::idle();
    assert_eq!(driver.create(&[]), code::FAULT);
    assert!(driver.instance.is_null());
    check_fault(&driver, "in create");
    play(Script::default());
    assert_eq!(driver.create(&[]), code::OK);
    driver.settle(1);
}

/// egui asserts that no texture change is forgotten; an assertion while a panic unwinds would end the
/// process.
#[test]
fn k06_panic_in_setup_after_loading_a_texture_is_contained() {
    play(Script {
        setup: |module, ctx| {
            let image = ColorImage::filled([3, 3], Color32::BLUE);
            module.texture = Some(ctx.load_texture("blue", image, TextureOptions::LINEAR));
            panic!("in setup");
        },
        ..Script::default()
    });
    let mut driver = Driver::idle();
    assert_eq!(driver.create(&[]), code::FAULT);
    check_fault(&driver, "in setup");
}

#[test]
fn k06_panic_in_drop_is_contained() {
    play(Script {
        ui: |_, _, ui, _| drop(ui.label("text")),
        drop: || panic!("in drop"),
        ..Script::default()
    });
    let mut driver = Driver::new();
    driver.settle(1);
    assert_eq!(driver.destroy(), code::FAULT);
    check_fault(&driver, "in drop");
    play(Script::default());
    assert_eq!(driver.create(&[]), code::OK);
}

/// All messages since the last call, in order.
fn messages(driver: &Driver) -> Vec<String> {
    driver.take_faults().into_iter().map(|fault| fault.message).collect()
}

#[test]
fn g21_two_panicking_destructors_are_contained() {
    let panicking = Script {
        drop: || panic!("in drop of the module"),
        drop_state: || panic!("in drop of the state"),
        ..Script::default()
    };
    play(panicking);
    let mut driver = Driver::new();
    assert_eq!(driver.destroy(), code::FAULT);
    assert_eq!(messages(&driver), ["in drop of the module", "in drop of the state"]);
    // The same while the panic of a method unwinds.
    play(Script { setup: |_, _| panic!("in setup"), ..panicking });
    assert!(driver.instance.is_null());
    assert_eq!(driver.create(&[]), code::FAULT);
    let told = messages(&driver);
    assert_eq!(told, ["in drop of the module", "in drop of the state", "in setup"]);
    play(Script::default());
    assert_eq!(driver.create(&[]), code::OK);
}

#[test]
fn g21_a_payload_whose_payload_panics_is_contained() {
    struct Bomb(u32);
    impl Drop for Bomb {
        fn drop(&mut self) {
            if self.0 > 0 {
                std::panic::panic_any(Self(self.0 - 1));
            }
        }
    }
    play(Script { ui: |_, _, _, _| std::panic::panic_any(Bomb(3)), ..Script::default() });
    let mut driver = Driver::new();
    assert_eq!(driver.frame_of(0, &Input::default()).err(), Some(code::FAULT));
    let told = messages(&driver);
    assert!(told.iter().any(|message| message.contains("payload panicked")), "{told:?}");
    play(Script::default());
    driver.settle(1);
}

#[test]
fn g17_a_host_that_refuses_memory_is_a_contained_panic() {
    let asks: [ViewFn<Scripted>; 2] = [
        // As if nothing had happened the module would go on with memory of its own.
        |_, _, _, _| drop(KeptBytes::zeroed(64)),
        // More than there is on any machine.
        |_, _, _, _| drop(KeptBytes::zeroed(1 << 60)),
    ];
    for ask in asks {
        play(Script { ui: ask, ..Script::default() });
        let mut driver = Driver::without_memory();
        assert_eq!(driver.create(&[]), code::OK);
        assert_eq!(driver.frame_of(0, &Input::default()).err(), Some(code::FAULT));
        check_fault_of(&driver, "there is no memory for");
        play(Script::default());
        driver.settle(1);
    }
}

#[test]
fn k06_panic_with_a_payload_that_is_no_text_or_panics_itself_is_contained() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the payload, too");
        }
    }
    play(Script { ui: |_, _, _, _| std::panic::panic_any(42_u8), ..Script::default() });
    let mut driver = Driver::new();
    assert_eq!(driver.frame_of(0, &Input::default()).err(), Some(code::FAULT));
    check_fault(&driver, "no text");
    play(Script { ui: |_, _, _, _| std::panic::panic_any(Bomb), ..Script::default() });
    assert_eq!(driver.frame_of(0, &Input::default()).err(), Some(code::FAULT));
    let messages: Vec<_> = driver.take_faults().into_iter().map(|fault| fault.message).collect();
    assert!(messages.iter().any(|message| message.contains("payload")), "{messages:?}");
    play(Script::default());
    driver.settle(1);
}

#[test]
fn a_panic_on_a_thread_of_the_module_is_reported_and_harms_no_frame() {
    play(Script {
        ui: |_, _, ui, _| {
            let worker = std::thread::spawn(|| panic!("on a worker"));
            assert!(worker.join().is_err());
            ui.label("drawn all the same");
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    let shown = driver.frame(&Input::default());
    assert!(!shown.meshes.is_empty());
    check_fault(&driver, "on a worker");
}

#[test]
fn a_panic_does_not_lose_the_state() {
    play(Script {
        ui: |_, data, _, _| {
            data.text.push('x');
            assert!(data.text.len() != 2, "at two");
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    driver.settle(1);
    assert_eq!(driver.frame_of(0, &Input::default()).err(), Some(code::FAULT));
    driver.take_fault();
    driver.settle(1);
    driver.reload();
    let report = driver.take_restored().expect("there was a state to restore");
    assert!(report.contains("\"kept\":2"), "{report}");
    play(Script { ui: |_, data, _, _| assert_eq!(data.text, "xxx"), ..Script::default() });
    driver.settle(1);
}
