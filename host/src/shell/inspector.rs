//! The state inspector: every value of a module's state by name, with its type and size.
//!
//! Owns: which module is looked at, what is unfolded, searched for and being typed. Consumes: the
//! state as the engine hands it over. Produces: [`Order`]s. Never: changes a value itself; an edit
//! goes through the same swap as a reload.

mod leaf;
mod place;
mod rows;

use self::place::Place;
use self::rows::{ROWS_MAX, Row, Rows};
use super::orders::Order;
use super::theme::Colors;
use super::units::bytes;
use crate::engine::{EngineError, EngineHandle, StateEdit, TakenState};
use crate::journal::board::Board;
use crossbeam_channel::{Receiver, TryRecvError};
use egui::{Align2, Context, Key, Label, RichText, ScrollArea, Sense, TextEdit, Ui, Window};
use hot_api::state::Tree;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// How often the values are taken anew while "Live" is on.
const LIVE_EVERY: Duration = Duration::from_secs(1);

/// Points that one level is moved to the right.
const INDENT: f32 = 14.0;

/// An open inspector. UI thread only.
pub(super) struct Inspector {
    module: String,
    asked: Option<Receiver<Result<TakenState, EngineError>>>,
    taken: Option<(TakenState, Instant)>,
    error: Option<String>,
    unfolded: HashSet<Place>,
    search: String,
    rows: Rows,
    live: bool,
    typing: Option<Typing>,
    /// When the swap was whose state is shown, on the journal's clock.
    swapped_us: Option<u64>,
}

/// A value that is being typed.
struct Typing {
    place: Place,
    text: String,
    error: Option<String>,
    is_new: bool,
}

impl Inspector {
    pub(super) fn new(module: String) -> Self {
        Self {
            module,
            asked: None,
            taken: None,
            error: None,
            unfolded: HashSet::new(),
            search: String::new(),
            rows: Rows { listed: Vec::new(), is_cut: false },
            live: false,
            typing: None,
            swapped_us: None,
        }
    }

    /// Whose state it shows.
    pub(super) fn module(&self) -> &str {
        &self.module
    }

    /// Asks the engine for values when they are wanted, and takes in what it has handed over.
    pub(super) fn update(&mut self, ctx: &Context, engine: &EngineHandle, board: &Board) {
        let entry = board.module(&self.module).and_then(|module| module.last_entry.as_ref());
        let swapped_us = entry.map(|entry| entry.t_us);
        if self.swapped_us != swapped_us {
            // Other code runs, or the same with an edit.
            self.swapped_us = swapped_us;
            self.refresh();
        }
        let age = self.taken.as_ref().map(|(_, at)| at.elapsed());
        let is_due = age.map_or(self.error.is_none(), |age| self.live && age >= LIVE_EVERY);
        if is_due && self.asked.is_none() {
            self.asked = Some(engine.take_state(&self.module));
        }
        if self.live {
            ctx.request_repaint_after(LIVE_EVERY);
        }
        match self.asked.as_ref().map(Receiver::try_recv) {
            Some(Ok(answer)) => self.take(answer),
            Some(Err(TryRecvError::Disconnected)) => self.asked = None,
            Some(Err(TryRecvError::Empty)) | None => {}
        }
    }

    /// The values are taken anew with the next frame.
    fn refresh(&mut self) {
        self.taken = None;
        self.error = None;
    }

    fn take(&mut self, answer: Result<TakenState, EngineError>) {
        self.asked = None;
        match answer {
            Ok(taken) => {
                self.taken = Some((taken, Instant::now()));
                self.error = None;
                self.list();
            }
            Err(error) => self.error = Some(error.to_string()),
        }
    }

    fn list(&mut self) {
        let Some((taken, _)) = &self.taken else { return };
        let search = self.search.trim();
        self.rows = if search.is_empty() {
            Rows::unfolded(&taken.state, &self.unfolded)
        } else {
            Rows::found(&taken.state, search)
        };
    }

    /// Draws the window; `false` when it was closed.
    pub(super) fn show(&mut self, ctx: &Context, orders: &mut Vec<Order>) -> bool {
        let mut open = true;
        // In the corner that is farthest from the buttons of the bar.
        let corner = ctx.content_rect().right_top() + egui::vec2(-16.0, 72.0);
        Window::new(format!("State of {}", self.module))
            .id(egui::Id::unique(("state inspector", &self.module)))
            .open(&mut open)
            .pivot(Align2::RIGHT_TOP)
            .default_pos(corner)
            .default_size([460.0, 420.0])
            .min_size([320.0, 160.0])
            .show(ctx, |ui| self.contents(ui, orders));
        open
    }

    fn contents(&mut self, ui: &mut Ui, orders: &mut Vec<Order>) {
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut self.search).hint_text("Search names and values");
            let field = ui.add(field.desired_width(180.0));
            ui.ctx().accesskit_node_builder(field.id, |node| node.set_label("Search"));
            if field.changed() {
                self.list();
            }
            if ui.button("Refresh").clicked() {
                self.refresh();
            }
            let tip = "Takes the values anew every second";
            ui.checkbox(&mut self.live, "Live").on_hover_text(tip);
            if let Some((taken, _)) = &self.taken {
                ui.label(RichText::new(bytes(taken.bytes)).weak());
            }
        });
        ui.separator();
        if let Some(error) = &self.error {
            ui.label(RichText::new(error).color(Colors::of(ui.visuals()).bad));
        }
        let row_height = ui.spacing().interact_size.y;
        ScrollArea::both().auto_shrink(false).show_rows(
            ui,
            row_height,
            self.rows.listed.len(),
            |ui, visible| {
                for index in visible {
                    self.row(ui, index, row_height, orders);
                }
            },
        );
        if self.rows.is_cut {
            ui.label(RichText::new(format!("only the first {ROWS_MAX} are listed")).weak());
        }
    }

    fn row(&mut self, ui: &mut Ui, index: usize, height: f32, orders: &mut Vec<Order>) {
        let Some(row) = self.rows.listed.get(index).cloned() else { return };
        let is_search = !self.search.trim().is_empty();
        ui.horizontal(|ui| {
            ui.set_height(height);
            if !is_search {
                ui.add_space(INDENT * (row.place.len() - 1) as f32);
            }
            if row.has_parts && !is_search {
                self.name_with_arrow(ui, &row);
            } else {
                ui.label(&row.name);
            }
            if self.typing.as_ref().is_some_and(|typing| typing.place == row.place) {
                self.type_in(ui, &row, orders);
            } else {
                let value = ui.add(
                    Label::new(RichText::new(&row.value).monospace())
                        .sense(if row.text.is_some() { Sense::click() } else { Sense::hover() }),
                );
                if row.text.is_some() && value.on_hover_text("Click to change it").clicked() {
                    self.typing = Typing::of(&row);
                }
            }
            ui.label(RichText::new(format!("{} · {}", row.kind, bytes(row.bytes))).weak());
        });
    }

    fn name_with_arrow(&mut self, ui: &mut Ui, row: &Row) {
        let is_open = self.unfolded.contains(&row.place);
        let text = format!("{} {}", if is_open { "⏷" } else { "⏵" }, row.name);
        if ui.add(Label::new(text).selectable(false).sense(Sense::click())).clicked() {
            if is_open {
                self.unfolded.remove(&row.place);
            } else {
                self.unfolded.insert(row.place.clone());
            }
            self.list();
        }
    }

    /// The field of the value that is being typed: Enter changes it, Escape leaves it as it is.
    fn type_in(&mut self, ui: &mut Ui, row: &Row, orders: &mut Vec<Order>) {
        let Some(typing) = &mut self.typing else { return };
        let field = ui.add(TextEdit::singleline(&mut typing.text).desired_width(160.0));
        ui.ctx().accesskit_node_builder(field.id, |node| node.set_label(row.name.as_str()));
        if std::mem::take(&mut typing.is_new) {
            field.request_focus();
        }
        if let Some(error) = &typing.error {
            ui.label(RichText::new(error).color(Colors::of(ui.visuals()).bad));
        }
        if !field.lost_focus() {
            return;
        }
        if !ui.input(|input| input.key_pressed(Key::Enter)) {
            self.typing = None;
            return;
        }
        let Some((taken, _)) = &mut self.taken else { return };
        let Some(old) = place::value_mut(&mut taken.state, &row.place) else { return };
        match leaf::parse(old, &typing.text) {
            Ok(new) => {
                let edit = replacement(row.place.clone(), old.clone(), new);
                orders.push(Order::EditState(self.module.clone(), edit));
                self.typing = None;
            }
            Err(error) => {
                typing.error = Some(error);
                typing.is_new = true;
            }
        }
    }
}

impl Typing {
    fn of(row: &Row) -> Option<Self> {
        let text = row.text.clone()?;
        Some(Self { place: row.place.clone(), text, error: None, is_new: true })
    }
}

/// The edit that puts `new` where `old` was, unless the module has changed it meanwhile.
fn replacement(place: Place, old: Tree, new: Tree) -> StateEdit {
    StateEdit::new(move |state| match place::value_mut(state, &place) {
        Some(value) if *value == old => {
            *value = new.clone();
            Ok(())
        }
        _ => Err("the module has changed this value meanwhile; look again".to_owned()),
    })
}

#[cfg(test)]
mod tests;
