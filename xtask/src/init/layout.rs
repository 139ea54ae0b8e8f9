//! How a creator is laid out at the root of a crate.
//!
//! Owns: line breaks and indentation. Consumes: code. Produces: the same tokens.
//! Never: moves a comment, or changes a text literal.

use host::sources::syntax;
use std::ops::Range;

/// How long the line may be that exports the creator, as rustfmt has it.
const COLUMNS_MAX: usize = 100;
/// What else is in that line.
const COLUMNS_AROUND: usize = super::export::CALL.len() + ");".len();
/// Words before a parenthesis that is no call's.
const WORDS: [&str; 10] =
    ["as", "break", "else", "if", "in", "match", "return", "while", "yield", "move"];

/// One line, where it fits and has no comments; otherwise the lines as they are, without the indentation
/// they have in common.
pub(super) fn tidy(code: &str) -> String {
    let code = code.replace("\r\n", "\n");
    let tokens = syntax::tokens(&code).unwrap_or_default();
    match one_line(&code, &tokens) {
        Some(line) if line.chars().count() + COLUMNS_AROUND <= COLUMNS_MAX => line,
        _ => outdented(&code, &tokens),
    }
}

/// A delimiter that is open.
struct Open {
    commas: usize,
    /// What is in it is the argument list of a function.
    is_call: bool,
    is_in_macro: bool,
}

/// `None` where a comment or a text literal has more than one line.
fn one_line(code: &str, tokens: &[Range<usize>]) -> Option<String> {
    let mut line = String::new();
    let mut open: Vec<Open> = Vec::new();
    for (n, token) in tokens.iter().enumerate() {
        let text = &code[token.clone()];
        if text.contains('\n') {
            return None;
        }
        let last = n.checked_sub(1).map(|last| &tokens[last]);
        if let Some(last) = last {
            // The tokens of a documentation comment are all in the same place.
            let gap = code.get(last.end..token.start)?;
            if gap.contains("//") || gap.contains("/*") && gap.contains('\n') {
                return None;
            }
            let last = &code[last.clone()];
            if !gap.contains('\n') {
                line.push_str(gap);
            } else if last == "," && is_superfluous(open.last(), text) {
                line.pop();
                line.push_str(if text == "}" { " " } else { "" });
            } else if !(matches!(last, "(" | "[" | ".")
                || matches!(text, ")" | "]" | "." | "," | ";" | "?"))
            {
                line.push(' ');
            }
        }
        line.push_str(text);
        track(&mut open, text, last.map(|last| &code[last.clone()]));
    }
    Some(line)
}

/// Whether a comma before this token can go.
fn is_superfluous(open: Option<&Open>, closing: &str) -> bool {
    // `(a,)` is a tuple.
    let is_tuple = |open: &Open| closing == ")" && !open.is_call && open.commas < 2;
    matches!(closing, ")" | "]" | "}")
        && open.is_some_and(|open| !open.is_in_macro && !is_tuple(open))
}

fn track(open: &mut Vec<Open>, token: &str, last: Option<&str>) {
    match token {
        "(" | "[" | "{" => {
            let is_word = |text: &str| text.starts_with(|c: char| c.is_alphabetic() || c == '_');
            let is_call = last.is_some_and(|last| is_word(last) && !WORDS.contains(&last));
            let is_in_macro = last == Some("!") || open.last().is_some_and(|open| open.is_in_macro);
            open.push(Open { commas: 0, is_call, is_in_macro });
        }
        ")" | "]" | "}" => drop(open.pop()),
        "," => {
            if let Some(open) = open.last_mut() {
                open.commas += 1;
            }
        }
        _ => {}
    }
}

/// Without what all lines but the first begin with; lines in text literals stay.
fn outdented(code: &str, tokens: &[Range<usize>]) -> String {
    let starts = code.match_indices('\n').map(|(at, _)| at + 1);
    let is_in_token = |at: usize| tokens.iter().any(|token| token.start < at && at < token.end);
    let starts: Vec<usize> = starts.filter(|at| !is_in_token(*at)).collect();
    let indent = |at: usize| {
        let line = code[at..].lines().next().unwrap_or_default();
        let spaces = line.len() - line.trim_start_matches([' ', '\t']).len();
        (spaces < line.len()).then_some(spaces)
    };
    let common = starts.iter().filter_map(|at| indent(*at)).min().unwrap_or_default();
    let mut text = String::with_capacity(code.len());
    let mut done = 0;
    for at in starts {
        text.push_str(&code[done..at]);
        done = at + indent(at).map_or(0, |_| common);
    }
    text + &code[done..]
}
