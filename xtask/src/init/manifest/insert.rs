//! Where in a manifest a line goes.

use toml_edit::{Document, Item, Table, TomlError};

/// The text with the line at the end of `[dependencies]`, or with the table. What comes of forms that are
/// not foreseen here may be no TOML.
pub(super) fn dependency(text: &str, manifest: &Document<&str>, line: &str) -> String {
    let newline = newline(text);
    match manifest.get("dependencies").and_then(Item::as_table) {
        Some(table) if !table.is_implicit() => below(text, table, line),
        // Tables such as `[dependencies.eframe]`, which do not name the one around them.
        Some(table) => {
            let at = first_header(text, table).unwrap_or(text.len());
            let (head, rest) = text.split_at(at);
            format!("{head}[dependencies]{newline}{line}{newline}{newline}{rest}")
        }
        None => match manifest.get("package").and_then(Item::as_table) {
            Some(package) => {
                below(text, package, &format!("{newline}[dependencies]{newline}{line}"))
            }
            None => text.to_owned(),
        },
    }
}

/// The text with the line at the end of `[features]`.
pub(super) fn feature(text: &str, line: &str) -> Result<String, TomlError> {
    let manifest = Document::parse(text)?;
    let features = manifest.get("features").and_then(Item::as_table);
    Ok(features.map_or_else(|| text.to_owned(), |features| below(text, features, line)))
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// The text with the line below the last one of a table.
fn below(text: &str, table: &Table, line: &str) -> String {
    let newline = newline(text);
    let end = end(table).unwrap_or(text.len());
    match text[end..].find('\n') {
        Some(line_end) => {
            let (head, rest) = text.split_at(end + line_end + 1);
            format!("{head}{line}{newline}{rest}")
        }
        None => format!("{text}{newline}{line}{newline}"),
    }
}

/// Where its header and values end, without the tables in it that have headers of their own.
fn end(table: &Table) -> Option<usize> {
    let values = table.iter().filter_map(|(_, item)| match item {
        Item::Table(inner) if inner.is_dotted() => end(inner),
        Item::Value(value) => value.span().map(|span| span.end),
        _ => None,
    });
    values.chain(table.span().map(|span| span.end)).max()
}

/// Where the first header of a table in this one begins, with the comments right above it.
fn first_header(text: &str, table: &Table) -> Option<usize> {
    let headers = table.iter().filter_map(|(_, item)| item.as_table()?.span());
    let header = headers.map(|span| span.start).min()?;
    let mut at = text[..header].rfind('\n').map_or(0, |line| line + 1);
    while let Some(before) = text[..at].strip_suffix('\n') {
        let line = before.rfind('\n').map_or(0, |line| line + 1);
        if !before[line..].trim_start().starts_with('#') {
            break;
        }
        at = line;
    }
    Some(at)
}
