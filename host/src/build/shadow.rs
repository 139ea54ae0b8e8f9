//! A copy of a library to load from.
//!
//! Owns: the files in `generations/`. Consumes: [`Artifact`]s. Produces: [`ShadowCopy`]s. Never:
//! loads them, or knows which of them are loaded.
//!
//! Each generation has a file name of its own, because loaders cache by name, Windows locks what
//! is loaded, and debuggers need to find it. It is a copy, because a linker may write into the
//! file it made before.

use super::artifact::hash_file;
use super::{Artifact, BuildError};
use crate::event::Generation;
use std::collections::BTreeSet;
use std::env::consts::DLL_EXTENSION;
use std::fs;
use std::path::{Path, PathBuf};

/// One library under the name of its generation. Dropping it leaves the file: see [`Self::prune`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShadowCopy {
    /// The file to load.
    pub path: PathBuf,
    /// The module it belongs to.
    pub module: String,
    /// The attempt it was made for.
    pub generation: Generation,
    /// BLAKE3 of the file, in hexadecimal: the artifact's.
    pub hash: String,
}

impl ShadowCopy {
    /// Copies `artifact` to `<dir>/<module>-g<N>.<extension>` and makes sure that the copy is
    /// what the build made.
    ///
    /// # Errors
    /// [`BuildError::StillWriting`] when the library is not what it was when the build ended
    /// (worth another try after the next build), [`BuildError::Unreadable`] when it is gone,
    /// [`BuildError::Shadow`] when the copy cannot be written. None of them leaves a copy.
    pub fn create(
        artifact: &Artifact,
        dir: &Path,
        module: &str,
        generation: Generation,
    ) -> Result<Self, BuildError> {
        let path = dir.join(format!("{module}-{generation}.{DLL_EXTENSION}"));
        let partial = path.with_extension("partial");
        let shadow = |source| BuildError::Shadow { path: path.clone(), source };
        fs::create_dir_all(dir).map_err(shadow)?;
        if let Err(source) = fs::metadata(&artifact.path) {
            return Err(BuildError::Unreadable {
                package: artifact.package.clone(),
                path: artifact.path.clone(),
                source,
            });
        }
        let copied = fs::copy(&artifact.path, &partial).and_then(|_| hash_file(&partial));
        let result = match copied {
            Ok((hash, _)) if hash != artifact.hash => {
                Err(BuildError::StillWriting { path: artifact.path.clone() })
            }
            // Renaming replaces a file that an earlier host left without touching its content:
            // that host may still have it mapped.
            Ok(_) => fs::rename(&partial, &path).map_err(shadow),
            Err(source) => Err(shadow(source)),
        };
        if result.is_err() {
            // What cannot be removed is overwritten by the next attempt.
            let _ = fs::remove_file(&partial);
        }
        result.map(|()| Self {
            path,
            module: module.to_owned(),
            generation,
            hash: artifact.hash.clone(),
        })
    }

    /// Removes the module's copies of all generations that are not in `keep`, those of earlier
    /// hosts included, and returns what it removed. A file that cannot be removed (Windows locks
    /// what is loaded) is left for the next time.
    pub fn prune(dir: &Path, module: &str, keep: &BTreeSet<Generation>) -> Vec<PathBuf> {
        let files = fs::read_dir(dir).into_iter().flatten().flatten();
        files
            .map(|entry| entry.path())
            .filter(|path| generation_of(path, module).is_some_and(|n| !keep.contains(&n)))
            .filter(|path| fs::remove_file(path).is_ok())
            .collect()
    }
}

fn generation_of(path: &Path, module: &str) -> Option<Generation> {
    let name = path.file_name()?.to_str()?;
    let rest = name.strip_prefix(module)?.strip_prefix("-g")?;
    let number = rest.strip_suffix(DLL_EXTENSION)?.strip_suffix('.')?;
    number.parse().ok().map(Generation)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Dirs {
        _temp: tempfile::TempDir,
        library: PathBuf,
        copies: PathBuf,
    }

    impl Dirs {
        fn new() -> Self {
            let temp = tempfile::tempdir().expect("create a temporary directory");
            let library = temp.path().join("libui.so");
            fs::write(&library, "the library").expect("write the library");
            Self { copies: temp.path().join("with space/generations"), library, _temp: temp }
        }

        fn artifact(&self) -> Artifact {
            Artifact::read("ui", self.library.clone(), false).expect("the library is there")
        }

        fn copy(&self, module: &str, generation: u64) -> Result<ShadowCopy, BuildError> {
            let generation = Generation(generation);
            ShadowCopy::create(&self.artifact(), &self.copies, module, generation)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.copies).expect("the directory is there");
            let mut names: Vec<String> = entries
                .map(|entry| entry.expect("the entry can be read").file_name())
                .map(|name| name.to_string_lossy().into_owned())
                .collect();
            names.sort();
            names
        }
    }

    #[test]
    fn k15_each_generation_is_a_file_of_its_own() {
        let dirs = Dirs::new();
        let first = dirs.copy("ui", 1).expect("the first copy");
        fs::write(&dirs.library, "the next library").expect("the linker writes in place");
        let second = dirs.copy("ui", 2).expect("the second copy");
        let read = |copy: &ShadowCopy| fs::read_to_string(&copy.path).expect("the copy is there");
        assert_eq!(read(&first), "the library", "the first is untouched");
        assert_eq!(read(&second), "the next library", "the second is new");
        assert_ne!(first.hash, second.hash, "hashes tell them apart");
    }

    #[test]
    fn k08_a_library_that_changes_or_vanishes_is_not_copied() {
        let dirs = Dirs::new();
        let artifact = dirs.artifact();
        let create = || ShadowCopy::create(&artifact, &dirs.copies, "ui", Generation(1));
        fs::write(&dirs.library, "the libr").expect("truncate the library");
        let error = create().expect_err("half of a library");
        assert!(matches!(error, BuildError::StillWriting { .. }), "{error}");
        fs::remove_file(&dirs.library).expect("remove the library");
        let error = create().expect_err("no library");
        assert!(matches!(error, BuildError::Unreadable { .. }), "{error}");
        assert!(error.to_string().contains("libui.so"), "{error}");
        assert_eq!(dirs.names(), Vec::<String>::new(), "nothing is left behind");
    }

    #[test]
    fn pruning_keeps_what_it_is_told_and_what_is_not_its_own() {
        let dirs = Dirs::new();
        for generation in [1, 2, 3, 17] {
            dirs.copy("ui", generation).expect("a copy");
        }
        dirs.copy("ui-g2", 1).expect("a copy of another module");
        let keep = [Generation(2), Generation(17)].into();
        let removed = ShadowCopy::prune(&dirs.copies, "ui", &keep);
        assert_eq!(removed.len(), 2, "{removed:?}");
        let expected = ["ui-g17", "ui-g2", "ui-g2-g1"].map(|n| format!("{n}.{DLL_EXTENSION}"));
        let mut expected = expected.to_vec();
        expected.sort();
        assert_eq!(dirs.names(), expected, "what is left");
    }
}
