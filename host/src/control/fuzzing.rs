//! What must hold for any bytes that a client sends, or a host answers.

use super::lines::{Line, Lines};
use super::{Reply, Request};
use crate::journal::event::Entry;
use std::io::{self, Read};

/// Small, so that lines beyond it are found quickly.
const LINE_BYTES_MAX: usize = 64;

/// Lines come out the same however the stream is cut; each is refused in words, or a request that is
/// written and read as itself.
///
/// # Panics
/// When that does not hold.
pub fn control_lines(bytes: &[u8]) {
    let at_once = lines(bytes, bytes.len());
    let cut = 1 + bytes.len() % 7;
    assert_eq!(lines(bytes, cut), at_once, "cut after {cut} bytes each");
    let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(at_once.len(), ends, "a line for each line end");
    for line in bytes.split(|byte| *byte == b'\n') {
        request(line);
        reply(line);
        let _entry: Result<Entry, _> = serde_json::from_slice(line);
    }
}

fn request(line: &[u8]) {
    match Request::decode(line) {
        Ok(request) => {
            let again = serde_json::to_vec(&request).expect("a request is JSON");
            assert_eq!(Request::decode(&again), Ok(request));
        }
        Err(error) => assert!(error.contains("one JSON object a line"), "{error}"),
    }
}

fn reply(line: &[u8]) {
    let Ok(reply) = serde_json::from_slice::<Reply>(line) else { return };
    let again = reply.encode();
    assert_eq!(again.matches('\n').count(), 1, "a reply is one line");
    let again: Reply = serde_json::from_str(&again).expect("what is written can be read");
    assert_eq!(again, reply);
}

fn lines(bytes: &[u8], cut: usize) -> Vec<Line> {
    let mut from = Cut { bytes, cut, pending: false };
    let mut lines = Lines::new(LINE_BYTES_MAX);
    let mut found = Vec::new();
    loop {
        match lines.next(&mut from).expect("this stream has no errors") {
            Line::End => return found,
            Line::Pending => {}
            line => {
                let fits = !matches!(&line, Line::Whole(text) if text.len() > LINE_BYTES_MAX);
                assert!(fits, "a line beyond the limit");
                found.push(line);
            }
        }
    }
}

/// Some bytes at a time, with a pause after each read.
struct Cut<'b> {
    bytes: &'b [u8],
    cut: usize,
    pending: bool,
}

impl Read for Cut<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.pending = !self.pending;
        if self.pending {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = self.bytes.len().min(self.cut).min(into.len());
        let (read, rest) = self.bytes.split_at(count);
        into[..count].copy_from_slice(read);
        self.bytes = rest;
        Ok(count)
    }
}
