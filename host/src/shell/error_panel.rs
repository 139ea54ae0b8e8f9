//! What lies over a module whose newest code failed: a tint, and a panel that says why.
//!
//! Owns: the arrangement of the panel. Consumes: a [`Failure`]. Produces: [`Order`]s. Never: hides
//! the module; the tint is thin, and the panel can be moved, resized and closed.

use super::orders::{Order, about_migration};
use super::report::{Report, Row, plain_text};
use super::theme::{Colors, TINT_EDGE, tint_fill};
use crate::journal::board::Failure;
use crate::journal::event::{FailureKind, PastMigration};
use egui::cache::{ComputerMut, FrameCache};
use egui::{
    Align2, Context, FontId, Id, Label, Link, Painter, Rect, RichText, ScrollArea, Stroke,
    StrokeKind, TextStyle, Ui, Vec2, Window,
};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Points between the panel and the edge of the module's area.
const MARGIN: f32 = 8.0;

/// Points for everything above the report: title bar, title, reason, buttons.
const HEADER_HEIGHT: f32 = 132.0;

/// Largest share of the area that the panel takes before the user makes it larger.
const AREA_SHARE_MAX: f32 = 0.6;

/// Characters of a reason above the report; it is there in full when it is longer.
const REASON_COLUMNS_MAX: usize = 300;

/// Covers `area` so that the picture below can still be read.
pub(super) fn tint(painter: &Painter, area: Rect) {
    painter.rect_filled(area, 0.0, tint_fill());
    painter.rect_stroke(area, 0.0, Stroke::new(2.0, TINT_EDGE), StrokeKind::Inside);
}

/// Whether the panel shows all of this reason above the report.
pub(super) fn shows_whole(reason: &str) -> bool {
    reason.len() <= REASON_COLUMNS_MAX && !reason.contains('\n')
}

/// Draws the panel in the lower part of `area` and returns what the user asked for. `open` becomes
/// false when it is closed.
pub(super) fn error_panel(
    ctx: &Context,
    area: Rect,
    module: &str,
    failure: &Failure,
    migration: Option<&PastMigration>,
    open: &mut bool,
) -> Vec<Order> {
    let report = report(ctx, failure);
    let area = area.shrink(MARGIN);
    let font = monospace(ctx);
    let row_height = ctx.fonts_mut(|fonts| fonts.row_height(&font));
    let rows = if report.is_empty() { 0 } else { report.rows.len() + 2 };
    let wanted = HEADER_HEIGHT + rows as f32 * row_height;
    let size = Vec2::new(area.width(), wanted.min(area.height() * AREA_SHARE_MAX));
    let mut orders = Vec::new();
    Window::new("Reload error")
        // Panels of different kinds differ in size, and each keeps the one the user gave it.
        .id(Id::unique(("reload error", module, failure.kind as u8)))
        .open(open)
        .collapsible(false)
        .constrain_to(area)
        .pivot(Align2::LEFT_BOTTOM)
        .default_pos(area.left_bottom())
        .default_size(size)
        .min_size([240.0, 100.0])
        .show(ctx, |ui| {
            header(ui, module, failure, migration, &mut orders);
            if !report.is_empty() {
                ui.separator();
                body(ui, &report, row_height, &mut orders);
            }
        });
    orders
}

fn monospace(ctx: &Context) -> FontId {
    TextStyle::Monospace.resolve(&ctx.global_style())
}

fn header(
    ui: &mut Ui,
    module: &str,
    failure: &Failure,
    migration: Option<&PastMigration>,
    orders: &mut Vec<Order>,
) {
    ui.label(RichText::new(format!("{module}: {}", failure.title)).heading().strong());
    let bad = Colors::of(ui.visuals()).bad;
    let reason: String = failure.reason.chars().take(REASON_COLUMNS_MAX).collect();
    if !reason.is_empty() {
        ui.label(RichText::new(reason).color(bad));
    }
    ui.horizontal_wrapped(|ui| {
        let mut choose = |text: &str, tip: &str, order: Order| {
            if ui.button(text).on_hover_text(tip).clicked() {
                orders.push(order);
            }
        };
        let name = || module.to_owned();
        if failure.kind == FailureKind::Loss {
            let tip = "Swaps the new code in; what is listed here is gone then";
            choose("Accept", tip, Order::AcceptLoss(name()));
            let tip = "Stays with the code that runs, and with all of its state";
            choose("Keep old code", tip, Order::Dismiss(name(), failure.kind));
        }
        if failure.kind == FailureKind::Fault {
            choose("Retry", "Calls the code that failed once more", Order::Retry(name()));
        }
        if failure.kind == FailureKind::Thread {
            let tip = "Takes this message away; the module runs on";
            choose("Dismiss", tip, Order::Dismiss(name(), failure.kind));
        }
        if matches!(failure.kind, FailureKind::Fault | FailureKind::Overdue) {
            let tip = "Runs the code from before, with the state as it is";
            choose("Previous generation", tip, Order::Rollback(name(), None));
        }
        if failure.kind == FailureKind::Fault {
            let tip = "Begins again with the default state";
            choose("Reset state", tip, Order::ResetState(name()));
        }
        // Code that does not compile says nothing about the state.
        if let Some(migration) = migration.filter(|_| failure.kind != FailureKind::Build) {
            for (text, tip, order) in about_migration(module, migration) {
                if ui.button(text).on_hover_text(tip).clicked() {
                    orders.push(order);
                }
            }
        }
        if ui.button("Copy").on_hover_text("Copies the full text").clicked() {
            ui.ctx().copy_text(plain_text(failure));
        }
    });
}

/// The report, of which only the visible rows are laid out.
fn body(ui: &mut Ui, report: &Report, row_height: f32, orders: &mut Vec<Order>) {
    let unfolded_id = ui.scope_id().with("backtrace");
    let mut unfolded = ui.data(|data| data.get_temp(unfolded_id).unwrap_or(false));
    let fold = usize::from(!report.backtrace.is_empty());
    let frames = if unfolded { report.backtrace.len() } else { 0 };
    let count = report.rows.len() + fold + frames;
    let font = monospace(ui.ctx());
    let width = ui.fonts_mut(|fonts| fonts.glyph_width(&font, 'm')) * report.columns() as f32;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = Vec2::ZERO;
        ui.spacing_mut().interact_size.y = row_height;
        ScrollArea::both().auto_shrink(false).show_rows(ui, row_height, count, |ui, visible| {
            ui.set_min_width(width);
            for index in visible {
                ui.horizontal(|ui| {
                    ui.set_height(row_height);
                    if let Some(row) = report.rows.get(index) {
                        row_ui(ui, row, &font, orders);
                    } else if index == report.rows.len() {
                        unfolded ^= fold_ui(ui, unfolded, report.backtrace.len());
                    } else {
                        row_ui(ui, &report.backtrace[index - report.rows.len() - 1], &font, orders);
                    }
                });
            }
        });
    });
    ui.data_mut(|data| data.insert_temp(unfolded_id, unfolded));
}

/// The row that shows and hides the frames of a panic; true when it was clicked.
fn fold_ui(ui: &mut Ui, unfolded: bool, count: usize) -> bool {
    let arrow = if unfolded { "⏷" } else { "⏵" };
    ui.add(Link::new(format!("{arrow} Backtrace ({count} lines)"))).clicked()
}

fn row_ui(ui: &mut Ui, row: &Row, font: &FontId, orders: &mut Vec<Order>) {
    let end = row.line.text.len();
    let link = row.link.as_ref().map_or(end..end, |(range, _)| range.clone());
    let text = |ui: &mut Ui, part: std::ops::Range<usize>| {
        if !part.is_empty() {
            let job = row.line.job(part, font, ui.visuals());
            ui.add(Label::new(job).extend());
        }
    };
    text(ui, 0..link.start);
    if let Some((range, place)) = &row.link {
        let name = RichText::new(&row.line.text[range.clone()]).font(font.clone());
        let name = name.color(ui.visuals().hyperlink_color).underline();
        if ui.add(Link::new(name)).on_hover_text("Open in your editor").clicked() {
            let (line, column) = (place.line, place.column);
            orders.push(Order::OpenEditor { file: place.file.clone(), line, column });
        }
    }
    text(ui, link.end..end);
}

fn report(ctx: &Context, failure: &Failure) -> Arc<Report> {
    ctx.memory_mut(|memory| {
        let cache = memory.caches.cache::<FrameCache<Arc<Report>, Reader>>();
        Arc::clone(cache.get(Text(failure)))
    })
}

/// Reads a failure once instead of in every frame.
#[derive(Default)]
struct Reader;

impl ComputerMut<Text<'_>, Arc<Report>> for Reader {
    fn compute(&mut self, failure: Text<'_>) -> Arc<Report> {
        Arc::new(Report::of(failure.0))
    }
}

/// A failure as the cache tells it from another: by everything a report is made of.
#[derive(Clone, Copy)]
struct Text<'a>(&'a Failure);

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.reason.hash(state);
        self.0.detail.hash(state);
        for diagnostic in &self.0.diagnostics {
            diagnostic.rendered.hash(state);
            (&diagnostic.file, diagnostic.line, diagnostic.column).hash(state);
        }
    }
}

#[cfg(test)]
mod tests;
