//! A file that lines are added to, whose failure is told once and then put up with.
//!
//! Owns: an open file. Consumes: lines. Produces: bytes on disk. Never: takes the app down, or
//! repeats a complaint.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct Sink<W: Write = File> {
    name: PathBuf,
    out: W,
    complained: bool,
    /// The last line may have been cut off.
    torn: bool,
}

impl<W: Write> Sink<W> {
    pub(super) fn new(name: &Path, out: W) -> Self {
        Self { name: name.to_owned(), out, complained: false, torn: false }
    }

    /// Writes `line`, which ends in a line feed. A failure is reported on stderr the first time;
    /// later lines are tried all the same, since a full disk may be emptied.
    pub(super) fn write(&mut self, line: &str) {
        if let Err(error) = self.try_write(line) {
            self.torn = true;
            if !std::mem::replace(&mut self.complained, true) {
                complain(&self.name, &error);
            }
        }
    }

    fn try_write(&mut self, line: &str) -> io::Result<()> {
        if self.torn {
            self.out.write_all(b"\n")?;
            self.torn = false;
        }
        self.out.write_all(line.as_bytes())?;
        self.out.flush()
    }
}

pub(super) fn complain(name: &Path, error: &io::Error) {
    // `eprintln!` panics when stderr is closed, and the journal must outlive that too.
    let _ = writeln!(
        io::stderr(),
        "pitstop: cannot write {}: {error}; the app runs on without it",
        name.display()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `room` bytes and then fails, as a full disk does.
    struct Full {
        room: usize,
        bytes: Vec<u8>,
    }

    impl Write for Full {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            let n = buf.len().min(self.room);
            if n == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.room -= n;
            self.bytes.extend_from_slice(&buf[..n]);
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn after_a_torn_line_the_next_starts_afresh() {
        let mut sink = Sink::new(Path::new("full"), Full { room: 5, bytes: Vec::new() });
        sink.write("one\n");
        sink.write("two\n");
        sink.write("three\n");
        assert!(sink.complained);
        sink.out.room = 100;
        sink.write("four\n");
        assert_eq!(String::from_utf8_lossy(&sink.out.bytes), "one\nt\nfour\n");
    }
}
