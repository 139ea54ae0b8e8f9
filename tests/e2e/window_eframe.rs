//! An eframe application in the host's window: what eframe would call, and what it would do with the window.

use crate::eframe_app::options;
use egui::accesskit::Role;
use host::journal::event::Event;
use pitstop_tests::inspect::{Address, Window};
use pitstop_tests::xvfb::{self, Display};
use pitstop_tests::{HostOptions, HostProcess, Project, wait_until};

#[test]
fn a03_input_hook_clear_colour_title_and_close_are_as_under_eframe() {
    let Some(display) = Display::start() else { return };
    let project = Project::eframe_app();
    project.edit("src/main.rs", |code| {
        let options = "options = eframe::NativeOptions { viewport: egui::ViewportBuilder::default()\
                       .with_title(\"Of its options\"), ..Default::default() }";
        code.replacen("App::new(cc))));", &format!("App::new(cc))), {options});"), 1)
    });
    let start = |address: &Address| {
        let mut env = display.env();
        env.push(address.env());
        env.extend(options().env);
        HostProcess::launch(&project, HostOptions { window: true, env, ..options() })
    };
    let address = Address::free();
    let mut host = start(&address);
    let started = host.wait_for_kind("started");
    if matches!(started.event, Event::Started { headless: true, .. }) {
        xvfb::skip(&format!("there is no OpenGL: {}", host.stderr()));
        return;
    }
    host.wait_for_commit(&project.package("app"));
    let mut window = Window::open(address);
    window.find("one");
    wait_until("the title of its options", || (display.title()? == "Of its options").then_some(()));
    // `raw_input_hook` makes a large letter of it.
    let field = window.find_role(Role::TextInput);
    window.click_on(&field);
    window.type_text("aqua");
    wait_until("what was typed", || {
        let state = host.state(&project.package("app"));
        state["saved"]["app"].as_str()?.contains("aQua").then_some(())
    });
    // In place of what wgpu would paint there is a box that says so.
    project.replace("src/main.rs", "// in ui", "wgpu(ui);\n// in ui");
    project.edit("src/main.rs", |code| {
        format!(
            "{code}\nfn wgpu(ui: &egui::Ui) {{\n    let rect = egui::Rect::from_min_size(egui::pos2(400.0, 300.0), \
             egui::vec2(200.0, 100.0));\n    ui.painter().add(egui::PaintCallback {{ rect, callback: \
             std::sync::Arc::new(\"of wgpu\") }});\n}}\n"
        )
    });
    host.wait_for_commit(&project.package("app"));
    wait_until("the box", || {
        let picture = window.screenshot();
        let gray = picture.pixels().filter(|pixel| pixel.0[..3] == [48, 48, 48]).count();
        (gray > 200 * 100 / 2).then_some(())
    });
    // Where nothing is drawn there is the clear colour.
    let picture = window.screenshot();
    let pixel = picture.get_pixel(picture.width() - 20, picture.height() - 20).0;
    assert_eq!(pixel[..3], [0, 0, 255], "{pixel:?}");
    host.take_in();
    project.edit("src/main.rs", |code| pitstop_tests::project::renamed(code, "two"));
    host.wait_for_commit(&project.package("app"));
    window.find("two");
    assert_eq!(display.title().as_deref(), Some("Of its options"), "a reload does not touch it");
    window.click("Rename the window");
    wait_until("the other title", || {
        (display.title()? == "Renamed by the application").then_some(())
    });
    window.click("Close the window");
    host.wait_for_kind("stopped");
    host.stop();
    // Renaming a window is not kept, as under eframe.
    let mut host = start(&Address::free());
    host.wait_for_commit(&project.package("app"));
    wait_until("the title of its options", || (display.title()? == "Of its options").then_some(()));
    host.stop();
}
