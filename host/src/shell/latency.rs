//! The thin bar that shows how far a build is, or where the time of the newest reload went.
//!
//! Owns: the drawing of one gauge of fixed size. Consumes: a [`Board`]. Never: decides.

use super::headline::newest_module;
use super::theme::{Colors, GAUGE_HEIGHT};
use super::units::{bytes, milliseconds};
use crate::journal::board::{Board, BuildBoard, LastReload, ModuleBoard};
use crate::journal::event::{Generation, StagesMicros, Trigger};
use egui::accesskit::Role;
use egui::emath::GuiRounding as _;
use egui::{Color32, Grid, Rangef, Rect, Response, RichText, Sense, Ui, Vec2, WidgetInfo};

/// Entries of a list in the tooltip; a large state can lose many fields at once.
const LISTED_MAX: usize = 8;

/// Draws the gauge, `width` points wide whatever it shows.
pub(super) fn gauge(ui: &mut Ui, board: &Board, width: f32) {
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, GAUGE_HEIGHT), Sense::hover());
    let rect = rect.round_to_pixels(ui.pixels_per_point());
    let colors = Colors::of(ui.visuals());
    ui.painter().rect_filled(rect, 0.0, colors.track);
    if let Some(build) = &board.build {
        progress(ui, rect, build, colors.busy);
        let counted = build.counted().unwrap_or_else(|| "0 done".to_owned());
        name(&response, "Build progress", counted.clone());
        response.on_hover_text(format!("Building {} ({counted})", build.unit));
    } else if let Some((module, generation, reload)) = newest_reload(board) {
        stacked(ui, rect, &reload.stages, &colors);
        let value = format!("{generation} in {}", milliseconds(reload.total_us));
        name(&response, "Reload latency", value);
        response.on_hover_ui(|ui| breakdown(ui, module, generation, reload));
    } else {
        name(&response, "Reload latency", "none yet".to_owned());
        response.on_hover_text("Shows where the time of a reload goes");
    }
}

fn newest_reload(board: &Board) -> Option<(&ModuleBoard, Generation, &LastReload)> {
    let (module, generation) = newest_module(board)?;
    Some((module, generation, module.last_reload.as_ref()?))
}

fn name(response: &Response, label: &str, value: String) {
    response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, label));
    response.ctx.accesskit_node_builder(response.id, |node| node.set_value(value));
}

fn progress(ui: &Ui, rect: Rect, build: &BuildBoard, color: Color32) {
    let share = build.done as f32 / build.total.max(1) as f32;
    let end = rect.left() + rect.width() * share.min(1.0);
    let done = rect.with_max_x(end).round_to_pixels(ui.pixels_per_point());
    ui.painter().rect_filled(done, 0.0, color);
}

fn stacked(ui: &Ui, rect: Rect, stages: &StagesMicros, colors: &Colors) {
    let times = named(stages).map(|(_, micros)| micros);
    for (range, color) in segments(rect.x_range(), times).into_iter().zip(colors.stages) {
        let segment = Rect::from_x_y_ranges(range, rect.y_range());
        if range.span() > 0.0 {
            ui.painter().rect_filled(segment.round_to_pixels(ui.pixels_per_point()), 0.0, color);
        }
    }
}

/// Divides `range` by time; a stage that took any time at all can be seen.
fn segments(range: Rangef, times: [u64; 7]) -> [Rangef; 7] {
    const WIDTH_MIN: f32 = 2.0;
    let total = times.iter().sum::<u64>().max(1) as f32;
    let count = times.iter().filter(|time| **time > 0).count() as f32;
    let shared = (range.span() - WIDTH_MIN * count).max(0.0);
    let mut start = range.min;
    times.map(|time| {
        let width = if time == 0 { 0.0 } else { WIDTH_MIN + shared * (time as f32 / total) };
        let segment = Rangef::new(start, start + width);
        start += width;
        segment
    })
}

fn named(stages: &StagesMicros) -> [(&'static str, u64); 7] {
    [
        ("Detect", stages.detect),
        ("Build", stages.build),
        ("Trial", stages.trial),
        ("Load", stages.load),
        ("Capture", stages.capture),
        ("Restore", stages.restore),
        ("First frame", stages.first_frame),
    ]
}

fn breakdown(ui: &mut Ui, module: &ModuleBoard, generation: Generation, reload: &LastReload) {
    let cause = match reload.trigger {
        Trigger::Save => "a saved file",
        Trigger::Hotkey => "Ctrl+Alt+R",
        Trigger::Button => "the button",
        Trigger::Command => "a command",
        Trigger::Start => "the start",
    };
    ui.label(RichText::new(format!("{} {generation}, set off by {cause}", module.name)).strong());
    let colors = Colors::of(ui.visuals()).stages;
    ui.spacing_mut().interact_size.y = 16.0;
    let grid = Grid::new("stages").num_columns(3).min_col_width(0.0).min_row_height(16.0);
    grid.spacing([8.0, 2.0]).show(ui, |ui| {
        for ((stage, micros), color) in named(&reload.stages).into_iter().zip(colors) {
            let (swatch, _) = ui.allocate_exact_size(Vec2::splat(GAUGE_HEIGHT), Sense::hover());
            ui.painter().rect_filled(swatch, 0.0, color);
            ui.label(stage);
            time(ui, if micros == 0 { "–".to_owned() } else { milliseconds(micros) });
            ui.end_row();
        }
        for (text, micros) in [("Total", reload.total_us), ("Window waited", reload.ui_stall_us)] {
            ui.label("");
            ui.label(RichText::new(text).strong());
            time(ui, milliseconds(micros));
            ui.end_row();
        }
    });
    ui.separator();
    let state = &reload.state;
    ui.label(format!("State: {} ({}), {} kept", bytes(state.bytes), state.codec, state.kept));
    for (what, entries) in [
        ("defaulted", &state.defaulted),
        ("dropped", &state.dropped),
        ("converted", &state.converted),
        ("migrated", &state.migrated),
        ("different in the schema", &state.schema),
    ] {
        list(ui, what, entries);
    }
}

fn time(ui: &mut Ui, text: String) {
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| ui.label(text));
}

fn list(ui: &mut Ui, what: &str, entries: &[String]) {
    if entries.is_empty() {
        return;
    }
    ui.label(format!("{} {what}", entries.len()));
    for entry in entries.iter().take(LISTED_MAX) {
        ui.label(RichText::new(format!("    {entry}")).small());
    }
    if entries.len() > LISTED_MAX {
        ui.label(RichText::new(format!("    and {} more", entries.len() - LISTED_MAX)).small());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_follow_each_other_and_fill_the_bar() {
        let range = Rangef::new(10.0, 150.0);
        let parts = segments(range, [1, 10_000, 0, 5, 1, 1, 2_000]);
        assert_eq!((parts[0].min, parts[2].span()), (10.0, 0.0));
        for pair in parts.windows(2) {
            assert!((pair[0].max - pair[1].min).abs() < 1e-3, "a gap between {pair:?}");
        }
        assert!((parts[6].max - range.max).abs() < 1e-2, "ends at {}", parts[6].max);
        for part in [0, 1, 3, 4, 5, 6] {
            assert!(parts[part].span() >= 2.0, "stage {part} is {} wide", parts[part].span());
        }
    }

    #[test]
    fn no_time_at_all_draws_nothing() {
        let widths = segments(Rangef::new(0.0, 100.0), [0; 7]).map(Rangef::span);
        assert_eq!(widths, [0.0; 7]);
    }
}
