//! The page of services: what each is at, and the configuration that they run with.
//!
//! Owns: whether it is open, and which message the user has closed. Consumes: a [`Board`]. Produces: [`Order`]s.
//! Never: starts or stops a service.

use super::orders::Order;
use super::theme::Colors;
use super::units::span;
use crate::journal::board::{Board, ConfigBoard, ServiceBoard, ServiceState};
use crate::journal::event::ConfigValue;
use crate::journal::unix_ms;
use egui::{Align2, Context, Frame, Grid, Id, Label, Panel, RichText, ScrollArea, Ui, Window};
use std::time::Duration;

/// While the page is open, the time that a service has been up goes on.
const UPTIME_STEP: Duration = Duration::from_secs(1);

/// UI thread only.
#[derive(Debug, Default)]
pub(super) struct ServicesPage {
    open: bool,
    /// The message that the user has closed; the next one is shown again.
    closed: Option<String>,
}

/// Whether there is something to show.
pub(super) fn is_wanted(board: &Board) -> bool {
    !board.services.is_empty() || board.config.is_some()
}

/// What is wrong with services or their configuration, in a few words each.
pub(super) fn troubles(board: &Board) -> Vec<String> {
    let config = board.config.as_ref().and_then(|config| config.error.as_ref());
    let config = config.map(|_| "The configuration cannot be used".to_owned());
    let is_bad =
        |it: &&ServiceBoard| matches!(it.state, ServiceState::Failed | ServiceState::LeftBehind);
    let services = board.services.iter().filter(is_bad);
    let services = services.map(|it| format!("Service {} {}", it.name, it.in_words()));
    config.into_iter().chain(services).collect()
}

impl ServicesPage {
    pub(super) fn toggle(&mut self) {
        self.open = !self.open;
    }

    /// The bar below the dashboard that says why the files cannot be used.
    pub(super) fn error_bar(&mut self, ui: &mut Ui, board: &Board, orders: &mut Vec<Order>) {
        let error = board.config.as_ref().and_then(|config| config.error.as_ref());
        let Some(error) = error else {
            self.closed = None;
            return;
        };
        if self.closed.as_ref() == Some(error) {
            return;
        }
        let bad = Colors::of(ui.visuals()).bad;
        let frame = Frame::side_top_panel(ui.style()).fill(bad.gamma_multiply(0.15));
        Panel::top("configuration error").frame(frame).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                let text = RichText::new(format!("Configuration: {error}")).color(bad).strong();
                let label = ui.add(Label::new(text).wrap());
                ui.ctx().accesskit_node_builder(label.id, |node| {
                    node.set_label("Configuration error");
                    node.set_value(error.as_str());
                });
                ui.label(RichText::new(consequence(board)).weak());
                if !self.open && ui.button("Show services").clicked() {
                    orders.push(Order::ShowServices);
                }
                if ui.button("Close").clicked() {
                    self.closed = Some(error.clone());
                }
            });
        });
    }

    /// Draws the page if it is open.
    pub(super) fn show(&mut self, ctx: &Context, board: &Board, orders: &mut Vec<Order>) {
        if !self.open {
            return;
        }
        ctx.request_repaint_after(UPTIME_STEP);
        let corner = ctx.content_rect().right_top() + egui::vec2(-16.0, 72.0);
        Window::new("Services")
            .id(Id::unique("services page"))
            .open(&mut self.open)
            .pivot(Align2::RIGHT_TOP)
            .default_pos(corner)
            .default_size([560.0, 420.0])
            .min_size([360.0, 160.0])
            .show(ctx, |ui| {
                ScrollArea::both().auto_shrink(false).show(ui, |ui| {
                    services(ui, board, orders);
                    ui.add_space(12.0);
                    configuration(ui, board.config.as_ref());
                });
            });
    }
}

/// What runs while the files cannot be used.
fn consequence(board: &Board) -> &'static str {
    if board.services.iter().any(|it| it.state == ServiceState::Running) {
        "Services run with the last good values; save the corrected file."
    } else {
        "No service runs; save the corrected file."
    }
}

fn services(ui: &mut Ui, board: &Board, orders: &mut Vec<Order>) {
    if board.services.is_empty() {
        ui.label(RichText::new("No service is listed.").weak());
        return;
    }
    let has_several = board.modules.len() > 1;
    Grid::new("services").num_columns(5).striped(true).spacing([16.0, 6.0]).show(ui, |ui| {
        for title in ["Service", "State", "Up", "Restarts", ""] {
            ui.label(RichText::new(title).strong());
        }
        ui.end_row();
        for service in &board.services {
            row(ui, service, has_several, orders);
        }
    });
    for service in &board.services {
        if let Some(error) = &service.last_error {
            let text = format!("{}: {error}", service.name);
            let bad = Colors::of(ui.visuals()).bad;
            ui.add(Label::new(RichText::new(text).color(bad)).wrap());
        }
    }
}

fn row(ui: &mut Ui, service: &ServiceBoard, has_several: bool, orders: &mut Vec<Order>) {
    let ServiceBoard { module, name, state, started_unix_ms, restarts, .. } = service;
    ui.label(if has_several { format!("{module} · {name}") } else { name.clone() });
    let colors = Colors::of(ui.visuals());
    let color = match state {
        ServiceState::Running => colors.good,
        ServiceState::Starting | ServiceState::Stopping => colors.busy,
        ServiceState::Failed | ServiceState::LeftBehind => colors.bad,
        ServiceState::Stopped | ServiceState::Inactive => ui.visuals().weak_text_color(),
    };
    ui.label(RichText::new(service.in_words()).color(color));
    let up = started_unix_ms.filter(|_| *state == ServiceState::Running);
    ui.label(up.map_or_else(|| "–".to_owned(), |since| span(unix_ms().saturating_sub(since))));
    ui.label(restarts.to_string());
    let (text, start) = match state {
        ServiceState::Running => ("Stop", false),
        ServiceState::Stopped | ServiceState::Failed | ServiceState::LeftBehind => ("Start", true),
        ServiceState::Starting | ServiceState::Stopping | ServiceState::Inactive => {
            ui.label("");
            ui.end_row();
            return;
        }
    };
    let button = ui.button(text);
    ui.ctx().accesskit_node_builder(button.id, |node| node.set_label(format!("{text} {name}")));
    if button.clicked() {
        let (module, service) = (module.clone(), name.clone());
        orders.push(Order::Service { module, service, start });
    }
    ui.end_row();
}

fn configuration(ui: &mut Ui, config: Option<&ConfigBoard>) {
    let Some(config) = config else { return };
    ui.label(RichText::new("Configuration").heading());
    if let Some(error) = &config.error {
        let bad = Colors::of(ui.visuals()).bad;
        ui.add(Label::new(RichText::new(error).color(bad)).wrap());
    }
    if config.values.is_empty() {
        ui.label(RichText::new("No file says anything.").weak());
        return;
    }
    Grid::new("configuration").num_columns(3).striped(true).spacing([16.0, 4.0]).show(ui, |ui| {
        for ConfigValue { key, value, source } in &config.values {
            ui.label(RichText::new(key).monospace());
            ui.label(RichText::new(value).monospace());
            ui.label(RichText::new(source).weak());
            ui.end_row();
        }
    });
}
