//! What the system says about processes (Linux).

use std::fs;

/// The pages that this process holds in memory, in bytes.
///
/// # Panics
/// Where the system does not tell.
#[must_use]
pub fn resident_bytes() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let pages = statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.expect("the second number is the resident size") * rustix::param::page_size() as u64
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

/// Whether a file is mapped into this process.
#[must_use]
pub fn is_mapped(path: &std::path::Path) -> bool {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    maps.lines().any(|line| line.ends_with(&path.display().to_string()))
}
