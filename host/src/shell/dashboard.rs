//! The bar on top: what runs, what happens, and the buttons for it.
//!
//! Owns: the arrangement of the bar. Consumes: a [`Board`]. Produces: [`Order`]s. Never: calls the
//! engine.
//!
//! From the right: the modules' menus, that of the programs beside them, the gauge, and whatever is left for the status, which is
//! shortened before anything overlaps. The gauge and the status keep their places whatever they
//! show, so that nothing jumps.

use super::headline::{Headline, Tone};
use super::latency::gauge;
use super::orders::{Order, about_migration};
use super::programs_menu::programs_menu;
use super::services_page;
use super::theme::{BAR_HEIGHT, Colors};
use super::units::{NAME_COLUMNS_MAX, bytes, shortened};
use crate::journal::board::{Board, ModuleBoard, ModuleHealth};
use crate::journal::event::PastMigration;
use egui::accesskit::{Live, Role};
use egui::{Align, Button, Color32, Label, Layout, RichText, Sense, TextStyle, Ui, Vec2};

/// Share of the bar that menus of single modules may take before they become one menu.
const MENUS_SHARE_MAX: f32 = 0.35;

/// Points between the gauge's two sizes.
const WIDE_BAR_MIN: f32 = 800.0;

/// Draws the bar and returns what the user asked for. Its accessible names are an outside
/// contract: "Hot Reload", "Auto reload", "Reload status".
pub(super) fn dashboard_bar(ui: &mut Ui, board: &Board) -> Vec<Order> {
    let mut orders = Vec::new();
    let width = ui.available_width();
    ui.allocate_ui_with_layout(
        Vec2::new(width, BAR_HEIGHT),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_size(Vec2::new(width, BAR_HEIGHT));
            buttons(ui, board, &mut orders);
            ui.separator();
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                menus(ui, board, width * MENUS_SHARE_MAX, &mut orders);
                programs_menu(ui, board, &mut orders);
                services_button(ui, board, &mut orders);
                gauge(ui, board, if width < WIDE_BAR_MIN { 72.0 } else { 140.0 });
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    status(ui, board, &mut orders);
                });
            });
        },
    );
    orders
}

fn buttons(ui: &mut Ui, board: &Board, orders: &mut Vec<Order>) {
    let tip = "Builds what was saved and swaps it in (Ctrl+Alt+R)";
    if ui.button("Hot Reload").on_hover_text(tip).clicked() {
        orders.push(Order::ReloadAll);
    }
    let mut auto_reload = board.auto_reload;
    let tip = "On: a saved file reloads at once. Off: it waits for Hot Reload.";
    if ui.checkbox(&mut auto_reload, "Auto reload").on_hover_text(tip).changed() {
        orders.push(Order::SetAutoReload(auto_reload));
    }
}

fn status(ui: &mut Ui, board: &Board, orders: &mut Vec<Order>) {
    let headline = Headline::of(board);
    let colors = Colors::of(ui.visuals());
    let color = match headline.tone {
        Tone::Good => colors.good,
        Tone::Busy => colors.busy,
        Tone::Waiting => colors.waiting,
        Tone::Bad => colors.bad,
    };
    let (dot, _) = ui.allocate_exact_size(Vec2::splat(8.0), Sense::hover());
    ui.painter().circle_filled(dot.center(), 4.0, color);
    let calm = headline.tone == Tone::Good;
    let front = if calm { ui.visuals().text_color() } else { color };
    let sense = if headline.failed.is_some() { Sense::click() } else { Sense::hover() };
    let text = RichText::new(&headline.text).color(front);
    let mut response = ui.add(Label::new(text).truncate().selectable(false).sense(sense));
    // The role is that of a live region: a reader says it when it changes, and it is found by
    // its name, while a plain label's name would be its text.
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(Role::Status);
        node.set_live(Live::Polite);
        node.set_label("Reload status");
        node.set_value(headline.text.as_str());
    });
    if let Some(module) = headline.failed {
        response = response.on_hover_text("Click to read why");
        if response.clicked() {
            orders.push(Order::ShowError(module));
        }
    }
}

/// Opens the page of services, where there are any.
fn services_button(ui: &mut Ui, board: &Board, orders: &mut Vec<Order>) {
    if !services_page::is_wanted(board) {
        return;
    }
    let text = RichText::new("Services");
    let is_bad = !services_page::troubles(board).is_empty();
    let bad = Colors::of(ui.visuals()).bad;
    if ui.button(if is_bad { text.color(bad) } else { text }).clicked() {
        orders.push(Order::ShowServices);
    }
}

/// A menu for each module, or one for all when they would take too much of the bar.
fn menus(ui: &mut Ui, board: &Board, width_max: f32, orders: &mut Vec<Order>) {
    let titles: Vec<String> = board.modules.iter().map(title).collect();
    let padding = ui.spacing().button_padding.x * 2.0 + ui.spacing().item_spacing.x;
    let font = TextStyle::Button.resolve(ui.style());
    let width: f32 = titles
        .iter()
        .map(|title| {
            let galley =
                ui.painter().layout_no_wrap(title.clone(), font.clone(), Color32::PLACEHOLDER);
            galley.size().x + padding
        })
        .sum();
    if board.modules.len() > 1 && width > width_max {
        let worst = board.modules.iter().find(|module| module.failure.is_some());
        let color = worst.map(|module| menu_color(ui, module));
        let text = RichText::new(format!("{} modules ⏷", board.modules.len()));
        ui.menu_button(color.map_or(text.clone(), |color| text.color(color)), |ui| {
            for module in &board.modules {
                let text =
                    format!("{} {}", shortened(&module.name, NAME_COLUMNS_MAX), running(module));
                let text = RichText::new(text).color(menu_color(ui, module));
                ui.menu_button(text, |ui| menu(ui, module, orders));
            }
        });
        return;
    }
    // The layout runs from right to left.
    for (module, title) in board.modules.iter().zip(titles).rev() {
        let text = RichText::new(title).color(menu_color(ui, module));
        ui.menu_button(text, |ui| menu(ui, module, orders));
    }
}

fn title(module: &ModuleBoard) -> String {
    format!("{} {} ⏷", shortened(&module.name, NAME_COLUMNS_MAX), running(module))
}

fn running(module: &ModuleBoard) -> String {
    module.generation.map_or_else(|| "–".to_owned(), |generation| generation.to_string())
}

fn menu_color(ui: &Ui, module: &ModuleBoard) -> Color32 {
    match module.status {
        ModuleHealth::Failed | ModuleHealth::Fault => Colors::of(ui.visuals()).bad,
        ModuleHealth::Ok | ModuleHealth::Building => ui.visuals().text_color(),
    }
}

fn menu(ui: &mut Ui, module: &ModuleBoard, orders: &mut Vec<Order>) {
    let name = || module.name.clone();
    ui.set_min_width(190.0);
    let status = match module.status {
        ModuleHealth::Ok => "runs",
        ModuleHealth::Building => "is being built anew",
        ModuleHealth::Failed => "runs; the newest code does not",
        ModuleHealth::Fault => "has failed",
    };
    ui.label(RichText::new(format!("{} {status}", running(module))).strong());
    let library: String = module.artifact.chars().take(12).collect();
    let known = if library.is_empty() { "none" } else { &library };
    ui.label(RichText::new(format!("Library {known}")).weak());
    ui.label(RichText::new(format!("State {}", bytes(module.state_bytes))).weak());
    for (generation, work) in &module.busy {
        ui.label(RichText::new(format!("{generation} is busy: {work}")).weak());
    }
    ui.separator();
    if let Some(migration) = &module.migration {
        let PastMigration { from, to, .. } = migration;
        ui.label(RichText::new(format!("The state went from version {from} to {to}")).weak());
        for (text, tip, order) in about_migration(&module.name, migration) {
            if ui.button(text).on_hover_text(tip).clicked() {
                orders.push(order);
            }
        }
        ui.separator();
    }
    let mut choose = |ui: &mut Ui, text: &str, order: Order| {
        if ui.add(Button::new(text)).clicked() {
            orders.push(order);
        }
    };
    choose(ui, "Reload", Order::Reload(name()));
    if module.failure.is_some() {
        choose(ui, "Show error", Order::ShowError(name()));
    }
    choose(ui, "Inspect state", Order::Inspect(name()));
    choose(ui, "Reset state", Order::ResetState(name()));
    ui.separator();
    if module.kept.is_empty() {
        ui.label(RichText::new("No other generation is kept").weak());
        return;
    }
    ui.label(RichText::new("Run another generation").weak());
    for generation in module.kept.iter().rev() {
        choose(ui, &generation.to_string(), Order::Rollback(name(), Some(*generation)));
    }
}

#[cfg(test)]
mod tests;
