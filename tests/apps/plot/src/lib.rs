//! Curves of egui_plot: an eframe application in a library, which saves nothing.

use eframe::egui;
use egui_plot::{Legend, Line, Plot, PlotPoints};
use serde::{Deserialize, Serialize};

#[cfg(feature = "hot_api")]
hot_api::export_eframe_app!(Curves::new, state);

/// The application.
#[derive(Debug, Serialize, Deserialize)]
pub struct Curves {
    frequency: f64,
    title: String,
}

impl Default for Curves {
    fn default() -> Self {
        Self { frequency: 1.0, title: "Waves".to_owned() }
    }
}

impl Curves {
    /// As eframe wants it.
    #[must_use]
    pub fn new(cc: &eframe::CreationContext<'_>) -> Self {
        cc.egui_ctx.set_theme(egui::Theme::Light);
        Self::default()
    }
}

impl eframe::App for Curves {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        egui::CentralPanel::default().show(ui, |ui| {
            let label = ui.label("Title");
            ui.text_edit_singleline(&mut self.title).labelled_by(label.id);
            ui.add(egui::Slider::new(&mut self.frequency, 0.1..=10.0).text("Frequency"));
            let wave = |phase: f64| -> PlotPoints<'_> {
                let at = |x: f64| [x, (x * self.frequency + phase).sin()];
                (0..500).map(|n| at(f64::from(n) / 50.0)).collect()
            };
            Plot::new("curves").legend(Legend::default()).show(ui, |plot| {
                plot.line(Line::new("sine", wave(0.0)));
                plot.line(Line::new("cosine", wave(std::f64::consts::FRAC_PI_2)));
            });
        });
    }
}
