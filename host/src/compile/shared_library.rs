//! The library that a thinly linked module needs beside it.
//!
//! Owns: where its name stands in a file, and its copies. Produces: [`SharedLibrary`]. Never: links it.

use crate::module::companion;
use memchr::memmem;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What copies that were made ahead of time are called.
const SPARE: &str = "spare-";

/// A shared library, whole on disk. Each generation loads a copy of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedLibrary {
    /// The file. Never loaded and never changed, if modules are linked against it.
    pub path: PathBuf,
    /// BLAKE3 of the file, in hexadecimal.
    pub(super) hash: String,
    /// Where its own name stands in it.
    name_at: Vec<u64>,
}

impl SharedLibrary {
    /// # Errors
    /// Those of reading the file; and when it is not called what its name says.
    pub(super) fn read(path: PathBuf) -> io::Result<Self> {
        let content = fs::read(&path)?;
        let name = name_of_file(&path);
        let name_at = memmem::find_iter(&content, &name);
        let name_at: Vec<u64> = name_at.map(|at| at as u64).collect();
        if name_at.is_empty() {
            let problem = format!("{} does not contain its name", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        Ok(Self { path, hash: blake3::hash(&content).to_hex().to_string(), name_at })
    }

    /// Makes a copy ahead of time, for the next generation in `dir`.
    ///
    /// # Errors
    /// Those of copying a file.
    pub(super) fn make_spare(&self, dir: &Path) -> io::Result<()> {
        let spare = self.spare(dir);
        if spare.is_file() {
            return Ok(());
        }
        let partial = spare.with_extension("partial");
        fs::create_dir_all(dir)?;
        for entry in fs::read_dir(dir)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(SPARE) {
                // That of a library which is no longer linked against; what stays only takes room.
                let _left = fs::remove_file(entry.path());
            }
        }
        fs::copy(&self.path, &partial)?;
        fs::rename(partial, spare)
    }

    /// Puts the copy for `library` beside it, under its own name.
    ///
    /// # Errors
    /// Those of copying and writing a file.
    pub(super) fn copy_for(&self, library: &Path) -> io::Result<()> {
        let dir = library.parent().unwrap_or(Path::new("."));
        let partial = library.with_extension("shared.partial");
        if fs::rename(self.spare(dir), &partial).is_err() {
            fs::copy(&self.path, &partial)?;
        }
        let name = companion::name_of(library);
        let file = fs::File::options().write(true).open(&partial)?;
        for at in &self.name_at {
            write_at(&file, name.as_bytes(), *at)?;
        }
        drop(file);
        fs::rename(partial, companion::of(library))
    }

    fn spare(&self, dir: &Path) -> PathBuf {
        let key = self.path.parent().and_then(Path::file_name).unwrap_or_default();
        dir.join(format!("{SPARE}{}.so", key.to_string_lossy()))
    }
}

fn name_of_file(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Overwrites a part of a file.
///
/// # Errors
/// Those of writing a file.
pub(super) fn write_at(mut file: &fs::File, bytes: &[u8], at: u64) -> io::Result<()> {
    use io::{Seek as _, Write as _};
    file.seek(io::SeekFrom::Start(at))?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(dir: &Path) -> SharedLibrary {
        let home = dir.join("shared").join("0123");
        fs::create_dir_all(&home).expect("a directory");
        let path = home.join(companion::UNNAMED);
        let content = format!("\x7fELF {0} … {0} end", companion::UNNAMED);
        fs::write(&path, content).expect("a file");
        SharedLibrary::read(path).expect("it has its name")
    }

    #[test]
    fn every_copy_has_its_own_name_and_the_spare_is_used_once() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let (shared, dir) = (library(temp.path()), temp.path().join("generations"));
        shared.make_spare(&dir).expect("a spare");
        for generation in ["ui-g1.so", "ui-g2.so"] {
            let module = dir.join(generation);
            shared.copy_for(&module).expect("a copy");
            let copy = fs::read_to_string(companion::of(&module)).expect("it is there");
            let name = companion::name_of(&module);
            assert_eq!(copy, format!("\x7fELF {name} … {name} end"));
        }
        let names = fs::read_dir(&dir).expect("a directory").flatten();
        let names: Vec<_> = names.map(|entry| entry.file_name()).collect();
        assert_eq!(names.len(), 2, "no spare and nothing half made is left: {names:?}");
    }

    #[test]
    fn a_file_without_the_name_is_refused() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let path = temp.path().join("other.so");
        fs::write(&path, "something else").expect("a file");
        let error = SharedLibrary::read(path).expect_err("it has no name").to_string();
        assert!(error.contains("other.so"), "{error}");
    }
}
