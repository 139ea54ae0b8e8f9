//! Whether the documentation of `hot_api` shows how things are used.

use super::{root, rust_files};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use syn::{Attribute, Expr, Item, Lit, Meta, Visibility};

/// What macros expand to and fuzzing calls. Nobody reads its documentation but in the sources.
const UNNAMED: [&str; 7] = [
    "eframe_app/",
    "fuzzing/",
    "runner/any_module.rs",
    "runner/ffi.rs",
    "runner/mod.rs",
    "state/any_state.rs",
    "tweak/",
];

/// For whoever writes a host, mostly plain data: one example for all of it, in the file behind it.
const OF_HOSTS: [(&str, &str); 7] = [
    ("abi/handshake.rs", "abi/handshake.rs"),
    ("abi/mesh.rs", "abi/mesh.rs"),
    ("abi/mod.rs", "abi/mod.rs"),
    ("abi/tables.rs", "abi/mod.rs"),
    ("abi/wire/", "abi/wire/mod.rs"),
    ("egui_version/", "abi/wire/mod.rs"),
    ("services/steps.rs", "services/lifecycle.rs"),
];

fn source() -> PathBuf {
    root().join("hot_api/src")
}

fn doc(attrs: &[Attribute]) -> String {
    let line = |attr: &Attribute| match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value() + "\n"),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    attrs.iter().filter_map(line).collect()
}

/// `#[doc(hidden)]`
fn is_hidden(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        matches!(&attr.meta, Meta::List(list)
            if list.path.is_ident("doc") && list.tokens.to_string() == "hidden")
    })
}

/// Name and documentation of an item that users can name, if this is one. `unreachable_pub` sees to it that what is
/// `pub` can be named.
fn public(item: &Item) -> Option<(String, String)> {
    let (ident, vis, attrs) = match item {
        Item::Enum(it) => (&it.ident, Some(&it.vis), &it.attrs),
        Item::Fn(it) => (&it.sig.ident, Some(&it.vis), &it.attrs),
        Item::Struct(it) => (&it.ident, Some(&it.vis), &it.attrs),
        Item::Trait(it) => (&it.ident, Some(&it.vis), &it.attrs),
        Item::Type(it) => (&it.ident, Some(&it.vis), &it.attrs),
        Item::Macro(it) => (it.ident.as_ref()?, None, &it.attrs),
        _ => return None,
    };
    let is_public = match vis {
        Some(vis) => matches!(vis, Visibility::Public(_)),
        None => attrs.iter().any(|attr| attr.path().is_ident("macro_export")),
    };
    (is_public && !is_hidden(attrs)).then(|| (ident.to_string(), doc(attrs)))
}

/// The names in the links of a documentation, such as `[`Host::busy`]`.
fn linked(doc: &str) -> BTreeSet<&str> {
    let links = doc.split("[`").skip(1).filter_map(|rest| rest.split('`').next());
    links.flat_map(|link| link.split("::")).map(|part| part.trim_end_matches("()")).collect()
}

/// What of `items` neither has an example nor refers to what has one.
fn without_example(items: &BTreeMap<String, String>) -> Vec<String> {
    let mut shown: BTreeSet<&str> = BTreeSet::new();
    loop {
        let next: Vec<&str> = items
            .iter()
            .filter(|(name, doc)| {
                let refers = || linked(doc).iter().any(|link| shown.contains(link));
                !shown.contains(name.as_str()) && (doc.contains("```") || refers())
            })
            .map(|(name, _)| name.as_str())
            .collect();
        if next.is_empty() {
            break;
        }
        shown.extend(next);
    }
    items.keys().filter(|name| !shown.contains(name.as_str())).cloned().collect()
}

#[test]
fn every_public_item_of_hot_api_has_an_example_or_refers_to_one() {
    let mut files = Vec::new();
    rust_files(&source(), &mut files);
    let mut items: BTreeMap<String, String> = BTreeMap::new();
    for file in files {
        let path = file.strip_prefix(source()).expect("below it").display().to_string();
        let is_exempt = UNNAMED.iter().chain(OF_HOSTS.iter().map(|(part, _)| part));
        if is_exempt.into_iter().any(|part| path.starts_with(part)) {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a source file");
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        for (name, doc) in parsed.items.iter().filter_map(public) {
            // One form for each `cfg`, or two types of one name: each text counts.
            items.entry(name).or_default().push_str(&doc);
        }
    }
    assert!(items.len() > 50 && items.contains_key("Module"), "{items:?}");
    let without = without_example(&items);
    assert!(
        without.is_empty(),
        "show how these are used, or refer to what shows it, as in \"see [`Path`]\": {without:?}"
    );
    for (_, file) in OF_HOSTS {
        let text = std::fs::read_to_string(source().join(file)).expect("a source file");
        assert!(text.contains("```"), "{file} has no example for what is exempt because of it");
    }
}

#[test]
fn an_item_is_shown_by_its_own_example_or_by_that_of_a_link() {
    let code = "
        /// Has one.
        /// ```
        /// ```
        pub struct Shown;
        /// See [`Shown::new`].
        pub fn refers() {}
        /// See [`refers()`].
        pub enum Further {}
        /// See [`Nothing`].
        pub trait Bare {}
        #[doc(hidden)]
        pub struct Hidden;
        pub(crate) struct Own;
        /// A macro.
        #[macro_export]
        macro_rules! exported { () => {} }
        macro_rules! own { () => {} }
    ";
    let parsed = syn::parse_file(code).expect("Rust");
    let items = parsed.items.iter().filter_map(public).collect();
    assert_eq!(without_example(&items), ["Bare", "exported"]);
}
