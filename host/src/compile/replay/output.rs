//! The directory that one crate's compiler writes to.
//!
//! Owns: one directory for each crate that is replayed. Consumes: [`Unit`]s. Never: runs a compiler.
//!
//! A compiler that is stopped leaves its object files and temporary directories behind. In a directory of
//! its own they are nobody else's, and can be removed.

use super::captured::Captured;
use super::unit::Unit;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where a crate is compiled to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    dir: PathBuf,
}

impl Output {
    /// `replay_dir` is the replay's own directory.
    pub(super) fn of(stem: &str, replay_dir: &Path) -> Self {
        Self { dir: replay_dir.join("out").join(stem) }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes the directory, without what an earlier compiler that was stopped has left in it.
    ///
    /// # Errors
    /// Those of creating a directory.
    pub(super) fn prepare(&self) -> io::Result<()> {
        self.sweep();
        fs::create_dir_all(&self.dir)
    }

    /// The crate's call with this output.
    pub(super) fn call(&self, unit: &Unit) -> Captured {
        let arguments = unit.arguments.clone().without("--out-dir");
        unit.captured.with(&arguments.with("--out-dir", &self.dir.to_string_lossy()))
    }

    /// Puts what was made where cargo and other crates look for it.
    ///
    /// # Errors
    /// Those of renaming a file.
    pub(super) fn publish(&self, unit: &Unit) -> io::Result<()> {
        for product in unit.products().into_iter().chain([unit.dep_info()]) {
            let made = self.dir.join(product.file_name().unwrap_or_default());
            if made != product && made.is_file() {
                fs::rename(made, product)?;
            }
        }
        Ok(())
    }

    /// Removes what a compiler has left that was stopped.
    pub(super) fn sweep(&self) {
        remove_leftovers(&self.dir, |_| true);
    }
}

/// Removes the object files that a crate's compiler has left in a directory of cargo's.
pub(super) fn sweep_objects(unit: &Unit) {
    let prefix = format!("{}.", unit.stem);
    if let Some(dir) = unit.dep_info().parent() {
        remove_leftovers(dir, |name| name.starts_with(&prefix));
    }
}

fn remove_leftovers(dir: &Path, is_ours: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        // What cannot be removed only takes room.
        if is_ours(&name) && is_dir && (name.starts_with("rustc") || name.starts_with("rmeta")) {
            let _ = fs::remove_dir_all(entry.path());
        } else if is_ours(&name) && !is_dir && name.ends_with(".rcgu.o") {
            let _ = fs::remove_file(entry.path());
        }
    }
}
