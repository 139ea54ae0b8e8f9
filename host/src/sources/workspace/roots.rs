//! The root files of a package's crates.

use super::module_target::sources_of;
use cargo_metadata::semver::{Version, VersionReq};
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
    /// The directory with their sources; `None` when there are none.
    pub sources: Option<PathBuf>,
    /// What it asks of eframe; `None` when it does not depend on it.
    pub eframe: Option<VersionReq>,
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
    /// Whether it can be built with some eframe `0.minor.*`; true as well when it does not depend on eframe.
    #[must_use]
    pub fn takes_eframe(&self, minor: u64) -> bool {
        // Whatever a requirement asks for, it asks for one of the first patches, or for the newest.
        const PATCHES: [u64; 4] = [0, 1, 2, 99];
        let takes = |req: &VersionReq| {
            PATCHES.iter().any(|patch| req.matches(&Version::new(0, minor, *patch)))
        };
        self.eframe.as_ref().is_none_or(takes)
    }

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
        let first = library.into_iter().map(root).chain(programs.iter().cloned()).next();
        let mut dependencies = package.dependencies.iter();
        let eframe = dependencies.find(|it| it.name == "eframe");
        Self {
            sources: first.map(|first| sources_of(package, &first.file)),
            eframe: eframe.map(|eframe| eframe.req.clone()),
            package: package.name.to_string(),
            manifest: package.manifest_path.clone().into_std_path_buf(),
            library: library.map(root),
            programs,
        }
    }
}
