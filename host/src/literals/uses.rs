//! The uses of `tweak!` in a text.
//!
//! Owns: the one door to `proc-macro2` and `syn`. Consumes: the text of a file. Produces: [`Use`]s.
//! Never: decides whether the compiler sees a use the same way; the library's marks say that.

use hot_api::abi::literal_kind;
use proc_macro2::{Delimiter, Group, LineColumn, TokenStream, TokenTree};
use std::ops::Range;

/// How many literals a call in `tweak!` may have.
const LITERALS_MAX: usize = 4;

/// One `tweak!(…)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// What `line!()` is in it: 1 for the first.
    pub(super) line: u32,
    /// What `column!()` is in it: in characters, 1 for the first.
    pub(super) column: u32,
    /// In the order of the text.
    pub(super) literals: Vec<Found>,
}

/// One literal in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Where it is in the text, in bytes; a sign is part of it.
    pub(super) bytes: Range<usize>,
    /// As `stringify!` gives it.
    pub(super) text: String,
    /// One of [`literal_kind`].
    pub(super) kind: u32,
    /// The type in the literal, such as `u8` in `4u8`.
    pub(super) suffix: String,
    /// Normalised as [`literal_kind`] says.
    pub(super) value: String,
}

/// All uses in `text`, in order; `None` when it cannot be read as Rust.
pub(super) fn uses(text: &str) -> Option<Vec<Use>> {
    // The compiler does not count such a mark; the tokens' places do.
    if text.starts_with('\u{feff}') {
        return None;
    }
    let found = text.parse::<TokenStream>().ok().map(|tokens| {
        let mut found = Vec::new();
        collect(tokens, &mut found);
        found
    });
    // The text would stay in a table of this thread otherwise, and nothing refers to it any more.
    proc_macro2::extra::invalidate_current_thread_spans();
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<Use>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (n, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        match tweak_before(&tokens[..n]).zip(literals(group)) {
            Some((LineColumn { line, column }, literals)) => found.push(Use {
                line: u32::try_from(line).unwrap_or(u32::MAX),
                column: u32::try_from(column + 1).unwrap_or(u32::MAX),
                literals,
            }),
            None => collect(group.stream(), found),
        }
    }
}

/// Where the `tweak!` begins that these tokens end with, its path included.
fn tweak_before(tokens: &[TokenTree]) -> Option<LineColumn> {
    let [before @ .., name, bang] = tokens else { return None };
    if !is_punct(bang, '!') || !matches!(name, TokenTree::Ident(name) if name == "tweak") {
        return None;
    }
    let (mut before, mut first) = (before, name);
    while let [rest @ .., colon, other] = before
        && is_punct(colon, ':')
        && is_punct(other, ':')
    {
        (before, first) = match rest {
            [rest @ .., name @ TokenTree::Ident(_)] => (rest, name),
            rest => (rest, colon),
        };
    }
    Some(first.span().start())
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

/// The literals of one use; `None` when it is of no form that can change while the code runs.
fn literals(group: &Group) -> Option<Vec<Found>> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let tokens = without_comma(&tokens);
    if let Some(found) = literal(tokens) {
        return Some(vec![found]);
    }
    let [path @ .., TokenTree::Group(arguments)] = tokens else { return None };
    let is_path = |token: &TokenTree| matches!(token, TokenTree::Ident(_)) || is_punct(token, ':');
    if arguments.delimiter() != Delimiter::Parenthesis || !path.iter().all(is_path) {
        return None;
    }
    let arguments: Vec<TokenTree> = arguments.stream().into_iter().collect();
    let arguments = without_comma(&arguments).split(|token| is_punct(token, ','));
    let found: Vec<Found> = arguments.map(literal).collect::<Option<_>>()?;
    (found.len() <= LITERALS_MAX).then_some(found)
}

fn without_comma(tokens: &[TokenTree]) -> &[TokenTree] {
    match tokens {
        [rest @ .., comma] if is_punct(comma, ',') => rest,
        all => all,
    }
}

fn literal(tokens: &[TokenTree]) -> Option<Found> {
    let (sign, literal) = match tokens {
        [TokenTree::Ident(word)] if word == "true" || word == "false" => {
            let (bytes, text) = (word.span().byte_range(), word.to_string());
            let (kind, value) = (literal_kind::BOOL, text.clone());
            return Some(Found { bytes, text, kind, suffix: String::new(), value });
        }
        [TokenTree::Literal(literal)] => (None, literal),
        [sign, TokenTree::Literal(literal)] if is_punct(sign, '-') => (Some(sign), literal),
        _ => return None,
    };
    let minus = if sign.is_some() { "-" } else { "" };
    let (kind, value, suffix) = match syn::Lit::new(literal.clone()) {
        syn::Lit::Int(int) => (
            literal_kind::INTEGER,
            format!("{minus}{}", int.base10_digits()),
            int.suffix().to_owned(),
        ),
        syn::Lit::Float(float) => {
            let digits = float.base10_digits();
            (literal_kind::FLOAT, format!("{minus}{digits}"), float.suffix().to_owned())
        }
        syn::Lit::Char(char) if sign.is_none() => {
            (literal_kind::CHAR, char.value().to_string(), char.suffix().to_owned())
        }
        syn::Lit::Str(text) if sign.is_none() => {
            (literal_kind::TEXT, text.value(), text.suffix().to_owned())
        }
        _ => return None,
    };
    let text = literal.to_string();
    // The compiler reads a line break of Windows as one character, and not in every kind of text.
    if text.contains('\r') {
        return None;
    }
    let end = literal.span().byte_range();
    let start = sign.map_or(end.start, |sign| sign.span().byte_range().start);
    Some(Found { bytes: start..end.end, text: format!("{minus}{text}"), kind, suffix, value })
}
