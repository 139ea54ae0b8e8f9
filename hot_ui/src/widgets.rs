//! Small pieces that several pages use.

use crate::style::{Palette, RADIUS};
use hot_api::egui::{
    Button, Color32, Frame, Margin, Panel, Response, RichText, ScrollArea, Slider, TextEdit, Ui,
    Widget, emath::Numeric,
};
use std::ops::RangeInclusive;

/// Width of the panel of controls beside a plot or a canvas, in points.
const CONTROLS_WIDTH: f32 = 284.0;

/// Label, slider and number share that width.
const LABEL_WIDTH: f32 = 68.0;
const SLIDER_WIDTH: f32 = 94.0;

/// A widget below its label, which also names it for screen readers and tests.
pub(crate) fn labelled(ui: &mut Ui, label: &str, widget: impl Widget) -> Response {
    let label = ui.label(RichText::new(label).small().weak());
    ui.add(widget).labelled_by(label.id)
}

/// A filter field with a button that empties it.
pub(crate) fn filter(ui: &mut Ui, name: &str, text: &mut String) {
    let clear = Button::new("Clear").small();
    let show_clear = !text.is_empty();
    let field = TextEdit::singleline(text).hint_text(name.to_owned()).desired_width(200.0);
    ui.add(field).accessible_name(name);
    if ui.add_visible(show_clear, clear).clicked() {
        text.clear();
    }
}

/// A slider with its label to the left; `name` is what it is called outside this row.
pub(crate) fn slider<N: Numeric>(
    ui: &mut Ui,
    label: &str,
    name: impl Into<String>,
    value: &mut N,
    range: RangeInclusive<N>,
    unit: &'static str,
) -> Response {
    ui.horizontal(|ui| {
        let used = ui.label(label).rect.width();
        ui.add_space((LABEL_WIDTH - used).max(0.0));
        ui.spacing_mut().slider_width = SLIDER_WIDTH;
        ui.add(Slider::new(value, range).max_decimals(2).suffix(unit)).accessible_name(name)
    })
    .inner
}

/// A word on a coloured ground.
pub(crate) fn chip(ui: &mut Ui, text: &str, colour: Color32) {
    Frame::new()
        .fill(colour.gamma_multiply(0.16))
        .corner_radius(RADIUS)
        .inner_margin(Margin::symmetric(6, 1))
        .show(ui, |ui| ui.label(RichText::new(text).small().color(colour)));
}

/// The panel of controls to the left of a plot or a canvas.
pub(crate) fn controls(ui: &mut Ui, add_contents: impl FnOnce(&mut Ui)) {
    let frame = Frame::new()
        .fill(Palette::of(ui).raised)
        .corner_radius(8)
        .inner_margin(12)
        .outer_margin(Margin { right: 12, ..Margin::ZERO });
    Panel::left("controls")
        .frame(frame)
        .exact_size(CONTROLS_WIDTH)
        .resizable(false)
        .show_separator_line(false)
        .show(ui, |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, add_contents);
        });
}

/// A number with its digits in groups of three.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_are_grouped_from_the_right() {
        for (number, expected) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (10_000, "10,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), expected);
        }
    }
}
