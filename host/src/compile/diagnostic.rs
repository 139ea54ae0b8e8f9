//! What the compiler and cargo said, in the form the window shows it.
//!
//! Owns: the translation into [`Diagnostic`]. Consumes: cargo's JSON messages and the text of its
//! error stream. Never: I/O.

use crate::journal::event::{Diagnostic, DiagnosticLevel};
use cargo_metadata::diagnostic::{self as rustc, DiagnosticSpan};
use std::path::{Path, PathBuf};

/// Translates one message of rustc. `None` for those that only count others or point to
/// `rustc --explain`.
pub(super) fn from_rustc(message: &rustc::Diagnostic, root: &Path) -> Option<Diagnostic> {
    use rustc::DiagnosticLevel as Level;
    let level = match message.level {
        Level::FailureNote => return None,
        Level::Error | Level::Ice => DiagnosticLevel::Error,
        Level::Warning => DiagnosticLevel::Warning,
        _ => DiagnosticLevel::Note,
    };
    if message.spans.is_empty() && is_summary(&message.message) {
        return None;
    }
    let primary = message.spans.iter().find(|span| span.is_primary);
    let span = primary.map(|span| call_site(span, root));
    Some(Diagnostic {
        level,
        code: message.code.as_ref().map(|code| code.code.clone()),
        message: first_line(&message.message),
        file: span.map(|span| inside(Path::new(&span.file_name), root)),
        line: span.and_then(|span| u32::try_from(span.line_start).ok()),
        column: span.and_then(|span| u32::try_from(span.column_start).ok()),
        rendered: message.rendered.clone().unwrap_or_else(|| message.message.clone()),
    })
}

/// Finds in cargo's error stream what rustc's messages do not tell: a broken manifest, a failed
/// build script, a compiler that was killed. `told` says that rustc reported an error, so that
/// cargo's "could not compile" adds nothing.
pub(super) fn from_cargo(stderr: &[String], told: bool, root: &Path) -> Option<Diagnostic> {
    let plain: Vec<String> = stderr.iter().map(strip_ansi_escapes::strip_str).collect();
    let start = plain.iter().position(|line| {
        line.starts_with("error") && !(told && line.starts_with("error: could not compile"))
    })?;
    let message = plain[start].strip_prefix("error: ");
    let place = plain[start..].iter().find_map(|line| line.trim_start().strip_prefix("--> "));
    let place = place.and_then(split_place);
    Some(Diagnostic {
        level: DiagnosticLevel::Error,
        code: None,
        message: message.unwrap_or(&plain[start]).to_owned(),
        file: place.map(|(file, ..)| inside(Path::new(file), root)),
        line: place.map(|(_, line, _)| line),
        column: place.map(|(.., column)| column),
        rendered: stderr[start..].join("\n"),
    })
}

/// An error of ours, or text that no rule understands.
pub(super) fn from_text(text: &str) -> Diagnostic {
    Diagnostic {
        level: DiagnosticLevel::Error,
        code: None,
        message: first_line(text),
        file: None,
        line: None,
        column: None,
        rendered: text.to_owned(),
    }
}

fn is_summary(message: &str) -> bool {
    let counts = message.split_once(' ').is_some_and(|(number, rest)| {
        number.parse::<u32>().is_ok() && rest.starts_with("warning") && rest.ends_with("emitted")
    });
    counts || message.starts_with("aborting due to")
}

/// Follows a span out of a macro that is not the user's to the place where the user called it.
fn call_site<'a>(mut span: &'a DiagnosticSpan, root: &Path) -> &'a DiagnosticSpan {
    while let Some(expansion) = &span.expansion {
        let file = Path::new(&span.file_name);
        let generated = span.file_name.starts_with('<');
        if !generated && (file.is_relative() || file.starts_with(root)) {
            break;
        }
        span = &expansion.span;
    }
    span
}

fn inside(file: &Path, root: &Path) -> PathBuf {
    file.strip_prefix(root).unwrap_or(file).to_owned()
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Splits `path:line:column`, where the path may contain colons.
fn split_place(place: &str) -> Option<(&str, u32, u32)> {
    let mut parts = place.trim_end().rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    Some((parts.next()?, line, column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn span(file: &str, line: u32, primary: bool, expansion: &Value) -> Value {
        json!({
            "file_name": file, "byte_start": 0, "byte_end": 1, "line_start": line,
            "line_end": line, "column_start": 5, "column_end": 6, "is_primary": primary,
            "text": [], "label": null, "suggested_replacement": null,
            "suggestion_applicability": null, "expansion": expansion,
        })
    }

    fn translate(level: &str, message: &str, spans: &[Value]) -> Option<Diagnostic> {
        let message = json!({
            "message": message, "code": {"code": "E0308", "explanation": null}, "level": level,
            "spans": spans, "children": [], "rendered": format!("{level}: {message}"),
        });
        let message = serde_json::from_value(message).expect("the form of rustc's messages");
        from_rustc(&message, Path::new("/w"))
    }

    #[test]
    fn places_are_those_of_the_users_code() {
        let call = json!({
            "span": span("ui/src/lib.rs", 7, false, &Value::Null),
            "macro_decl_name": "m!", "def_site_span": null,
        });
        let table = [
            (vec![], None, None),
            (
                vec![
                    span("ui/src/a.rs", 1, false, &Value::Null),
                    span("ui/src/b.rs", 2, true, &Value::Null),
                ],
                Some("ui/src/b.rs"),
                Some(2),
            ),
            (vec![span("/w/ui/src/b.rs", 2, true, &Value::Null)], Some("ui/src/b.rs"), Some(2)),
            (vec![span("/far/b.rs", 2, true, &Value::Null)], Some("/far/b.rs"), Some(2)),
            (vec![span("/rustc/1/macros.rs", 9, true, &call)], Some("ui/src/lib.rs"), Some(7)),
            (vec![span("<::m::n macros>", 9, true, &call)], Some("ui/src/lib.rs"), Some(7)),
            (
                vec![span("ui/src/own_macro.rs", 9, true, &call)],
                Some("ui/src/own_macro.rs"),
                Some(9),
            ),
        ];
        for (spans, file, line) in table {
            let found = translate("error", "mismatched types", &spans).expect("a real message");
            assert_eq!(found.file.as_deref(), file.map(Path::new), "{spans:?}");
            assert_eq!(found.line, line, "{spans:?}");
            assert_eq!(found.code.as_deref(), Some("E0308"));
        }
    }

    #[test]
    fn messages_about_messages_are_left_out() {
        let table = [
            ("failure-note", "For more information, try…", None),
            ("error", "aborting due to 2 previous errors", None),
            ("warning", "1 warning emitted", None),
            ("warning", "12 warnings emitted", None),
            ("warning", "unused", Some(DiagnosticLevel::Warning)),
            ("error", "linking with `cc` failed", Some(DiagnosticLevel::Error)),
            ("error: internal compiler error", "oops", Some(DiagnosticLevel::Error)),
            ("note", "by the way", Some(DiagnosticLevel::Note)),
        ];
        for (level, message, expected) in table {
            let found = translate(level, message, &[]).map(|diagnostic| diagnostic.level);
            assert_eq!(found, expected, "{level}: {message}");
        }
    }

    #[test]
    fn cargos_own_errors_are_found_in_its_text() {
        let manifest = [
            "\u{1b}[1m\u{1b}[91merror\u{1b}[0m\u{1b}[1m: key with no value\u{1b}[0m",
            " \u{1b}[94m--> \u{1b}[0mmy ui/Cargo.toml:6:5",
            "  |",
        ];
        let killed = [
            "   Compiling ui v0.1.0",
            "error: could not compile `ui` (lib)",
            "Caused by: (signal: 9, SIGKILL: kill)",
        ];
        type Expected = Option<(&'static str, Option<&'static str>, Option<u32>, usize)>;
        let table: [(&[&str], bool, Expected); 5] = [
            (&manifest, false, Some(("key with no value", Some("my ui/Cargo.toml"), Some(6), 3))),
            (&killed, false, Some(("could not compile `ui` (lib)", None, None, 2))),
            (&killed, true, None),
            (
                &["error: could not compile `a`", "error: failed to run custom build command"],
                true,
                Some(("failed to run custom build command", None, None, 1)),
            ),
            (&["   Compiling ui v0.1.0"], false, None),
        ];
        for (stderr, told, expected) in table {
            let stderr: Vec<String> = stderr.iter().map(|&line| line.to_owned()).collect();
            let found = from_cargo(&stderr, told, Path::new("/w"));
            let found = found.map(|found| {
                let lines = found.rendered.lines().count();
                (found.message, found.file, found.line, lines)
            });
            let expected = expected.map(|(message, file, line, lines)| {
                (message.to_owned(), file.map(PathBuf::from), line, lines)
            });
            assert_eq!(found, expected, "{stderr:?}, told: {told}");
        }
    }
}
