//! Meshes and textures: complete, in order, and alive for as long as the contract says.
#![expect(unsafe_code, reason = "reads a view twice, with a call in between that may not touch it")]

use crate::driver::{Driver, Input};
use crate::script::{Script, play};
use crate::shown::{Shown, copy};
use hot_api::abi::{FrameView, code, input_flag};
use hot_api::egui::{self, Color32, ColorImage, TextureOptions};
use std::collections::BTreeMap;

fn two_labels() -> Script {
    Script {
        ui: |_, _, ui, _| {
            ui.heading("a heading");
            ui.label("a label");
        },
        ..Script::default()
    }
}

/// What a painter has to see: every mesh is made of whole triangles within its vertices, and its
/// texture is there.
#[track_caller]
fn check(shown: &Shown, textures: &mut BTreeMap<u64, [u32; 2]>) {
    for texture in &shown.textures {
        let [width, height] = texture.size;
        assert_eq!(texture.bytes, (width * height * 4) as usize, "{texture:?}");
        match texture.pos {
            None => drop(textures.insert(texture.id, texture.size)),
            Some([x, y]) => {
                let whole = textures.get(&texture.id).expect("a patch follows its texture");
                assert!(x + width <= whole[0] && y + height <= whole[1], "{texture:?} {whole:?}");
            }
        }
    }
    assert!(!shown.meshes.is_empty());
    for mesh in &shown.meshes {
        assert!(mesh.indices.len().is_multiple_of(3));
        assert!(mesh.indices.iter().all(|&index| (index as usize) < mesh.vertices.len()));
        assert!(textures.contains_key(&mesh.texture), "texture {} was never set", mesh.texture);
        assert!(mesh.clip[0] <= mesh.clip[2] && mesh.clip[1] <= mesh.clip[3], "{:?}", mesh.clip);
    }
    for id in &shown.freed {
        textures.remove(id).expect("only what was set is freed");
    }
}

#[test]
fn the_first_frame_brings_the_font_and_later_ones_what_is_new() {
    play(two_labels());
    let mut driver = Driver::new();
    let mut textures = BTreeMap::new();
    let first = driver.frame(&Input::default());
    check(&first, &mut textures);
    assert_eq!(first.textures.len(), 1, "{:?}", first.textures);
    assert_eq!(first.textures[0].pos, None, "the whole font");

    let second = driver.frame(&Input::default());
    check(&second, &mut textures);
    assert!(second.textures.is_empty(), "{:?}", second.textures);

    play(Script {
        ui: |_, _, ui, _| {
            ui.label(egui::RichText::new("ÄÖÜ ∑∏√").size(31.0));
        },
        ..Script::default()
    });
    let third = driver.frame(&Input::default());
    check(&third, &mut textures);
    let patches = third.textures.iter().filter(|texture| texture.pos.is_some()).count();
    assert_eq!(patches, 1, "new glyphs come as a part: {:?}", third.textures);
}

#[test]
fn a_texture_is_set_once_and_freed_once() {
    play(Script {
        ui: |module, _, ui, _| {
            let texture = module.texture.get_or_insert_with(|| {
                let image = ColorImage::filled([4, 2], Color32::RED);
                ui.ctx().load_texture("red", image, TextureOptions::NEAREST)
            });
            ui.image(&*texture);
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    let mut textures = BTreeMap::new();
    let first = driver.frame(&Input::default());
    check(&first, &mut textures);
    let red = first.textures.iter().find(|texture| texture.size == [4, 2]).expect("the image").id;
    let second = driver.frame(&Input::default());
    check(&second, &mut textures);
    assert!(second.textures.is_empty() && second.freed.is_empty());

    play(Script {
        ui: |module, _, ui, _| {
            module.texture = None;
            ui.label("gone");
        },
        ..Script::default()
    });
    let third = driver.frame(&Input::default());
    check(&third, &mut textures);
    assert_eq!(third.freed, [red]);
    assert!(driver.frame(&Input::default()).freed.is_empty());
}

#[test]
fn a_module_that_holds_textures_ends_without_a_fault() {
    fn load(module: &mut crate::script::Scripted, ctx: &egui::Context) {
        let image = ColorImage::filled([1, 1], Color32::RED);
        module.texture = Some(ctx.load_texture("kept", image, TextureOptions::NEAREST));
    }
    play(Script { setup: load, ui: |_, _, ui, _| drop(ui.label("text")), ..Script::default() });
    let mut driver = Driver::new();
    assert_eq!(driver.destroy(), code::OK, "before its first frame: {:?}", driver.take_faults());
    assert_eq!(driver.create(&[]), code::OK);
    driver.settle(2);
    assert_eq!(driver.destroy(), code::OK, "after some frames: {:?}", driver.take_faults());
}

#[test]
fn a_view_lives_until_the_next_call_and_painting_does_not_count() {
    play(two_labels());
    let mut driver = Driver::new();
    driver.settle(2);
    let mut view = FrameView::empty();
    let input = Input::default().raw;
    // SAFETY: ABI-4, ABI-5: all of it lives during the call.
    let code = unsafe { (driver.table.frame)(driver.instance, 0, &raw const input, &raw mut view) };
    assert_eq!(code, code::OK);
    // SAFETY: ABI-5: no call was made since.
    let before = unsafe { copy(view) };
    driver.paint(1);
    // SAFETY: ABI-5: no call but `paint` was made since.
    let after = unsafe { copy(view) };
    assert!(!before.meshes.is_empty());
    assert_eq!(after.meshes, before.meshes);
}

#[test]
fn each_view_has_a_picture_of_its_own() {
    play(Script {
        ui: |_, _, ui, _| drop(ui.label("the main view")),
        side: |_, data, ui, _| {
            data.clicks += 1;
            ui.heading("the other one");
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    let main = driver.settle(2);
    let input = Input::default();
    let side = driver.frame_of(1, &input).expect("the second view");
    assert_eq!(side.textures.len(), 1, "each view has its own font");
    assert_ne!(side.meshes, main.meshes);
    assert_eq!(driver.settle(1).meshes, main.meshes, "drawing one leaves the other alone");
}

#[test]
fn a05_a_callback_that_cannot_be_painted_is_a_box_that_says_so() {
    play(Script {
        ui: |_, _, ui, _| {
            let rect = egui::Rect::from_min_size(egui::pos2(10.0, 20.0), egui::vec2(300.0, 200.0));
            ui.painter()
                .add(egui::PaintCallback { rect, callback: std::sync::Arc::new("of wgpu") });
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    let first = driver.frame(&Input::default());
    assert_eq!(first.view.repaint_after_ns, 0, "its letters come with the next frame");
    let shown = driver.frame(&Input::default());
    // SAFETY: ABI-5: no call was made since.
    let prims = unsafe { shown.view.prims.elements() };
    assert!(prims.iter().all(|prim| prim.callback == 0), "nobody is asked to paint it");
    let letters: usize = prims.iter().map(|prim| prim.vertices.len).sum();
    assert!(letters > 200, "{letters} vertices are no text");
}

#[cfg(feature = "glow")]
#[test]
fn a_paint_callback_has_a_number_of_its_own_in_every_frame() {
    play(Script {
        ui: |_, _, ui, _| {
            let rect = ui.max_rect();
            let callback = std::sync::Arc::new(hot_api::egui_glow::CallbackFn::new(|_, _| {}));
            let callback = egui::PaintCallback { rect, callback };
            ui.painter().add(callback);
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    let mut numbers = Vec::new();
    for _ in 0..3 {
        let shown = driver.frame(&Input::default());
        // SAFETY: ABI-5: no call was made since.
        let prims = unsafe { shown.view.prims.elements() };
        let callback = prims.iter().find(|prim| prim.callback != 0).expect("the callback");
        assert_eq!(callback.callback_rect, [0.0, 0.0, 800.0, 600.0]);
        assert_eq!((callback.vertices.len, callback.indices.len), (0, 0));
        numbers.push(callback.callback);
    }
    let distinct: std::collections::BTreeSet<_> = numbers.iter().collect();
    assert_eq!(distinct.len(), 3, "{numbers:?}");
}

/// egui does not serialise how large things were, so the first passes after a restore differ; two
/// hidden ones later the picture is the old one, bit by bit.
#[test]
fn after_two_hidden_passes_the_picture_is_bit_identical() {
    play(Script {
        ui: |_, data, ui, _| {
            egui::Window::new("first").default_pos([40.0, 50.0]).show(ui.ctx(), |ui| {
                ui.heading("in a window");
                ui.add(egui::Slider::new(&mut data.clicks, 0..=9));
                ui.collapsing("header", |ui| ui.label("body"));
            });
            egui::Window::new("second").default_pos([300.0, 200.0]).show(ui.ctx(), |ui| {
                egui::ScrollArea::vertical().max_height(80.0).show(ui, |ui| {
                    for line in 0..50 {
                        ui.label(format!("line {line}"));
                    }
                });
            });
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    let before = driver.settle(40);
    let now = driver.time;
    driver.reload();
    for ago in [1.0, 0.5] {
        driver.time = now - ago;
        let hidden = Input::default().flag(input_flag::HIDDEN | input_flag::REFOCUS);
        driver.frame(&hidden);
    }
    driver.time = now;
    let after = driver.frame(&Input::default());
    assert_eq!(after.meshes.len(), before.meshes.len());
    for (index, (after, before)) in after.meshes.iter().zip(&before.meshes).enumerate() {
        assert!(after == before, "mesh {index} differs");
    }
}
