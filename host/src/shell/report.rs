//! The long text of a failure, line by line, with the places in it that can be opened.
//!
//! Owns: which text is shown, and what in it names a place. Consumes: a [`Failure`]. Produces: a
//! [`Report`] of rows that are all of one height, so that only visible ones are laid out. Never:
//! draws.

use super::ansi::{self, Line};
use crate::journal::board::Failure;
use crate::journal::event::Diagnostic;
use std::ops::Range;
use std::path::PathBuf;

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// As it was written: relative to the workspace, or absolute.
    pub(super) file: PathBuf,
    /// 1-based.
    pub(super) line: u32,
    /// 1-based.
    pub(super) column: u32,
}

/// One line, and the part of it (in bytes) that names a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: Line,
    pub(super) link: Option<(Range<usize>, Place)>,
}

/// Everything below the headline of the error panel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    /// The compiler's messages, or what the panic said and where.
    pub(super) rows: Vec<Row>,
    /// The frames of a panic, which are many and rarely needed.
    pub(super) backtrace: Vec<Row>,
}

impl Report {
    /// Reads a failure; worth keeping for as long as the failure is shown.
    pub(super) fn of(failure: &Failure) -> Self {
        if failure.diagnostics.is_empty() {
            return Self::of_text(without_headline(failure));
        }
        let mut rows = Vec::new();
        for diagnostic in &failure.diagnostics {
            if !rows.is_empty() {
                rows.push(Row::default());
            }
            rows.extend(diagnostic_rows(diagnostic));
        }
        Self { rows, backtrace: Vec::new() }
    }

    fn of_text(text: &str) -> Self {
        let mut rows = rows(text);
        let frames = rows.iter().position(|row| is_frame(&row.line.text));
        let backtrace = frames.map(|start| rows.split_off(start)).unwrap_or_default();
        Self { rows, backtrace }
    }

    /// Whether the title and the reason say it all.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.backtrace.is_empty()
    }

    /// Characters in the longest row.
    pub(super) fn columns(&self) -> usize {
        let rows = self.rows.iter().chain(&self.backtrace);
        rows.map(|row| row.line.text.chars().count()).max().unwrap_or(0)
    }
}

/// What to put on the clipboard: the whole text, without colours.
pub(super) fn plain_text(failure: &Failure) -> String {
    let mut text = format!("{}\n{}\n", failure.title, failure.reason);
    for diagnostic in &failure.diagnostics {
        text.push('\n');
        text.push_str(&strip_ansi_escapes::strip_str(&diagnostic.rendered));
    }
    if failure.diagnostics.is_empty() {
        text.push('\n');
        text.push_str(&strip_ansi_escapes::strip_str(&failure.detail));
    }
    text
}

/// The detail, less the reason where it only repeats what stands above it.
fn without_headline(failure: &Failure) -> &str {
    let rest = failure.detail.strip_prefix(failure.reason.as_str());
    match rest {
        Some(rest) if super::error_panel::shows_whole(&failure.reason) => match rest.chars().next()
        {
            None => "",
            Some('\n') => &rest[1..],
            Some(_) => &failure.detail,
        },
        _ => &failure.detail,
    }
}

fn rows(text: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = ansi::lines(text)
        .into_iter()
        .map(|line| Row { link: find_place(&line.text), line })
        .collect();
    while rows.last().is_some_and(|row| row.line.text.trim().is_empty()) {
        rows.pop();
    }
    rows
}

/// One message; its own place is a link even where the rendered text does not show it, as in
/// errors inside a macro of another crate.
fn diagnostic_rows(diagnostic: &Diagnostic) -> Vec<Row> {
    let mut rows = rows(&diagnostic.rendered);
    if let (Some(file), Some(line)) = (&diagnostic.file, diagnostic.line) {
        let column = diagnostic.column.unwrap_or(1);
        let place = Place { file: file.clone(), line, column };
        if !rows.iter().any(|row| row.link.as_ref().is_some_and(|(_, shown)| *shown == place)) {
            let name = format!("{}:{line}:{column}", file.display());
            let line = ansi::lines(&format!(" --> {name}")).remove(0);
            let start = line.text.len() - name.len().min(line.text.len());
            let link = Some((start..line.text.len(), place));
            rows.insert(rows.len().min(1), Row { line, link });
        }
    }
    rows
}

/// Whether a line begins a frame of a backtrace, as in `  12: hot_ui::draw`.
fn is_frame(line: &str) -> bool {
    let number = line.trim_start().split_once(": ").map(|(number, _)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Finds `path:line:column`: everything after one of the marks that compilers and panics put
/// before it (the path may then contain spaces), or else a word of that form.
fn find_place(line: &str) -> Option<(Range<usize>, Place)> {
    const MARKS: [&str; 4] = ["--> ", "::: ", "panicked at ", "at "];
    let trimmed = line.trim_start();
    let marked = MARKS.iter().find_map(|mark| {
        let rest = trimmed.strip_prefix(mark)?;
        parse_place(line.len() - rest.len(), rest)
    });
    marked.or_else(|| {
        let mut end = 0;
        line.split_inclusive(char::is_whitespace).find_map(|word| {
            end += word.len();
            let inner = word.trim_start_matches(['(', '[', '`', '\'', '"']);
            parse_place(end - inner.len(), inner)
        })
    })
}

/// Reads a place that begins at `start` of its line.
fn parse_place(start: usize, text: &str) -> Option<(Range<usize>, Place)> {
    let text = text.trim_end_matches(|end: char| end.is_whitespace() || ":.,;)]`'\"".contains(end));
    let mut parts = text.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    let file = parts.next().filter(|file| looks_like_file(file))?;
    Some((start..start + text.len(), Place { file: PathBuf::from(file), line, column }))
}

/// A time of day such as `12:30:05` is no place, and neither is a URL with a port.
fn looks_like_file(file: &str) -> bool {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    !file.contains("://")
        && name.rsplit_once('.').is_some_and(|(stem, extension)| {
            !stem.is_empty() && extension.starts_with(|first: char| first.is_ascii_alphabetic())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::event::DiagnosticLevel;
    use crate::journal::event::FailureKind;

    fn failure(reason: &str, detail: &str) -> Failure {
        Failure {
            kind: FailureKind::Fault,
            title: "The code panicked".to_owned(),
            reason: reason.to_owned(),
            detail: detail.to_owned(),
            diagnostics: Vec::new(),
            generation: None,
        }
    }

    fn texts(rows: &[Row]) -> Vec<&str> {
        rows.iter().map(|row| row.line.text.as_str()).collect()
    }

    #[test]
    fn places_are_found_where_compilers_and_panics_write_them() {
        for (line, expected) in [
            ("  --> hot_ui/src/lib.rs:12:5", Some(("hot_ui/src/lib.rs", 12, 5))),
            ("   ::: /home/me/my code/state.rs:1:2", Some(("/home/me/my code/state.rs", 1, 2))),
            ("             at ./src/lib.rs:7:9", Some(("./src/lib.rs", 7, 9))),
            ("panicked at src/a.rs:3:4:", Some(("src/a.rs", 3, 4))),
            ("see (src/a.rs:3:4).", Some(("src/a.rs", 3, 4))),
            (r"  --> C:\work\lib.rs:1:1", Some((r"C:\work\lib.rs", 1, 1))),
            ("it was 12:30:05", None),
            ("http://localhost.org:80:1", None),
            ("src/a.rs:3", None),
            ("src/a.rs:3:99999999999", None),
            ("", None),
        ] {
            let found = find_place(line);
            let place = found.as_ref().map(|(_, place)| {
                (place.file.to_str().expect("valid text"), place.line, place.column)
            });
            assert_eq!(place, expected, "{line:?}");
            if let (Some((range, _)), Some((file, line_number, column))) = (&found, expected) {
                assert_eq!(line[range.clone()], format!("{file}:{line_number}:{column}"));
            }
        }
    }

    #[test]
    fn a_panic_is_split_into_message_and_frames() {
        let detail = "no\n  at src/lib.rs:1:2\n   4: a::b\n             at ./src/lib.rs:1:2\n";
        let report = Report::of(&failure("no", detail));
        assert_eq!(texts(&report.rows), ["  at src/lib.rs:1:2"]);
        assert_eq!(texts(&report.backtrace), ["   4: a::b", "             at ./src/lib.rs:1:2"]);
        assert!(report.backtrace[1].link.is_some(), "the frame's place can be opened");
    }

    #[test]
    fn the_detail_stays_whole_when_the_reason_does_not_cover_it() {
        for (reason, detail, shown) in [
            ("no", "nobody\nhome", vec!["nobody", "home"]),
            ("no", "no", vec![]),
            ("other", "no\nway", vec!["no", "way"]),
        ] {
            assert_eq!(texts(&Report::of(&failure(reason, detail)).rows), shown);
        }
        let long = "x ".repeat(400);
        assert!(!Report::of(&failure(&long, &long)).rows.is_empty(), "the end was cut off above");
    }

    #[test]
    fn a_diagnostic_whose_text_hides_its_place_gets_a_link() {
        let mut failure = failure("1 error", "");
        failure.diagnostics = vec![Diagnostic {
            level: DiagnosticLevel::Error,
            code: None,
            message: "inside a macro".to_owned(),
            file: Some(PathBuf::from("ui/src/lib.rs")),
            line: Some(7),
            column: Some(3),
            rendered: "error: inside a macro\n --> /registry/serde/lib.rs:1:1\n\n".to_owned(),
        }];
        let rows = Report::of(&failure).rows;
        assert_eq!(
            texts(&rows)[1..],
            [" --> ui/src/lib.rs:7:3", " --> /registry/serde/lib.rs:1:1"]
        );
        let (range, place) = rows[1].link.clone().expect("a link");
        assert_eq!((&rows[1].line.text[range], place.line), ("ui/src/lib.rs:7:3", 7));
    }

    #[test]
    fn copied_text_has_no_escapes() {
        let mut failure = failure("1 error", "");
        failure.detail = "\u{1b}[31mred\u{1b}[0m".to_owned();
        assert_eq!(plain_text(&failure), "The code panicked\n1 error\n\nred");
    }
}
