//! Where projects get `hot_api` from: where the tool was installed from.

use anyhow::Context as _;
use clap::Args;
use host::os::cargo_home;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Where hot_api comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A folder.
    Path(PathBuf),
    /// A repository.
    Git {
        /// Its address.
        url: String,
        /// `branch`, `tag` or `rev`, and its name; the default branch without.
        at: Option<(String, String)>,
    },
    /// The registry.
    Version(String),
}

/// Where hot_api comes from [default: where this tool was installed from]
#[derive(Args, Clone, Debug, Default)]
#[group(multiple = false)]
pub(crate) struct ApiSource {
    /// Take hot_api from this repository
    #[arg(long, value_name = "URL")]
    git: Option<String>,

    /// Take hot_api from this directory, or from the one of that name in it
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
}

impl ApiSource {
    /// As a dependency of a project.
    ///
    /// # Errors
    /// When there is no hot_api in the directory that was named.
    pub(crate) fn resolve(&self) -> anyhow::Result<Source> {
        if let Some(url) = &self.git {
            return Ok(Source::Git { url: url.clone(), at: None });
        }
        let own = || Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned);
        let Some(dir) = self.path.clone().or_else(|| own().filter(|dir| is_checkout(dir))) else {
            return Ok(
                installed_from().unwrap_or(Source::Version(host::HOT_API_VERSION.to_owned()))
            );
        };
        let dir = std::path::absolute(&dir)?;
        let found = [dir.join("hot_api"), dir.clone()].into_iter().find(|dir| is_api(dir));
        let found = found.with_context(|| format!("there is no hot_api in {}", dir.display()))?;
        Ok(Source::Path(found))
    }
}

fn is_api(dir: &Path) -> bool {
    fs::read_to_string(dir.join("Cargo.toml"))
        .is_ok_and(|manifest| manifest.contains("name = \"hot_api\""))
}

/// Whether the sources that this tool was built from are somebody's own, and still there; cargo's copies of a
/// repository come and go.
fn is_checkout(dir: &Path) -> bool {
    let cargo = cargo_home();
    is_api(&dir.join("hot_api")) && !cargo.is_some_and(|cargo| dir.starts_with(cargo))
}

/// What cargo has noted of the installation
/// (<https://doc.rust-lang.org/cargo/guide/cargo-home.html#files>).
fn installed_from() -> Option<Source> {
    let text = fs::read_to_string(cargo_home()?.join(".crates2.json")).ok()?;
    source_in(&text)
}

fn source_in(text: &str) -> Option<Source> {
    let noted: Value = serde_json::from_str(text).ok()?;
    let (package, _) = noted["installs"].as_object()?.iter().find(|(_, install)| {
        let mut names = install["bins"].as_array().into_iter().flatten();
        names.any(|name| name.as_str().is_some_and(|name| name.starts_with("cargo-pitstop")))
    })?;
    // `xtask 0.1.0 (git+https://host/repository?branch=main#0123abc)`
    let (_, source) = package.trim_end_matches(')').split_once('(')?;
    let url = source.strip_prefix("git+")?;
    let url = url.split('#').next().unwrap_or(url);
    let (url, query) = url.split_once('?').unwrap_or((url, ""));
    let at = query.split_once('=').map(|(kind, name)| (kind.to_owned(), name.to_owned()));
    Some(Source::Git { url: url.to_owned(), at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a01_the_repository_of_an_installed_tool_is_where_projects_get_the_contract_from() {
        let noted = |source: &str| {
            let text = format!(
                r#"{{"installs":{{"other 1.0.0 (x)":{{"bins":["other"]}},"xtask 0.1.0 ({source})":{{"bins":["cargo-pitstop","xtask"]}}}}}}"#
            );
            source_in(&text)
        };
        let git = |at: Option<(&str, &str)>| {
            let at = at.map(|(kind, name)| (kind.to_owned(), name.to_owned()));
            Some(Source::Git { url: "https://host/r".to_owned(), at })
        };
        for (source, expected) in [
            ("git+https://host/r#0123abc", git(None)),
            ("git+https://host/r?branch=new#0123abc", git(Some(("branch", "new")))),
            ("registry+https://github.com/rust-lang/crates.io-index", None),
            ("path+file:///w/xtask", None),
        ] {
            assert_eq!(noted(source), expected, "{source}");
        }
        assert_eq!(source_in("{}"), None);
    }
}
