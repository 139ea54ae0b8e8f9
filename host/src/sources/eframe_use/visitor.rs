//! Finds uses in expressions, paths and implementations.

use super::names::Names;
use super::{Source, Unsupported, Use, app, code};
use crate::sources::syntax;
use proc_macro2::{Span, TokenTree};
use syn::visit::{self, Visit};
use syn::{
    Expr, ExprCall, ExprField, ExprMethodCall, ImplItem, Item, ItemImpl, Member, Path, Stmt,
};

/// Everything in the file but the statements of `main`.
pub(super) fn read(text: &str, file: &syn::File) -> Source {
    let mut finder = Finder { text, names: Names::of(file), source: Source::default() };
    finder.visit_file(file);
    finder.source
}

struct Finder<'t> {
    text: &'t str,
    names: Names,
    source: Source,
}

impl Finder<'_> {
    /// `at` is the token that makes it a use; the code reaches from `start` to the end of `last`.
    fn found(&mut self, what: Unsupported, at: Span, start: Option<usize>, last: Span) {
        let start = start.unwrap_or(at.byte_range().start);
        let code = code(self.text, start..last.byte_range().end);
        self.source.uses.push(Use { line: syntax::line(at), what, code });
    }

    /// What a call of this method is, if it is a use.
    fn method(&self, call: &ExprMethodCall) -> Option<Unsupported> {
        let is_plain = call.args.is_empty();
        match &call.method.to_string()[..] {
            "gl" if is_plain && self.names.is_frame(&call.receiver) => Some(Unsupported::GlContext),
            "storage" | "storage_mut" if is_plain && self.names.is_frame(&call.receiver) => {
                Some(Unsupported::FrameStorage)
            }
            "wgpu_render_state" if is_plain => Some(Unsupported::WgpuPainting),
            "register_native_glow_texture" | "register_native_texture" => {
                Some(Unsupported::NativeTexture)
            }
            "window_handle" | "display_handle" | "winit_window" | "raw_window_handle"
            | "raw_display_handle"
                if is_plain =>
            {
                Some(Unsupported::WindowHandle)
            }
            "show_viewport_deferred" => Some(Unsupported::DeferredViewport),
            "spawn" if is_thread_builder(&call.receiver) => Some(Unsupported::UnjoinedThread),
            _ => None,
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if let Item::Macro(item) = item
            && syntax::ends_with(&item.mac.path, &["export_eframe_app"])
        {
            self.source.is_carrying_state |= carries_state(item.mac.tokens.clone());
        }
        if syntax::is_native_item(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if syntax::is_native_impl_item(item) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        if syntax::is_native_stmt(stmt) {
            visit::visit_stmt(self, stmt);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        self.source.uses.extend(app::without_save(self.text, item));
        visit::visit_item_impl(self, item);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if let Some(what) = self.method(call) {
            let last = call.paren_token.span.close();
            self.found(what, call.method.span(), syntax::start(&call.receiver), last);
        }
        self.source.is_joining |= call.method == "join" && call.args.is_empty();
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_field(&mut self, field: &'ast ExprField) {
        if let Member::Named(name) = &field.member {
            let is_own = syntax::name(&field.base).is_some_and(|base| base == "self");
            let what = match &name.to_string()[..] {
                "gl" | "get_proc_address" if self.names.is_context(&field.base) => {
                    Some(Unsupported::GlContext)
                }
                "wgpu_render_state" if !is_own => Some(Unsupported::WgpuPainting),
                _ => None,
            };
            if let Some(what) = what {
                self.found(what, name.span(), syntax::start(&field.base), name.span());
            }
        }
        visit::visit_expr_field(self, field);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(function) = &*call.func
            && let Some(what) = function_use(&function.path)
            && let Some(first) = syntax::first_of(&function.path)
        {
            self.found(what, first, None, call.paren_token.span.close());
            // Its path would be found a second time.
            call.args.iter().for_each(|arg| self.visit_expr(arg));
        } else {
            visit::visit_expr_call(self, call);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let what = function_use(path).or_else(|| {
            syntax::ends_with(path, &["CallbackTrait"]).then_some(Unsupported::WgpuPainting)
        });
        if let (Some(what), Some(first), Some(last)) =
            (what, syntax::first_of(path), path.segments.last())
        {
            self.found(what, first, None, last.ident.span());
        }
        self.source.is_joining |= syntax::ends_with(path, &["JoinHandle", "join"]);
        visit::visit_path(self, path);
    }
}

/// What a function of this path is, if it is a use.
fn function_use(path: &Path) -> Option<Unsupported> {
    let uses = [
        (&["Callback", "new_paint_callback"], Unsupported::WgpuPainting),
        (&["thread", "spawn"], Unsupported::UnjoinedThread),
    ];
    uses.into_iter().find_map(|(end, what)| syntax::ends_with(path, end).then_some(what))
}

/// Whether it is `thread::Builder::new()`, with or without further calls.
fn is_thread_builder(expr: &Expr) -> bool {
    match expr {
        Expr::MethodCall(call) => is_thread_builder(&call.receiver),
        Expr::Call(call) => match &*call.func {
            Expr::Path(function) => {
                let (path, count) = (&function.path, function.path.segments.len());
                syntax::ends_with(path, &["thread", "Builder", "new"])
                    || count == 2 && syntax::ends_with(path, &["Builder", "new"])
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether `state` is one of the arguments of `export_eframe_app!`.
fn carries_state(tokens: proc_macro2::TokenStream) -> bool {
    let is_comma =
        |tree: &TokenTree| matches!(tree, TokenTree::Punct(mark) if mark.as_char() == ',');
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    trees
        .split(is_comma)
        .skip(1)
        .any(|argument| matches!(argument, [TokenTree::Ident(word)] if word == "state"))
}
