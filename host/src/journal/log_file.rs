//! `host.log`, which is appended to and does not grow without end.
//!
//! Owns: the file and the one before it. Consumes: bytes. Never: more disk than twice its limit.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Weeks of work, or a few minutes of a module that logs in each frame.
const LOG_BYTES_MAX: u64 = 8 << 20;

/// An open log. When it is full it is renamed to `host.previous.log` and a new one begun.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    bytes_max: u64,
}

impl LogFile {
    /// # Errors
    /// Those of opening a file.
    pub(super) fn append(path: &Path) -> io::Result<Self> {
        let file = open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, bytes, bytes_max: LOG_BYTES_MAX })
    }
}

impl Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let is_full = self.bytes > 0 && self.bytes + line.len() as u64 > self.bytes_max;
        // Somebody may have removed it.
        let is_there = self.path.exists();
        if is_full && is_there {
            fs::rename(&self.path, self.path.with_extension("previous.log"))?;
        }
        if is_full || !is_there {
            self.file = open(&self.path)?;
            self.bytes = self.file.metadata()?.len();
        }
        let written = self.file.write(line)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn open(path: &Path) -> io::Result<File> {
    File::options().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g19_a_full_log_is_begun_anew_and_only_the_one_before_stays() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("host.log");
        let mut log = LogFile { bytes_max: 10, ..LogFile::append(&path).expect("a log") };
        for line in ["one\n", "two\n", "three\n", "four\n", "a line of its own length\n", "six\n"] {
            log.write_all(line.as_bytes()).expect("it is written");
        }
        let read = |name: &str| fs::read_to_string(dir.path().join(name)).expect("it is there");
        assert_eq!(read("host.log"), "six\n");
        assert_eq!(read("host.previous.log"), "a line of its own length\n");
        assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 2);
        fs::remove_file(&path).expect("it can be removed");
        log.write_all(b"seven\n").expect("it is made again");
        assert_eq!(read("host.log"), "seven\n");
    }
}
