//! Terminal colours as egui text.
//!
//! Owns: the reading of SGR escape sequences and the colours they become. Consumes: text as a
//! compiler renders it. Produces: [`Line`]s, each laid out on demand. Never: draws.
//!
//! Only colours and emphasis are understood. Everything else that a terminal would obey (cursor
//! movement, titles, hyperlinks) is dropped, so that what remains is what strips to plain text.

use anstyle_parse::{DefaultCharAccumulator, Params, Parser, Perform};
use egui::text::LayoutJob;
use egui::{Color32, FontId, Rgba, Stroke, TextFormat, Visuals};
use std::ops::Range;

/// Characters after which a line is folded. One line of any length would be laid out as a whole;
/// compilers stay below 140, only dumped values and type names go past this.
const COLUMNS_MAX: usize = 480;

/// How far apart a colour and what lies behind it must be; WCAG's bound for text of this kind.
const CONTRAST_MIN: f32 = 4.5;

/// Black to white, then the bright ones, on a dark ground.
const DARK: [u32; 16] = [
    0x6e_7681, 0xf4_7067, 0x6b_c46d, 0xd8_a73f, 0x6c_b6ff, 0xd2_a8ff, 0x4f_c9d3, 0xc9_d1d9, //
    0x8b_949e, 0xff_7b72, 0x7e_e787, 0xf2_cc60, 0x79_c0ff, 0xe2_c5ff, 0x76_e3ea, 0xff_ffff,
];

/// The same on a light ground: `white` is what stands out there, so it is nearly black.
const LIGHT: [u32; 16] = [
    0x24_292f, 0xb3_151f, 0x11_6329, 0x7a_5200, 0x05_50ae, 0x7d_2fc0, 0x14_646f, 0x3d_444d, //
    0x57_606a, 0xc4_001a, 0x1a_7033, 0x85_5600, 0x0a_58ca, 0x82_50df, 0x17_6f76, 0x11_1417,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Color {
    Indexed(u8),
    Rgb(u8, u8, u8),
}

impl Color {
    fn resolve(self, dark: bool) -> Color32 {
        let table = if dark { &DARK } else { &LIGHT };
        match self {
            Self::Rgb(red, green, blue) => Color32::from_rgb(red, green, blue),
            Self::Indexed(index @ 0..=15) => {
                let [_, red, green, blue] = table[usize::from(index)].to_be_bytes();
                Color32::from_rgb(red, green, blue)
            }
            Self::Indexed(index @ 16..=231) => {
                let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
                let cube = index - 16;
                Color32::from_rgb(level(cube / 36), level(cube / 6 % 6), level(cube % 6))
            }
            Self::Indexed(index) => Color32::from_gray(8 + 10 * (index - 232)),
        }
    }
}

/// What SGR sequences have set so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Style {
    foreground: Option<Color>,
    background: Option<Color>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    strike: bool,
    inverse: bool,
}

impl Style {
    fn format(self, font: &FontId, visuals: &Visuals) -> TextFormat {
        let dark = visuals.dark_mode;
        let ground = visuals.window_fill;
        let plain = if self.bold { visuals.strong_text_color() } else { plain_color(visuals) };
        let mut front = self.foreground.map_or(plain, |color| color.resolve(dark));
        let mut back = self.background.map(|color| color.resolve(dark));
        if self.inverse {
            (front, back) = (back.unwrap_or(ground), Some(front));
        }
        let behind = back.unwrap_or(ground);
        front = readable(front, behind);
        if self.dim {
            front = front.lerp_to_gamma(behind, 0.3);
        }
        let line = |on: bool| {
            if on { Stroke::new(1.0, front) } else { Stroke::NONE }
        };
        TextFormat {
            font_id: font.clone(),
            color: front,
            background: back.unwrap_or(Color32::TRANSPARENT),
            italics: self.italic,
            underline: line(self.underline),
            strikethrough: line(self.strike),
            ..TextFormat::default()
        }
    }

    /// Applies one SGR sequence; parameters that are not known change nothing.
    fn apply(&mut self, params: &Params) {
        let mut params = params.iter();
        while let Some(param) = params.next() {
            match param[0] {
                0 => *self = Self::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                3 => self.italic = true,
                4 => self.underline = param.get(1) != Some(&0),
                7 => self.inverse = true,
                9 => self.strike = true,
                22 => (self.bold, self.dim) = (false, false),
                23 => self.italic = false,
                24 => self.underline = false,
                27 => self.inverse = false,
                29 => self.strike = false,
                code @ (30..=37 | 90..=97) => self.foreground = Some(basic(code, 30)),
                code @ (40..=47 | 100..=107) => self.background = Some(basic(code, 40)),
                38 => self.foreground = extended(param, &mut params).or(self.foreground),
                48 => self.background = extended(param, &mut params).or(self.background),
                39 => self.foreground = None,
                49 => self.background = None,
                _ => {}
            }
        }
    }
}

/// One of the sixteen; the bright ones are sixty higher.
fn basic(code: u16, base: u16) -> Color {
    let index = code - base;
    let index = if index >= 60 { index - 60 + 8 } else { index };
    Color::Indexed(u8::try_from(index).unwrap_or(u8::MAX))
}

/// `38;5;n`, `38;2;r;g;b`, and the same with colons, where an empty colour space may come first.
fn extended<'a>(param: &[u16], rest: &mut impl Iterator<Item = &'a [u16]>) -> Option<Color> {
    let byte = |value: u16| u8::try_from(value).ok();
    if let [_, kind, values @ ..] = param {
        return match (kind, values) {
            (5, [index, ..]) => byte(*index).map(Color::Indexed),
            (2, [.., red, green, blue]) => {
                Some(Color::Rgb(byte(*red)?, byte(*green)?, byte(*blue)?))
            }
            _ => None,
        };
    }
    let mut next = || rest.next().map(|param| param[0]);
    match next()? {
        5 => byte(next()?).map(Color::Indexed),
        2 => {
            let (red, green, blue) = (next()?, next()?, next()?);
            Some(Color::Rgb(byte(red)?, byte(green)?, byte(blue)?))
        }
        _ => None,
    }
}

/// Text without a colour of its own; a source line should not be dimmer than a button.
fn plain_color(visuals: &Visuals) -> Color32 {
    visuals.widgets.inactive.text_color()
}

/// Moves `front` away from `behind`, towards black or white, until it can be read.
fn readable(front: Color32, behind: Color32) -> Color32 {
    const STEPS: u8 = 10;
    let white = contrast(Color32::WHITE, behind) > contrast(Color32::BLACK, behind);
    let target = if white { Color32::WHITE } else { Color32::BLACK };
    (0..=STEPS)
        .map(|step| front.lerp_to_gamma(target, f32::from(step) / f32::from(STEPS)))
        .find(|color| contrast(*color, behind) >= CONTRAST_MIN)
        .unwrap_or(target)
}

/// The ratio of the two luminances, 1 to 21, as WCAG defines it.
fn contrast(one: Color32, other: Color32) -> f32 {
    let luminance = |color: Color32| Rgba::from(color).intensity() + 0.05;
    let (one, other) = (luminance(one), luminance(other));
    one.max(other) / one.min(other)
}

/// One line of visible text and how each part of it looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// What can be seen, without the line break.
    pub(super) text: String,
    /// Where each style ends, in bytes; they follow each other from the start of the text.
    styles: Vec<(usize, Style)>,
}

impl Line {
    /// A part of the line, in bytes, ready to be laid out without wrapping.
    pub(super) fn job(&self, part: Range<usize>, font: &FontId, visuals: &Visuals) -> LayoutJob {
        let mut job = LayoutJob::default();
        job.wrap.max_width = f32::INFINITY;
        let mut start = 0;
        for &(end, style) in &self.styles {
            let piece = start.max(part.start)..end.min(part.end);
            if !piece.is_empty() {
                job.append(&self.text[piece], 0.0, style.format(font, visuals));
            }
            start = end;
        }
        job
    }

    fn push(&mut self, character: char, style: Style) {
        self.text.push(character);
        let end = self.text.len();
        match self.styles.last_mut() {
            Some((last, known)) if *known == style => *last = end,
            _ => self.styles.push((end, style)),
        }
    }
}

/// Reads `text` into lines; a line that is longer than anybody reads is folded.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut screen = Screen { lines: vec![Line::default()], style: Style::default(), columns: 0 };
    let mut parser = Parser::<DefaultCharAccumulator>::new();
    for byte in text.bytes() {
        parser.advance(&mut screen, byte);
    }
    screen.lines
}

struct Screen {
    lines: Vec<Line>,
    style: Style,
    columns: usize,
}

impl Screen {
    fn line_break(&mut self) {
        self.lines.push(Line::default());
        self.columns = 0;
    }
}

impl Perform for Screen {
    fn print(&mut self, character: char) {
        // DEL and the C1 controls reach this as characters; no terminal shows them.
        if character.is_control() {
            return;
        }
        if self.columns == COLUMNS_MAX {
            self.line_break();
        }
        self.columns += 1;
        let style = self.style;
        if let Some(line) = self.lines.last_mut() {
            line.push(character, style);
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' => self.line_break(),
            b'\t' => (0..4).for_each(|_| self.print(' ')),
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: u8) {
        if action == b'm' && intermediates.is_empty() && !ignore {
            self.style.apply(params);
        }
    }
}

#[cfg(test)]
mod tests;
