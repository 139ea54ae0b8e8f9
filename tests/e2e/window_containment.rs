//! The window goes on whatever a module does.

use crate::RELOADED;
use crate::window::{Bench, export_another_view, redness};
use host::journal::event::{Event, FaultSite};
use image::GenericImageView as _;
use pitstop_tests::{Project, wait_until};

/// Lets the module paint with OpenGL, and its paint callback panic as soon as a file is there.
fn with_panicking_paint(project: &Project) {
    project.replace("ui/Cargo.toml", "/hot_api\" }", "/hot_api\", features = [\"glow\"] }");
    project.edit("ui/src/lib.rs", |code| {
        code.replace(
            "// in ui",
            "let (rect, _) = ui.allocate_exact_size(egui::vec2(50.0, 50.0), egui::Sense::hover());
             let callback = hot_api::egui_glow::CallbackFn::new(|_, _| {
                 let panics = concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../ignored/panic\");
                 assert!(!std::path::Path::new(panics).exists(), \"it broke while painting\");
             });
             let callback = std::sync::Arc::new(callback);
             ui.painter().add(egui::PaintCallback { rect, callback });",
        )
    });
}

#[test]
fn g03_a_paint_callback_that_panics_is_one_fault_until_somebody_retries() {
    let project = Project::new();
    with_panicking_paint(&project);
    let Some(mut bench) = Bench::with(project, Vec::new()) else { return };
    bench.host.check(|| bench.project.rename("ui", "two"), &RELOADED);
    bench.host.wait_for_kind("retired");
    bench.project.save("ignored/panic", "");
    let fault = bench.host.wait_for_kind("fault");
    assert!(matches!(fault.event, Event::Fault { r#where: FaultSite::Paint, .. }), "{fault:?}");
    bench.window.find("Reload error");
    // Each screenshot is a frame that is painted.
    for _ in 0..20 {
        let _ = bench.window.screenshot();
    }
    assert_eq!(bench.host.count("fault"), 1, "{}", bench.host.words());
    bench.window.click("Retry");
    bench.host.wait_for_kind("fault");
    for _ in 0..20 {
        let _ = bench.window.screenshot();
    }
    assert_eq!(bench.host.count("fault"), 2, "once more for the retry\n{}", bench.host.words());
    std::fs::remove_file(bench.project.path("ignored/panic")).expect("it was saved");
    bench.window.click("Retry");
    bench.window.wait_without("Reload error");
    assert_eq!(bench.host.count("fault"), 2, "{}", bench.host.words());
}

/// A state whose serialisation waits while one file is there and another is not.
fn with_blocking_state(project: &Project) {
    project.edit("data/src/lib.rs", |code| {
        code.replace(
            "pub text: String",
            "#[serde(serialize_with = \"slowly\")]\n    pub text: String",
        )
        .replace(
            "// at the end",
            "fn slowly<S: serde::Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
                     let file = |name: &str| std::path::Path::new(env!(\"CARGO_MANIFEST_DIR\"))
                         .join(\"../ignored\").join(name);
                     if file(\"block\").exists() { std::fs::write(file(\"begun\"), \"\").unwrap(); }
                     while file(\"block\").exists() && !file(\"go\").exists() { std::thread::yield_now(); }
                     to.serialize_str(text)
                 }
                 // at the end",
        )
    });
}

#[test]
fn g04_the_window_goes_on_while_the_state_is_captured() {
    let project = Project::new();
    project.replace("pitstop.toml", "20_000", "100");
    with_blocking_state(&project);
    let Some(mut bench) = Bench::with(project, Vec::new()) else { return };
    bench.host.wait_for_kind("checkpoint");
    bench.project.save("ignored/block", "");
    bench.host.take_in();
    bench.project.rename("ui", "two");
    wait_until("the capture begins", || bench.project.path("ignored/begun").exists().then_some(()));
    // A window that waited for the capture would draw once the host has given that up.
    let _ = bench.window.screenshot();
    bench.host.take_in();
    let words = bench.host.words();
    assert!(!words.contains("the state cannot be captured"), "the window stood still\n{words}");
    // And several more, whichever capture is under way.
    for _ in 0..5 {
        bench.window.find("Hot Reload");
        let _ = bench.window.screenshot();
    }
    assert_eq!(bench.host.count("committed"), 1, "the swap goes on\n{}", bench.host.words());
    let noted = |text: &str| text.contains("its state of").then_some(());
    let notices = || bench.host.stderr().lines().find_map(noted);
    assert_eq!(notices(), None, "nor was the capture given up: {}", bench.host.stderr());
    bench.project.save("ignored/go", "");
    bench.host.wait_for_commit("ui");
    bench.window.find("two");
    wait_until("its frames go on", || (bench.host.seen_by("ui").len() == 2).then_some(()));
}

#[test]
fn g35_every_view_of_a_module_whose_build_failed_is_tinted() {
    let project = Project::new();
    export_another_view(&project);
    let Some(mut bench) = Bench::with(project, Vec::new()) else { return };
    bench.put_the_other_view_beside();
    let screen = bench.window.screenshot();
    let (left, right) = (bench.window.find("one").rect, bench.window.find("beside it").rect);
    assert!(right.min.x > screen.width() as f32 / 3.0 && left.min.x < right.min.x, "side by side");
    let halves = |bench: &mut Bench| {
        let picture = bench.still_picture();
        let (width, height) = (right.min.x as u32, picture.height());
        let part = |x, width| redness(&picture.view(x, 0, width, height).to_image());
        [part(0, width), part(width, picture.width() - width)]
    };
    let before = halves(&mut bench);
    bench.project.replace("ui/src/lib.rs", "// in ui", "let wrong: u32 = \"text\"; // in ui");
    bench.host.wait_for_kind("build_failed");
    bench.window.find("Reload error");
    bench.window.click("Close window");
    bench.window.wait_without("Reload error");
    let after = halves(&mut bench);
    for (before, after) in before.into_iter().zip(after) {
        assert!(after > before + 0.01, "no red tint: {before} and {after}");
    }
}
