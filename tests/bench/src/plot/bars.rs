//! Stacked bars in groups, one above the other.

use super::axis::{Axis, Span};
use super::colour;
use super::svg::{Anchor, MARGIN, Svg, WIDTH, text_width};

const BAR: f64 = 16.0;
const GAP: f64 = 5.0;
const GROUP_GAP: f64 = 14.0;
const HEADING: f64 = 20.0;

/// A plot.
#[derive(Clone, Debug)]
pub struct Bars {
    /// What is shown.
    pub title: String,
    /// How it was measured.
    pub subtitle: String,
    /// Along the bottom.
    pub x: Axis,
    /// What bars are made of, in the order of the legend.
    pub parts: Vec<String>,
    /// From above to below.
    pub groups: Vec<Group>,
}

/// Bars that are to be compared with each other.
#[derive(Clone, Debug)]
pub struct Group {
    /// Above them.
    pub name: String,
    /// From above to below.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// To its left.
    pub name: String,
    /// From left to right: the number of the part in [`Bars::parts`], and its value.
    pub parts: Vec<(usize, f64)>,
    /// To its right.
    pub text: String,
}

impl Bar {
    fn end(&self) -> f64 {
        self.parts.iter().map(|(_, value)| value).sum()
    }
}

impl Bars {
    /// The picture.
    #[must_use]
    pub fn svg(&self) -> String {
        let mut svg = Svg::default();
        let parts = self.parts.iter().enumerate();
        let legend: Vec<(&str, &str)> =
            parts.map(|(number, name)| (name.as_str(), colour(number))).collect();
        let top = svg.head(&self.title, &self.subtitle, &legend);
        let bars = || self.groups.iter().flat_map(|group| &group.bars);
        let widest = |texts: &dyn Fn(&Bar) -> &str| {
            bars().map(|bar| text_width(texts(bar))).fold(0.0, f64::max)
        };
        let left = MARGIN + widest(&|bar| &bar.name) + 8.0;
        let right = WIDTH - MARGIN - widest(&|bar| &bar.text) - 8.0;
        let heights = self.groups.iter().map(|group| {
            let heading = if group.name.is_empty() { 0.0 } else { HEADING };
            heading + group.bars.len() as f64 * (BAR + GAP) + GROUP_GAP
        });
        let bottom = top + heights.sum::<f64>();
        let x = Span::over(self.x.scale, bars().map(Bar::end), [left, right]);
        for tick in x.ticks() {
            let place = x.at(tick);
            svg.grid_line([place, top], [place, bottom]);
            svg.text(place, bottom + 18.0, &(self.x.tick)(tick), Anchor::Middle);
        }
        svg.text((left + right) / 2.0, bottom + 42.0, &self.x.label, Anchor::Middle);
        let mut y = top;
        for group in &self.groups {
            if !group.name.is_empty() {
                svg.strong(MARGIN, y + 13.0, &group.name);
                y += HEADING;
            }
            for bar in &group.bars {
                bar.draw(&mut svg, left, y, &x);
                y += BAR + GAP;
            }
            y += GROUP_GAP;
        }
        svg.finish(bottom + 42.0 + MARGIN)
    }
}

impl Bar {
    fn draw(&self, svg: &mut Svg, left: f64, y: f64, x: &Span) {
        let baseline = y + BAR / 2.0 + 4.0;
        svg.text(left - 8.0, baseline, &self.name, Anchor::End);
        let mut end = 0.0;
        for (part, value) in &self.parts {
            let (from, to) = (x.at(end), x.at(end + value));
            svg.rect([from, y], [to - from, BAR], colour(*part), "");
            end += value;
        }
        svg.text(x.at(end) + 6.0, baseline, &self.text, Anchor::Start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::axis::{Scale, plain};

    #[test]
    fn parts_lie_beside_each_other_and_a_bar_of_twice_the_value_is_twice_as_long() {
        let bar = |name: &str, values: [f64; 2]| Bar {
            name: name.to_owned(),
            parts: values.into_iter().enumerate().collect(),
            text: String::new(),
        };
        let bars = vec![bar("long", [60.0, 40.0]), bar("short", [30.0, 20.0])];
        let plot = Bars {
            title: "t".to_owned(),
            subtitle: String::new(),
            x: Axis { label: "ms".to_owned(), scale: Scale::Linear, tick: plain },
            parts: vec!["one".to_owned(), "other".to_owned()],
            groups: vec![Group { name: "g".to_owned(), bars }],
        };
        let svg = plot.svg();
        let height = format!("height=\"{BAR:.1}\"");
        let rects: Vec<[f64; 2]> = svg
            .lines()
            .filter(|line| line.contains(&height))
            .map(|line| {
                ["x=\"", "width=\""].map(|key| {
                    let rest = line.split_once(key).expect("a rectangle has this").1;
                    rest.split('"').next().and_then(|text| text.parse().ok()).expect("a number")
                })
            })
            .collect();
        let [[x, one], [next, other], [_, half], _] = rects[..] else { panic!("{rects:?}") };
        assert!((x + one - next).abs() < 0.2 && other > 0.0, "{rects:?}");
        assert!((one - 2.0 * half).abs() < 0.2, "{rects:?}");
    }
}
