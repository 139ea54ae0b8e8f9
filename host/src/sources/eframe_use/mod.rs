//! What the sources of an eframe application contain that does not work, or is not done, in a module.
//!
//! Owns: the list of such uses. Consumes: the texts of a package's sources. Produces: [`Found`]s.
//! Never: decides whether a use matters to the application, or looks for further sources.

mod app;
mod main_fn;
mod names;
mod package;
#[cfg(test)]
mod tests;
mod unsupported;
mod visitor;

pub use package::{Found, below, in_package};
pub use unsupported::Unsupported;

use crate::sources::syntax;
use std::ops::Range;

/// How many characters of code are shown.
const CODE_CHARS_MAX: usize = 60;

/// One use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// 1 for the first.
    pub line: u32,
    /// What it is.
    pub what: Unsupported,
    /// The expression or statement, in one line, shortened.
    pub code: String,
}

/// What one source says, before the rules for a package.
#[derive(Debug, Default)]
struct Source {
    uses: Vec<Use>,
    /// A thread is joined somewhere in it.
    is_joining: bool,
    /// It exports the application with its whole state, so that no `save` is needed.
    is_carrying_state: bool,
}

/// The uses in the text, ordered by line, as if it was the package's only source. A text that cannot
/// be read as Rust has none.
pub fn in_source(text: &str) -> Vec<Use> {
    let source = read(text);
    let (joins, carries) = (source.is_joining, source.is_carrying_state);
    source.uses.into_iter().filter(|found| package::applies(found, joins, carries)).collect()
}

fn read(text: &str) -> Source {
    let source = syntax::with_file(text, |file| {
        let mut source = visitor::read(text, file);
        source.uses.extend(main_fn::uses(text, file));
        source
    });
    let mut source = source.unwrap_or_default();
    source.uses.sort_by_key(|found| found.line);
    source
}

/// The code there, as a [`Use`] shows it.
fn code(text: &str, range: Range<usize>) -> String {
    let mut line = String::new();
    for word in text[range].split_whitespace() {
        let is_chain = word.starts_with(['.', '?', ')', ',']) && !word.starts_with("..");
        let is_chain = is_chain || line.ends_with('(');
        if !line.is_empty() && !is_chain {
            line.push(' ');
        }
        line.push_str(word);
    }
    if line.chars().count() > CODE_CHARS_MAX {
        line = line.chars().take(CODE_CHARS_MAX - 1).collect();
        line.push('…');
    }
    line
}
