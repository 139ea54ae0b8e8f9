//! What must hold for any text in `pitstop.toml`.

use super::{FileError, PitstopFile};
use std::path::Path;

/// Refused with a line that exists, or read, with warnings that name lines that exist.
///
/// # Panics
/// When neither holds.
pub fn pitstop_toml(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    // Behind a last line end there is one more line for an error at the end of the file.
    let lines = u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count() + 1)
        .expect("a text of a fuzzer is short");
    match PitstopFile::parse(Path::new("pitstop.toml"), text) {
        Ok((file, warnings)) => {
            for warning in &warnings {
                let line = warning.split(':').nth(1).and_then(|line| line.parse().ok());
                assert!(line.is_some_and(|line| (1..=lines).contains(&line)), "{warning}");
            }
            let again = PitstopFile::parse(Path::new("pitstop.toml"), text);
            assert_eq!(again.ok(), Some((file, warnings)), "the same text says the same");
        }
        Err(error) => {
            let (FileError::Syntax { line, .. } | FileError::Value { line, .. }) = &error else {
                panic!("{error} for a text that was read");
            };
            assert!((1..=lines).contains(line), "{error}");
            if let FileError::Value { expected, .. } = &error {
                assert!(!expected.is_empty(), "{error} does not say what the key takes");
            }
        }
    }
}
