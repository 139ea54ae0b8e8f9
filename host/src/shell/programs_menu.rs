//! The menu of the programs that run beside the modules.
//!
//! Owns: what it says of each, and its buttons. Consumes: a [`Board`]. Produces: [`Order`]s. Never: starts or
//! ends a program.

use super::orders::Order;
use super::theme::Colors;
use super::units::{NAME_COLUMNS_MAX, shortened, span};
use crate::journal::board::{Board, ProcessBoard, trouble};
use crate::journal::unix_ms;
use egui::{Button, RichText, Ui};
use std::time::Duration;

/// While the menu is open, the time that a program has been up goes on.
const UPTIME_STEP: Duration = Duration::from_secs(1);

/// One menu for all of them; nothing where there is none.
pub(super) fn programs_menu(ui: &mut Ui, board: &Board, orders: &mut Vec<Order>) {
    let title = match board.processes.as_slice() {
        [] => return,
        [one] => shortened(&one.name, NAME_COLUMNS_MAX),
        several => format!("{} programs", several.len()),
    };
    let is_bad = board.processes.iter().any(|process| trouble(process, &board.targets).is_some());
    let bad = Colors::of(ui.visuals()).bad;
    let title = RichText::new(format!("{title} ⏷"));
    ui.menu_button(if is_bad { title.color(bad) } else { title }, |ui| {
        ui.set_min_width(220.0);
        ui.ctx().request_repaint_after(UPTIME_STEP);
        for (n, process) in board.processes.iter().enumerate() {
            if n > 0 {
                ui.separator();
            }
            program(ui, board, process, orders);
        }
    });
}

fn program(ui: &mut Ui, board: &Board, process: &ProcessBoard, orders: &mut Vec<Order>) {
    let name = &process.name;
    ui.label(RichText::new(format!("{name} {}", process.in_words())).strong());
    if let (Some(_), Some(since)) = (process.pid, process.started_unix_ms) {
        let up = span(unix_ms().saturating_sub(since));
        let restarts = match process.restarts {
            1 => "1 restart".to_owned(),
            restarts => format!("{restarts} restarts"),
        };
        ui.label(RichText::new(format!("Up {up}, {restarts}")).weak());
    }
    if let Some(exit) = process.last_exit {
        ui.label(RichText::new(format!("Last exit: {exit}")).weak());
    }
    if let Some(text) = trouble(process, &board.targets) {
        ui.label(RichText::new(text).color(Colors::of(ui.visuals()).bad));
    }
    let (text, order) = match process.pid {
        Some(_) => (format!("Stop {name}"), Order::StopProgram(name.clone())),
        None => (format!("Start {name}"), Order::StartProgram(name.clone())),
    };
    if ui.add(Button::new(text)).clicked() {
        orders.push(order);
    }
}
