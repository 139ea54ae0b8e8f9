//! The lines that export an application from the root of a crate.

use host::sources::syntax;
use proc_macro2::Span;
use syn::{AttrStyle, Item};

/// How a line with the macro begins.
pub(super) const CALL: &str = "hot_api::export_eframe_app!(";
/// The line before it: builds without the feature do not have the dependency.
const CFG: &str = "#[cfg(feature = \"hot_api\")]";

/// Whether the text exports a module already.
pub(crate) fn has_export(text: &str) -> bool {
    host::sources::workspace::export_in(text).is_some()
}

/// The text with the export of `creator` below its leading `use` and `mod` items; unchanged when it
/// [has one](has_export).
pub(crate) fn with_export(text: &str, creator: &str) -> String {
    if has_export(text) {
        return text.to_owned();
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let lines = format!("{CFG}\n{CALL}{creator});\n").replace('\n', newline);
    let place = syntax::with_file(text, after_head).flatten();
    let at = place.map_or_else(|| comment(text), |byte| next_line(text, byte));
    let (head, rest) = text.split_at(at);
    let is_first = head.trim_start_matches('\u{feff}').is_empty();
    let before = match head {
        _ if is_first => String::new(),
        head if !head.ends_with('\n') => newline.repeat(2),
        _ => newline.to_owned(),
    };
    let is_blank = rest.lines().next().is_none_or(|line| line.trim().is_empty());
    let after = if is_blank { "" } else { newline };
    format!("{head}{before}{lines}{after}{rest}")
}

/// The end of the leading `use` and `mod` items, or else of the attributes of the file.
fn after_head(file: &syn::File) -> Option<usize> {
    let items = file.items.iter().map_while(|item| match item {
        Item::ExternCrate(item) => Some(item.semi_token.spans[0]),
        Item::Use(item) => Some(item.semi_token.spans[0]),
        Item::Mod(item) => match (&item.content, &item.semi) {
            (Some((brace, _)), _) => Some(brace.span.close()),
            (None, semi) => semi.as_ref().map(|semi| semi.spans[0]),
        },
        _ => None,
    });
    let attrs = file.attrs.iter().filter(|attr| matches!(attr.style, AttrStyle::Inner(_)));
    let mut attrs = attrs.map(|attr| attr.bracket_token.span.close());
    let last: Option<Span> = items.last().or_else(|| attrs.next_back());
    last.map(|span| span.byte_range().end)
}

/// Where the line after this byte begins, or the byte where code follows.
fn next_line(text: &str, byte: usize) -> usize {
    let end = text[byte..].find('\n').map_or(text.len(), |line| byte + line + 1);
    let rest = text[byte..end].trim();
    // Code may follow in the same line.
    if rest.is_empty() || rest.starts_with("//") { end } else { byte }
}

/// The end of a comment about the file, which an empty line follows: of a licence, for instance.
fn comment(text: &str) -> usize {
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut at = bom;
    for line in text[bom..].split_inclusive('\n') {
        match line.trim() {
            "" if at > bom => return at,
            line if line.starts_with("//") && !line.starts_with("///") => {}
            _ => return bom,
        }
        at += line.len();
    }
    at
}
