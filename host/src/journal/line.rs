//! An entry as one line for people.
//!
//! Owns: [`EventLine`] and the choice of colour. Consumes: entries. Produces: text. Never: I/O, or
//! letting text of a module or a compiler steer the terminal.

use super::level::LogLevel;
use super::text;
use crate::journal::event::{Entry, Event};
use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::io::IsTerminal;

/// Whether a line carries ANSI colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// For terminals.
    Always,
    /// For files and pipes.
    Never,
}

impl Colour {
    /// Colours for a terminal whose user has not declined them (`NO_COLOR`, `TERM=dumb`).
    #[must_use]
    pub fn detect(stream: &impl IsTerminal) -> Self {
        let (no_color, term) = (env::var_os("NO_COLOR"), env::var_os("TERM"));
        Self::choose(no_color.as_deref(), term.as_deref(), stream.is_terminal())
    }

    fn choose(no_color: Option<&OsStr>, term: Option<&OsStr>, is_terminal: bool) -> Self {
        let declined = no_color.is_some_and(|value| !value.is_empty())
            || term.is_some_and(|value| value == "dumb");
        if is_terminal && !declined { Self::Always } else { Self::Never }
    }
}

/// Shows an entry as `hot_ui g3 committed in 312 ms (…)`.
#[derive(Clone, Copy, Debug)]
pub struct EventLine<'a> {
    entry: &'a Entry,
    colour: Colour,
    with_time: bool,
}

impl<'a> EventLine<'a> {
    /// The line alone, for a log that has its own times.
    #[must_use]
    pub fn of(entry: &'a Entry, colour: Colour) -> Self {
        Self { entry, colour, with_time: false }
    }

    /// The line as a terminal shows it, with the seconds since the start in front.
    #[must_use]
    pub fn for_terminal(entry: &'a Entry, colour: Colour) -> Self {
        Self { entry, colour, with_time: true }
    }
}

impl fmt::Display for EventLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry { t_us, module, generation, event, .. } = self.entry;
        let paint = |text: String, code: &str| match self.colour {
            Colour::Always => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Colour::Never => text,
        };
        if self.with_time {
            let (seconds, ms) = (t_us / 1_000_000, t_us / 1_000 % 1_000);
            write!(f, "{} ", paint(format!("{seconds:5}.{ms:03}"), DIM))?;
        }
        let who = module.clone().or_else(|| event.program()).unwrap_or_else(|| "host".to_owned());
        write!(f, "{} ", paint(plain(&who), BOLD))?;
        if let Some(generation) = generation {
            write!(f, "{generation} ")?;
        }
        f.write_str(&paint(plain(&text::of(event)), shade(event)))
    }
}

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
/// The terminal's own colour.
const USUAL: &str = "39";

fn shade(event: &Event) -> &'static str {
    match (event, LogLevel::of(event)) {
        (Event::Committed { .. } | Event::Restored { .. } | Event::Literals { .. }, _) => GREEN,
        (_, LogLevel::Error) => RED,
        (_, LogLevel::Warn) => YELLOW,
        (_, LogLevel::Debug) => DIM,
        _ => USUAL,
    }
}

/// One line without control characters: what modules and compilers say must not move the cursor.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::event::{FaultSite, Generation};

    fn entry(event: Event) -> Entry {
        let module = Some("hot_ui".to_owned());
        Entry { t_us: 12_345_678, unix_ms: 0, module, generation: Some(Generation(3)), event }
    }

    #[test]
    fn colour_is_for_willing_terminals() {
        for (no_color, term, is_terminal, colour) in [
            (None, Some("xterm"), true, Colour::Always),
            (None, None, true, Colour::Always),
            (Some(""), None, true, Colour::Always),
            (Some("1"), Some("xterm"), true, Colour::Never),
            (None, Some("dumb"), true, Colour::Never),
            (None, Some("xterm"), false, Colour::Never),
        ] {
            let chosen =
                Colour::choose(no_color.map(OsStr::new), term.map(OsStr::new), is_terminal);
            assert_eq!(chosen, colour, "{no_color:?} {term:?} {is_terminal}");
        }
    }

    #[test]
    fn a_line_has_time_module_and_generation() {
        let passed = entry(Event::Checkpoint { bytes: 40, ms: 2 });
        let line = EventLine::for_terminal(&passed, Colour::Never).to_string();
        assert_eq!(line, "   12.345 hot_ui g3 checkpoint of 40 B in 2 ms");
        let line = EventLine::of(&passed, Colour::Always).to_string();
        assert_eq!(
            line,
            "\u{1b}[1mhot_ui\u{1b}[0m g3 \u{1b}[2mcheckpoint of 40 B in 2 ms\u{1b}[0m"
        );
    }

    #[test]
    fn hostile_text_stays_on_its_line() {
        let line = EventLine::of(
            &entry(Event::Fault {
                r#where: FaultSite::Ui,
                message: "\u{1b}[2Jgone\r\nsecond line".to_owned(),
                location: "src/app.rs:3:1".to_owned(),
                backtrace: String::new(),
                runs_on: false,
            }),
            Colour::Never,
        )
        .to_string();
        assert_eq!(line, "hot_ui g3 fault in ui at src/app.rs:3:1:  [2Jgone");
    }
}
