//! What the names at the root of a file stand for.

use host::sources::syntax;
use std::collections::{BTreeMap, BTreeSet};
use syn::{Item, UseTree};

/// The names at the root of a file.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Imported names and their full paths.
    pub(super) imports: BTreeMap<String, String>,
    /// Names that the file itself gives to something, or that its own modules have.
    pub(super) own: BTreeSet<String>,
}

/// Those of a text; none when it cannot be read.
pub(super) fn names(text: &str) -> Names {
    let mut names = Names::default();
    syntax::with_file(text, |file| {
        for item in file.items.iter().filter(|item| syntax::is_native_item(item)) {
            let own = match item {
                Item::Const(item) => &item.ident,
                Item::Enum(item) => &item.ident,
                Item::Fn(item) => &item.sig.ident,
                Item::Macro(item) => match &item.ident {
                    Some(name) => name,
                    None => continue,
                },
                Item::Mod(item) => &item.ident,
                Item::Static(item) => &item.ident,
                Item::Struct(item) => &item.ident,
                Item::Type(item) => &item.ident,
                Item::Use(item) => {
                    collect(&item.tree, "", &mut names.imports);
                    continue;
                }
                _ => continue,
            };
            names.own.insert(own.to_string());
        }
    });
    let is_own = |path: &str| {
        let first = path.split("::").next().unwrap_or_default();
        matches!(first, "crate" | "self" | "super") || names.own.contains(first)
    };
    let own: Vec<String> = names
        .imports
        .iter()
        .filter(|(_, path)| is_own(path))
        .map(|(name, _)| name.clone())
        .collect();
    names.own.extend(own.into_iter().chain(["crate".to_owned(), "self".to_owned()]));
    names
}

fn collect(tree: &UseTree, before: &str, found: &mut BTreeMap<String, String>) {
    match tree {
        UseTree::Path(path) => collect(&path.tree, &format!("{before}{}::", path.ident), found),
        UseTree::Group(group) => group.items.iter().for_each(|tree| collect(tree, before, found)),
        UseTree::Name(name) if name.ident == "self" => {
            let path = before.trim_end_matches("::");
            let name = path.rsplit("::").next().unwrap_or_default();
            found.insert(name.to_owned(), path.to_owned());
        }
        UseTree::Name(name) => {
            found.insert(name.ident.to_string(), format!("{before}{}", name.ident));
        }
        UseTree::Rename(name) => {
            found.insert(name.rename.to_string(), format!("{before}{}", name.ident));
        }
        UseTree::Glob(_) => {}
    }
}
