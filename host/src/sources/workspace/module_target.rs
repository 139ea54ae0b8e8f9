//! The crate of a package that is loaded as a module.
//!
//! Owns: which of a package's crates that is: the one whose root file contains an export macro. Consumes: cargo's
//! description, and the root files. Never: builds one.

use crate::sources::rust_files::is_in_code;
use cargo_metadata::{CrateType, Target, TargetKind};
use proc_macro2::{TokenStream, TokenTree};
use std::fs;
use std::path::{Path, PathBuf};

/// The macros that make a module of a crate.
const EXPORTS: [&str; 2] = ["export_module", "export_eframe_app"];

/// A crate that is loaded as a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleTarget {
    /// Its package.
    pub package: String,
    /// Its kind.
    pub kind: ModuleKind,
    /// The features that it is built with, beside the default ones.
    pub features: Vec<String>,
    /// Cargo itself would make a loadable library of it.
    pub is_cdylib: bool,
    /// What it exports, and where.
    pub export: Option<Export>,
}

/// What a crate is when nobody reloads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleKind {
    /// The package's library.
    Library,
    /// The program of this name.
    Program(String),
}

/// A use of an export macro.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The root file that contains it.
    pub file: PathBuf,
    /// `export_eframe_app!` rather than `export_module!`.
    pub is_eframe_app: bool,
    /// The directory with the sources of the package's crates.
    pub sources: PathBuf,
}

impl ModuleTarget {
    /// The library of a package, which says in its manifest that it is a `cdylib`.
    #[must_use]
    pub fn library(package: &str) -> Self {
        Self {
            package: package.to_owned(),
            kind: ModuleKind::Library,
            features: Vec::new(),
            is_cdylib: true,
            export: None,
        }
    }

    /// The one of a package: the library or program that exports a module, or a library that is a `cdylib`, whose
    /// export may stand elsewhere in it.
    pub(super) fn of(package: &cargo_metadata::Package) -> Option<Self> {
        let kinds = package.targets.iter().filter_map(|target| Some((target, kind_of(target)?)));
        let mut all: Vec<(&Target, ModuleKind)> = kinds.collect();
        all.sort_by_key(|(_, kind)| *kind != ModuleKind::Library);
        let exporting = all.iter().find_map(|(target, kind)| {
            let file = target.src_path.as_std_path();
            let is_eframe_app = export_in(&fs::read_to_string(file).ok()?)?;
            let sources = sources_of(package, file);
            let export = Export { file: file.to_owned(), is_eframe_app, sources };
            Some((*target, kind.clone(), Some(export)))
        });
        let cdylib = || {
            let (target, kind) = all.iter().find(|(target, _)| is_cdylib(target))?;
            Some((*target, kind.clone(), None))
        };
        let (target, kind, export) = exporting.or_else(cdylib)?;
        let mut features = target.required_features.clone();
        features.extend(feature_of(package));
        let package = package.name.to_string();
        Some(Self { package, kind, features, is_cdylib: is_cdylib(target), export })
    }

    /// Whether cargo calls a crate by this name, and means this one.
    #[must_use]
    pub fn is_target(&self, target: &Target) -> bool {
        match &self.kind {
            ModuleKind::Library => kind_of(target) == Some(ModuleKind::Library),
            ModuleKind::Program(_) => kind_of(target).as_ref() == Some(&self.kind),
        }
    }
}

/// `src` of a package when the root file lies in it, else the root file's own directory.
pub(super) fn sources_of(package: &cargo_metadata::Package, root: &Path) -> PathBuf {
    let src = package.manifest_path.as_std_path().with_file_name("src");
    if root.starts_with(&src) { src } else { root.parent().unwrap_or(root).to_owned() }
}

/// The feature by which this package asks for the contract: the one that is called like the dependency, or that names
/// it. `None` when the dependency is not optional.
fn feature_of(package: &cargo_metadata::Package) -> Option<String> {
    let mut all = package.dependencies.iter();
    let dependency = all.find(|it| it.name == super::API_PACKAGE && it.optional)?;
    let name = dependency.rename.as_ref().unwrap_or(&dependency.name);
    if package.features.contains_key(name) {
        return Some(name.clone());
    }
    let named = format!("dep:{name}");
    let mut naming: Vec<_> =
        package.features.iter().filter(|(_, parts)| parts.contains(&named)).collect();
    // Whatever else a larger one has is none of ours.
    naming.sort_by_key(|(_, parts)| parts.len());
    naming.first().map(|(feature, _)| (*feature).clone())
}

fn kind_of(target: &Target) -> Option<ModuleKind> {
    let is = |wanted: &[TargetKind]| target.kind.iter().any(|kind| wanted.contains(kind));
    let libraries = [
        TargetKind::Lib,
        TargetKind::RLib,
        TargetKind::CDyLib,
        TargetKind::DyLib,
        TargetKind::StaticLib,
    ];
    if is(&libraries) {
        return Some(ModuleKind::Library);
    }
    is(&[TargetKind::Bin]).then(|| ModuleKind::Program(target.name.clone()))
}

fn is_cdylib(target: &Target) -> bool {
    target.crate_types.contains(&CrateType::CDyLib)
}

/// Whether an export macro is used in `text`, and then whether it is that of an eframe application.
#[must_use]
pub fn export_in(text: &str) -> Option<bool> {
    if !EXPORTS.iter().any(|name| text.contains(name)) {
        return None;
    }
    let name = match text.parse::<TokenStream>() {
        Ok(tokens) => export_among(tokens),
        // Half-written code; the compiler will say so.
        Err(_) => EXPORTS.into_iter().find(|name| is_in_code(text, &format!("{name}!"))),
    };
    // The text would stay in a table of this thread otherwise, and nothing refers to it any more.
    proc_macro2::extra::invalidate_current_thread_spans();
    name.map(|name| name == EXPORTS[1])
}

fn export_among(tokens: TokenStream) -> Option<&'static str> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let used = tokens.windows(2).find_map(|pair| match pair {
        [TokenTree::Ident(name), TokenTree::Punct(bang)] if bang.as_char() == '!' => {
            EXPORTS.into_iter().find(|export| name == export)
        }
        _ => None,
    });
    used.or_else(|| {
        tokens.windows(3).find_map(|triple| match triple {
            [TokenTree::Ident(word), TokenTree::Ident(_), TokenTree::Group(body)]
                if word == "mod" =>
            {
                export_among(body.stream())
            }
            _ => None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a02_an_export_is_a_macro_of_the_root_and_no_text_or_comment() {
        for (text, expected) in [
            ("hot_api::export_module!(Ui);", Some(false)),
            ("export_module!(Ui, services);", Some(false)),
            (
                "#[cfg(feature = \"hot_api\")]\nhot_api::export_eframe_app!(|cc| App::new(cc));",
                Some(true),
            ),
            ("// export_module!(Ui);", None),
            ("/// `export_eframe_app!(App::new)`\nfn f() {}", None),
            ("const TEXT: &str = \"export_module!(Ui)\";", None),
            ("macro_rules! m { () => { export_module!(Ui); } }", None),
            ("mod a { mod b { hot_api::export_module! { Ui } } }", Some(false)),
            ("use hot_api::export_module;", None),
            ("fn main() {}", None),
            // Half written.
            ("hot_api::export_module!(Ui); fn f( {", Some(false)),
        ] {
            assert_eq!(export_in(text), expected, "{text}");
        }
    }
}
