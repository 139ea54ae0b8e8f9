//! The toolchain's libraries without the shared std.
//!
//! Owns: one directory of links. Produces: its path. Never: copies a library.
//!
//! Each generation of a module has a std of its own, inside its copy of the shared library: threads,
//! panic hooks and thread-locals of one generation must not be seen by another, and have to go
//! with it. rustc prefers the toolchain's `libstd` to that as soon as it finds it, so it is not there to be
//! found.

use crate::os::whole_file;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Makes the directory below `dir`, unless it is there. Safe to be done by several at once.
///
/// # Errors
/// Those of making links.
pub(super) fn without_shared_std(toolchain: &Path, dir: &Path) -> io::Result<PathBuf> {
    let name = blake3::hash(toolchain.as_os_str().as_encoded_bytes()).to_hex();
    let ready = dir.join(format!("sysroot-{}", &name[..16]));
    if ready.is_dir() {
        return Ok(ready);
    }
    let beside = whole_file::beside(&ready)?;
    let (from, to) = (toolchain.join("lib/rustlib"), beside.join("lib/rustlib"));
    fs::create_dir_all(&to)?;
    for entry in fs::read_dir(&from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().join("lib").is_dir() {
            fs::create_dir(&target)?;
            link_target(&entry.path(), &target)?;
        } else {
            link(&entry.path(), &target)?;
        }
    }
    match fs::rename(&beside, &ready) {
        // Somebody else was faster, with the same result.
        Err(_) if ready.is_dir() => fs::remove_dir_all(&beside).map(|()| ready),
        renamed => renamed.map(|()| ready),
    }
}

fn link_target(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if name != "lib" {
            link(&entry.path(), &to.join(name))?;
            continue;
        }
        fs::create_dir(to.join(&name))?;
        for library in fs::read_dir(entry.path())? {
            let library = library?;
            let file = library.file_name();
            if !file.to_string_lossy().ends_with(std::env::consts::DLL_SUFFIX) {
                link(&library.path(), &to.join(&name).join(file))?;
            }
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link(_from: &Path, _to: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
