//! What only a function has: its parameters, variables, and items.

use super::{Captured, Uses};
use std::collections::BTreeSet;
use syn::visit::{self, Visit};
use syn::{Block, Expr, FnArg, Item, PatIdent, Signature, UseTree};

/// The names, all of which the root of the crate does not have.
#[derive(Debug, Default)]
pub(in crate::init) struct Locals {
    variables: BTreeSet<String>,
    /// Types, functions, imports and the like.
    items: BTreeSet<String>,
    /// Where the closure begins in the text: what comes later, it cannot use.
    before: usize,
}

impl Locals {
    /// Those of the function that are bound before this byte of the text.
    pub(in crate::init) fn of(
        function: Option<(&Signature, &Block)>,
        is_in_impl: bool,
        before: usize,
    ) -> Self {
        let mut locals = Self { before, ..Self::default() };
        if is_in_impl {
            locals.items.insert("Self".to_owned());
        }
        if let Some((sig, block)) = function {
            if sig.inputs.iter().any(|input| matches!(input, FnArg::Receiver(_))) {
                locals.variables.insert("self".to_owned());
            }
            let generics = sig.generics.type_params().map(|generic| generic.ident.to_string());
            locals.items.extend(generics);
            sig.inputs.iter().for_each(|input| locals.visit_fn_arg(input));
            locals.visit_block(block);
        }
        locals
    }

    pub(in crate::init) fn has_variable(&self, name: &str) -> bool {
        self.variables.contains(name)
    }

    pub(super) fn has_item(&self, name: &str) -> bool {
        self.items.contains(name)
    }

    /// Which of them the closure uses, in its order.
    pub(in crate::init) fn used_in(&self, closure: &Expr) -> Vec<Captured> {
        let mut uses = Uses { locals: self, scopes: Vec::new(), found: Vec::new() };
        uses.visit_expr(closure);
        uses.found
    }
}

impl<'ast> Visit<'ast> for Locals {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        let name = pat.ident.to_string();
        // In a pattern, `None` and constants look like bindings.
        let is_variable = !name.starts_with(char::is_uppercase);
        if is_variable && pat.ident.span().byte_range().start < self.before {
            self.variables.insert(name);
        }
        visit::visit_pat_ident(self, pat);
    }

    /// Names an item, and does not look into it.
    fn visit_item(&mut self, item: &'ast Item) {
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Mod(item) => &item.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Use(item) => return self.visit_use_tree(&item.tree),
            _ => return,
        };
        self.items.insert(name.to_string());
    }

    fn visit_use_tree(&mut self, tree: &'ast UseTree) {
        match tree {
            UseTree::Name(name) => drop(self.items.insert(name.ident.to_string())),
            UseTree::Rename(name) => drop(self.items.insert(name.rename.to_string())),
            tree => visit::visit_use_tree(self, tree),
        }
    }
}
