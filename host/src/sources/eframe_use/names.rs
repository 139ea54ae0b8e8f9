//! What a source calls its `eframe::Frame`s and its creation contexts.

use crate::sources::syntax;
use std::collections::BTreeSet;
use syn::visit::{self, Visit};
use syn::{Expr, Member, Pat, PatType, Type};

/// The names, beside those that are usual.
#[derive(Default)]
pub(super) struct Names {
    frames: BTreeSet<String>,
    contexts: BTreeSet<String>,
}

impl Names {
    pub(super) fn of(file: &syn::File) -> Self {
        let mut names = Self::default();
        names.visit_file(file);
        names
    }

    /// Whether the expression is an `eframe::Frame`, as far as names tell.
    pub(super) fn is_frame(&self, expr: &Expr) -> bool {
        let named = |name: &syn::Ident| {
            let name = name.to_string();
            name.to_lowercase().contains("frame") || self.frames.contains(&name)
        };
        match plain(expr) {
            Expr::Field(field) => matches!(&field.member, Member::Named(name) if named(name)),
            expr => syntax::name(expr).is_some_and(named),
        }
    }

    /// Whether the expression is an `eframe::CreationContext`, as far as names tell.
    pub(super) fn is_context(&self, expr: &Expr) -> bool {
        syntax::name(plain(expr)).map(ToString::to_string).is_some_and(|name| {
            matches!(&name[..], "cc" | "_cc" | "creation_context") || self.contexts.contains(&name)
        })
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_pat_type(&mut self, pat: &'ast PatType) {
        let ty = match &*pat.ty {
            Type::Reference(reference) => &*reference.elem,
            ty => ty,
        };
        if let (Pat::Ident(name), Type::Path(ty)) = (&*pat.pat, ty) {
            let name = name.ident.to_string();
            if syntax::ends_with(&ty.path, &["CreationContext"]) {
                self.contexts.insert(name);
            } else if syntax::ends_with(&ty.path, &["eframe", "Frame"]) {
                self.frames.insert(name);
            }
        }
        visit::visit_pat_type(self, pat);
    }
}

/// The expression without parentheses, references and dereferences around it.
fn plain(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => plain(&inner.expr),
        Expr::Reference(inner) => plain(&inner.expr),
        Expr::Unary(inner) => plain(&inner.expr),
        expr => expr,
    }
}
