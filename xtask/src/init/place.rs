//! Which crate of a package exports the application.

use super::imports;
use super::layout;
use host::sources::syntax;
use std::ops::Range;

/// The root that exports it, and with which creator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// That of the binary.
    Main {
        /// As it was.
        creator: String,
    },
    /// That of the library, which holds the application.
    Library {
        /// With paths as the library has them.
        creator: String,
    },
}

/// Where `creator`, found in the text `main`, is exported from. `library` is the name of the package's
/// library, if there is one: it exports when the creator uses it, by path or by what `main` imports, and
/// uses nothing that only `main` has.
pub(crate) fn place(main: &str, creator: &str, library: Option<&str>) -> Place {
    let stay = || Place::Main { creator: creator.to_owned() };
    let Some(library) = library else { return stay() };
    let names = imports::names(main);
    let firsts = firsts(creator);
    if firsts.iter().any(|first| names.own.contains(&creator[first.range.clone()])) {
        return stay();
    }
    let full = replaced(creator, &firsts, |name| names.imports.get(name).cloned());
    let moved = for_library(&full, library);
    if moved == full { stay() } else { Place::Library { creator: layout::tidy(&moved) } }
}

/// The creator with `crate` instead of the library's name.
pub(crate) fn for_library(creator: &str, crate_name: &str) -> String {
    let crate_name = crate_name.replace('-', "_");
    let firsts: Vec<First> = firsts(creator).into_iter().filter(|first| first.is_path).collect();
    replaced(creator, &firsts, |name| (name == crate_name).then(|| "crate".to_owned()))
}

/// A name that may be the first of a path.
struct First {
    range: Range<usize>,
    /// With the `::` before it.
    whole: Range<usize>,
    /// `::` follows.
    is_path: bool,
}

/// All names in the code that are no fields or methods, and do not continue a path.
fn firsts(code: &str) -> Vec<First> {
    let tokens = syntax::tokens(code).unwrap_or_default();
    let text = |n: Option<usize>| n.and_then(|n| tokens.get(n)).map_or("", |at| &code[at.clone()]);
    let is_word = |text: &str| text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let mut found = Vec::new();
    for (n, range) in tokens.iter().enumerate() {
        let before = |count: usize| text(n.checked_sub(count));
        let is_field = before(1) == "." && before(2) != ".";
        if !is_word(&code[range.clone()]) || is_field {
            continue;
        }
        let is_path = text(Some(n + 1)) == ":" && text(Some(n + 2)) == ":";
        let mut whole = range.clone();
        if before(1) == ":" && before(2) == ":" {
            if is_word(before(3)) || before(3) == ">" {
                continue;
            }
            whole.start = tokens[n - 2].start;
        }
        found.push(First { range: range.clone(), whole, is_path });
    }
    found
}

fn replaced(code: &str, firsts: &[First], path: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(code.len());
    let mut done = 0;
    for First { range, whole, .. } in firsts {
        if let Some(path) = path(&code[range.clone()]) {
            text.push_str(&code[done..whole.start]);
            text.push_str(&path);
            done = range.end;
        }
    }
    text + &code[done..]
}
