//! What commands print.
//!
//! Owns: the two forms of an answer, for people and for programs. Consumes: replies. Produces:
//! text on standard output and an exit code. Never: decides anything.

use host::control::Reply;
use host::journal::Colour;
use host::journal::event::Diagnostic;
use host::start::cli::Exit;
use std::io::{self, Write};
use std::process::ExitCode;

/// Prints one line. The reader may have gone, which is its right and ends the command.
pub(crate) fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// Says something on standard error: standard output belongs to a program, or is the journal.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "pitstop: {text}"); // nobody may be there to read it
}

/// Prints `reply`: as one JSON object, or the words of `people` when it is a yes, or why it is a
/// no.
pub(crate) fn answer(
    reply: &Reply,
    json: bool,
    people: impl FnOnce() -> String,
) -> anyhow::Result<ExitCode> {
    if json {
        say(&serde_json::to_string(reply)?)?;
    } else if reply.ok {
        say(&people())?;
    } else {
        for diagnostic in &reply.diagnostics {
            say(&rendered(diagnostic, Colour::detect(&io::stdout())))?;
        }
        let error = reply.error.as_deref().unwrap_or("the host gives no reason");
        writeln!(io::stderr(), "error: {error}")?;
    }
    Ok(if reply.ok { Exit::Done } else { Exit::Failed }.into())
}

/// The compiler's own picture of a diagnostic.
fn rendered(diagnostic: &Diagnostic, colour: Colour) -> String {
    match (diagnostic.rendered.trim_end(), colour) {
        ("", _) => diagnostic.message.clone(),
        (rendered, Colour::Always) => rendered.to_owned(),
        (rendered, Colour::Never) => strip_ansi_escapes::strip_str(rendered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use host::journal::event::DiagnosticLevel;

    #[test]
    fn diagnostics_fit_the_terminal() {
        let diagnostic = |rendered: &str| Diagnostic {
            level: DiagnosticLevel::Error,
            code: None,
            message: "plain".into(),
            file: None,
            line: None,
            column: None,
            rendered: rendered.into(),
        };
        for (text, colour, expected) in [
            ("\u{1b}[31merror\u{1b}[0m\n", Colour::Never, "error"),
            ("\u{1b}[31merror\u{1b}[0m\n", Colour::Always, "\u{1b}[31merror\u{1b}[0m"),
            ("", Colour::Always, "plain"),
        ] {
            assert_eq!(rendered(&diagnostic(text), colour), expected);
        }
    }
}
