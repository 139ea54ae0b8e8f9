//! A view of its own, for the host to place where it likes: the application in figures.

use crate::style::{self, Palette};
use hot_api::egui::{CentralPanel, Frame, Grid, ProgressBar, RichText, ScrollArea, Ui};
use state::App;

/// Draws the view.
pub(crate) fn show(ui: &mut Ui, app: &App) {
    style::choose(ui.ctx(), app.appearance);
    let frame = Frame::new().fill(Palette::of(ui).ground).inner_margin(12);
    CentralPanel::default().frame(frame).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.heading("Board");
            board(ui, app);
            ui.add_space(10.0);
            ui.heading("Signals");
            signals(ui, app);
        });
    });
}

fn board(ui: &mut Ui, app: &App) {
    let columns = &app.board.columns;
    let total: usize = columns.iter().map(|column| column.cards.len()).sum();
    for column in columns {
        let count = column.cards.len();
        let share = count as f32 / total.max(1) as f32;
        let bar = ProgressBar::new(share).text(format!("{}: {count}", column.title));
        ui.add(bar.fill(Palette::of(ui).accent_ground));
    }
}

fn signals(ui: &mut Ui, app: &App) {
    Grid::new("signals").num_columns(3).spacing([16.0, 4.0]).show(ui, |ui| {
        for heading in ["Signal", "Latest", "RMS"] {
            ui.weak(heading);
        }
        ui.end_row();
        for (n, wave) in app.signals.waves.iter().enumerate() {
            ui.label(RichText::new(&wave.name).color(Palette::of(ui).series(n)));
            let latest = wave.samples.back().map_or("none".into(), |value| format!("{value:+.2}"));
            ui.label(RichText::new(latest).monospace());
            ui.label(RichText::new(format!("{:.2}", wave.rms())).monospace());
            ui.end_row();
        }
    });
    ui.weak(format!("{:.1} s sampled", app.signals.now_seconds()));
}
