//! Results as a part of a document.
//!
//! Owns: the tables, and the marks between which a part lies. Never: touches anything outside of
//! them.

use super::machine::{Machine, day, profile};
use super::report::Report;
use std::path::Path;

/// Pictures and tables of one benchmark, with machine and date; `unix_ms` is in milliseconds since
/// 1970-01-01 UTC. Pictures come with their titles, and their places as the document names them.
#[must_use]
pub fn fragment(
    name: &str,
    reports: &[Report],
    figures: &[(String, String)],
    machine: &Machine,
    unix_ms: u64,
) -> String {
    let (day, profile) = (day(unix_ms), profile());
    let mut text = format!("`cargo xtask bench {name}`, {day}, profile `{profile}`: {machine}.\n");
    for (title, place) in figures {
        text += &format!("\n![{title}]({place})\n");
    }
    let same_rows = |one: &Report, other: &Report| one.labels().eq(other.labels());
    for group in reports.chunk_by(same_rows) {
        text += &table(group);
    }
    text
}

/// One row for each number, one column for each report.
fn table(reports: &[Report]) -> String {
    let names: Vec<&str> = reports.iter().map(Report::name).collect();
    let common = common_prefix(&names);
    let mut text = format!("\n| {} |", common.trim_end_matches([' ', ',', ':']));
    for name in &names {
        text += &format!(" {} |", &name[common.len()..]);
    }
    text += &format!("\n|---|{}\n", "---|".repeat(names.len()));
    let columns: Vec<Vec<String>> = reports.iter().map(Report::texts).collect();
    for (row, label) in reports[0].labels().enumerate() {
        text += &format!("| {label} |");
        for column in &columns {
            text += &format!(" {} |", column[row]);
        }
        text += "\n";
    }
    text
}

/// What all names begin with, up to a blank; nothing for a single name.
fn common_prefix<'a>(names: &[&'a str]) -> &'a str {
    let (Some((first, rest)), true) = (names.split_first(), names.len() > 1) else { return "" };
    let ends = first.match_indices(' ').map(|(at, _)| &first[..=at]);
    ends.rev().find(|prefix| rest.iter().all(|name| name.starts_with(prefix))).unwrap_or("")
}

/// How a document names a file: from where the document is, when the file is below.
#[must_use]
pub fn place(document: &Path, file: &Path) -> String {
    let dir = document.parent().unwrap_or(Path::new(""));
    file.strip_prefix(dir).unwrap_or(file).display().to_string()
}

/// The document with the part of this benchmark replaced, or appended where it had none.
#[must_use]
pub fn with_part(document: &str, name: &str, fragment: &str) -> String {
    let (begin, end) =
        (format!("<!-- bench {name} -->\n"), format!("<!-- end of bench {name} -->"));
    let part = format!("{begin}{fragment}{end}");
    let place = document.find(&begin).and_then(|from| {
        let to = document[from..].find(&end)? + from + end.len();
        Some(from..to)
    });
    match place {
        Some(place) => {
            let mut document = document.to_owned();
            document.replace_range(place, &part);
            document
        }
        None if document.is_empty() => format!("{part}\n"),
        None => format!("{}\n\n{part}\n", document.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Summary;

    fn report(name: &str) -> Report {
        let times = Summary { median_us: 1200.0, p5_us: 1000.0, p95_us: 15_000.0 };
        Report::new(name.to_owned()).times("direct", times).number("ratio", 1.25, "×")
    }

    #[test]
    fn reports_with_the_same_rows_are_columns_of_one_table() {
        let reports = [
            report("frame, 3 windows"),
            report("frame, 12 windows"),
            Report::new("other".to_owned()).number("count", 3.0, ""),
        ];
        let machine = Machine {
            cpu: "Fast One".to_owned(),
            cores: 2,
            memory_gib: 24,
            kernel: "Linux 6".to_owned(),
            rustc: "rustc 1".to_owned(),
        };
        let figures = [("Frames".to_owned(), "images/frames.svg".to_owned())];
        let text = fragment("frame", &reports, &figures, &machine, 0);
        assert!(text.contains("\n![Frames](images/frames.svg)\n"), "{text}");
        assert!(text.contains("1970-01-01") && text.contains("Fast One, 2 logical"), "{text}");
        let table = "| frame | 3 windows | 12 windows |\n|---|---|---|\n\
                     | direct | 1,200 µs (1,000–15,000) | 1,200 µs (1,000–15,000) |\n\
                     | ratio | 1.25 × | 1.25 × |\n\n|  | other |\n|---|---|\n| count | 3 |\n";
        assert!(text.ends_with(table), "{text}");
    }

    #[test]
    fn files_below_the_document_are_named_from_there() {
        let place = |document: &str, file: &str| place(Path::new(document), Path::new(file));
        assert_eq!(place("docs/a.md", "docs/images/b.svg"), "images/b.svg");
        assert_eq!(place("a.md", "images/b.svg"), "images/b.svg");
        assert_eq!(place("docs/a.md", "/elsewhere/b.svg"), "/elsewhere/b.svg");
    }

    #[test]
    fn only_the_part_of_this_benchmark_is_replaced() {
        let document = "# Title\n\n<!-- bench a -->\nold\n<!-- end of bench a -->\n\nText.\n";
        let replaced = with_part(document, "a", "new\n");
        assert_eq!(replaced, document.replace("old", "new"));
        assert_eq!(with_part(&replaced, "a", "new\n"), replaced);
        let appended = with_part(document, "b", "more\n");
        assert_eq!(
            appended,
            format!("{document}\n<!-- bench b -->\nmore\n<!-- end of bench b -->\n")
        );
    }
}
