//! Limits of a process that is there to be lost.

/// The share of the machine's memory that such a process may use: what an application needs that its user can work
/// with beside others.
#[cfg(target_os = "linux")]
const MEMORY_SHARE: u64 = 2;

/// Smaller than any core file: the system makes none, and starts no program for one.
#[cfg(target_os = "linux")]
const CORE_BYTES: u64 = 1;

/// The first of all to be ended when memory runs out.
#[cfg(target_os = "linux")]
const FIRST_TO_GO: &str = "1000";

/// Limits this process, as far as the system lets it. Memory is counted as it is used for data: addresses that are
/// reserved and never used cost nothing.
#[cfg(target_os = "linux")]
pub(crate) fn apply() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = |resource, wanted: u64| {
        let hard = getrlimit(resource).maximum;
        let limit = Some(hard.map_or(wanted, |hard| hard.min(wanted)));
        // What is not limited may cost more; the verdict is the same.
        let _ = setrlimit(resource, Rlimit { current: limit, maximum: limit });
    };
    if let Some(memory) = memory_bytes() {
        limit(Resource::Data, memory / MEMORY_SHARE);
    }
    limit(Resource::Core, CORE_BYTES);
    let _ = std::fs::write("/proc/self/oom_score_adj", FIRST_TO_GO); // as above
}

/// All that the machine has.
#[cfg(target_os = "linux")]
fn memory_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = total.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kib.checked_mul(1 << 10)
}

/// Elsewhere such a process has the limits of its parent.
#[cfg(not(target_os = "linux"))]
pub(crate) fn apply() {}
