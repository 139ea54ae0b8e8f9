//! What sends a build back to cargo.
//!
//! Owns: the list of files from which cargo decides what to run and how. Consumes: what a run of cargo said
//! about packages. Produces: [`Stamps`]. Never: reads a manifest; that is cargo's part.
//!
//! The lock file is looked at by whoever runs cargo, which may write it. Sources of captured crates are not among them. Everything else that a build depends on is: manifests,
//! the lock file, cargo's configuration, the choice of toolchain and the toolchain itself, build scripts with
//! what they asked to be run again for, sources of local packages outside of the workspace, and the
//! libraries that cargo alone makes.

use super::unit::Unit;
use crate::compile::DepInfo;
use crate::compile::stamp::Stamps;
use crate::os::cargo_home;
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// A local package, as cargo's messages describe it.
#[derive(Clone, Debug, Default)]
pub(in crate::compile) struct LocalPackage {
    pub(in crate::compile) manifest: PathBuf,
    /// The libraries that were made from it.
    pub(in crate::compile) libraries: BTreeSet<PathBuf>,
    /// Where its build scripts were compiled.
    pub(in crate::compile) script_dirs: BTreeSet<PathBuf>,
    /// Where its build scripts wrote.
    pub(in crate::compile) out_dirs: BTreeSet<PathBuf>,
}

impl LocalPackage {
    fn dir(&self) -> &Path {
        self.manifest.parent().unwrap_or(&self.manifest)
    }
}

/// Looks at all of them as they are now. What was written after `since` counts as changed.
pub(super) fn look(
    root: &Path,
    toolchain: &Path,
    packages: &[LocalPackage],
    units: &[Unit],
    since: std::time::SystemTime,
) -> Stamps {
    let mut files = settings(root, toolchain);
    files.extend(other_inputs(root, packages, units));
    for package in packages {
        files.insert(package.manifest.clone());
        // Cargo takes one that appears for the package's build script.
        files.insert(package.dir().join("build.rs"));
    }
    Stamps::of_sources(files, Some(since))
}

/// What else is read on behalf of the modules: sources of local libraries that are not captured, and what
/// build scripts run again for.
pub(super) fn other_inputs(
    root: &Path,
    packages: &[LocalPackage],
    units: &[Unit],
) -> BTreeSet<PathBuf> {
    let is_captured = |library: &PathBuf| units.iter().any(|unit| unit.makes(library));
    let libraries = packages.iter().flat_map(|package| &package.libraries);
    let libraries = libraries.filter(|library| !is_captured(library));
    let mut files: BTreeSet<PathBuf> =
        libraries.flat_map(|library| sources_of(library, root)).collect();
    for package in packages {
        let dep_infos = package.script_dirs.iter().flat_map(|dir| files_in(dir));
        for dep_info in dep_infos.filter(|path| path.extension().is_some_and(|kind| kind == "d")) {
            files.extend(DepInfo::read(&dep_info, root).unwrap_or_default().files);
        }
        for out_dir in &package.out_dirs {
            files.extend(wanted_by_script(package.dir(), out_dir));
        }
    }
    files
}

/// Files that decide for all packages. Those that do not exist may appear.
fn settings(root: &Path, toolchain: &Path) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::from([root.join("Cargo.toml")]);
    for dir in root.ancestors() {
        let names =
            [".cargo/config", ".cargo/config.toml", "rust-toolchain", "rust-toolchain.toml"];
        files.extend(names.map(|name| dir.join(name)));
    }
    if let Some(cargo) = cargo_home() {
        files.extend(["config", "config.toml"].map(|name| cargo.join(name)));
    }
    let rustup = env::var_os("RUSTUP_HOME").map(PathBuf::from);
    if let Some(rustup) = rustup.or_else(|| env::home_dir().map(|home| home.join(".rustup"))) {
        files.insert(rustup.join("settings.toml"));
    }
    files.insert(toolchain.join("bin").join(format!("rustc{}", env::consts::EXE_SUFFIX)));
    files
}

fn files_in(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// What a library that is not captured was compiled from.
fn sources_of(library: &Path, root: &Path) -> BTreeSet<PathBuf> {
    let stem = library.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let name = format!("{}.d", stem.strip_prefix("lib").unwrap_or(stem));
    DepInfo::read(&library.with_file_name(name), root).unwrap_or_default().files
}

/// What a build script runs again for: what it asked for or, when it asked for nothing, every file of its
/// package (<https://doc.rust-lang.org/cargo/reference/build-scripts.html#change-detection>).
fn wanted_by_script(package: &Path, out_dir: &Path) -> BTreeSet<PathBuf> {
    let output = out_dir.parent().map(|dir| dir.join("output"));
    let output = output.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    let asks = output.lines().filter_map(|line| line.strip_prefix("cargo:"));
    let asks: Vec<&str> = asks.map(|line| line.strip_prefix(':').unwrap_or(line)).collect();
    let mut files = BTreeSet::new();
    if !asks.iter().any(|line| line.starts_with("rerun-if-")) {
        add_tree(package, &mut files);
    }
    for path in asks.iter().filter_map(|line| line.strip_prefix("rerun-if-changed=")) {
        add_tree(&package.join(path), &mut files);
    }
    files
}

/// The file, or every file below the directory, but for what a build itself writes.
fn add_tree(path: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in ignore::WalkBuilder::new(path).build().flatten() {
        if entry.file_type().is_none_or(|kind| !kind.is_dir()) {
            files.insert(entry.into_path());
        }
    }
    // One that is not there yet may appear.
    if !path.exists() {
        files.insert(path.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &BTreeSet<PathBuf>, dir: &Path) -> Vec<String> {
        let relative = files.iter().filter_map(|file| file.strip_prefix(dir).ok());
        relative.map(|file| file.display().to_string()).collect()
    }

    #[test]
    fn a_script_is_run_again_for_what_it_asked_for_or_for_everything() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let package = temp.path().join("p");
        for file in ["build.rs", "src/lib.rs", "data/a.txt", "data/b/c.txt"] {
            let file = package.join(file);
            fs::create_dir_all(file.parent().expect("it lies in a directory"))
                .expect("a directory");
            fs::write(file, "").expect("a file");
        }
        let out_dir = temp.path().join("build/p-1/out");
        fs::create_dir_all(&out_dir).expect("a directory");
        for (output, expected) in [
            ("cargo:rustc-cfg=x\n", &["build.rs", "data/a.txt", "data/b/c.txt", "src/lib.rs"][..]),
            ("cargo::rerun-if-changed=data\n", &["data/a.txt", "data/b/c.txt"]),
            ("cargo:rerun-if-changed=absent.txt\n", &["absent.txt"]),
            ("cargo::rerun-if-env-changed=X\n", &[]),
        ] {
            fs::write(out_dir.with_file_name("output"), output).expect("what it said");
            let files = wanted_by_script(&package, &out_dir);
            assert_eq!(names(&files, &package), expected, "{output}");
        }
    }
}
