//! Lines out of a byte stream that may be hostile.
//!
//! Owns: the limit on a line. Consumes: a reader. Produces: whole lines. Never: keeps more than
//! one line's worth of bytes, or decides what a line means.

use super::endpoint::is_patience;
use std::io::{self, Read};

/// Far longer than any request; a module name, a path and a few words fit many times over.
pub(super) const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// What a stream has next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line without its end.
    Whole(Vec<u8>),
    /// A line beyond the limit, skipped up to its end.
    TooLong,
    /// Nothing yet.
    Pending,
    /// The other side sends no more.
    End,
}

/// Splits a stream into lines.
#[derive(Debug)]
pub(super) struct Lines {
    buf: Vec<u8>,
    /// How much of `buf` has been looked at.
    seen: usize,
    limit: usize,
    skipping: bool,
}

impl Lines {
    pub(super) fn new(limit: usize) -> Self {
        Self { buf: Vec::new(), seen: 0, limit, skipping: false }
    }

    /// The next line. Bytes after the last line end are no line.
    pub(super) fn next(&mut self, from: &mut impl Read) -> io::Result<Line> {
        let mut chunk = [0; 4096];
        loop {
            if let Some(line) = self.take() {
                return Ok(line);
            }
            match from.read(&mut chunk) {
                Ok(0) => return Ok(Line::End),
                Ok(n) => self.buf.extend_from_slice(&chunk[..n]),
                Err(error) if is_patience(&error) => return Ok(Line::Pending),
                Err(error) => return Err(error),
            }
        }
    }

    fn take(&mut self) -> Option<Line> {
        match self.buf[self.seen..].iter().position(|byte| *byte == b'\n') {
            Some(at) => {
                let mut line: Vec<u8> = self.buf.drain(..=self.seen + at).collect();
                self.seen = 0;
                line.pop();
                let skipped = std::mem::take(&mut self.skipping);
                let too_long = skipped || line.len() > self.limit;
                Some(if too_long { Line::TooLong } else { Line::Whole(line) })
            }
            None if self.skipping || self.buf.len() > self.limit => {
                self.skipping = true;
                self.buf.clear();
                self.seen = 0;
                None
            }
            None => {
                self.seen = self.buf.len();
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the parts one read at a time, with a pause after each.
    struct Parts(Vec<Vec<u8>>, bool);

    impl Read for Parts {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            match self.0.first_mut() {
                None => Ok(0),
                Some(_) if self.1 => Err(io::ErrorKind::WouldBlock.into()),
                Some(part) => {
                    let n = part.len().min(buf.len());
                    buf[..n].copy_from_slice(&part[..n]);
                    part.drain(..n);
                    if part.is_empty() {
                        self.0.remove(0);
                    }
                    Ok(n)
                }
            }
        }
    }

    fn lines(parts: &[&[u8]]) -> Vec<Line> {
        let mut from = Parts(parts.iter().map(|part| part.to_vec()).collect(), false);
        let mut lines = Lines::new(8);
        let mut found = Vec::new();
        loop {
            match lines.next(&mut from).expect("no errors here") {
                Line::End => return found,
                Line::Pending => {}
                line => found.push(line),
            }
        }
    }

    fn whole(text: &str) -> Line {
        Line::Whole(text.as_bytes().to_vec())
    }

    #[test]
    fn lines_come_whole_however_they_are_cut() {
        let long = "x".repeat(10_000) + "\nok\n";
        for (parts, expected) in [
            (vec!["a\nb\n"], vec![whole("a"), whole("b")]),
            (vec!["a", "b", "\n", "c\nd"], vec![whole("ab"), whole("c")]),
            (vec!["12345678\n"], vec![whole("12345678")]),
            (vec!["123456789\n\n"], vec![Line::TooLong, whole("")]),
            (vec!["1234", "56789", "0\nok\n"], vec![Line::TooLong, whole("ok")]),
            (vec![long.as_str()], vec![Line::TooLong, whole("ok")]),
            (vec![], vec![]),
        ] {
            let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
            assert_eq!(lines(&parts), expected);
        }
    }

    #[test]
    fn an_endless_line_takes_no_memory() {
        let mut endless = io::repeat(b'x').take(50_000_000);
        let mut lines = Lines::new(8);
        assert_eq!(lines.next(&mut endless).expect("no errors here"), Line::End);
        assert!(lines.buf.capacity() < 100_000, "{} bytes kept", lines.buf.capacity());
    }
}
