//! The demo application on its own, as its users get it: no host, nothing is reloaded.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use hot_api::{ModuleApp, egui};
use hot_ui::HotUi;

fn main() -> eframe::Result {
    let icon = eframe::icon_data::from_png_bytes(include_bytes!("icon.png"));
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Pitstop demo")
            .with_inner_size([1_100.0, 720.0])
            .with_min_inner_size([480.0, 320.0])
            .with_icon(icon.expect("the icon is a PNG")),
        ..eframe::NativeOptions::default()
    };
    // The name is that of the directory in which eframe keeps the state.
    eframe::run_native(
        "pitstop_demo",
        options,
        Box::new(|cc| Ok(Box::new(ModuleApp::<HotUi>::new(cc)?))),
    )
}
