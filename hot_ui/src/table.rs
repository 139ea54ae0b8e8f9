//! The page of the big table. Only the rows on screen are laid out.

use crate::rows::{ROWS, Row, Rows, Status};
use crate::style::Palette;
use crate::widgets::{filter, grouped};
use egui_extras::{Column, TableBuilder, TableRow};
use hot_api::egui::{
    Align, Button, Color32, Label, Layout, Rect, RichText, Sense, Shape, Stroke, Ui, vec2,
};
use state::{SortColumn, Table};

const ROW_HEIGHT: f32 = 28.0;

const HEADINGS: [(SortColumn, &str); 6] = [
    (SortColumn::Number, "No."),
    (SortColumn::Host, "Host"),
    (SortColumn::Region, "Region"),
    (SortColumn::Status, "Status"),
    (SortColumn::Latency, "Latency"),
    (SortColumn::Memory, "Memory"),
];

/// Draws the page.
pub(crate) fn show(ui: &mut Ui, table: &mut Table, rows: &mut Rows) {
    ui.horizontal(|ui| {
        filter(ui, "Filter rows", &mut table.filter);
        rows.refresh(table);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(format!("{} of {} rows", grouped(rows.len()), grouped(ROWS as usize)));
            if let Some(row) = table.selected.and_then(|number| rows.by_number(number)) {
                ui.weak(format!("selected: {}", row.host));
            }
        });
    });
    ui.add_space(4.0);
    body(ui, table, rows);
}

fn body(ui: &mut Ui, table: &mut Table, rows: &Rows) {
    ui.spacing_mut().item_spacing.y = 0.0;
    TableBuilder::new(ui)
        .striped(true)
        .sense(Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(72.0))
        .column(Column::remainder().at_least(160.0).clip(true))
        .column(Column::exact(120.0))
        .column(Column::exact(110.0))
        .column(Column::exact(110.0))
        .column(Column::exact(120.0))
        .auto_shrink(false)
        .header(30.0, |mut header| {
            for (column, name) in HEADINGS {
                header.col(|ui| heading(ui, table, column, name));
            }
        })
        .body(|body| {
            body.rows(ROW_HEIGHT, rows.len(), |mut line| {
                let row = rows.shown(line.index());
                line.set_selected(table.selected == Some(row.number));
                cells(&mut line, row);
                if line.response().clicked() {
                    table.selected = (table.selected != Some(row.number)).then_some(row.number);
                }
            });
        });
}

fn heading(ui: &mut Ui, table: &mut Table, column: SortColumn, name: &str) {
    let sorted = table.sort == column;
    let button = Button::selectable(sorted, RichText::new(name).strong());
    if ui.add(button).accessible_name(format!("Sort by {name}")).clicked() {
        table.sort_by(column);
    }
    if sorted {
        let (place, _) = ui.allocate_exact_size(vec2(8.0, 6.0), Sense::hover());
        arrow(ui, place, table.descending);
    }
}

/// Painted, because the default fonts have no arrows.
fn arrow(ui: &Ui, place: Rect, down: bool) {
    let points = if down {
        vec![place.left_top(), place.right_top(), place.center_bottom()]
    } else {
        vec![place.left_bottom(), place.center_top(), place.right_bottom()]
    };
    ui.painter().add(Shape::convex_polygon(points, Palette::of(ui).accent, Stroke::NONE));
}

fn cells(line: &mut TableRow<'_, '_>, row: &Row) {
    let text = |line: &mut TableRow<'_, '_>, text: RichText| {
        line.col(|ui| {
            ui.add_space(10.0);
            ui.add(Label::new(text).selectable(false).truncate());
        });
    };
    text(line, RichText::new(grouped(row.number as usize)).weak());
    text(line, RichText::new(&row.host));
    text(line, RichText::new(row.region));
    line.col(|ui| status(ui, row.status));
    text(line, RichText::new(format!("{:.1} ms", row.latency_ms)));
    text(line, RichText::new(format!("{} MiB", grouped(row.memory_mib as usize))));
}

fn status(ui: &mut Ui, status: Status) {
    let palette = Palette::of(ui);
    let colour: Color32 = match status {
        Status::Online => palette.good,
        Status::Slow => palette.warn,
        Status::Offline => palette.bad,
    };
    ui.add_space(10.0);
    let (rect, _) = ui.allocate_exact_size([8.0, 8.0].into(), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.0, colour);
    ui.add(Label::new(status.name()).selectable(false));
}
