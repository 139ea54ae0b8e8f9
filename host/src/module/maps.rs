//! Whether a library is really gone from the process.

use std::path::Path;

/// The bytes of address space that code of `path`, or of the shared library that goes with it, takes in
/// this process; 0 when neither is mapped, `None` where the system cannot be asked.
///
/// Only libraries with executable pages count: a module that has shown the backtrace of a panic leaves a
/// read-only view of its file behind, from which its std has read the names of functions. No code and
/// no memory is in that.
#[cfg(target_os = "linux")]
#[must_use]
pub fn mapped_bytes(path: &Path) -> Option<u64> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let companion = super::companion::of(path);
    let sizes = [path, &companion].map(|path| size_in(&maps, &path.to_string_lossy()));
    Some(sizes.into_iter().sum())
}

/// See the Linux version.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn mapped_bytes(_path: &Path) -> Option<u64> {
    None
}

/// All mappings of a file, if code is among them.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "the map is Linux's"))]
fn size_in(maps: &str, file: &str) -> u64 {
    // `<from>-<to> r-xp <offset> <device> <inode>  <path>`
    let lines = maps.lines().filter(|line| {
        // What has been removed from disk meanwhile takes as much room.
        let line = line.strip_suffix(" (deleted)").unwrap_or(line);
        line.strip_suffix(file).is_some_and(|rest| rest.ends_with(char::is_whitespace))
    });
    let (mut size, mut has_code) = (0, false);
    for line in lines {
        let mut words = line.split(' ');
        let range = words.next().and_then(|range| range.split_once('-'));
        let number = |text: &str| u64::from_str_radix(text, 16).ok();
        if let Some((from, to)) = range.and_then(|(a, b)| Some((number(a)?, number(b)?))) {
            size += to.saturating_sub(from);
        }
        has_code |= words.next().is_some_and(|rights| rights.contains('x'));
    }
    if has_code { size } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::size_in;

    #[test]
    fn only_a_file_with_executable_pages_counts_and_then_all_of_it() {
        let maps = "\
7f0000001000-7f0000003000 r--p 00000000 fe:00 12   /g/ui-g1.so
7f0000003000-7f0000004000 r-xp 00002000 fe:00 12   /g/ui-g1.so
7f0000005000-7f0000006000 r--p 00000000 fe:00 13   /g/ui-g2.so
7f0000007000-7f0000008000 rw-p 00000000 00:00 0    [heap]
7f0000008000-7f0000009000 r-xp 00000000 fe:00 15   /g/ui-g4.so (deleted)
7f0000009000-7f000000a000 r-xp 00000000 fe:00 14   /other/g/ui-g2.so
";
        assert_eq!(size_in(maps, "/g/ui-g1.so"), 0x3000);
        assert_eq!(size_in(maps, "/g/ui-g2.so"), 0, "a view of its file");
        assert_eq!(size_in(maps, "/g/ui-g3.so"), 0);
        assert_eq!(size_in(maps, "/g/ui-g4.so"), 0x1000, "removed from disk");
        assert_eq!(size_in("nonsense\nx-y r-xp /g/a.so", "/g/a.so"), 0);
    }
}
