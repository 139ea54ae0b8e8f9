//! A program that cargo can build.
//!
//! Owns: which of a package's targets are programs, and where cargo puts them. Never: builds one.

use cargo_metadata::TargetKind;
use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};

/// A binary of a local package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bin {
    /// Its package.
    pub package: String,
    /// Its name.
    pub name: String,
    /// The features that it requires.
    pub features: Vec<String>,
    /// Where a debug build puts it.
    pub path: PathBuf,
}

impl Bin {
    pub(super) fn all_of(package: &cargo_metadata::Package, target_dir: &Path) -> Vec<Self> {
        let bins = package.targets.iter().filter(|it| it.kind.contains(&TargetKind::Bin));
        bins.map(|target| Self {
            package: package.name.to_string(),
            name: target.name.clone(),
            features: target.required_features.clone(),
            path: target_dir.join("debug").join(format!("{}{EXE_SUFFIX}", target.name)),
        })
        .collect()
    }
}
