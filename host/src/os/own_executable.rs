//! The executable of this process.

use std::io;
use std::path::PathBuf;

/// Where it can be read and started, also when its file was replaced or removed since (on Linux).
///
/// # Errors
/// Those of the system.
pub(crate) fn own_executable() -> io::Result<PathBuf> {
    match cfg!(target_os = "linux") {
        true => Ok(PathBuf::from("/proc/self/exe")),
        false => std::env::current_exe(),
    }
}
