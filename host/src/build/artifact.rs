//! The library that a build made.
//!
//! Owns: the identity of built files. Consumes: cargo's artifact messages. Produces: [`Artifact`].
//! Never: copies or loads.

use super::BuildError;
use cargo_metadata::{CrateType, PackageId};
use std::collections::BTreeSet;
use std::env::consts::DLL_EXTENSION;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A built library and the hash that tells it from every other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The module's package.
    pub package: String,
    /// Where cargo put it. The next build overwrites it: load a [`super::ShadowCopy`].
    pub path: PathBuf,
    /// BLAKE3 of the file, in hexadecimal.
    pub hash: String,
    /// Size of the file.
    pub bytes: u64,
    /// Cargo found nothing to do for it. After a change that should have mattered, that is worth
    /// telling.
    pub fresh: bool,
    /// What was read to build it, the sources of local dependencies included; absolute and
    /// canonical. What the build itself generated is left out.
    pub inputs: BTreeSet<PathBuf>,
}

impl Artifact {
    /// Reads a library that cargo has built; its inputs are for the caller to fill in.
    ///
    /// # Errors
    /// [`BuildError::Unreadable`].
    pub fn read(package: &str, path: PathBuf, fresh: bool) -> Result<Self, BuildError> {
        let (hash, bytes) = hash_file(&path).map_err(|source| BuildError::Unreadable {
            package: package.to_owned(),
            path: path.clone(),
            source,
        })?;
        Ok(Self { package: package.to_owned(), path, hash, bytes, fresh, inputs: BTreeSet::new() })
    }
}

/// The loadable library among the files that a message announces.
pub(super) fn library_of(message: &cargo_metadata::Artifact) -> Option<PathBuf> {
    let is_module = message.target.crate_types.contains(&CrateType::CDyLib);
    let files = message.filenames.iter().filter(|_| is_module);
    let mut libraries = files.filter(|file| file.extension() == Some(DLL_EXTENSION));
    libraries.next().map(|file| file.as_std_path().to_owned())
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

/// BLAKE3 in hexadecimal, and the number of bytes.
pub(super) fn hash_file(path: &Path) -> io::Result<(String, u64)> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok((hasher.finalize().to_hex().to_string(), hasher.count()))
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
