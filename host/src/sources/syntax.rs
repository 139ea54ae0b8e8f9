//! Rust text as a syntax tree, and which of its parts a native build compiles.
//!
//! Owns: parsing. Consumes: the text of a file. Produces: trees, and byte ranges of tokens.
//! Never: expands macros, or knows which features are enabled.

use proc_macro2::{Span, TokenStream, TokenTree};
use std::ops::Range;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ImplItem, Item, Lit, Meta, MetaNameValue, Path, Stmt, Token, UnOp};

/// What `read` makes of the text's tree; `None` when it cannot be read as Rust.
///
/// What it returns must hold no span: they are invalid afterwards. For the same reason calls of this
/// function and of [`tokens`] are not nested.
pub fn with_file<T>(text: &str, read: impl FnOnce(&syn::File) -> T) -> Option<T> {
    let found = text
        .parse::<TokenStream>()
        .ok()
        .and_then(|tokens| syn::parse2::<syn::File>(tokens).ok())
        .map(|file| read(&file));
    // The text would stay in a table of this thread otherwise.
    proc_macro2::extra::invalidate_current_thread_spans();
    found
}

/// The byte ranges of all tokens in the text, in order; each delimiter is one.
pub fn tokens(text: &str) -> Option<Vec<Range<usize>>> {
    let found = text.parse::<TokenStream>().ok().map(|stream| {
        let mut found = Vec::new();
        collect(stream, &mut found);
        found
    });
    proc_macro2::extra::invalidate_current_thread_spans();
    found
}

fn collect(stream: TokenStream, found: &mut Vec<Range<usize>>) {
    for tree in stream {
        match tree {
            TokenTree::Group(group) => {
                found.push(group.span_open().byte_range());
                collect(group.stream(), found);
                found.push(group.span_close().byte_range());
            }
            tree => found.push(tree.span().byte_range()),
        }
    }
}

/// The line a span begins in, 1 for the first.
pub fn line(span: Span) -> u32 {
    u32::try_from(span.start().line).unwrap_or(u32::MAX)
}

/// Whether the path is `wanted`, or ends with it after `::`.
pub fn ends_with(path: &Path, wanted: &[&str]) -> bool {
    let names = path.segments.iter().rev().map(|segment| &segment.ident);
    path.segments.len() >= wanted.len() && names.zip(wanted.iter().rev()).all(|(a, b)| a == b)
}

/// The name, when the expression is nothing but one.
pub fn name(expr: &Expr) -> Option<&syn::Ident> {
    match expr {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
        _ => None,
    }
}

/// Whether some native build that is no test compiles what has these attributes.
pub fn is_native(attrs: &[Attribute]) -> bool {
    attrs.iter().all(|attr| match &attr.meta {
        Meta::Path(path) => !path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            list.parse_args::<Meta>().ok().and_then(|cfg| holds(&cfg)) != Some(false)
        }
        _ => true,
    })
}

/// Whether a predicate of `cfg` holds; `None` when that depends on the build.
fn holds(cfg: &Meta) -> Option<bool> {
    match cfg {
        Meta::Path(path) => path.is_ident("test").then_some(false),
        Meta::NameValue(MetaNameValue { path, value: Expr::Lit(value), .. }) => match &value.lit {
            Lit::Str(value) => {
                let is = |key: &str, text: &str| path.is_ident(key) && value.value() == text;
                (is("target_arch", "wasm32") || is("target_family", "wasm")).then_some(false)
            }
            _ => None,
        },
        Meta::NameValue(_) => None,
        Meta::List(list) => {
            let inner = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            let inner: Vec<Option<bool>> = inner.ok()?.iter().map(holds).collect();
            let decided_by = |value: bool| match () {
                () if inner.contains(&Some(value)) => Some(value),
                () if inner.contains(&None) => None,
                () => Some(!value),
            };
            match &list.path {
                path if path.is_ident("not") => inner.first().copied().flatten().map(|is| !is),
                path if path.is_ident("all") => decided_by(false),
                path if path.is_ident("any") => decided_by(true),
                _ => None,
            }
        }
    }
}

/// [`is_native`] of an item.
pub fn is_native_item(item: &Item) -> bool {
    is_native(match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    })
}

/// [`is_native`] of an item in an `impl`.
pub fn is_native_impl_item(item: &ImplItem) -> bool {
    is_native(match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        ImplItem::Macro(item) => &item.attrs,
        _ => &[],
    })
}

/// [`is_native`] of a statement.
pub fn is_native_stmt(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Local(local) => is_native(&local.attrs),
        Stmt::Item(item) => is_native_item(item),
        Stmt::Macro(call) => is_native(&call.attrs),
        Stmt::Expr(expr, _) => is_native(match expr {
            Expr::Block(expr) => &expr.attrs,
            Expr::Call(expr) => &expr.attrs,
            Expr::ForLoop(expr) => &expr.attrs,
            Expr::If(expr) => &expr.attrs,
            Expr::Loop(expr) => &expr.attrs,
            Expr::Macro(expr) => &expr.attrs,
            Expr::Match(expr) => &expr.attrs,
            Expr::MethodCall(expr) => &expr.attrs,
            Expr::Return(expr) => &expr.attrs,
            Expr::Try(expr) => &expr.attrs,
            Expr::Unsafe(expr) => &expr.attrs,
            Expr::While(expr) => &expr.attrs,
            _ => &[],
        }),
    }
}

/// Where an expression begins in the text. `None` for forms that stand in no statement.
pub fn start(expr: &Expr) -> Option<usize> {
    let span = match expr {
        Expr::Assign(expr) => return start(&expr.left),
        Expr::Await(expr) => return start(&expr.base),
        Expr::Binary(expr) => return start(&expr.left),
        Expr::Call(expr) => return start(&expr.func),
        Expr::Cast(expr) => return start(&expr.expr),
        Expr::Field(expr) => return start(&expr.base),
        Expr::Index(expr) => return start(&expr.expr),
        Expr::MethodCall(expr) => return start(&expr.receiver),
        Expr::Try(expr) => return start(&expr.expr),
        Expr::Path(expr) => match &expr.qself {
            Some(qself) => qself.lt_token.spans[0],
            None => first_of(&expr.path)?,
        },
        Expr::Struct(expr) => first_of(&expr.path)?,
        Expr::Macro(expr) => first_of(&expr.mac.path)?,
        Expr::Async(expr) => expr.async_token.span,
        Expr::Block(expr) => expr.block.brace_token.span.open(),
        Expr::Break(expr) => expr.break_token.span,
        Expr::Closure(expr) => match &expr.capture {
            Some(word) => word.span,
            None => expr.inputs_begin.spans[0],
        },
        Expr::ForLoop(expr) => expr.for_token.span,
        Expr::If(expr) => expr.if_token.span,
        Expr::Let(expr) => expr.let_token.span,
        Expr::Lit(expr) => expr.lit.span(),
        Expr::Loop(expr) => expr.loop_token.span,
        Expr::Match(expr) => expr.match_token.span,
        Expr::Paren(expr) => expr.paren_token.span.open(),
        Expr::Reference(expr) => expr.and_token.span,
        Expr::Return(expr) => expr.return_token.span,
        Expr::Tuple(expr) => expr.paren_token.span.open(),
        Expr::Unary(expr) => match &expr.op {
            UnOp::Deref(mark) => mark.spans[0],
            UnOp::Not(mark) => mark.spans[0],
            UnOp::Neg(mark) => mark.spans[0],
            _ => return None,
        },
        Expr::Unsafe(expr) => expr.unsafe_token.span,
        Expr::While(expr) => expr.while_token.span,
        _ => return None,
    };
    Some(span.byte_range().start)
}

/// The span of a path's first token.
pub fn first_of(path: &Path) -> Option<Span> {
    match &path.leading_colon {
        Some(colon) => Some(colon.spans[0]),
        None => path.segments.first().map(|segment| segment.ident.span()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_tests_and_browsers_compile_is_not_native() {
        for (attrs, native) in [
            ("", true),
            ("#[test]", false),
            ("#[cfg(test)]", false),
            ("#[cfg(not(test))]", true),
            ("#[cfg(target_arch = \"wasm32\")]", false),
            ("#[cfg(target_family = \"wasm\")]", false),
            ("#[cfg(target_arch = \"x86_64\")]", true),
            ("#[cfg(not(target_arch = \"wasm32\"))]", true),
            ("#[cfg(all(feature = \"a\", test))]", false),
            ("#[cfg(all(feature = \"a\", unix))]", true),
            ("#[cfg(any(test, target_arch = \"wasm32\"))]", false),
            ("#[cfg(any(test, unix))]", true),
            ("#[cfg(not(any(test, target_arch = \"wasm32\")))]", true),
            ("#[cfg(not(all(not(test), not(target_arch = \"wasm32\"))))]", false),
            ("#[cfg(unix)] #[cfg(test)]", false),
            ("#[cfg_attr(test, derive(Debug))]", true),
        ] {
            let found = with_file(&format!("{attrs} fn f() {{}}"), |file| {
                file.items.iter().all(is_native_item)
            });
            assert_eq!(found, Some(native), "{attrs}");
        }
    }

    #[test]
    fn ranges_count_bytes_of_the_whole_text() {
        for (text, found) in [
            ("", Some(vec![])),
            ("ä(b)", Some(vec!["ä", "(", "b", ")"])),
            ("\u{feff}a \r\n  b", Some(vec!["a", "b"])),
            ("a::b", Some(vec!["a", ":", ":", "b"])),
            ("\"", None),
        ] {
            let texts =
                tokens(text).map(|ranges| ranges.into_iter().map(|range| &text[range]).collect());
            assert_eq!(texts, found, "{text}");
        }
    }
}
