//! Whether an implementation of `eframe::App` saves something.

use super::{Unsupported, Use, code};
use crate::sources::syntax;
use syn::{ImplItem, ImplItemFn, ItemImpl};

/// The use, when `item` implements `eframe::App` and its `save` is absent or empty.
pub(super) fn without_save(text: &str, item: &ItemImpl) -> Option<Use> {
    let (path, _) = item.trait_.as_ref()?;
    let method = |name: &str| {
        item.items.iter().find_map(|item| match item {
            ImplItem::Fn(method) if method.sig.ident == name => Some(method),
            _ => None,
        })
    };
    let is_app = syntax::ends_with(path, &["eframe", "App"])
        || path.is_ident("App") && (method("ui").is_some() || method("update").is_some());
    let (first, last) = match method("save") {
        _ if !is_app => return None,
        Some(ImplItemFn { block, .. }) if !block.stmts.is_empty() => return None,
        Some(save) => (save.sig.fn_token.span, save.block.brace_token.span.close()),
        // Up to the brace, which is not shown.
        None => (item.impl_token.span, item.brace_token.span.open()),
    };
    let code = code(text, first.byte_range().start..last.byte_range().end);
    let code = code.trim_end_matches(" {").to_owned();
    Some(Use { line: syntax::line(first), what: Unsupported::NothingSaved, code })
}
