//! A column of the board: its cards, and where a dragged card would go.

use crate::board::Action;
use crate::card;
use crate::style::Palette;
use hot_api::egui::{Frame, Pos2, Rangef, Rect, RichText, ScrollArea, Sides, Stroke, Ui};
use state::{CardId, Column};

/// What a column has to know of its board.
pub(crate) struct View<'a> {
    /// Its place among the columns.
    pub(crate) index: usize,
    /// The titles of all columns.
    pub(crate) titles: &'a [String],
    /// Only matching cards are shown.
    pub(crate) filter: &'a str,
    /// The open card.
    pub(crate) editing: Option<CardId>,
}

/// What the heading of a column takes up, in points.
const HEADING_HEIGHT: f32 = 40.0;

/// A card that is shown, and where.
type Slot = (CardId, Rect);

impl View<'_> {
    /// Draws the column; takes up all the height there is.
    pub(crate) fn show(&self, ui: &mut Ui, column: &mut Column) -> Option<Action> {
        let palette = Palette::of(ui);
        let frame = Frame::new().fill(palette.raised).corner_radius(8).inner_margin(8);
        let mut frame = frame.begin(ui);
        let mut slots = Vec::new();
        let action = self.contents(&mut frame.content_ui, column, &mut slots);
        let response = frame.allocate_space(ui);

        let mut before = None;
        if response.dnd_hover_payload::<CardId>().is_some()
            && let Some(pointer) = ui.ctx().pointer_interact_pos()
        {
            frame.frame.stroke = Stroke::new(1.0, palette.accent);
            before = card_below(&slots, pointer);
            let y = insertion_y(&slots, before);
            let line = response.rect.x_range().shrink(10.0);
            insertion_line(ui, line, y.unwrap_or(response.rect.top() + HEADING_HEIGHT));
        }
        frame.paint(ui);
        let dropped = response.dnd_release_payload::<CardId>();
        dropped.map(|id| Action::Move { id: *id, column: self.index, before }).or(action)
    }

    fn contents(&self, ui: &mut Ui, column: &mut Column, slots: &mut Vec<Slot>) -> Option<Action> {
        let all = column.cards.len();
        let matching = column.cards.iter().filter(|card| card.matches(self.filter)).count();
        let count = if matching == all { all.to_string() } else { format!("{matching} of {all}") };
        Sides::new().show(
            ui,
            |ui| {
                ui.add_space(4.0);
                ui.label(RichText::new(&column.title).strong());
            },
            |ui| {
                ui.add_space(4.0);
                ui.weak(count);
            },
        );
        if matching == 0 {
            ui.weak(if all == 0 { "Drop a card here." } else { "No card matches the filter." });
        }
        let scroll = ScrollArea::vertical().id_salt(self.index).auto_shrink(false);
        // `vertical`, because in the justified layout of columns text would be justified too.
        scroll.show(ui, |ui| ui.vertical(|ui| self.cards(ui, column, slots)).inner).inner
    }

    fn cards(&self, ui: &mut Ui, column: &mut Column, slots: &mut Vec<Slot>) -> Option<Action> {
        let mut action = None;
        let shown = column.cards.iter_mut().filter(|card| card.matches(self.filter));
        for card in shown {
            let drawn = if self.editing == Some(card.id) {
                card::editor(ui, card, self.index, self.titles)
            } else {
                card::face(ui, card)
            };
            slots.push((card.id, drawn.rect));
            action = drawn.action.or(action);
        }
        action
    }
}

/// The card that a card dropped at `pointer` would be put in front of; none: at the end.
fn card_below(slots: &[Slot], pointer: Pos2) -> Option<CardId> {
    slots.iter().find(|(_, rect)| pointer.y < rect.center().y).map(|&(id, _)| id)
}

/// Where to draw the line that shows it; none in an empty column.
fn insertion_y(slots: &[Slot], before: Option<CardId>) -> Option<f32> {
    let below = slots.iter().find(|(id, _)| Some(*id) == before);
    below.map(|(_, rect)| rect.top() - 3.0).or(slots.last().map(|(_, rect)| rect.bottom() + 3.0))
}

fn insertion_line(ui: &Ui, x: Rangef, y: f32) {
    ui.painter().hline(x, y, Stroke::new(2.0, Palette::of(ui).accent));
}
