//! One host a workspace.
//!
//! Owns: the lock on `target/pitstop/host.lock`. Consumes: that directory. Produces: the right to
//! write in it, or the pid of the host that has it. Never: guesses from files left behind; the
//! system drops the lock when its holder dies, however it dies.

#[cfg(unix)]
use crate::os::file_identity::identity_of;
use crate::os::own_command;
use crate::os::private_dir;
use parking_lot::Mutex;
#[cfg(unix)]
use std::fs::Metadata;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Held from before the first write below `target/pitstop` until the process ends. Clones are the same
/// lock; it ends with the last of them.
#[derive(Clone, Debug)]
pub struct HostLock {
    dir: PathBuf,
    file: Arc<Mutex<File>>,
}

/// Why this host may not run.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// There is one already.
    #[error(
        "a Pitstop host already runs for {} (pid {pid}); use that one, or end it with `{} stop`",
        dir.display(),
        own_command()
    )]
    Held {
        /// The directory both want.
        dir: PathBuf,
        /// Who holds it, as far as it has said so.
        pid: String,
    },
    /// The lock file cannot be used.
    #[error("cannot lock {}: {source}; look at the permissions of its directory", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl HostLock {
    /// Takes the lock of `dir` (`target/pitstop`, created when missing) without waiting. The directory
    /// is closed to other users.
    ///
    /// # Errors
    /// Another host holds it, or the directory cannot be written.
    pub fn acquire(dir: &Path) -> Result<Self, LockError> {
        let file = Arc::new(Mutex::new(lock(dir)?));
        Ok(Self { dir: dir.to_owned(), file })
    }

    /// Locks the file anew when it is not there any more, as after `cargo clean`: the lock on a file that
    /// nobody can open keeps nobody out. Tells whether that was necessary.
    ///
    /// # Errors
    /// Another host was faster, or the directory cannot be written.
    pub fn renew(&self) -> Result<bool, LockError> {
        let mut file = self.file.lock();
        if is_at(&file, &path_in(&self.dir)) {
            return Ok(false);
        }
        *file = lock(&self.dir)?;
        Ok(true)
    }
}

fn path_in(dir: &Path) -> PathBuf {
    dir.join("host.lock")
}

fn lock(dir: &Path) -> Result<File, LockError> {
    let path = path_in(dir);
    let io = |source| LockError::Io { path: path.clone(), source };
    loop {
        private_dir::create(dir).map_err(io)?;
        let options =
            File::options().read(true).write(true).create(true).truncate(false).to_owned();
        let mut file = match options.open(&path) {
            // The directory was removed at this moment.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            opened => opened.map_err(io)?,
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // It may be on the point of writing its pid, or Windows may not let us look.
                let _ = file.read_to_string(&mut pid);
                let pid = if pid.is_empty() { "unknown".to_owned() } else { pid };
                return Err(LockError::Held { dir: dir.to_owned(), pid });
            }
            // File systems without locks exist (some network mounts); refusing to run there would
            // cost more than the two hosts that nobody starts.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        // Removed between opening and locking: the next host would make another file.
        if is_at(&file, &path) {
            file.set_len(0).map_err(io)?;
            file.rewind().map_err(io)?;
            file.write_all(std::process::id().to_string().as_bytes()).map_err(io)?;
            return Ok(file);
        }
    }
}

/// Whether `path` still leads to the open file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: io::Result<Metadata>| identity_of(&metadata.ok()?);
    let open = identity(file.metadata());
    open.is_some() && open == identity(std::fs::metadata(path))
}

/// Nobody can remove an open file there.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_host_is_refused_with_the_pid_of_the_first() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let dir = dir.path().join("target/pitstop");
        let first = HostLock::acquire(&dir).expect("nobody holds it");
        let error = HostLock::acquire(&dir).expect_err("it is held").to_string();
        assert!(error.contains(&format!("(pid {})", std::process::id())), "{error}");
        assert!(error.contains("cargo xtask stop"), "{error}");
        drop(first);
        HostLock::acquire(&dir).expect("the lock ends with its holder");
    }

    #[cfg(unix)]
    #[test]
    fn g09_a_lock_whose_file_is_gone_is_taken_anew() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let dir = temp.path().join("target/pitstop");
        let first = HostLock::acquire(&dir).expect("nobody holds it");
        assert!(!first.renew().expect("nothing has happened"));
        std::fs::remove_dir_all(temp.path().join("target")).expect("as cargo clean does");
        assert!(first.renew().expect("it can be made again"));
        let error = HostLock::acquire(&dir).expect_err("it is held again").to_string();
        assert!(error.contains("already runs"), "{error}");
        std::fs::remove_dir_all(&dir).expect("once more");
        let other = HostLock::acquire(&dir).expect("another host is faster");
        assert!(matches!(first.renew(), Err(LockError::Held { .. })), "and keeps it");
        drop(other);
        assert!(first.renew().expect("until it ends"));
    }
}
