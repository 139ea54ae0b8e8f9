//! The root files of a package's crates.

use cargo_metadata::{Target, TargetKind};
use std::path::PathBuf;

/// Where a package and its crates begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// The package's name.
    pub package: String,
    /// Its manifest.
    pub manifest: PathBuf,
    /// The library, if there is one.
    pub library: Option<Root>,
    /// The programs; the one that cargo would run comes first.
    pub programs: Vec<Root>,
}

/// The root file of a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The crate's name, as cargo has it.
    pub name: String,
    /// The file.
    pub file: PathBuf,
}

impl Roots {
    pub(super) fn of(package: &cargo_metadata::Package) -> Self {
        let root = |target: &Target| Root {
            name: target.name.clone(),
            file: target.src_path.clone().into_std_path_buf(),
        };
        let is =
            |target: &Target, kind: &[TargetKind]| target.kind.iter().any(|it| kind.contains(it));
        let targets = package.targets.iter();
        let library = targets
            .clone()
            .find(|target| is(target, &[TargetKind::Lib, TargetKind::RLib, TargetKind::CDyLib]));
        let mut programs: Vec<Root> =
            targets.filter(|target| is(target, &[TargetKind::Bin])).map(root).collect();
        let wanted = package.default_run.as_deref().unwrap_or(package.name.as_str());
        programs.sort_by_key(|program| program.name != wanted);
        Self {
            package: package.name.to_string(),
            manifest: package.manifest_path.clone().into_std_path_buf(),
            library: library.map(root),
            programs,
        }
    }
}
