//! What is said at the end: a line for each group, and one for all.

use crate::output::say;
use std::io;
use std::ops::AddAssign;
use std::time::{Duration, Instant};

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) passed: u32,
    pub(super) failed: u32,
    pub(super) skipped: u32,
}

impl Count {
    /// Of a step that is no test.
    pub(super) const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
    pub(super) const SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1 };

    /// The plain line, which scripts read.
    pub(super) fn line(self) -> String {
        let Self { passed, failed, skipped } = self;
        format!("{passed} passed, {failed} failed, {skipped} skipped")
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// The groups that have run, in order.
#[derive(Debug, Default)]
pub(super) struct Closing {
    groups: Vec<(String, Duration, Count)>,
    measured: Vec<String>,
}

impl Closing {
    pub(super) fn add(&mut self, name: &str, started: Instant, count: Count) {
        self.groups.push((name.to_owned(), started.elapsed(), count));
    }

    /// What tests have measured, in order.
    pub(super) fn measured(&mut self) -> &mut Vec<String> {
        &mut self.measured
    }

    /// As it is kept: what was measured, the groups with their times, and the total last.
    pub(super) fn log(&self) -> String {
        let measured: String = self.measured.iter().map(|line| format!("{line}\n")).collect();
        format!("{measured}\n{}\n", self.lines().join("\n"))
    }

    pub(super) fn has_passed(&self) -> bool {
        self.total().failed == 0
    }

    fn total(&self) -> Count {
        let mut total = Count::default();
        self.groups.iter().for_each(|(.., count)| total += *count);
        total
    }

    /// The groups with their times, and the total last, on a line of its own.
    pub(super) fn lines(&self) -> Vec<String> {
        let width = self.groups.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
        let mut lines: Vec<String> = self
            .groups
            .iter()
            .map(|(name, took, count)| {
                let words = if *count == Count::default() { String::new() } else { count.line() };
                let line = format!("{name:<width$} {:>8.1} s  {words}", took.as_secs_f64());
                line.trim_end().to_owned()
            })
            .collect();
        lines.push(self.total().line());
        lines
    }

    pub(super) fn say(&self) -> io::Result<()> {
        say("")?;
        self.lines().iter().try_for_each(|line| say(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_the_total() {
        let mut closing = Closing::default();
        closing.add("build", Instant::now(), Count::default());
        closing.add("unit", Instant::now(), Count { passed: 5, failed: 0, skipped: 1 });
        closing.add("e2e", Instant::now(), Count { passed: 2, failed: 1, skipped: 0 });
        let lines = closing.lines();
        assert_eq!(lines[0], "build      0.0 s");
        assert_eq!(lines[1], "unit       0.0 s  5 passed, 0 failed, 1 skipped");
        assert_eq!(lines[3], "7 passed, 1 failed, 1 skipped");
        assert!(!closing.has_passed());
    }
}
