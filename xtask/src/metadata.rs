//! What cargo says of the programs of a workspace.

use crate::project::Project;
use anyhow::{Context, bail};
use host::compile::ProgramTarget;
use serde::Deserialize;
use std::path::PathBuf;
use std::process::Stdio;

/// What of `cargo metadata` is used.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    #[serde(default)]
    target_directory: PathBuf,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) default_run: Option<String>,
    pub(crate) targets: Vec<Target>,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
    #[serde(default, rename = "required-features")]
    pub(crate) required_features: Vec<String>,
}

/// Asks cargo.
pub(crate) fn metadata(project: &Project) -> anyhow::Result<Metadata> {
    let mut cargo = project.cargo();
    cargo.args(["metadata", "--no-deps", "--format-version=1"]).stderr(Stdio::inherit());
    let output = cargo.output().context("cannot start cargo; is it installed?")?;
    if !output.status.success() {
        bail!("cargo does not know this workspace; fix what it says above and try again");
    }
    serde_json::from_slice(&output.stdout).context("cargo's description of the workspace")
}

impl Metadata {
    /// The binary of this name, and where cargo puts it in a debug build.
    pub(crate) fn bin(&self, name: &str) -> anyhow::Result<(ProgramTarget, PathBuf)> {
        let is_bin = |target: &&Target| target.kind.iter().any(|kind| kind == "bin");
        let of = |package: &Package| package.targets.iter().filter(is_bin).cloned().collect();
        let all: Vec<(&str, Target)> = self
            .packages
            .iter()
            .flat_map(|package| {
                let bins: Vec<Target> = of(package);
                bins.into_iter().map(|bin| (package.name.as_str(), bin))
            })
            .collect();
        let found: Vec<_> = all.iter().filter(|(_, bin)| bin.name == name).collect();
        let (package, bin) = match found.as_slice() {
            [one] => one,
            [] => {
                let known: Vec<&str> = all.iter().map(|(_, bin)| bin.name.as_str()).collect();
                bail!("this workspace has no binary {name}; it has: {}", known.join(", "))
            }
            several => {
                let packages: Vec<&str> = several.iter().map(|(package, _)| *package).collect();
                bail!("several packages have a binary {name}: {}; rename one", packages.join(", "))
            }
        };
        let features = bin.required_features.clone();
        let target =
            ProgramTarget { package: (*package).to_owned(), bin: name.to_owned(), features };
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        Ok((target, self.target_directory.join("debug").join(file)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_binary_is_found_by_its_name() {
        let bin = |name: &str| json!({"name": name, "kind": ["bin"], "required-features": ["x"]});
        let library = json!({"name": "lib", "kind": ["lib"]});
        let metadata = json!({"target_directory": "/t", "packages": [
            {"name": "a", "targets": [bin("one"), bin("two"), library]},
            {"name": "b", "targets": [bin("two")]},
        ]});
        let metadata: Metadata = serde_json::from_value(metadata).expect("metadata");
        let (target, path) = metadata.bin("one").expect("it is there");
        let features = vec!["x".to_owned()];
        assert_eq!(target, ProgramTarget { package: "a".into(), bin: "one".into(), features });
        assert!(path.starts_with("/t/debug"));
        for (name, says) in [("lib", "it has: one, two, two"), ("two", "several packages")] {
            let error = metadata.bin(name).expect_err(says).to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
