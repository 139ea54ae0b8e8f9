//! One host a workspace.
//!
//! Owns: the lock on `target/pitstop/host.lock`. Consumes: that directory. Produces: the right to
//! write in it, or the pid of the host that has it. Never: guesses from files left behind; the
//! system drops the lock when its holder dies, however it dies.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Held from before the first write below `target/pitstop` until the process ends.
#[derive(Debug)]
pub struct HostLock {
    _file: File,
}

/// Why this host may not run.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// There is one already.
    #[error(
        "a Pitstop host already runs for {} (pid {pid}); use that one, or end it with `cargo xtask stop`",
        dir.display()
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
    /// Takes the lock of `dir` (`target/pitstop`, created when missing) without waiting.
    ///
    /// # Errors
    /// Another host holds it, or the directory cannot be written.
    pub fn acquire(dir: &Path) -> Result<Self, LockError> {
        let path = dir.join("host.lock");
        let io = |source| LockError::Io { path: path.clone(), source };
        fs::create_dir_all(dir).map_err(io)?;
        let options =
            File::options().read(true).write(true).create(true).truncate(false).to_owned();
        let mut file = options.open(&path).map_err(io)?;
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
        file.set_len(0).map_err(io)?;
        file.rewind().map_err(io)?;
        file.write_all(std::process::id().to_string().as_bytes()).map_err(io)?;
        Ok(Self { _file: file })
    }
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
}
