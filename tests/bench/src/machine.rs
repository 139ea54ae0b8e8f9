//! On what and when something was measured, as the system tells (Linux).

use std::fmt;
use std::fs;
use std::process::Command;

/// A machine and its compiler. What the system does not tell is `unknown`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The processor's name for itself.
    pub cpu: String,
    /// Logical processors that this process may use.
    pub cores: usize,
    /// All memory, in GiB.
    pub memory_gib: u64,
    /// The system and its version.
    pub kernel: String,
    /// The compiler, without hash and date.
    pub rustc: String,
}

impl Machine {
    /// The one this runs on.
    #[must_use]
    pub fn here() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpu = field(&read("/proc/cpuinfo"), "model name");
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        let kibibytes = memory.split(' ').next().and_then(|number| number.parse::<u64>().ok());
        let release = read("/proc/sys/kernel/osrelease");
        let rustc = Command::new("rustc").arg("--version").output();
        let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let rustc = rustc.unwrap_or_default();
        Self {
            cpu,
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory_gib: (kibibytes.unwrap_or(0) + (1 << 19)) >> 20,
            kernel: format!("Linux {}", or_unknown(release.split('-').next())),
            rustc: format!("rustc {}", or_unknown(rustc.split(' ').nth(1))),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, cores, memory_gib, kernel, rustc } = self;
        write!(f, "{cpu}, {cores} logical cores, {memory_gib} GiB, {kernel}, {rustc}")
    }
}

/// How this program itself was compiled, as cargo calls it.
#[must_use]
pub fn profile() -> &'static str {
    if cfg!(debug_assertions) { "dev" } else { "release" }
}

/// A day as `2026-11-21`, from milliseconds since 1970-01-01 UTC.
#[must_use]
pub fn day(unix_ms: u64) -> String {
    // In years that begin in March, so that the day that comes every four years is the last one.
    let days = unix_ms / 86_400_000 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

/// The value of the first `key : value`.
fn field(text: &str, key: &str) -> String {
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.split_once(':'));
    or_unknown(value.map(|(_, value)| value))
}

fn or_unknown(text: Option<&str>) -> String {
    text.map(str::trim).filter(|text| !text.is_empty()).unwrap_or("unknown").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        let at = |days: u64| day(days * 86_400_000 + 3_600_000);
        assert_eq!(
            [0, 58, 59, 11_016, 20_778].map(at),
            ["1970-01-01", "1970-02-28", "1970-03-01", "2000-02-29", "2026-11-21"]
        );
    }

    #[test]
    fn what_is_not_told_is_unknown() {
        assert_eq!(field("model name\t: Fast One\n", "model name"), "Fast One");
        assert_eq!(field("", "model name"), "unknown");
    }

    #[test]
    fn this_machine_has_a_compiler() {
        let text = Machine::here().to_string();
        assert!(text.contains("rustc 1.") && !text.contains("  "), "{text}");
    }
}
