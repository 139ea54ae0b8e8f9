//! What the system says about processes (Linux).

use std::collections::BTreeSet;
use std::fs;

/// The pages that this process holds in memory, in bytes.
///
/// # Panics
/// Where the system does not tell.
#[must_use]
#[track_caller]
pub fn resident_bytes() -> u64 {
    resident_in("/proc/self/statm").expect("Linux tells about this process")
}

/// `None` when the process has ended.
fn resident_in(statm: &str) -> Option<u64> {
    let statm = fs::read_to_string(statm).ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    (pages > 0).then(|| pages * rustix::param::page_size() as u64)
}

/// The pages that a process holds in memory, in bytes; `None` when it has ended.
#[must_use]
pub fn resident_bytes_of(pid: u32) -> Option<u64> {
    resident_in(&format!("/proc/{pid}/statm"))
}

/// How many descriptors a process has open; `None` when it has ended.
#[must_use]
pub fn descriptors_of(pid: u32) -> Option<usize> {
    fs::read_dir(format!("/proc/{pid}/fd")).ok().map(Iterator::count)
}

/// The files that are mapped into a process, each once.
#[must_use]
pub fn mapped_by(pid: u32) -> BTreeSet<String> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    let path = |line: &str| line.find('/').map(|at| line[at..].to_owned());
    maps.lines().filter_map(path).collect()
}

/// The ids of all processes that were started with this in their environment, or whose parents
/// were: children inherit it.
#[must_use]
pub fn with_environment(variable: &str) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| {
        // Somebody else's processes cannot be read and are not ours.
        let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environ.split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes())
    })
    .collect()
}

/// The ids of the processes whose parent this one is.
#[must_use]
pub fn started_by(parent: u32) -> BTreeSet<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return BTreeSet::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The name of a program may have anything in it; what follows it are numbers.
        let after = stat.rsplit_once(") ").map(|(_, after)| after.split(' ').nth(1));
        after.flatten().and_then(|found| found.parse().ok()) == Some(parent)
    })
    .collect()
}

/// What a process was started with; empty when it has ended.
#[must_use]
pub fn command_of(pid: u32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line).into_owned();
    line.split_terminator('\0').map(str::to_owned).collect()
}

/// Whether a file is mapped into this process.
#[must_use]
pub fn is_mapped(path: &std::path::Path) -> bool {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    maps.lines().any(|line| line.ends_with(&path.display().to_string()))
}
