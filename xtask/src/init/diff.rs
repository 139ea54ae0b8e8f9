//! The difference of two texts.

use similar::TextDiff;

/// How many unchanged lines surround a change.
const CONTEXT_LINES: usize = 3;

/// The unified diff from `old` to `new`, both texts of `file`; empty when they are equal.
pub(crate) fn unified(file: &str, old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff().context_radius(CONTEXT_LINES).header(file, file).to_string()
}
