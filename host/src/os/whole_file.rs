//! Files that are written whole or not at all, and read up to a limit.
//!
//! Owns: the temporary name beside a file that is being written. Never: writes to a file that is
//! there already, or reads from what is no file.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Puts a file with this content in the place of what is there. Whoever reads at the same time sees
/// the old or the new one, whole. Any thread.
///
/// # Errors
/// What the file system says; nothing is left behind.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, &mut File::options())
}

/// As [`write`]; nobody but its owner may read the file.
///
/// # Errors
/// As [`write`].
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    put(path, bytes, &mut options)
}

fn put(path: &Path, bytes: &[u8], options: &mut fs::OpenOptions) -> io::Result<()> {
    let temporary = beside(path)?;
    let mut file = options.write(true).create_new(true).open(&temporary)?;
    let written = file.write_all(bytes);
    drop(file);
    let placed = written.and_then(|()| fs::rename(&temporary, path));
    if placed.is_err() {
        let _ = fs::remove_file(&temporary); // the error above is the one to report
    }
    placed
}

/// A name beside `path` that nobody else uses: not the user, not another process, not another thread. For what
/// is then renamed to `path`.
///
/// # Errors
/// When `path` names no file.
pub(crate) fn beside(path: &Path) -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    hidden.push(format!(".{}-{count}.partial", std::process::id()));
    Ok(path.with_file_name(hidden))
}

/// The content of a file that has at most `limit` bytes.
///
/// # Errors
/// What the file system says, and when it is no file (a device or a pipe may have no end) or larger.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let refuse = |reason: String| Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    // Before it is opened: opening a pipe waits for somebody to write.
    if !fs::metadata(path)?.is_file() {
        return refuse("this is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    let length = File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if length as u64 > limit {
        return refuse(format!("the file has more than {limit} bytes"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).expect("the directory is there");
        let names = entries.map(|entry| entry.expect("readable").file_name());
        let mut names: Vec<String> =
            names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn g18_a_file_is_written_beside_those_of_the_user() {
        let temp = tempfile::tempdir().expect("a directory");
        let dir = temp.path().join("new");
        fs::create_dir(&dir).expect("a directory");
        let path = dir.join("state.snapshot");
        write(&path, b"first").expect("written");
        fs::write(path.with_extension("partial"), "the user's own").expect("written");
        write(&path, b"second").expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"second");
        assert_eq!(names(&dir), ["state.partial", "state.snapshot"]);
        let own = fs::read_to_string(path.with_extension("partial")).expect("still there");
        assert_eq!(own, "the user's own");
        fs::create_dir(dir.join("in the way")).expect("a directory");
        fs::write(dir.join("in the way/file"), "").expect("written");
        write(&dir.join("in the way"), b"third").expect_err("a directory is no file");
        assert_eq!(names(&dir), ["in the way", "state.partial", "state.snapshot"]);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_what_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let temp = tempfile::tempdir().expect("a directory");
        let path = temp.path().join("call.json");
        write_private(&path, b"a secret").expect("written");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }

    #[test]
    fn g18_what_is_too_large_or_no_file_is_not_read() {
        let temp = tempfile::tempdir().expect("a directory");
        let path = temp.path().join("file");
        fs::write(&path, [7; 100]).expect("written");
        assert_eq!(read(&path, 100).expect("it fits").len(), 100);
        let error = read(&path, 99).expect_err("one too many").to_string();
        assert_eq!(error, "the file has more than 99 bytes");
        let error = read(temp.path(), 99).expect_err("a directory").to_string();
        assert_eq!(error, "this is not a file");
        if cfg!(unix) {
            read(Path::new("/dev/zero"), 99).expect_err("it has no end");
        }
    }
}
