//! The library that a build made.
//!
//! Owns: the identity of built files. Consumes: cargo's artifact messages. Produces: [`Artifact`].
//! Never: copies or loads.

use super::{BuildError, SharedLibrary};
use crate::module::companion;
use cargo_metadata::PackageId;
use hot_api::abi::BUILD_UNSTAMPED;
use memchr::memmem;
use std::collections::BTreeSet;
use std::env::consts::DLL_EXTENSION;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A built library and the hash that tells it from every other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The module's package.
    pub package: String,
    /// Where cargo put it. The next build overwrites it: load a [`super::ShadowCopy`].
    pub path: PathBuf,
    /// BLAKE3, in hexadecimal: of the file or, when it goes with a shared library, of the hashes of both.
    pub hash: String,
    /// Size of the file.
    pub bytes: u64,
    /// Cargo found nothing to do for it. After a change that should have mattered, that is worth
    /// telling.
    pub fresh: bool,
    /// What was read to build it, the sources of local dependencies included; absolute and
    /// canonical. What the build itself generated is left out.
    pub inputs: BTreeSet<PathBuf>,
    /// What it needs beside it, when it is thinly linked.
    pub shared: Option<SharedLibrary>,
    /// Nobody but this process writes the file.
    pub(super) is_ours: bool,
    /// Where in the file a generation's copy differs from it.
    pub(super) marks: Marks,
}

/// Places that are kept free for what only a generation's copy can say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// The build identity.
    pub(super) build: Vec<u64>,
    /// The name of the shared library.
    pub(super) shared: Vec<u64>,
}

impl Marks {
    /// `shared` is what the shared library is called now.
    pub(super) fn find(bytes: &[u8], shared: &str) -> Self {
        let at = |needle: &str| memmem::find_iter(bytes, needle).map(|at| at as u64).collect();
        Self { build: at(BUILD_UNSTAMPED), shared: at(shared) }
    }
}

impl Artifact {
    /// Reads a library that cargo has built; its inputs are for the caller to fill in.
    ///
    /// # Errors
    /// [`BuildError::Unreadable`].
    pub fn read(package: &str, path: PathBuf, fresh: bool) -> Result<Self, BuildError> {
        let content = fs::read(&path).map_err(|source| BuildError::Unreadable {
            package: package.to_owned(),
            path: path.clone(),
            source,
        })?;
        Ok(Self {
            package: package.to_owned(),
            path,
            hash: blake3::hash(&content).to_hex().to_string(),
            bytes: content.len() as u64,
            fresh,
            inputs: BTreeSet::new(),
            shared: None,
            is_ours: false,
            marks: Marks::find(&content, companion::UNNAMED),
        })
    }

    /// Makes it one that goes with a shared library.
    pub(super) fn thin(mut self, shared: &SharedLibrary) -> Self {
        self.hash =
            blake3::hash(format!("{} {}", self.hash, shared.hash).as_bytes()).to_hex().to_string();
        self.shared = Some(shared.clone());
        self
    }
}

/// The loadable library among the files that a message announces.
pub(super) fn library_of(message: &cargo_metadata::Artifact) -> Option<PathBuf> {
    let mut files = message.filenames.iter();
    let library = files.find(|file| file.extension() == Some(DLL_EXTENSION));
    library.map(|file| file.as_std_path().to_owned())
}

/// The package's name within cargo's identifier: `<url>#<name>@<version>`, or `<url>#<version>`
/// when the name is the last part of the URL.
pub(super) fn package_name(id: &PackageId) -> &str {
    let (url, fragment) = id.repr.rsplit_once('#').unwrap_or((&id.repr, ""));
    match fragment.split_once('@') {
        Some((name, _version)) => name,
        None => url.rsplit('/').next().unwrap_or(url),
    }
}

/// BLAKE3 in hexadecimal.
pub(super) fn hash_file(path: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_every_form_of_identifier() {
        let table = [
            ("path+file:///w/hot_ui#0.1.0", "hot_ui"),
            ("path+file:///w/ui%20%C3%A9#hot_ui@0.1.0", "hot_ui"),
            ("registry+https://github.com/rust-lang/crates.io-index#egui@0.37.0", "egui"),
            ("git+https://host/r?branch=a#b@1.0.0", "b"),
        ];
        for (repr, expected) in table {
            let id = PackageId { repr: repr.to_owned() };
            assert_eq!(package_name(&id), expected, "{repr}");
        }
    }
}
