//! Plots as SVG, for the documentation: light on any page, and readable without colour vision.
//!
//! - [`axis`]: from values to places: linear and logarithmic, with round ticks.
//! - [`lines`]: values over values.
//! - [`bars`]: stacked bars in groups, one above the other.
//! - [`svg`]: the text of a picture.
//!
//! Never: reads or writes a file, or measures.

pub mod axis;
pub mod bars;
pub mod lines;
pub mod svg;

pub use axis::{Axis, Scale};
pub use bars::{Bar, Bars, Group};
pub use lines::{Line, Lines};

/// Colours that differ for every kind of colour vision (Okabe and Ito's), and a grey.
const COLOURS: [&str; 8] =
    ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8a8a8a", "#b8a90a"];

/// The colour of the part or line of this number.
#[must_use]
pub fn colour(number: usize) -> &'static str {
    COLOURS[number % COLOURS.len()]
}
