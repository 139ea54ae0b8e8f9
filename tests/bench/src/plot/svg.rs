//! The text of a picture.
//!
//! Owns: the elements, the font and the frame around them. Produces: an SVG that needs nothing else.

use std::fmt::Write as _;

/// Pixels from one side of the picture to the other.
pub const WIDTH: f64 = 760.0;
/// Free pixels at each side.
pub const MARGIN: f64 = 20.0;
const INK: &str = "#24292f";
const FAINT: &str = "#57606a";
const GRID: &str = "#d8dee4";
/// Keeps lines that pass behind a text out of its letters.
const HALO: &str = "stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\"";
/// Of ordinary text, in pixels.
const TEXT: f64 = 12.0;
const TITLE: f64 = 16.0;
const LINE_HEIGHT: f64 = 18.0;
/// The side of a legend's square.
const SWATCH: f64 = 11.0;

/// Where a text ends up beside its place.
#[derive(Clone, Copy, Debug)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// A picture that grows.
#[derive(Debug, Default)]
pub struct Svg {
    body: String,
}

/// Room that a text of ordinary size takes, in pixels, for the widest fonts in use.
#[must_use]
pub fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * TEXT * 0.6
}

impl Svg {
    /// Writes title, subtitle and legend. Returns the height in pixels at which the plot may begin.
    pub fn head(&mut self, title: &str, subtitle: &str, legend: &[(&str, &str)]) -> f64 {
        let mut y = MARGIN + TITLE;
        self.styled(
            MARGIN,
            y,
            title,
            &format!("font-size=\"{TITLE}\" font-weight=\"600\" fill=\"{INK}\""),
        );
        y += LINE_HEIGHT + 2.0;
        self.text(MARGIN, y, subtitle, Anchor::Start);
        let mut x = MARGIN;
        y += LINE_HEIGHT + 6.0;
        for (name, colour) in legend {
            let width = SWATCH + 6.0 + text_width(name) + 16.0;
            if x > MARGIN && x + width > WIDTH - MARGIN {
                x = MARGIN;
                y += LINE_HEIGHT;
            }
            self.rect([x, y - SWATCH + 1.0], [SWATCH, SWATCH], colour, "");
            self.text(x + SWATCH + 6.0, y, name, Anchor::Start);
            x += width;
        }
        y + LINE_HEIGHT
    }

    /// Ordinary text; `y` is that of its baseline.
    pub fn text(&mut self, x: f64, y: f64, text: &str, anchor: Anchor) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.styled(x, y, text, &format!("text-anchor=\"{anchor}\""));
    }

    /// Heavier text.
    pub fn strong(&mut self, x: f64, y: f64, text: &str) {
        self.styled(x, y, text, &format!("font-weight=\"600\" fill=\"{INK}\""));
    }

    /// Text that is read from below to above, around its middle.
    pub fn upright(&mut self, x: f64, y: f64, text: &str) {
        let turned = format!("text-anchor=\"middle\" transform=\"rotate(-90 {x:.1} {y:.1})\"");
        self.styled(x, y, text, &turned);
    }

    fn styled(&mut self, x: f64, y: f64, text: &str, style: &str) {
        let text = escaped(text);
        let _infallible =
            writeln!(self.body, "<text x=\"{x:.1}\" y=\"{y:.1}\" {HALO} {style}>{text}</text>");
    }

    /// A line of the grid.
    pub fn grid_line(&mut self, from: [f64; 2], to: [f64; 2]) {
        self.path(&[from, to], GRID, "stroke-width=\"1\"");
    }

    /// A filled rectangle; `more` are further attributes.
    pub fn rect(&mut self, [x, y]: [f64; 2], [width, height]: [f64; 2], fill: &str, more: &str) {
        let _infallible = writeln!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\" {more}/>"
        );
    }

    /// A line through points.
    pub fn path(&mut self, points: &[[f64; 2]], colour: &str, more: &str) {
        let points: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
        let points = points.join(" ");
        let _infallible = writeln!(
            self.body,
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" {more}/>"
        );
    }

    /// A point.
    pub fn dot(&mut self, [x, y]: [f64; 2], colour: &str) {
        let _infallible = writeln!(
            self.body,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>"
        );
    }

    /// The whole file, on a light ground that ends at this height.
    #[must_use]
    pub fn finish(self, height: f64) -> String {
        let (width, inner) = (WIDTH - 1.0, height - 1.0);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {WIDTH} {height:.0}\" font-family=\"system-ui, 'Segoe UI', 'DejaVu Sans', \
             sans-serif\" font-size=\"{TEXT}\" fill=\"{FAINT}\">\n\
             <rect x=\"0.5\" y=\"0.5\" width=\"{width}\" height=\"{inner:.0}\" rx=\"8\" \
             fill=\"#ffffff\" stroke=\"{GRID}\"/>\n{}</svg>\n",
            self.body
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_break_out() {
        let mut svg = Svg::default();
        svg.text(1.0, 2.0, "a < b & \"c\"", Anchor::End);
        let file = svg.finish(40.0);
        assert!(file.contains("a &lt; b &amp; &quot;c&quot;</text>"), "{file}");
        assert!(file.starts_with("<svg ") && file.ends_with("</svg>\n"));
    }

    #[test]
    fn a_long_legend_takes_several_lines() {
        let names: Vec<String> = (0..20).map(|number| format!("part {number}")).collect();
        let legend: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "#000")).collect();
        let (one, many) =
            (Svg::default().head("t", "s", &legend[..1]), Svg::default().head("t", "s", &legend));
        assert!(many > one + LINE_HEIGHT, "{many} {one}");
    }
}
