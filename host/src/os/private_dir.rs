//! A directory that nobody but its owner can enter.
//!
//! Owns: its permissions. Never: those of the directories above it.
//!
//! What lies in `target/pitstop` says what the user works on, and some of it is loaded as code.

use std::fs;
use std::io;
use std::path::Path;

/// Creates the directory and those above it. One that is there already is closed to others.
///
/// # Errors
/// Those of creating a directory and of changing the permissions of one that is somebody else's.
#[cfg(unix)]
pub(crate) fn create(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    const OTHERS: u32 = 0o077;
    if let Some(above) = dir.parent() {
        fs::create_dir_all(above)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        result => return result,
    }
    let mut permissions = fs::metadata(dir)?.permissions();
    if permissions.mode() & OTHERS != 0 {
        permissions.set_mode(permissions.mode() & !OTHERS);
        fs::set_permissions(dir, permissions)?;
    }
    Ok(())
}

/// Windows gives new directories the permissions of the user's own.
#[cfg(not(unix))]
pub(crate) fn create(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn g22_a_new_directory_is_private_and_an_open_one_is_closed() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let dir = temp.path().join("target/pitstop");
        let mode = || fs::metadata(&dir).expect("it is there").permissions().mode() & 0o777;
        create(&dir).expect("it can be made");
        assert_eq!(mode(), 0o700);
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).expect("ours");
        create(&dir).expect("it is there");
        assert_eq!(mode(), 0o700);
    }
}
