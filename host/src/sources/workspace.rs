//! The packages on disk, as cargo sees them: who depends on whom, and where they live.
//!
//! Owns: the graph of local packages. Consumes: `cargo metadata --no-deps`, which touches neither
//! the network nor `Cargo.lock`. Produces: [`Inputs`] (what to watch) and [`Tiers`] (what a changed
//! file asks for). Never: builds, watches, or reads source files.
//!
//! The graph is a superset of what one build uses: optional dependencies count, dev-dependencies
//! do not. A file too many costs a build that finds nothing to do; a file too few would be a lie.

mod bin;
mod inputs;
mod module_target;
mod roots;
mod tier;

pub use bin::Bin;
pub use inputs::Inputs;
pub use module_target::{Export, ModuleKind, ModuleTarget, export_in};
pub use roots::{Root, Roots};
pub use tier::{Tier, Tiers};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The package whose change means that the running process itself is out of date. One of this name without
/// `[package.metadata.pitstop] host = true` is somebody else's.
const HOST_PACKAGE: &str = "host";

/// The package of `cargo xtask dev`, which starts the host and outlives it.
const SUPERVISOR_PACKAGE: &str = "xtask";

/// The contract: host and modules both contain it, so its change reaches the host as well.
pub const API_PACKAGE: &str = "hot_api";

/// Why the workspace cannot be understood.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// Cargo could not be run, or refused the manifests.
    #[error("cannot read the cargo workspace at {}; fix what cargo says and try again: {words}", dir.display())]
    Metadata {
        /// Where `cargo metadata` ran.
        dir: PathBuf,
        /// Cargo's own words.
        words: String,
    },
    /// A module names a package that is not there.
    #[error(
        "no package `{package}` in the workspace at {}; name one of: {}",
        root.display(),
        known.join(", ")
    )]
    NoSuchPackage {
        /// The name asked for.
        package: String,
        /// Root of the workspace.
        root: PathBuf,
        /// The packages there are.
        known: Vec<String>,
    },
    /// No package has a binary of this name.
    #[error(
        "no binary `{name}` in the workspace at {}; name one of: {}",
        root.display(),
        known.join(", ")
    )]
    NoSuchBin {
        /// The name asked for.
        name: String,
        /// Root of the workspace.
        root: PathBuf,
        /// The binaries there are.
        known: Vec<String>,
    },
    /// Several packages have a binary of this name, which cargo puts into one file.
    #[error("several packages have a binary `{name}`: {}; rename one", packages.join(", "))]
    SeveralBins {
        /// The name asked for.
        name: String,
        /// The packages.
        packages: Vec<String>,
    },
    /// A package is to be loaded, and exports no module.
    #[error(
        "package {package} exports no module; write `hot_api::export_module!(…)` or `hot_api::export_eframe_app!(…)` \
         at the root of its library or program (`{} init` does it for an eframe application)",
        crate::os::own_command()
    )]
    NoModule {
        /// The package.
        package: String,
    },
    /// Nobody says which module is meant, and there is none.
    #[error(
        "no package in the workspace at {} exports a module; enter the package of an eframe application and run \
         `{} init`",
        root.display(),
        crate::os::own_command()
    )]
    NoModules {
        /// Root of the workspace.
        root: PathBuf,
    },
    /// Nobody says which module is meant, and there are several.
    #[error(
        "several packages export a module: {}; enter the directory of one, name one with --package, or list those \
         that belong together as [[module]] in pitstop.toml",
        packages.join(", ")
    )]
    WhichModule {
        /// The packages.
        packages: Vec<String>,
    },
    /// It is not clear which executable of a package is meant.
    #[error(
        "package {package} has several executables; name one as `default-run` in its Cargo.toml"
    )]
    WhichBin {
        /// The package.
        package: String,
    },
}

/// One local package.
#[derive(Clone, Debug)]
struct Package {
    name: String,
    bins: Vec<Bin>,
    default_run: Option<String>,
    module: Option<ModuleTarget>,
    roots: Roots,
    is_member: bool,
    is_host: bool,
    /// Directories of its local dependencies, without dev-dependencies.
    needs: BTreeSet<PathBuf>,
}

/// The local packages that one workspace reaches. Every path is absolute and canonical.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
    /// By directory: names are unique within a workspace only.
    packages: BTreeMap<PathBuf, Package>,
    /// Directories of all packages met on the way, also those that nothing here depends on.
    seen: BTreeSet<PathBuf>,
    target_dirs: BTreeSet<PathBuf>,
}

impl Workspace {
    /// Reads the workspace that contains `dir`, and the path dependencies that lead out of it.
    ///
    /// # Errors
    /// [`WorkspaceError::Metadata`] with cargo's own words.
    pub fn load(dir: &Path) -> Result<Self, WorkspaceError> {
        let metadata = metadata_at(dir)?;
        let mut workspace = Self {
            root: canonical(metadata.workspace_root.as_std_path()),
            packages: BTreeMap::new(),
            seen: BTreeSet::new(),
            target_dirs: BTreeSet::new(),
        };
        let mut read = workspace.note(&metadata);
        let mut wanted: Vec<PathBuf> = read.keys().cloned().collect();
        while let Some(dir) = wanted.pop() {
            if workspace.packages.contains_key(&dir) {
                continue;
            }
            if !read.contains_key(&dir) {
                let outside = metadata_at(&dir)?;
                read.extend(workspace.note(&outside));
            }
            let package = read.get(&dir).ok_or_else(|| WorkspaceError::Metadata {
                dir: dir.clone(),
                words: "a path dependency leads here, but cargo lists no package in it".to_owned(),
            })?;
            wanted.extend(package.needs.iter().cloned());
            workspace.packages.insert(dir, package.clone());
        }
        Ok(workspace)
    }

    /// The directory of the root manifest.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The names of all local packages that the workspace's members reach, themselves included.
    pub fn package_names(&self) -> impl Iterator<Item = &str> {
        self.packages.values().map(|package| package.name.as_str())
    }

    /// What to watch for `modules`: they, the host if it is local, and whatever both need.
    ///
    /// # Errors
    /// [`WorkspaceError::NoSuchPackage`].
    pub fn modules_inputs(&self, modules: &[String]) -> Result<Inputs, WorkspaceError> {
        Ok(self.inputs_of(self.tiers(modules)?.watched_packages()))
    }

    /// What to watch for these programs: their packages, and whatever those need.
    ///
    /// # Errors
    /// [`WorkspaceError::NoSuchPackage`].
    pub fn programs_inputs(&self, bins: &[Bin]) -> Result<Inputs, WorkspaceError> {
        let seeds = bins.iter().map(|bin| self.dir_of(&bin.package));
        let seeds = seeds.collect::<Result<Vec<_>, _>>()?;
        Ok(self.inputs_of(self.closure(&seeds, &BTreeSet::new())))
    }

    /// What to watch for everything that cargo builds here.
    #[must_use]
    pub fn all_inputs(&self) -> Inputs {
        self.inputs_of(self.packages.keys().cloned().collect())
    }

    /// What to watch for the packages in these directories.
    fn inputs_of(&self, dirs: BTreeSet<PathBuf>) -> Inputs {
        let excluded = self.seen.difference(&dirs).chain(&self.target_dirs).cloned().collect();
        Inputs { root: self.root.clone(), excluded, dirs, files: self.manifests() }
    }

    /// The binary of this name.
    ///
    /// # Errors
    /// [`WorkspaceError::NoSuchBin`] and [`WorkspaceError::SeveralBins`].
    pub fn bin(&self, name: &str) -> Result<Bin, WorkspaceError> {
        let all = || self.packages.values().flat_map(|package| &package.bins);
        let found: Vec<&Bin> = all().filter(|bin| bin.name == name).collect();
        match found.as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(WorkspaceError::NoSuchBin {
                name: name.to_owned(),
                root: self.root.clone(),
                known: all().map(|bin| bin.name.clone()).collect(),
            }),
            several => Err(WorkspaceError::SeveralBins {
                name: name.to_owned(),
                packages: several.iter().map(|bin| bin.package.clone()).collect(),
            }),
        }
    }

    /// The binary of a package that cargo would run: the one that `default-run` names, or that is named like
    /// the package, or the only one. `None` when it has none at all.
    ///
    /// # Errors
    /// [`WorkspaceError::NoSuchPackage`] and [`WorkspaceError::WhichBin`].
    pub fn bin_of(&self, package: &str) -> Result<Option<Bin>, WorkspaceError> {
        let Package { bins, default_run, .. } = &self.packages[&self.dir_of(package)?];
        let wanted = default_run.as_deref().unwrap_or(package);
        match bins.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(only.clone())),
            several => match several.iter().find(|bin| bin.name == wanted) {
                Some(bin) => Ok(Some(bin.clone())),
                None => Err(WorkspaceError::WhichBin { package: package.to_owned() }),
            },
        }
    }

    /// What of a package is loaded.
    ///
    /// # Errors
    /// [`WorkspaceError::NoSuchPackage`] and [`WorkspaceError::NoModule`].
    pub fn module_of(&self, package: &str) -> Result<ModuleTarget, WorkspaceError> {
        let module = self.packages[&self.dir_of(package)?].module.clone();
        module.ok_or_else(|| WorkspaceError::NoModule { package: package.to_owned() })
    }

    /// The package that is meant by somebody in `dir` who names none: the one of that directory, else the only one that
    /// exports a module.
    ///
    /// # Errors
    /// [`WorkspaceError::NoModules`] and [`WorkspaceError::WhichModule`].
    pub fn module_at(&self, dir: &Path) -> Result<String, WorkspaceError> {
        let exports = |package: &&Package| {
            let module = package.module.as_ref();
            package.is_member && module.is_some_and(|module| module.export.is_some())
        };
        if let Some(package) = self.package_around(dir).filter(exports) {
            return Ok(package.name.clone());
        }
        let names: Vec<&str> =
            self.packages.values().filter(exports).map(|package| package.name.as_str()).collect();
        match names.as_slice() {
            [one] => Ok((*one).to_owned()),
            [] => Err(WorkspaceError::NoModules { root: self.root.clone() }),
            several => Err(WorkspaceError::WhichModule {
                packages: several.iter().map(|&name| name.to_owned()).collect(),
            }),
        }
    }

    /// The crates of the package around a directory; `None` when there is no package around it.
    #[must_use]
    pub fn roots_at(&self, dir: &Path) -> Option<Roots> {
        self.package_around(dir).map(|package| package.roots.clone())
    }

    fn package_around(&self, dir: &Path) -> Option<&Package> {
        canonical(dir).ancestors().find_map(|dir| self.packages.get(dir))
    }

    /// The program of the host, when its sources are among these packages and none of `modules`.
    #[must_use]
    pub fn host(&self, modules: &[String]) -> Option<Bin> {
        self.host_dir().filter(|_| !modules.iter().any(|module| module == HOST_PACKAGE))?;
        self.bin_of(HOST_PACKAGE).ok().flatten()
    }

    fn host_dir(&self) -> Option<PathBuf> {
        self.dir_of(HOST_PACKAGE).ok().filter(|dir| self.packages[dir].is_host)
    }

    /// The table that tells for each file what its change asks for.
    ///
    /// # Errors
    /// [`WorkspaceError::NoSuchPackage`].
    pub fn tiers(&self, modules: &[String]) -> Result<Tiers, WorkspaceError> {
        let seeds = modules
            .iter()
            .map(|name| Ok((name.clone(), self.dir_of(name)?)))
            .collect::<Result<Vec<_>, WorkspaceError>>()?;
        let module_dirs: BTreeSet<PathBuf> = seeds.iter().map(|(_, dir)| dir.clone()).collect();
        let host = self.host_dir().filter(|dir| !module_dirs.contains(dir));
        let api = self.dir_of(API_PACKAGE).ok().filter(|dir| !module_dirs.contains(dir));
        let host_is_local = host.is_some();
        let host_seeds: Vec<PathBuf> = host.into_iter().chain(api).collect();
        Ok(Tiers::new(
            self.seen.clone(),
            // A host may depend on a module; that does not make the module, or what only the
            // module needs, part of the host.
            self.closure(&host_seeds, &module_dirs),
            seeds.into_iter().map(|(name, dir)| (name, self.closure(&[dir], &BTreeSet::new()))),
            self.manifests(),
            host_is_local,
            self.dir_of(SUPERVISOR_PACKAGE)
                .ok()
                .filter(|dir| host_is_local && !module_dirs.contains(dir)),
        ))
    }

    /// Whether one of these packages needs another of them, by however many steps.
    #[must_use]
    pub fn any_needs_another(&self, packages: &[String]) -> bool {
        let dirs: BTreeSet<PathBuf> =
            packages.iter().filter_map(|name| self.dir_of(name).ok()).collect();
        dirs.iter().any(|dir| {
            let reached = self.closure(std::slice::from_ref(dir), &BTreeSet::new());
            reached.intersection(&dirs).any(|other| other != dir)
        })
    }

    fn dir_of(&self, name: &str) -> Result<PathBuf, WorkspaceError> {
        let found = self.packages.iter().find(|(_, package)| package.name == name);
        found.map(|(dir, _)| dir.clone()).ok_or_else(|| WorkspaceError::NoSuchPackage {
            package: name.to_owned(),
            root: self.root.clone(),
            known: self.package_names().map(str::to_owned).collect(),
        })
    }

    fn closure(&self, seeds: &[PathBuf], stop: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        let mut reached = BTreeSet::new();
        let mut open = seeds.to_vec();
        while let Some(dir) = open.pop() {
            if !stop.contains(&dir) && reached.insert(dir.clone()) {
                open.extend(self.packages[&dir].needs.iter().cloned());
            }
        }
        reached
    }

    /// Files that belong to no package but decide how all of them are built. They need not exist.
    fn manifests(&self) -> BTreeSet<PathBuf> {
        const NAMES: [&str; 6] = [
            "Cargo.toml",
            "Cargo.lock",
            "rust-toolchain",
            "rust-toolchain.toml",
            ".cargo/config",
            ".cargo/config.toml",
        ];
        NAMES.iter().map(|name| self.root.join(name)).collect()
    }

    /// Records what `metadata` lists and returns its packages by directory.
    fn note(&mut self, metadata: &Metadata) -> BTreeMap<PathBuf, Package> {
        let root = canonical(metadata.workspace_root.as_std_path());
        // The second is what it is without CARGO_TARGET_DIR, and may be left from such a time.
        self.target_dirs
            .extend([canonical(metadata.target_directory.as_std_path()), root.join("target")]);
        let mut packages = BTreeMap::new();
        for package in &metadata.packages {
            let manifest = package.manifest_path.as_std_path();
            let dir = canonical(manifest.parent().unwrap_or(manifest));
            let needs = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind != DependencyKind::Development)
                .filter_map(|dependency| dependency.path.as_ref())
                .map(|path| canonical(path.as_std_path()))
                .collect();
            let bins = Bin::all_of(package, metadata.target_directory.as_std_path());
            let (name, default_run) = (package.name.to_string(), package.default_run.clone());
            let needs_api = package.dependencies.iter().any(|it| it.name == API_PACKAGE);
            let module = ModuleTarget::of(package).filter(|it| needs_api || it.export.is_none());
            let is_member = root == self.root && name != API_PACKAGE;
            self.target_dirs.insert(dir.join("target"));
            self.seen.insert(dir.clone());
            let roots = Roots::of(package);
            let is_host = package.metadata["pitstop"]["host"] == true;
            let package =
                Package { name, bins, default_run, module, roots, is_member, is_host, needs };
            packages.insert(dir, package);
        }
        packages
    }
}

fn metadata_at(dir: &Path) -> Result<Metadata, WorkspaceError> {
    MetadataCommand::new()
        .no_deps()
        .current_dir(dir)
        .exec()
        .map_err(|error| WorkspaceError::Metadata { dir: dir.to_owned(), words: error.to_string() })
}

/// Events, dep-info and metadata must agree on one name for one file; what does not exist yet
/// keeps the name it has.
fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
