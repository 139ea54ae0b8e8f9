//! The call of `run_native`, and the closure in it that makes the application.

use super::captures::{self, Captured};
use super::layout;
use host::sources::syntax;
use std::ops::Range;
use syn::punctuated::Pair;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, ImplItem, Item, ItemImpl, Signature, Stmt};

/// How an application is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Creator {
    /// A closure or a path, as `export_eframe_app!` takes it. Lines end with `\n`.
    pub(crate) text: String,
    /// Where it is in the file; 1 for the first.
    pub(crate) line: u32,
    /// What it uses that only the function around it has. Not empty: it does not compile at the root.
    pub(crate) uses: Vec<Captured>,
}

/// Why no creator is found. The text goes on where the file was named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoCreator {
    /// The text is no Rust.
    #[error("it cannot be read as Rust; fix what `cargo check` says first")]
    Unreadable,
    /// Nothing in it runs eframe.
    #[error("it does not call `eframe::run_native`; name the file that does")]
    NoCall,
    /// It runs eframe with a function instead of an application.
    #[error(
        "line {line}: `{name}` runs a function, whose variables cannot outlive its code; make them fields of \
         a struct that implements `eframe::App`, and pass that to `run_native`"
    )]
    Function {
        /// 1 for the first.
        line: u32,
        /// Of eframe's function.
        name: String,
    },
    /// What makes the application is in a variable.
    #[error(
        "line {line}: `{name}`, which makes the application, is a variable; write its closure into the call, \
         as in `Box::new(|cc| Ok(Box::new(MyApp::new(cc))))`"
    )]
    Variable {
        /// 1 for the first.
        line: u32,
        /// Of the variable.
        name: String,
    },
    /// What makes the application is something else.
    #[error(
        "line {line}: `{code}` is no closure and no path to a function; write one into the call, \
         as in `Box::new(|cc| Ok(Box::new(MyApp::new(cc))))`"
    )]
    OtherForm {
        /// 1 for the first.
        line: u32,
        /// What stands there, shortened to its first line.
        code: String,
    },
    /// Calls with different creators.
    #[error(
        "`run_native` is called in lines {} with different applications; \
         write `hot_api::export_eframe_app!` by hand for one of them", list(.lines)
    )]
    Several {
        /// 1 for the first.
        lines: Vec<u32>,
    },
}

fn list(lines: &[u32]) -> String {
    lines.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The creator in `text`, the source with the native `main`.
///
/// # Errors
/// [`NoCreator`] says what stands there instead.
pub(crate) fn creator(text: &str) -> Result<Creator, NoCreator> {
    let tokens = syntax::tokens(text).ok_or(NoCreator::Unreadable)?;
    let found = syntax::with_file(text, |file| {
        let mut calls = Calls::default();
        calls.visit_file(file);
        let argument = |call: &Call<'_>| call.argument(text, &tokens);
        (calls.found.iter().map(argument).collect::<Result<Vec<_>, _>>(), calls.function)
    });
    let (found, function) = found.ok_or(NoCreator::Unreadable)?;
    let mut creators = Vec::new();
    for Argument { range, dropped, line, uses } in found? {
        let kept = match dropped {
            Some(dropped) => format!("{}{}", &text[range.start..dropped.start], {
                text[dropped.end..range.end].trim_start()
            }),
            None => text[range].to_owned(),
        };
        creators.push(Creator { text: layout::tidy(&kept), line, uses });
    }
    let lines: Vec<u32> = creators.iter().map(|creator| creator.line).collect();
    let mut creators = creators.into_iter();
    match (creators.next(), function) {
        (Some(first), _) if creators.any(|other| other.text != first.text) => {
            Err(NoCreator::Several { lines })
        }
        (Some(first), _) => Ok(first),
        (None, Some((line, name))) => Err(NoCreator::Function { line, name }),
        (None, None) => Err(NoCreator::NoCall),
    }
}

/// A call that makes the window, and what is around it.
struct Call<'ast> {
    call: &'ast ExprCall,
    creator: &'ast Expr,
    function: Option<(&'ast Signature, &'ast Block)>,
    is_in_impl: bool,
}

/// What is to become the creator, by its place in the text.
struct Argument {
    range: Range<usize>,
    /// The `move` in it.
    dropped: Option<Range<usize>>,
    line: u32,
    uses: Vec<Captured>,
}

impl Call<'_> {
    fn argument(&self, text: &str, tokens: &[Range<usize>]) -> Result<Argument, NoCreator> {
        let parens = self.call.paren_token.span;
        let locals =
            captures::Locals::of(self.function, self.is_in_impl, parens.open().byte_range().end);
        let (creator, range) = match unboxed(self.creator) {
            (creator @ (Expr::Closure(_) | Expr::Path(_)), Some(within)) => (creator, within),
            (other, within) => return Err(self.other(text, tokens, &locals, (other, within))),
        };
        let range = hull(tokens, range);
        let line = line_of(text, range.start);
        if let Some(name) = syntax::name(creator).map(ToString::to_string)
            && locals.has_variable(&name)
        {
            return Err(NoCreator::Variable { line, name });
        }
        let dropped = match creator {
            Expr::Closure(closure) => closure.capture.as_ref().map(|word| word.span.byte_range()),
            _ => None,
        };
        Ok(Argument { range, dropped, line, uses: locals.used_in(creator) })
    }

    /// Names an argument that is no creator.
    fn other(
        &self,
        text: &str,
        tokens: &[Range<usize>],
        locals: &captures::Locals,
        (expr, within): (&Expr, Option<Range<usize>>),
    ) -> NoCreator {
        let call = self.call.paren_token.span;
        let start = syntax::start(expr).unwrap_or(call.open().byte_range().end);
        let range = hull(tokens, within.unwrap_or(start..call.close().byte_range().start));
        let line = line_of(text, range.start);
        match syntax::name(expr).map(ToString::to_string) {
            Some(name) if locals.has_variable(&name) => NoCreator::Variable { line, name },
            _ => {
                let code = text[range].lines().next().unwrap_or_default();
                NoCreator::OtherForm { line, code: code.trim_end_matches(',').to_owned() }
            }
        }
    }
}

fn line_of(text: &str, byte: usize) -> u32 {
    u32::try_from(text[..byte].matches('\n').count() + 1).unwrap_or(u32::MAX)
}

/// The expression in `Box::new(…)`, and between which bytes it is; without a range, there is no box.
fn unboxed(expr: &Expr) -> (&Expr, Option<Range<usize>>) {
    match expr {
        Expr::Paren(inner) => unboxed(&inner.expr),
        Expr::Cast(inner) => unboxed(&inner.expr),
        Expr::Call(call) => match (&*call.func, call.args.pairs().next()) {
            (Expr::Path(new), Some(inner)) if syntax::ends_with(&new.path, &["Box", "new"]) => {
                let parens = call.paren_token.span;
                let end = match inner {
                    Pair::Punctuated(_, comma) => comma.spans[0],
                    Pair::End(_) => parens.close(),
                };
                let within = parens.open().byte_range().end..end.byte_range().start;
                (inner.into_value(), Some(within))
            }
            _ => (expr, None),
        },
        expr => (expr, None),
    }
}

/// From the first to the last token in the range: without the space and comments around them.
fn hull(tokens: &[Range<usize>], within: Range<usize>) -> Range<usize> {
    let is_inside = |token: &&Range<usize>| token.start >= within.start && token.end <= within.end;
    let inside = || tokens.iter().filter(is_inside);
    let start = inside().map(|token| token.start).min().unwrap_or(within.start);
    start..inside().map(|token| token.end).max().unwrap_or(within.end)
}

/// All calls that make a window in a native build.
#[derive(Default)]
struct Calls<'ast> {
    found: Vec<Call<'ast>>,
    /// The first that runs a function instead: its line and name.
    function: Option<(u32, String)>,
    around: Option<(&'ast Signature, &'ast Block)>,
    is_in_impl: bool,
}

impl<'ast> Calls<'ast> {
    fn within(&mut self, sig: &'ast Signature, block: &'ast Block) {
        let around = self.around.replace((sig, block));
        self.visit_block(block);
        self.around = around;
    }
}

impl<'ast> Visit<'ast> for Calls<'ast> {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            item if !syntax::is_native_item(item) => {}
            Item::Fn(item) => self.within(&item.sig, &item.block),
            item => visit::visit_item(self, item),
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let before = std::mem::replace(&mut self.is_in_impl, true);
        visit::visit_item_impl(self, item);
        self.is_in_impl = before;
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        match item {
            item if !syntax::is_native_impl_item(item) => {}
            ImplItem::Fn(item) => self.within(&item.sig, &item.block),
            item => visit::visit_impl_item(self, item),
        }
    }

    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        if syntax::is_native_stmt(stmt) {
            visit::visit_stmt(self, stmt);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        visit::visit_expr_call(self, call);
        let Expr::Path(function) = &*call.func else { return };
        let Some(name) = function.path.segments.last().map(|segment| &segment.ident) else {
            return;
        };
        let argument = match &name.to_string()[..] {
            "run_native" | "create_native" => 2,
            "run_native_ext" => 3,
            "run_simple_native" | "run_ui_native" if call.args.len() > 2 => {
                self.function.get_or_insert((syntax::line(name.span()), name.to_string()));
                return;
            }
            _ => return,
        };
        // A function of the application's own may have that name.
        let Some(creator) = call.args.iter().nth(argument) else { return };
        let (function, is_in_impl) = (self.around, self.is_in_impl);
        self.found.push(Call { call, creator, function, is_in_impl });
    }
}
