//! What `main` does before it runs eframe.

use super::{Unsupported, Use, code};
use crate::sources::syntax;
use proc_macro2::Span;
use std::collections::BTreeSet;
use std::ops::Range;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, Item, ItemFn, Stmt};

/// eframe's functions that make the window; none of them runs in a module.
const RUNS: [&str; 5] =
    ["run_native", "run_native_ext", "run_simple_native", "run_ui_native", "create_native"];

/// The statements of the native `main` before eframe runs, and the attribute that makes a runtime.
pub(super) fn uses(text: &str, file: &syn::File) -> Vec<Use> {
    let main = file.items.iter().find_map(|item| match item {
        Item::Fn(item) if item.sig.ident == "main" && syntax::is_native(&item.attrs) => Some(item),
        _ => None,
    });
    let Some(main) = main else { return Vec::new() };
    let Some(run) = first_run(|calls| calls.visit_block(&main.block)) else { return Vec::new() };
    let mut found = Vec::new();
    runtime(text, main, &mut found);
    let window = names_in(run.args.iter().take(2));
    let (wanted, otherwise) = (window.clone(), names_in(run.args.iter().skip(2)));
    Before { text, found: &mut found, window, wanted, otherwise }.visit_block(&main.block);
    found
}

/// `#[tokio::main]` and its like.
fn runtime(text: &str, main: &ItemFn, found: &mut Vec<Use>) {
    for attr in &main.attrs {
        let path = attr.path();
        if path.segments.len() > 1 && syntax::ends_with(path, &["main"]) {
            let (first, last) = (attr.pound_token.spans[0], attr.bracket_token.span.close());
            found.push(main_use(text, first, first.byte_range().start..last.byte_range().end));
        }
    }
}

fn main_use(text: &str, first: Span, range: Range<usize>) -> Use {
    let code = code(text, range);
    Use { line: syntax::line(first), what: Unsupported::MainStatement, code }
}

/// Goes down to the statement that runs eframe, and keeps what comes before it.
struct Before<'a> {
    text: &'a str,
    found: &'a mut Vec<Use>,
    /// The names in title and options of the window, which is the host's in a module.
    window: BTreeSet<String>,
    /// These, and the names they are made of.
    wanted: BTreeSet<String>,
    /// Names used for something else.
    otherwise: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Before<'_> {
    fn visit_block(&mut self, block: &'ast Block) {
        let runs = |stmt: &Stmt| first_run(|calls| calls.visit_stmt(stmt)).is_some();
        let Some(at) = block.stmts.iter().position(runs) else { return };
        let mut kept = Vec::new();
        for stmt in block.stmts[..at].iter().rev().filter(|stmt| syntax::is_native_stmt(stmt)) {
            if matches!(stmt, Stmt::Item(_)) {
                continue;
            }
            let names = idents(|idents| idents.visit_stmt(stmt));
            if makes_window(stmt, &self.wanted, &self.otherwise) {
                self.wanted.extend(names);
            } else {
                self.otherwise.extend(names.difference(&self.window).cloned());
                kept.extend(statement(self.text, stmt));
            }
        }
        self.found.extend(kept.into_iter().rev());
        self.visit_stmt(&block.stmts[at]);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// Whether the statement makes one of the `wanted`, and nothing that is used otherwise.
fn makes_window(stmt: &Stmt, wanted: &BTreeSet<String>, otherwise: &BTreeSet<String>) -> bool {
    match stmt {
        Stmt::Local(local) => {
            let bound = idents(|idents| idents.visit_pat(&local.pat));
            !bound.is_disjoint(wanted) && bound.is_disjoint(otherwise)
        }
        Stmt::Expr(Expr::Assign(assign), _) => root(&assign.left).is_some_and(|name| {
            let name = name.to_string();
            wanted.contains(&name) && !otherwise.contains(&name)
        }),
        Stmt::Expr(Expr::If(branch), _) => {
            let all = |block: &Block| {
                block.stmts.iter().all(|stmt| makes_window(stmt, wanted, otherwise))
            };
            all(&branch.then_branch)
                && branch.else_branch.as_ref().is_none_or(|(_, expr)| match &**expr {
                    Expr::Block(block) => all(&block.block),
                    _ => false,
                })
        }
        _ => false,
    }
}

/// The variable that a place belongs to.
fn root(place: &Expr) -> Option<&syn::Ident> {
    match place {
        Expr::Field(field) => root(&field.base),
        Expr::Index(index) => root(&index.expr),
        place => syntax::name(place),
    }
}

/// The use that a statement is.
fn statement(text: &str, stmt: &Stmt) -> Option<Use> {
    let (start, end) = match stmt {
        Stmt::Local(local) => {
            (local.let_token.span.byte_range().start, Some(local.semi_token.spans[0]))
        }
        Stmt::Expr(expr, semi) => (syntax::start(expr)?, semi.as_ref().map(|semi| semi.spans[0])),
        Stmt::Macro(call) => {
            let first = syntax::first_of(&call.mac.path)?;
            (first.byte_range().start, call.semi_token.as_ref().map(|semi| semi.spans[0]))
        }
        Stmt::Item(_) => return None,
    };
    // A statement without `;` ends with a brace; its first line tells enough.
    let line_end = || text[start..].find('\n').map_or(text.len(), |line| start + line);
    let end = end.map_or_else(line_end, |semi| semi.byte_range().start);
    let line = u32::try_from(text[..start].matches('\n').count() + 1).unwrap_or(u32::MAX);
    Some(Use { line, what: Unsupported::MainStatement, code: code(text, start..end) })
}

fn names_in<'a>(args: impl Iterator<Item = &'a Expr>) -> BTreeSet<String> {
    idents(|idents| args.for_each(|arg| idents.visit_expr(arg)))
}

fn first_run<'ast>(visit: impl FnOnce(&mut Calls<'ast>)) -> Option<&'ast ExprCall> {
    let mut calls = Calls(None);
    visit(&mut calls);
    calls.0
}

/// The first call that runs eframe.
struct Calls<'ast>(Option<&'ast ExprCall>);

impl<'ast> Visit<'ast> for Calls<'ast> {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(function) = &*call.func
            && RUNS.iter().any(|name| syntax::ends_with(&function.path, &[name]))
        {
            self.0.get_or_insert(call);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        if syntax::is_native_stmt(stmt) && !matches!(stmt, Stmt::Item(_)) {
            visit::visit_stmt(self, stmt);
        }
    }
}

fn idents(visit: impl FnOnce(&mut Idents)) -> BTreeSet<String> {
    let mut idents = Idents::default();
    visit(&mut idents);
    idents.0
}

/// Names that may be those of variables: used, or bound by patterns.
#[derive(Default)]
struct Idents(BTreeSet<String>);

impl<'ast> Visit<'ast> for Idents {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.0.extend(path.path.get_ident().map(ToString::to_string));
    }

    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        self.0.insert(pat.ident.to_string());
        visit::visit_pat_ident(self, pat);
    }
}
