//! egui's own demo, moved in unchanged: what a reload has to cope with when somebody else wrote
//! the application.
//!
//! Never touches what the demo does. Which windows are open is the demo's own serialised state
//! and survives a reload, as do egui's window positions; what is inside the windows is not
//! serialised by its authors and starts afresh.

use egui_demo_lib::DemoWindows;
use hot_api::{Module, ModuleFrame, egui};

/// The demo as a module.
#[derive(Debug, Default)]
pub struct EguiDemo;

impl Module for EguiDemo {
    type State = DemoWindows;

    fn setup(&mut self, ctx: &egui::Context) {
        egui_extras::install_image_loaders(ctx);
    }

    fn logic(&mut self, demo: &mut DemoWindows, ctx: &egui::Context, _frame: &mut ModuleFrame<'_>) {
        demo.logic(ctx);
    }

    fn ui(&mut self, demo: &mut DemoWindows, ui: &mut egui::Ui, _frame: &mut ModuleFrame<'_>) {
        demo.ui(ui);
    }
}

hot_api::export_module!(EguiDemo);
