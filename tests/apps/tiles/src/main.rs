//! A window of tiles that can be dragged: an eframe application as its authors write them.

use eframe::egui;
use egui_tiles::{Behavior, SimplificationOptions, TileId, Tiles, Tree, UiResponse};
use serde::{Deserialize, Serialize};

#[cfg(feature = "hot_api")]
hot_api::export_eframe_app!(|cc| Ok(Box::new(App::new(cc))));

#[derive(Serialize, Deserialize)]
struct Pane {
    number: usize,
    note: String,
}

#[derive(Serialize, Deserialize)]
struct App {
    tree: Tree<Pane>,
}

impl App {
    fn new(cc: &eframe::CreationContext<'_>) -> Self {
        let stored = cc.storage.and_then(|storage| eframe::get_value(storage, eframe::APP_KEY));
        stored.unwrap_or_else(|| {
            let mut tiles = Tiles::default();
            let panes: Vec<TileId> = (1..=3)
                .map(|number| tiles.insert_pane(Pane { number, note: String::new() }))
                .collect();
            let root = tiles.insert_horizontal_tile(panes);
            Self { tree: Tree::new(egui::Id::unique("tiles"), root, tiles) }
        })
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        egui::CentralPanel::default().show(ui, |ui| self.tree.ui(&mut Panes, ui));
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(storage, eframe::APP_KEY, self);
    }
}

struct Panes;

impl Behavior<Pane> for Panes {
    fn tab_title_for_pane(&mut self, pane: &Pane) -> egui::WidgetText {
        format!("Pane {}", pane.number).into()
    }

    fn pane_ui(&mut self, ui: &mut egui::Ui, _tile: TileId, pane: &mut Pane) -> UiResponse {
        let label = ui.label(format!("Note {}", pane.number));
        ui.text_edit_singleline(&mut pane.note).labelled_by(label.id);
        UiResponse::None
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }
}

fn main() -> eframe::Result {
    let options = eframe::NativeOptions::default();
    eframe::run_native("tiles", options, Box::new(|cc| Ok(Box::new(App::new(cc)))))
}
