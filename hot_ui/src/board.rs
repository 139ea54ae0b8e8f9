//! The page of tasks and notes.
//!
//! Columns and cards draw themselves and answer with an [`Action`]; it is carried out here,
//! after everything was drawn, so that no list changes while it is walked.

use crate::widgets::filter;
use crate::{card, column};
use hot_api::egui::{Align, CentralPanel, Frame, Key, Layout, Margin, Panel, Sides, TextEdit, Ui};
use state::{Board, CardId};

/// What the user wants done with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Open it for editing.
    Edit(CardId),
    /// Close whichever is open.
    Close,
    /// Take it off the board.
    Delete(CardId),
    /// Put it into a column, in front of another card or at the end.
    Move { id: CardId, column: usize, before: Option<CardId> },
}

/// Draws the page.
pub(crate) fn show(ui: &mut Ui, board: &mut Board) {
    ui.horizontal(|ui| {
        new_task(ui, board);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            filter(ui, "Filter tasks", &mut board.filter);
        });
    });
    ui.add_space(4.0);
    undo_bar(ui, board);
    let action = CentralPanel::no_frame().show(ui, |ui| columns(ui, board)).inner;
    if let Some(action) = action {
        perform(ui, board, action);
    }
    if board.editing.is_some() && ui.input(|input| input.key_pressed(Key::Escape)) {
        board.editing = None;
    }
}

fn new_task(ui: &mut Ui, board: &mut Board) {
    let field = TextEdit::singleline(&mut board.draft).hint_text("New task").desired_width(260.0);
    let field = ui.add(field).accessible_name("New task");
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let clicked = ui.button("Add task").clicked();
    if (entered || clicked) && board.add(&board.draft.clone()).is_some() {
        board.draft.clear();
        // The next task can be typed at once.
        field.request_focus();
    }
}

/// Offers the way back from the latest deletion, for as long as there is one.
fn undo_bar(ui: &mut Ui, board: &mut Board) {
    let Some(deleted) = board.deleted.last() else {
        return;
    };
    let text = format!("Deleted “{}”", deleted.card.title);
    let frame = Frame::new().inner_margin(Margin { top: 8, ..Margin::ZERO });
    Panel::bottom("undo").frame(frame).show_separator_line(false).show(ui, |ui| {
        Sides::new().shrink_left().truncate().show(
            ui,
            |ui| ui.weak(text),
            |ui| {
                if ui.button("Dismiss").clicked() {
                    board.deleted.clear();
                }
                if ui.button("Undo delete").clicked() {
                    board.undo_delete();
                }
            },
        );
    });
}

fn columns(ui: &mut Ui, board: &mut Board) -> Option<Action> {
    if board.columns.is_empty() {
        ui.weak("This board has no columns.");
        return None;
    }
    let titles: Vec<String> = board.columns.iter().map(|it| it.title.clone()).collect();
    let Board { columns, filter, editing, .. } = board;
    ui.columns(columns.len(), |uis| {
        let mut action = None;
        for (index, (column, ui)) in columns.iter_mut().zip(uis).enumerate() {
            let view = column::View { index, titles: &titles, filter, editing: *editing };
            action = view.show(ui, column).or(action);
        }
        action
    })
}

fn perform(ui: &Ui, board: &mut Board, action: Action) {
    match action {
        Action::Edit(id) => {
            board.editing = Some(id);
            ui.memory_mut(|memory| memory.request_focus(card::title_field(id)));
        }
        Action::Close => board.editing = None,
        Action::Delete(id) => board.delete(id),
        Action::Move { id, column, before } => board.move_card(id, column, before),
    }
}
