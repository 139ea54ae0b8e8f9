//! Whether a library is really gone from the process.

use std::path::Path;

/// Whether code of `path`, or of the shared library that goes with it, is mapped into this process;
/// `None` where the system cannot be asked.
///
/// Only executable pages count: a module that has shown the backtrace of a panic leaves a read-only
/// view of its file behind, from which its std has read the names of functions. No code and no
/// memory is in that.
#[cfg(target_os = "linux")]
pub(super) fn is_mapped(path: &Path) -> Option<bool> {
    let maps = std::fs::read("/proc/self/maps").ok()?;
    let companion = crate::companion::of(path);
    let wanted = [path, &companion].map(|path| path.as_os_str().as_encoded_bytes());
    // `<from>-<to> r-xp <offset> <device> <inode>  <path>`
    let is_code =
        |line: &[u8]| line.split(|&byte| byte == b' ').nth(1).is_some_and(|p| p.contains(&b'x'));
    let mut lines = maps.split(|&byte| byte == b'\n');
    Some(lines.any(|line| wanted.iter().any(|path| line.ends_with(path)) && is_code(line)))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_mapped(_path: &Path) -> Option<bool> {
    None
}
