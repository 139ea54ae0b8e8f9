//! The manifest of an eframe application.
//!
//! Owns: the line that adds hot_api. Consumes: the text of a `Cargo.toml`. Produces: a new text.
//! Never: reformats what is there; tables are found by toml_edit, lines are inserted into the text.

mod insert;

use crate::api_source::Source;
use std::path::PathBuf;
use toml_edit::{Document, Item, TableLike, Value};

const NAME: &str = "hot_api";
/// What names the optional dependency in a feature. Where one does, Cargo makes no feature of its own.
const DEP: &str = "dep:hot_api";
/// The feature of hot_api for eframe applications.
const FEATURE: &str = "eframe";

/// Why a manifest is not edited.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    /// No TOML.
    #[error("Cargo.toml cannot be read: {0}")]
    Syntax(#[from] toml_edit::TomlError),
    /// That of a workspace.
    #[error(
        "Cargo.toml describes a workspace and no package; \
         enter the application's folder, or name it with --app"
    )]
    Virtual,
    /// No eframe application.
    #[error("the package does not depend on eframe")]
    NoEframe,
    /// hot_api is a dependency of all builds.
    #[error("the package depends on hot_api already, but not with `optional = true`; add that")]
    NotOptional,
    /// hot_api is there for modules that are written for it.
    #[error(
        "the package depends on hot_api already, but without `features = [\"eframe\"]`; add that"
    )]
    NoFeature,
    /// A feature of that name stands for something else.
    #[error(
        "there is a feature `hot_api` that does not contain \"dep:hot_api\"; add that, or rename the feature"
    )]
    FeatureTaken,
    /// TOML knows more ways to write tables than are edited here.
    #[error(
        "`[{table}]` is written in a form that is not edited; add this line to it by hand: {line}"
    )]
    Form {
        /// Its name.
        table: &'static str,
        /// What to add.
        line: String,
    },
    /// TOML is Unicode.
    #[error("{} cannot be written into Cargo.toml, since it is no Unicode text", .0.display())]
    PathNotText(PathBuf),
}

/// The manifest with the optional dependency on hot_api; unchanged when it has it. Where another feature
/// names the dependency, so that Cargo makes none of its name, that feature is added, too.
///
/// # Errors
/// [`ManifestError`] says what to do by hand.
pub(crate) fn with_dependency(text: &str, source: &Source) -> Result<String, ManifestError> {
    let line = dependency(source)?;
    let manifest = Document::parse(text)?;
    if !manifest.contains_key("package") {
        return Err(ManifestError::Virtual);
    }
    if eframe(manifest.as_table()).is_none() {
        return Err(ManifestError::NoEframe);
    }
    let present = table(manifest.as_table(), "dependencies").and_then(|all| all.get(NAME));
    let text = match present {
        Some(present) => fitting(present).map(|()| text.to_owned())?,
        None => insert::dependency(text, &manifest, &line),
    };
    let check = |text: String, table: &'static str, line: &str| {
        let is_there = Document::parse(&text[..]).is_ok_and(|manifest| {
            self::table(manifest.as_table(), table).is_some_and(|table| table.contains_key(NAME))
        });
        let line = line.to_owned();
        is_there.then_some(text).ok_or(ManifestError::Form { table, line })
    };
    let text = check(text, "dependencies", &line)?;
    match feature(manifest.as_table())? {
        Some(line) => check(insert::feature(&text, &line)?, "features", &line),
        None => Ok(text),
    }
}

fn table<'m>(parent: &'m dyn TableLike, name: &str) -> Option<&'m dyn TableLike> {
    parent.get(name).and_then(Item::as_table_like)
}

/// The dependency on eframe, under whatever name and for whatever target.
fn eframe(manifest: &dyn TableLike) -> Option<&Item> {
    let targets = table(manifest, "target").into_iter().flat_map(|targets| targets.iter());
    let targets = targets.filter_map(|(_, target)| target.as_table_like());
    let all = std::iter::once(manifest).chain(targets);
    let mut all = all.filter_map(|parent| table(parent, "dependencies"));
    all.find_map(|dependencies| {
        let package = |item: &Item| {
            let package = item.as_table_like().and_then(|table| table.get("package"));
            package.and_then(Item::as_str).map(ToOwned::to_owned)
        };
        let is_eframe =
            |name: &str, item: &Item| package(item).as_deref().unwrap_or(name) == "eframe";
        dependencies.iter().find(|(name, item)| is_eframe(name, item)).map(|(_, item)| item)
    })
}

/// The line for `[dependencies]`.
fn dependency(source: &Source) -> Result<String, ManifestError> {
    let (key, value) = match source {
        Source::Path(path) => {
            let text = path.to_str().ok_or_else(|| ManifestError::PathNotText(path.clone()))?;
            ("path", text)
        }
        Source::Git { url, .. } => ("git", &url[..]),
        Source::Version(version) => ("version", &version[..]),
    };
    let mut value = Value::from(value).to_string();
    if let Source::Git { .. } = source {
        // A repository has one for each egui.
        value += &format!(", version = \"{}\"", crate::eframe_requirement());
    }
    if let Source::Git { at: Some((kind, name)), .. } = source {
        value += &format!(", {kind} = {}", Value::from(&name[..]));
    }
    Ok(format!("{NAME} = {{ {key} = {value}, optional = true, features = [\"{FEATURE}\"] }}"))
}

/// Whether a dependency on hot_api that is there already will do.
fn fitting(item: &Item) -> Result<(), ManifestError> {
    let part = |key: &str| item.as_table_like().and_then(|table| table.get(key));
    let is = |key: &str| part(key).and_then(Item::as_bool) == Some(true);
    if !is("optional") {
        return Err(ManifestError::NotOptional);
    }
    // The workspace may have named the feature.
    if is("workspace") || part("features").is_some_and(|list| contains(list, FEATURE)) {
        return Ok(());
    }
    Err(ManifestError::NoFeature)
}

fn contains(list: &Item, wanted: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|text| text.as_str() == Some(wanted)))
}

/// The line for `[features]`, if it needs one.
fn feature(manifest: &dyn TableLike) -> Result<Option<String>, ManifestError> {
    let Some(features) = table(manifest, "features") else { return Ok(None) };
    match features.get(NAME) {
        Some(list) if contains(list, DEP) => Ok(None),
        Some(_) => Err(ManifestError::FeatureTaken),
        None => {
            let is_named = features.iter().any(|(_, list)| contains(list, DEP));
            Ok(is_named.then(|| format!("{NAME} = [\"{DEP}\"]")))
        }
    }
}
