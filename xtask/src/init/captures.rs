//! What a closure uses of the function around it.
//!
//! Owns: the rules of scopes. Consumes: syntax trees. Produces: [`Captured`] names.
//! Never: expands macros; a name in their tokens or format strings counts as a use.

mod locals;
mod macros;

pub(super) use locals::Locals;

use host::sources::syntax;
use proc_macro2::Ident;
use std::fmt;
use syn::visit::{self, Visit};
use syn::{Arm, Block, Expr, Item, Local, Macro, Pat, PatIdent, Path};

/// A name that the root of the crate does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Captured {
    /// A variable, a parameter, `self`, `Self`, or an item in the function.
    pub(crate) name: String,
    /// Where it is first used; 1 for the first.
    pub(crate) line: u32,
}

impl fmt::Display for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` (line {})", self.name, self.line)
    }
}

/// Walks through a closure with the names bound so far.
struct Uses<'l> {
    locals: &'l Locals,
    scopes: Vec<Vec<String>>,
    found: Vec<Captured>,
}

impl Uses<'_> {
    fn in_scope(&mut self, visit: impl FnOnce(&mut Self)) {
        self.scopes.push(Vec::new());
        visit(self);
        self.scopes.pop();
    }

    fn bind(&mut self, pat: &Pat) {
        let names = bindings(pat);
        self.scopes.last_mut().expect("a closure is a scope").extend(names);
    }

    fn variable(&mut self, name: &Ident) {
        let text = name.to_string();
        let is_bound = self.scopes.iter().flatten().any(|bound| *bound == text);
        if !is_bound && (self.locals.has_variable(&text) || self.locals.has_item(&text)) {
            self.found(name);
        }
    }

    fn found(&mut self, name: &Ident) {
        let (line, name) = (syntax::line(name.span()), name.to_string());
        if self.found.iter().all(|found| found.name != name) {
            self.found.push(Captured { name, line });
        }
    }
}

impl<'ast> Visit<'ast> for Uses<'_> {
    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        self.in_scope(|uses| {
            closure.inputs.iter().for_each(|pat| uses.bind(pat));
            visit::visit_expr_closure(uses, closure);
        });
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.in_scope(|uses| visit::visit_block(uses, block));
    }

    fn visit_local(&mut self, local: &'ast Local) {
        visit::visit_local(self, local);
        self.bind(&local.pat);
    }

    fn visit_expr_let(&mut self, expr: &'ast syn::ExprLet) {
        visit::visit_expr_let(self, expr);
        self.bind(&expr.pat);
    }

    fn visit_expr_if(&mut self, expr: &'ast syn::ExprIf) {
        self.in_scope(|uses| {
            uses.visit_expr(&expr.cond);
            uses.visit_block(&expr.then_branch);
        });
        if let Some((_, otherwise)) = &expr.else_branch {
            self.visit_expr(otherwise);
        }
    }

    fn visit_expr_while(&mut self, expr: &'ast syn::ExprWhile) {
        self.in_scope(|uses| visit::visit_expr_while(uses, expr));
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast syn::ExprForLoop) {
        self.visit_expr(&expr.expr);
        self.in_scope(|uses| {
            uses.bind(&expr.pat);
            uses.visit_block(&expr.body);
        });
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        self.in_scope(|uses| {
            uses.bind(&arm.pat);
            visit::visit_arm(uses, arm);
        });
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        match path.path.get_ident() {
            Some(name) if path.qself.is_none() => self.variable(name),
            _ => visit::visit_expr_path(self, path),
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none()
            && let Some(first) = path.segments.first()
            && self.locals.has_item(&first.ident.to_string())
        {
            self.found(&first.ident);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        let mut named = Vec::new();
        macros::names(call.tokens.clone(), &mut named);
        named.iter().for_each(|name| self.variable(name));
    }

    // Functions and the like in the closure capture nothing.
    fn visit_item(&mut self, _: &'ast Item) {}
}

/// The names that a pattern binds.
fn bindings(pat: &Pat) -> Vec<String> {
    let mut bindings = Bindings(Vec::new());
    bindings.visit_pat(pat);
    bindings.0
}

struct Bindings(Vec<String>);

impl<'ast> Visit<'ast> for Bindings {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.0.push(pat.ident.to_string());
        visit::visit_pat_ident(self, pat);
    }

    fn visit_expr(&mut self, _: &'ast Expr) {}
}
