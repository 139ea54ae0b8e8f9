//! The file that cargo is told to call instead of rustc.
//!
//! Owns: that there is one, for as long as the host runs. Never: runs it.
//!
//! The host's own executable is that file, and `cargo clean` removes it while the host runs on.

use crate::os::whole_file;
use std::fs::{self, File};
use std::io::{self, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A program that begins with [`super::intercept`].
#[derive(Clone, Debug)]
pub struct WrapperProgram {
    path: PathBuf,
    /// Its content stays readable when the file is gone.
    content: Arc<File>,
}

impl WrapperProgram {
    /// # Errors
    /// Those of opening a file.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        let content = Arc::new(File::open(&path)?);
        Ok(Self { path, content })
    }

    /// A file to run: the program itself, or a copy in `dir` when it has been removed.
    ///
    /// # Errors
    /// Those of writing the copy.
    pub(super) fn file(&self, dir: &Path) -> io::Result<PathBuf> {
        if self.path.is_file() {
            return Ok(self.path.clone());
        }
        let copy = dir.join(format!("rustc-wrapper{}", std::env::consts::EXE_SUFFIX));
        if !copy.is_file() {
            let beside = whole_file::beside(&copy)?;
            let mut content = &*self.content;
            content.rewind()?;
            let mut file = File::create(&beside)?;
            io::copy(&mut content, &mut file)?;
            file.set_permissions(self.content.metadata()?.permissions())?;
            drop(file);
            fs::rename(&beside, &copy)?;
        }
        Ok(copy)
    }
}
