//! The last of what a program has written.

use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;

/// What is kept, whatever the program writes: more than [`LINES_KEPT`] lines of usual length.
const BYTES_KEPT: usize = 16 << 10;
/// Lines that are shown: a message and a backtrace.
const LINES_KEPT: usize = 50;

/// Grows while [`Self::read`] runs on another thread.
#[derive(Clone, Debug, Default)]
pub(super) struct LastOutput(Arc<Mutex<VecDeque<u8>>>);

impl LastOutput {
    /// Reads to the end.
    pub(super) fn read(&self, mut from: impl Read) {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let mut kept = self.0.lock();
            kept.extend(&buffer[..length]);
            let excess = kept.len().saturating_sub(BYTES_KEPT);
            kept.drain(..excess);
        }
    }

    /// The last lines, without escape sequences.
    pub(super) fn lines(&self) -> Vec<String> {
        let bytes: Vec<u8> = self.0.lock().iter().copied().collect();
        let text = strip_ansi_escapes::strip_str(String::from_utf8_lossy(&bytes));
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let from = lines.len().saturating_sub(LINES_KEPT);
        lines[from..].iter().map(|line| (*line).to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_however_much_is_written() {
        let output = LastOutput::default();
        let long = vec![b'x'; 10 << 20];
        output.read(long.as_slice());
        assert_eq!(output.lines()[0].len(), BYTES_KEPT);
        let lines: String = (0..100).map(|n| format!("\u{1b}[31mline {n}\u{1b}[0m\n\n")).collect();
        output.read(lines.as_bytes());
        let lines = output.lines();
        assert_eq!(
            (lines.len(), lines[0].as_str(), lines[49].as_str()),
            (50, "line 50", "line 99")
        );
    }
}
