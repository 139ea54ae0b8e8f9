//! The journal of the run before, and of those that crashed on the way to this one.
//!
//! Owns: `events.previous.jsonl`. Never: keeps a host from starting.
//!
//! A host that crashes is started again at once, and may crash again. So a run is added to the file
//! for as long as the newest run in it did not end in order; else it takes its place.

use super::tail;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Beyond this a run takes the place of those before it, however they ended.
const PREVIOUS_BYTES_MAX: u64 = 16 << 20;

/// The last entry of a run that ended in order is shorter than this.
const LAST_LINE_BYTES_MAX: u64 = 4096;

/// Moves the journal at `events` to `previous`.
pub(super) fn set_aside(events: &Path, previous: &Path) {
    let length = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
    if length(events) == 0 {
        return;
    }
    let fits = length(previous) + length(events) <= PREVIOUS_BYTES_MAX;
    let result = if length(previous) > 0 && fits && !ended_in_order(previous) {
        append(events, previous)
    } else {
        fs::rename(events, previous)
    };
    if let Err(error) = result {
        super::sink::complain(previous, &error);
    }
}

fn append(events: &Path, previous: &Path) -> io::Result<()> {
    let mut to = tail::append(previous)?;
    let copied = io::copy(&mut File::open(events)?, &mut to);
    copied.map(|_| ())
}

/// Whether the last entry says so; a run that was cut short has another, or half of one.
fn ended_in_order(journal: &Path) -> bool {
    last_line(journal).is_ok_and(|line| {
        let entry: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        entry["kind"] == "stopped"
    })
}

fn last_line(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LAST_LINE_BYTES_MAX)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let end = String::from_utf8_lossy(&end);
    Ok(end.trim_end().lines().next_back().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOPPED: &str = "{\"t_us\":2,\"kind\":\"stopped\",\"reason\":\"x\"}\n";

    #[test]
    fn g37_crashed_runs_are_kept_until_one_has_ended_in_order() {
        let dir = tempfile::tempdir().expect("a directory");
        let (events, previous) = (dir.path().join("events.jsonl"), dir.path().join("previous"));
        // Each run writes a line with its number; a run that ends in order says so.
        for (run, ends, expected) in [
            (1, true, "1"),
            (2, false, "2"),
            (3, false, "2 3"),
            (4, true, "2 3 4"),
            (5, true, "5"),
            (6, true, "6"),
        ] {
            let end = if ends { STOPPED } else { "{\"t_us\":2,\"ki" };
            fs::write(&events, format!("{{\"run\":{run}}}\n{end}")).expect("written");
            set_aside(&events, &previous);
            let kept = fs::read_to_string(&previous).expect("it is there");
            let runs = kept.lines().filter_map(|line| {
                line.strip_prefix("{\"run\":")?.strip_suffix('}').map(str::to_owned)
            });
            assert_eq!(runs.collect::<Vec<_>>().join(" "), expected, "after run {run}");
        }
        let _ = fs::remove_file(&events);
        set_aside(&events, &previous);
        assert!(previous.exists(), "a first run takes nothing away");
    }
}
