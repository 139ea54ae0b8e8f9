//! The file that cargo is told to call instead of rustc.
//!
//! Owns: that there is one under the same name in every host. Never: runs it.
//!
//! The host's own executable is that file. Cargo compiles every crate anew for a wrapper of another path, and the
//! executable's path changes when the host starts anew; `cargo clean` removes it while the host runs on, and a build
//! of the host puts another program there. So it gets a name of its own beside what is replayed.

use crate::os::file_identity::identity_of;
use crate::os::whole_file;
use once_cell::sync::OnceCell;
use std::env::consts::EXE_SUFFIX;
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
    /// Where this process has put it.
    placed: Arc<OnceCell<PathBuf>>,
}

impl WrapperProgram {
    /// # Errors
    /// Those of opening a file.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        let content = Arc::new(File::open(&path)?);
        Ok(Self { path, content, placed: Arc::default() })
    }

    /// The file to run, in `dir`.
    ///
    /// # Errors
    /// Those of writing it.
    pub(super) fn file(&self, dir: &Path) -> io::Result<PathBuf> {
        let place = dir.join(format!("rustc-wrapper{EXE_SUFFIX}"));
        if self.placed.get() != Some(&place) || !place.is_file() {
            fs::create_dir_all(dir)?;
            let beside = whole_file::beside(&place)?;
            // What a process of this number has left must not be written to: it may be a program that runs.
            let _ = fs::remove_file(&beside);
            if !self.link(&beside) {
                self.copy(&beside)?;
            }
            fs::rename(&beside, &place)?;
            // Of two names of one file both stay: then it was in its place already.
            let _ = fs::remove_file(&beside);
            let _ = self.placed.set(place.clone()); // the first place stays
        }
        Ok(place)
    }

    /// Whether the file is still the program that was opened, and can be linked to.
    fn link(&self, to: &Path) -> bool {
        let identity = |metadata: io::Result<fs::Metadata>| identity_of(&metadata.ok()?);
        let open = identity(self.content.metadata());
        let is_it = open.is_some() && open == identity(fs::metadata(&self.path));
        is_it && fs::hard_link(&self.path, to).is_ok()
    }

    fn copy(&self, to: &Path) -> io::Result<()> {
        let mut content = &*self.content;
        content.rewind()?;
        let mut file = File::create(to)?;
        io::copy(&mut content, &mut file)?;
        file.set_permissions(self.content.metadata()?.permissions())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w11_the_wrapper_has_one_name_in_every_host_and_is_the_program_that_was_opened() {
        let temp = tempfile::tempdir().expect("a directory");
        let dir = temp.path().join("replay");
        let program = |name: &str, content: &str| {
            let path = temp.path().join(name);
            let beside = temp.path().join("beside");
            fs::write(&beside, content).expect("written");
            fs::rename(&beside, &path).expect("renamed");
            path
        };
        let content = |path: &Path| fs::read_to_string(path).expect("readable");
        let first = WrapperProgram::open(program("a", "first")).expect("it is there");
        let place = first.file(&dir).expect("placed");
        assert_eq!(content(&place), "first");
        // A build has put another program there, and somebody has removed the wrapper.
        program("a", "other");
        assert_eq!(content(&first.file(&dir).expect("it is there")), "first");
        fs::remove_dir_all(&dir).expect("removed");
        assert_eq!(content(&first.file(&dir).expect("placed")), "first");
        let second = program("b", "second");
        // Every host of the same program puts it there, and nothing else stays.
        for _ in 0..3 {
            let second = WrapperProgram::open(second.clone()).expect("it is there");
            assert_eq!(second.file(&dir).expect("placed"), place);
            assert_eq!(content(&place), "second");
            assert_eq!(fs::read_dir(&dir).expect("readable").count(), 1);
        }
    }
}
