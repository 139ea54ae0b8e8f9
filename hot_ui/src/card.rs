//! A card of the board: closed, it can be dragged; open, it can be edited in place.

use crate::board::Action;
use crate::style::{Palette, RADIUS};
use crate::widgets::{chip, labelled};
use hot_api::egui::{
    Button, Color32, Frame, Id, Margin, Rect, RichText, Sense, Sides, Stroke, TextEdit, TextStyle,
    Ui, Vec2,
    text::{LayoutJob, TextFormat},
};
use state::{Card, CardId, Priority};

/// How many lines of the notes a closed card shows.
const NOTES_ROWS_MAX: usize = 3;

/// What became of drawing a card.
pub(crate) struct Drawn {
    /// The place it takes up in its column.
    pub(crate) rect: Rect,
    /// What the user wants.
    pub(crate) action: Option<Action>,
}

/// The field that gets the focus when a card is opened.
pub(crate) fn title_field(id: CardId) -> Id {
    Id::unique(("title of", id))
}

/// Draws a closed card. While it is dragged, its old place stays open.
pub(crate) fn face(ui: &mut Ui, card: &Card) -> Drawn {
    let palette = Palette::of(ui);
    let id = Id::unique(("card", card.id));
    let drag = ui.dnd_drag_source(id, card.id, |ui| {
        // The place it would go to shines through.
        if ui.ctx().is_being_dragged(id) {
            ui.set_opacity(0.75);
        }
        // Text that can be selected would take the drag.
        ui.style_mut().interaction.selectable_labels = false;
        let frame = frame(palette).stroke(Stroke::new(1.0, palette.line)).show(ui, |ui| {
            ui.take_available_width();
            contents(ui, card)
        });
        let mut stripe = frame.response.rect.shrink2([0.0, 6.0].into());
        stripe.max.x = stripe.min.x + 3.0;
        ui.painter().rect_filled(stripe, 1.5, priority_colour(palette, card.priority));
        frame.inner
    });
    let rect = drag.response.rect;
    if ui.ctx().is_being_dragged(id) {
        ui.painter().rect_filled(rect, RADIUS, palette.line.gamma_multiply(0.4));
        return Drawn { rect, action: None };
    }
    // The pointer can click anywhere; the title is what the keyboard and screen readers find.
    let clicked = drag.response.interact(Sense::CLICK).clicked() || drag.inner;
    Drawn { rect, action: clicked.then_some(Action::Edit(card.id)) }
}

/// Draws title, notes and tags; says whether the title was clicked.
fn contents(ui: &mut Ui, card: &Card) -> bool {
    // The title is a button that reads like text, and tags are small.
    ui.spacing_mut().button_padding = Vec2::ZERO;
    ui.spacing_mut().interact_size = Vec2::ZERO;
    let title = match card.title.trim() {
        "" => RichText::new("Untitled").weak(),
        title => RichText::new(title).strong(),
    };
    let title = ui.add(Button::new(title).frame(false).wrap());
    if !card.notes.trim().is_empty() {
        let format =
            TextFormat::simple(TextStyle::Small.resolve(ui.style()), Palette::of(ui).faint);
        let mut notes = LayoutJob::single_section(card.notes.clone(), format);
        notes.wrap.max_rows = NOTES_ROWS_MAX;
        ui.label(notes);
    }
    if card.tags().next().is_some() {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = [4.0, 4.0].into();
            card.tags().for_each(|tag| chip(ui, tag, Palette::of(ui).accent));
        });
    }
    title.clicked()
}

/// Draws an open card with all its fields.
pub(crate) fn editor(ui: &mut Ui, card: &mut Card, column: usize, titles: &[String]) -> Drawn {
    let palette = Palette::of(ui);
    let id = card.id;
    let frame = frame(palette).stroke(Stroke::new(1.5, palette.accent)).show(ui, |ui| {
        let wide = f32::INFINITY;
        let title = TextEdit::singleline(&mut card.title).id(title_field(id));
        labelled(ui, "Title", title.desired_width(wide));
        let notes = TextEdit::multiline(&mut card.notes).desired_rows(4);
        labelled(ui, "Notes", notes.desired_width(wide));
        let tags = TextEdit::singleline(&mut card.tags).hint_text("separated by commas");
        labelled(ui, "Tags", tags.desired_width(wide));
        ui.label(RichText::new("Priority").small().weak());
        ui.horizontal_wrapped(|ui| {
            for priority in Priority::ALL {
                ui.selectable_value(&mut card.priority, priority, priority.name());
            }
        });
        let mut action = None;
        ui.label(RichText::new("Column").small().weak());
        ui.horizontal_wrapped(|ui| {
            for (to, title) in titles.iter().enumerate() {
                if ui.selectable_label(to == column, title).clicked() && to != column {
                    action = Some(Action::Move { id, column: to, before: None });
                }
            }
        });
        ui.separator();
        let (close, delete) =
            Sides::new().show(ui, |ui| ui.button("Close").clicked(), delete_button);
        close.then_some(Action::Close).or(delete.then_some(Action::Delete(id))).or(action)
    });
    Drawn { rect: frame.response.rect, action: frame.inner }
}

fn delete_button(ui: &mut Ui) -> bool {
    ui.button(RichText::new("Delete").color(Palette::of(ui).bad)).clicked()
}

fn frame(palette: &Palette) -> Frame {
    let margin = Margin { left: 12, right: 10, top: 8, bottom: 8 };
    Frame::new().fill(palette.card).corner_radius(RADIUS).inner_margin(margin)
}

fn priority_colour(palette: &Palette, priority: Priority) -> Color32 {
    match priority {
        Priority::Low => palette.line,
        Priority::Normal => palette.accent,
        Priority::High => palette.bad,
    }
}
