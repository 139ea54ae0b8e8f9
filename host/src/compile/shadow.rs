//! A copy of a library to load from.
//!
//! Owns: the files in `generations/`. Consumes: [`Artifact`]s. Produces: [`ShadowCopy`]s. Never:
//! loads them, or knows which of them are loaded.
//!
//! Each generation has a file name of its own, because loaders cache by name, Windows locks what
//! is loaded, and debuggers need to find it. It is a copy, because a linker may write into the
//! file it made before; and because the copy gets the hash of what was built written into it, which the
//! host reads back from the code that runs.

use super::artifact::{Marks, hash_file};
use super::shared_library::write_at;
use super::{Artifact, BuildError, SharedLibrary};
use crate::journal::event::Generation;
use crate::module::companion;
use hot_api::abi::BUILD_PREFIX;
use std::collections::BTreeSet;
use std::env::consts::DLL_EXTENSION;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

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
        let copied = fs::copy(&artifact.path, &partial).and_then(|_| match artifact.is_ours {
            true => Ok(true),
            false => Ok(hash_file(&partial)? == artifact.hash),
        });
        let result = match copied {
            Ok(false) => Err(BuildError::StillWriting { path: artifact.path.clone() }),
            Ok(true) => {
                let stamp = Some(artifact.hash.as_str());
                finish(&partial, &path, &artifact.marks, artifact.shared.as_ref(), stamp)
                    .map_err(shadow)
            }
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

    /// Copies a copy once more, so that the same code can be loaded beside itself.
    ///
    /// # Errors
    /// Those of reading and writing files.
    pub fn duplicate(from: &Path, to: &Path) -> io::Result<()> {
        let companion = companion::of(from);
        let shared = companion.is_file().then(|| SharedLibrary::read(companion)).transpose()?;
        let name = companion::name_of(from);
        let marks = Marks::find(&fs::read(from)?, &name);
        let partial = to.with_extension("partial");
        fs::copy(from, &partial)?;
        finish(&partial, to, &marks, shared.as_ref(), None)
    }

    /// Removes the module's copies of all generations that are not in `keep`, those of earlier
    /// hosts included, all but the newest duplicates, and copies that were never completed. Returns what
    /// it removed. A file that cannot be removed (Windows locks what is loaded) is left for the next
    /// time.
    pub fn prune(dir: &Path, module: &str, keep: &BTreeSet<Generation>) -> Vec<PathBuf> {
        let files = fs::read_dir(dir).into_iter().flatten().flatten();
        let files: Vec<(PathBuf, FileKind)> = files
            .filter_map(|entry| {
                FileKind::of(&entry.path(), module).map(|kind| (entry.path(), kind))
            })
            .collect();
        let mut duplicates: Vec<(SystemTime, &PathBuf)> = files
            .iter()
            .filter(|(_, kind)| *kind == FileKind::Duplicate)
            .filter_map(|(path, _)| Some((fs::metadata(path).ok()?.modified().ok()?, path)))
            .collect();
        duplicates.sort_unstable();
        let loaded: Vec<&PathBuf> =
            duplicates.iter().rev().take(DUPLICATES_MAX).map(|(_, path)| *path).collect();
        let is_wanted = |path: &PathBuf, kind: FileKind| match kind {
            FileKind::Copy(generation) => keep.contains(&generation),
            FileKind::Duplicate => loaded.contains(&path),
            FileKind::Partial => false,
        };
        let unwanted = files.iter().filter(|(path, kind)| !is_wanted(path, *kind));
        let removed = unwanted.filter(|(path, _)| fs::remove_file(path).is_ok());
        let removed = removed.map(|(path, _)| path.clone()).collect();
        remove_widowed(dir);
        removed
    }
}

/// How many duplicates of one module may be loaded: one that runs, and those that it took the place of
/// in the last few frames. They have no number that would tell which host has made them.
const DUPLICATES_MAX: usize = 3;

/// What a file in `generations/` is to a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileKind {
    /// `<module>-g<N>.<extension>`
    Copy(Generation),
    /// `<module>-g<N>-r<M>.<extension>`
    Duplicate,
    /// Either of them before it was complete.
    Partial,
}

impl FileKind {
    fn of(path: &Path, module: &str) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let rest = name.strip_prefix(module)?.strip_prefix("-g")?;
        let (numbers, extension) = rest.split_once('.')?;
        let (generation, duplicate) = match numbers.split_once("-r") {
            Some((generation, duplicate)) => (generation, Some(duplicate)),
            None => (numbers, None),
        };
        let generation = Generation(generation.parse().ok()?);
        let is_duplicate = duplicate.map(str::parse::<u64>).transpose().ok()?;
        match (extension, is_duplicate) {
            ("partial" | "shared.partial", _) => Some(Self::Partial),
            (DLL_EXTENSION, None) => Some(Self::Copy(generation)),
            (DLL_EXTENSION, Some(_)) => Some(Self::Duplicate),
            _ => None,
        }
    }
}

/// Writes into a copy what makes it that of a generation, puts the shared library beside it, and gives it
/// its name.
fn finish(
    partial: &Path,
    path: &Path,
    marks: &Marks,
    shared: Option<&SharedLibrary>,
    stamp: Option<&str>,
) -> io::Result<()> {
    let file = fs::File::options().write(true).open(partial)?;
    for at in &marks.build {
        let digits = at + BUILD_PREFIX.len() as u64;
        write_at(&file, stamp.unwrap_or_default().as_bytes(), digits)?;
    }
    if let Some(shared) = shared {
        shared.copy_for(path)?;
        for at in &marks.shared {
            write_at(&file, companion::name_of(path).as_bytes(), *at)?;
        }
    }
    drop(file);
    // Renaming replaces a file that an earlier host left without touching its content: that host
    // may still have it mapped.
    fs::rename(partial, path)
}

/// Removes copies of the shared library whose module is gone.
fn remove_widowed(dir: &Path) {
    let files = fs::read_dir(dir).into_iter().flatten().flatten();
    let (copies, modules): (Vec<PathBuf>, Vec<PathBuf>) =
        files.map(|entry| entry.path()).partition(|path| companion::is_one(path));
    let needed: BTreeSet<PathBuf> = modules.iter().map(|module| companion::of(module)).collect();
    for copy in copies.iter().filter(|copy| !needed.contains(*copy)) {
        // What is locked is removed the next time.
        let _left = fs::remove_file(copy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hot_api::abi::BUILD_UNSTAMPED;

    struct Dirs {
        _temp: tempfile::TempDir,
        library: PathBuf,
        copies: PathBuf,
        shared: Option<SharedLibrary>,
    }

    impl Dirs {
        fn new() -> Self {
            let temp = tempfile::tempdir().expect("create a temporary directory");
            let library = temp.path().join("libui.so");
            fs::write(&library, "the library").expect("write the library");
            Self {
                copies: temp.path().join("with space/generations"),
                library,
                shared: None,
                _temp: temp,
            }
        }

        fn artifact(&self) -> Artifact {
            let artifact = Artifact::read("ui", self.library.clone(), false);
            let artifact = artifact.expect("the library is there");
            Artifact { shared: self.shared.clone(), ..artifact }
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
    fn n11_the_copy_names_the_build_that_it_is() {
        let dirs = Dirs::new();
        fs::write(&dirs.library, format!("code {BUILD_UNSTAMPED} more")).expect("the library");
        let copy = dirs.copy("ui", 1).expect("a copy");
        let text = fs::read_to_string(&copy.path).expect("the copy is there");
        assert_eq!(text, format!("code {BUILD_PREFIX}{} more", copy.hash));
        assert_eq!(copy.hash, dirs.artifact().hash, "the hash is that of what was built");
    }

    #[test]
    fn a_thin_library_goes_with_its_own_shared_one() {
        let mut dirs = Dirs::new();
        let home = dirs.library.with_file_name("0123");
        fs::create_dir(&home).expect("a directory");
        let shared = home.join(companion::UNNAMED);
        fs::write(&shared, companion::UNNAMED).expect("a shared library");
        fs::write(&dirs.library, format!("needs {}", companion::UNNAMED)).expect("the library");
        dirs.shared = Some(SharedLibrary::read(shared).expect("it has its name"));
        let first = dirs.copy("ui", 1).expect("a copy");
        let again = first.path.with_file_name("ui-g1-r1.so");
        ShadowCopy::duplicate(&first.path, &again).expect("the copy of a copy");
        for path in [&first.path, &again] {
            let name = companion::name_of(path);
            let text = fs::read_to_string(path).expect("the copy is there");
            assert_eq!(text, format!("needs {name}"));
            let shared = fs::read_to_string(companion::of(path)).expect("it is beside it");
            assert_eq!(shared, name);
        }
        fs::remove_file(&again).expect("it is there");
        ShadowCopy::prune(&dirs.copies, "ui", &[Generation(1)].into());
        let left = [&first.path, &companion::of(&first.path)].map(|path| path.exists());
        assert_eq!((left, companion::of(&again).exists()), ([true; 2], false));
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

    #[test]
    fn g19_duplicates_and_what_was_never_completed_do_not_add_up() {
        let dirs = Dirs::new();
        let copy = dirs.copy("ui", 1).expect("a copy");
        let file = |name: &str| dirs.copies.join(name);
        let begin = SystemTime::now() - std::time::Duration::from_secs(1000);
        for n in 0..9_u64 {
            // The numbers of an earlier host and of this one, made in this order.
            let name = format!("ui-g1-r{}.{DLL_EXTENSION}", (n + 5) % 9);
            ShadowCopy::duplicate(&copy.path, &file(&name)).expect("the copy of a copy");
            let opened = fs::File::options().write(true).open(file(&name)).expect("it is there");
            let time = begin + std::time::Duration::from_secs(n);
            opened.set_modified(time).expect("its time can be set");
        }
        for name in ["ui-g7.partial", "ui-g7.shared.partial", "ui-g1-r7.partial"] {
            fs::write(file(name), "half").expect("a file");
        }
        fs::write(file("ui-g2-g1.partial"), "another module's").expect("a file");
        ShadowCopy::prune(&dirs.copies, "ui", &[Generation(1)].into());
        let mut expected = ["ui-g1", "ui-g1-r2", "ui-g1-r3", "ui-g1-r4"]
            .map(|name| format!("{name}.{DLL_EXTENSION}"))
            .to_vec();
        expected.push("ui-g2-g1.partial".to_owned());
        expected.sort();
        assert_eq!(dirs.names(), expected);
    }
}
