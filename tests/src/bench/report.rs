//! One result, for people or for programs.

use super::stats::Summary;
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
                Cell::Times(Summary { median_us, p5_us, p95_us }) => {
                    write!(f, "\n  {what:<26}{median_us:>10.0} µs   ({p5_us:.0} to {p95_us:.0})")?;
                }
                Cell::Number { value, unit } => write!(f, "\n  {what:<26}{value:>10.2} {unit}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_programs_read_the_same_numbers() {
        let times = Summary { median_us: 1200.0, p5_us: 1000.0, p95_us: 1500.0 };
        let report = Report::new("frame".to_owned())
            .times("direct", times)
            .number("ratio", 1.25, "×")
            .number("open windows", 3.0, "");
        assert_eq!(
            report.to_string().lines().map(str::trim_end).collect::<Vec<_>>(),
            [
                "frame",
                "  direct                          1200 µs   (1000 to 1500)",
                "  ratio                           1.25 ×",
                "  open windows                    3.00",
            ]
        );
        let json = report.json();
        assert_eq!(json["direct"]["p95_us"], 1500.0);
        assert_eq!((&json["ratio"], &json["open_windows"]), (&json!(1.25), &json!(3.0)));
    }
}
