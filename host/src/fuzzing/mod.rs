//! What must hold for any bytes: one function for each decoder of external bytes in this crate.
//!
//! Owns: a directory for those that read files. Consumes: bytes, from the fuzz targets in `tests/fuzz` and
//! from the seeds beside them, which the tests below run with the stable toolchain. Never: part of a normal
//! build; it is compiled under `cfg(test)` and `cfg(fuzzing)` alone.

#[cfg(test)]
mod tests;

pub use crate::control::fuzzing::control_lines;
pub use crate::persist::checkpoint::fuzzing::checkpoint_file;
pub use crate::persist::crash::fuzzing::crash_ledger;
pub use crate::start::settings::fuzzing::pitstop_toml;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A directory for one input; dropping it removes it.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let dir = parent.join(format!("pitstop-fuzz-{}-{count}", std::process::id()));
        fs::create_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
        Self(dir)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is swept with the temporary directory.
        let _left = fs::remove_dir_all(&self.0);
    }
}
