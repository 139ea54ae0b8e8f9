//! Values over values, as lines with dots and their spread.

use super::axis::{Axis, Span};
use super::colour;
use super::svg::{Anchor, MARGIN, Svg, WIDTH, text_width};

/// Pixels from the highest value to the lowest.
const HEIGHT: f64 = 280.0;
/// More points than this are drawn as a line without dots.
const DOTS_MAX: usize = 40;

/// A plot.
#[derive(Clone, Debug)]
pub struct Lines {
    /// What is shown.
    pub title: String,
    /// How it was measured.
    pub subtitle: String,
    /// Along the bottom.
    pub x: Axis,
    /// Along the left side.
    pub y: Axis,
    /// In the order of the legend.
    pub lines: Vec<Line>,
}

/// One line.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// For the legend.
    pub name: String,
    /// From left to right.
    pub points: Vec<[f64; 2]>,
    /// Between which values nine tenths of the samples lie, for each point; or empty.
    pub spread: Vec<[f64; 2]>,
    /// A baseline is dashed.
    pub is_baseline: bool,
}

impl Lines {
    /// The picture.
    #[must_use]
    pub fn svg(&self) -> String {
        let mut svg = Svg::default();
        let legend: Vec<(&str, &str)> = self
            .lines
            .iter()
            .enumerate()
            .map(|(number, line)| (line.name.as_str(), colour(number)))
            .collect();
        let top = svg.head(&self.title, &self.subtitle, &legend);
        let bottom = top + HEIGHT;
        let all = || self.lines.iter().flat_map(|line| &line.points);
        let spread = self.lines.iter().flat_map(|line| &line.spread).flatten().copied();
        let y = Span::over(self.y.scale, all().map(|[_, y]| *y).chain(spread), [bottom, top]);
        let ticks: Vec<(f64, String)> =
            y.ticks().into_iter().map(|tick| (y.at(tick), (self.y.tick)(tick))).collect();
        let widest = ticks.iter().map(|(_, text)| text_width(text)).fold(0.0, f64::max);
        let left = MARGIN + 22.0 + widest + 8.0;
        let right = WIDTH - MARGIN - 20.0;
        let x = Span::over(self.x.scale, all().map(|[x, _]| *x), [left, right]);
        for (place, text) in &ticks {
            svg.grid_line([left, *place], [right, *place]);
            svg.text(left - 8.0, place + 4.0, text, Anchor::End);
        }
        for tick in x.ticks() {
            let place = x.at(tick);
            svg.grid_line([place, top], [place, bottom]);
            svg.text(place, bottom + 18.0, &(self.x.tick)(tick), Anchor::Middle);
        }
        svg.upright(MARGIN + 10.0, (top + bottom) / 2.0, &self.y.label);
        svg.text((left + right) / 2.0, bottom + 42.0, &self.x.label, Anchor::Middle);
        for (number, line) in self.lines.iter().enumerate() {
            line.draw(&mut svg, colour(number), &x, &y);
        }
        svg.finish(bottom + 42.0 + MARGIN)
    }
}

impl Line {
    /// Adds a point to the right: its median, and between which two values most samples lie.
    pub fn push(&mut self, x: f64, [median, low, high]: [f64; 3]) {
        self.points.push([x, median]);
        self.spread.push([low, high]);
    }

    /// With this name in the legend.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// As what others are compared with.
    #[must_use]
    pub fn as_baseline(self) -> Self {
        Self { is_baseline: true, ..self }
    }

    fn draw(&self, svg: &mut Svg, colour: &str, x: &Span, y: &Span) {
        let points: Vec<[f64; 2]> = self.points.iter().map(|[a, b]| [x.at(*a), y.at(*b)]).collect();
        for ([place, _], [low, high]) in points.iter().zip(&self.spread) {
            let (low, high) = (y.at(*low), y.at(*high));
            svg.path(
                &[[*place, low], [*place, high]],
                colour,
                "stroke-width=\"1\" opacity=\"0.6\"",
            );
            for end in [low, high] {
                let ends = [[place - 4.0, end], [place + 4.0, end]];
                svg.path(&ends, colour, "stroke-width=\"1\" opacity=\"0.6\"");
            }
        }
        let dashes = if self.is_baseline { "stroke-dasharray=\"6 4\"" } else { "" };
        svg.path(
            &points,
            colour,
            &format!("stroke-width=\"2\" stroke-linejoin=\"round\" {dashes}"),
        );
        if points.len() <= DOTS_MAX {
            for point in points {
                svg.dot(point, colour);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::axis::{Scale, bytes, plain};

    #[test]
    fn every_point_has_its_dot_inside_the_picture() {
        let line = |name: &str, factor: f64| Line {
            name: name.to_owned(),
            points: vec![[1e3, factor], [1e5, 8.0 * factor], [1e7, 64.0 * factor]],
            spread: vec![[factor, factor * 1.1]; 3],
            is_baseline: false,
        };
        let plot = Lines {
            title: "t".to_owned(),
            subtitle: String::new(),
            x: Axis { label: "state".to_owned(), scale: Scale::Log, tick: bytes },
            y: Axis { label: "ms".to_owned(), scale: Scale::Log, tick: plain },
            lines: vec![line("one", 2.0), line("other", 5.0)],
        };
        let svg = plot.svg();
        let places = svg.lines().filter(|line| line.starts_with("<circle")).map(|line| {
            let number = |key: &str| -> f64 {
                let (_, rest) = line.split_once(key).expect("a circle has this");
                rest.split('"').next().and_then(|text| text.parse().ok()).expect("a number")
            };
            [number("cx=\""), number("cy=\"")]
        });
        let places: Vec<[f64; 2]> = places.collect();
        assert_eq!(places.len(), 6);
        for [x, y] in places {
            assert!(
                (MARGIN..WIDTH - MARGIN).contains(&x) && (MARGIN..500.0).contains(&y),
                "{x} {y}"
            );
        }
    }
}
