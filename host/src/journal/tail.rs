//! The end of a file of lines that another host has left.
//!
//! Owns: what becomes of half a line. Consumes: a path. Produces: a file to append whole lines to.
//! Never: cuts off what is not the journal's own.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// How a line of the journal begins.
const ENTRY_BEGINS: &[u8] = b"{\"t_us\":";

/// More than the longest line, which holds the compiler's messages of one build.
const TAIL_BYTES_MAX: u64 = 4 << 20;

/// Opens a file of lines for appending. A host that was killed may have left half a line, which is
/// no JSON and is cut off; anything else that ends without a line feed gets one.
pub(super) fn append(path: &Path) -> io::Result<File> {
    let torn = torn_line(path)?;
    let mut file = File::options().create(true).append(true).open(path)?;
    match torn {
        Some((at, half)) if half.starts_with(ENTRY_BEGINS) => file.set_len(at)?,
        Some(_) => file.write_all(b"\n")?,
        None => {}
    }
    Ok(file)
}

/// What stands behind the last line feed, and where.
fn torn_line(path: &Path) -> io::Result<Option<(u64, Vec<u8>)>> {
    let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    if !is_file {
        // Not there yet, or a pipe or a device, which is written to as it comes.
        return Ok(None);
    }
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(TAIL_BYTES_MAX);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(TAIL_BYTES_MAX).read_to_end(&mut tail)?;
    let begin = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let half = tail.split_off(begin);
    Ok((!half.is_empty()).then_some((from + begin as u64, half)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_line_of_the_journal_is_cut_off_and_nothing_else() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("events");
        for (left, expected) in [
            ("", "new\n"),
            ("{\"t_us\":1}\n", "{\"t_us\":1}\nnew\n"),
            ("{\"t_us\":1}\n{\"t_us\":2,\"ki", "{\"t_us\":1}\nnew\n"),
            ("{\"t_us\":1,\"un", "new\n"),
            ("somebody's notes", "somebody's notes\nnew\n"),
        ] {
            fs::write(&path, left).expect("written");
            let mut file = append(&path).expect("opened");
            file.write_all(b"new\n").expect("appended");
            assert_eq!(fs::read_to_string(&path).expect("readable"), expected, "{left:?}");
        }
        fs::remove_file(&path).expect("removed");
        append(&path).expect("created");
        assert_eq!(fs::read_to_string(&path).expect("readable"), "");
    }
}
