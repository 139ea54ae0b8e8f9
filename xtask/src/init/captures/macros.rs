//! The names in the tokens of a macro that may be variables.

use proc_macro2::{Ident, TokenStream, TokenTree};

/// Appends the names, and those in format strings, without fields, paths, and named arguments.
pub(super) fn names(tokens: TokenStream, found: &mut Vec<Ident>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let named: Vec<String> = named_arguments(&trees);
    let mut add = |name: Ident| {
        if named.iter().all(|argument| name != argument[..]) {
            found.push(name);
        }
    };
    let mut inner = Vec::new();
    for (n, tree) in trees.iter().enumerate() {
        let before = n.checked_sub(1).and_then(|before| trees.get(before));
        let after = (trees.get(n + 1), trees.get(n + 2));
        match tree {
            TokenTree::Group(group) => names(group.stream(), &mut inner),
            TokenTree::Ident(name) => {
                // `a..b` has two dots; a field has one.
                let is_range = n > 1 && is(trees.get(n - 2), '.');
                let is_field = is(before, '.') && !is_range;
                let is_path = is(after.0, ':') && is(after.1, ':');
                if !is_field && !is_path {
                    add(name.clone());
                }
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                for name in in_format(&text) {
                    add(Ident::new(name, literal.span()));
                }
            }
            TokenTree::Punct(_) => {}
        }
    }
    found.extend(inner);
}

fn is(tree: Option<&TokenTree>, wanted: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

/// `a` in `println!("{a}", a = 1)`.
fn named_arguments(trees: &[TokenTree]) -> Vec<String> {
    let mut found = Vec::new();
    for (n, tree) in trees.iter().enumerate() {
        let TokenTree::Ident(name) = tree else { continue };
        let begins = n > 0 && is(trees.get(n - 1), ',');
        let continues = is(trees.get(n + 2), '=') || is(trees.get(n + 2), '>');
        if begins && is(trees.get(n + 1), '=') && !continues {
            found.push(name.to_string());
        }
    }
    found
}

/// The names in a format string, given as a literal of Rust: `a`, `w` and `p` in `"{a:w$.p$}"`.
fn in_format(literal: &str) -> Vec<&str> {
    let is_text = literal.starts_with(['"', 'r']);
    let mut found = Vec::new();
    let mut rest = if is_text { literal } else { "" };
    while let Some(open) = rest.find('{') {
        rest = &rest[open + 1..];
        if let Some(escaped) = rest.strip_prefix('{') {
            rest = escaped;
            continue;
        }
        let Some(close) = rest.find('}') else { break };
        let (name, spec) = rest[..close].split_once(':').unwrap_or((&rest[..close], ""));
        found.push(name.trim());
        let widths = spec.split('$').map(|width| {
            let start = width.rfind(|c: char| !(c.is_alphanumeric() || c == '_'));
            &width[start.map_or(0, |start| start + 1)..]
        });
        // What follows the last `$` is no name.
        found.extend(widths.take(spec.matches('$').count()));
        rest = &rest[close + 1..];
    }
    found.retain(|name| syn::parse_str::<Ident>(name).is_ok());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_tokens_and_format_strings() {
        for (tokens, expected) in [
            ("\"{}\", a", &["a"][..]),
            ("\"{a}\"", &["a"]),
            ("\"{a:?} {{b}} {} {0} {c:>4}\"", &["a", "c"]),
            ("\"{a:w$.p$}\"", &["a", "w", "p"]),
            ("\"{a:.*}\"", &["a"]),
            ("r#\"{a}\"#", &["a"]),
            ("\"{{{a}}}\"", &["a"]),
            ("\"{\"", &[]),
            ("'{', 1", &[]),
            ("\"{a}\", a = b", &["b"]),
            ("x, a == b", &["x", "a", "b"]),
            ("a.b, c::d", &["a", "d"]),
            ("a..b", &["a", "b"]),
            ("f(a, [b])", &["f", "a", "b"]),
        ] {
            let mut found = Vec::new();
            names(tokens.parse().unwrap(), &mut found);
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{tokens}");
        }
    }
}
