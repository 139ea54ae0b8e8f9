//! One result, for people or for programs.

use super::stats::Summary;
use crate::plot::axis::{grouped, plain};
use serde_json::{Map, Value, json};
use std::fmt::{self, Display};

/// A named result: numbers in the order in which they are to be read.
#[derive(Clone, Debug)]
pub struct Report {
    name: String,
    rows: Vec<(String, Cell)>,
}

#[derive(Clone, Copy, Debug)]
enum Cell {
    Times(Summary),
    Number { value: f64, unit: &'static str },
}

impl Report {
    /// A result without numbers.
    #[must_use]
    pub fn new(name: String) -> Self {
        Self { name, rows: Vec::new() }
    }

    /// Adds many durations.
    #[must_use]
    pub fn times(mut self, what: &str, times: Summary) -> Self {
        self.rows.push((what.to_owned(), Cell::Times(times)));
        self
    }

    /// Adds one number.
    #[must_use]
    pub fn number(mut self, what: &str, value: f64, unit: &'static str) -> Self {
        self.rows.push((what.to_owned(), Cell::Number { value, unit }));
        self
    }

    /// What was measured.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the numbers are, in their order.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|(what, _)| what.as_str())
    }

    /// The numbers with their units, for a table.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let texts = self.rows.iter().map(|(_, cell)| match *cell {
            Cell::Times(times) => {
                let (unit, numbers) = scaled(times);
                let places = places(unit, numbers[0]);
                let [median, p5, p95] = numbers.map(|number| grouped(number, places));
                format!("{median} {unit} ({p5}–{p95})")
            }
            Cell::Number { value, unit } => {
                let is_whole = value.abs() >= 100.0 || (unit.is_empty() && value.fract() == 0.0);
                let text = match value.abs() {
                    _ if is_whole => plain(value.round()),
                    size if size < 0.1 && size > 0.0 => format!("{value:.4}"),
                    _ => format!("{value:.2}"),
                };
                format!("{text} {unit}").trim_end().to_owned()
            }
        });
        texts.collect()
    }

    /// One JSON object.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut object = Map::new();
        object.insert("name".to_owned(), json!(self.name));
        // Numbers of a debug build are for comparing with each other.
        object.insert("optimized".to_owned(), json!(!cfg!(debug_assertions)));
        for (what, cell) in &self.rows {
            let value = match *cell {
                Cell::Number { value, .. } => json!(value),
                Cell::Times(Summary { median_us, p5_us, p95_us }) => {
                    json!({ "median_us": median_us, "p5_us": p5_us, "p95_us": p95_us })
                }
            };
            object.insert(what.replace(' ', "_"), value);
        }
        Value::Object(object)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        for (what, cell) in &self.rows {
            match cell {
                Cell::Times(times) => {
                    let (unit, [median, p5, p95]) = scaled(*times);
                    let places = places(unit, median);
                    write!(
                        f,
                        "\n  {what:<26}{median:>10.places$} {unit}   ({p5:.places$} to {p95:.places$})"
                    )?;
                }
                // Small numbers would otherwise read as nothing.
                Cell::Number { value, unit } if value.abs() < 0.1 && *value != 0.0 => {
                    write!(f, "\n  {what:<26}{value:>10.4} {unit}")?;
                }
                Cell::Number { value, unit } => write!(f, "\n  {what:<26}{value:>10.2} {unit}")?,
            }
        }
        Ok(())
    }
}

/// How many digits behind the point tell something.
fn places(unit: &str, median: f64) -> usize {
    usize::from(unit == "ms" && median < 100.0)
}

/// Median, and the two numbers around nine tenths, in a unit in which the median reads well.
fn scaled(Summary { median_us, p5_us, p95_us }: Summary) -> (&'static str, [f64; 3]) {
    let numbers = [median_us, p5_us, p95_us];
    if median_us < 10_000.0 { ("µs", numbers) } else { ("ms", numbers.map(|us| us / 1e3)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_programs_read_the_same_numbers() {
        let times = Summary { median_us: 1200.0, p5_us: 1000.0, p95_us: 1500.0 };
        let long = Summary { median_us: 1.2e6, p5_us: 1e6, p95_us: 2e6 };
        let report = Report::new("frame".to_owned())
            .times("direct", times)
            .times("long", long)
            .number("ratio", 1.25, "×")
            .number("open windows", 3.0, "");
        assert_eq!(
            report.to_string().lines().map(str::trim_end).collect::<Vec<_>>(),
            [
                "frame",
                "  direct                          1200 µs   (1000 to 1500)",
                "  long                            1200 ms   (1000 to 2000)",
                "  ratio                           1.25 ×",
                "  open windows                    3.00",
            ]
        );
        let texts = ["1,200 µs (1,000–1,500)", "1,200 ms (1,000–2,000)", "1.25 ×", "3"];
        assert_eq!(report.texts(), texts);
        let json = report.json();
        assert_eq!(json["direct"]["p95_us"], 1500.0);
        assert_eq!((&json["ratio"], &json["open_windows"]), (&json!(1.25), &json!(3.0)));
    }
}
