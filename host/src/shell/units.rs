//! Numbers as people read them.
//!
//! Owns: the rounding and the units of everything the shell shows. Never: state.

/// Longest name on a menu button.
pub(super) const NAME_COLUMNS_MAX: usize = 18;

/// Microseconds as milliseconds or seconds, to three digits at most where that is enough.
pub(super) fn milliseconds(micros: u64) -> String {
    match micros {
        0..9_950 => format!("{:.1} ms", micros as f64 / 1e3),
        9_950..9_999_500 => format!("{:.0} ms", micros as f64 / 1e3),
        _ => format!("{:.1} s", micros as f64 / 1e6),
    }
}

/// Bytes in decimal units.
pub(super) fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..999_950 => format!("{:.1} kB", count as f64 / 1e3),
        _ => format!("{:.1} MB", count as f64 / 1e6),
    }
}

/// `1 change waits`, `3 changes wait`.
pub(super) fn change_count(count: usize) -> String {
    if count == 1 { "1 change waits".to_owned() } else { format!("{count} changes wait") }
}

/// Milliseconds in the unit that they fill.
pub(super) fn span(ms: u64) -> String {
    match ms / 1_000 {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// At most `columns_max` characters, the last of them an ellipsis if something is missing.
pub(super) fn shortened(text: &str, columns_max: usize) -> String {
    if text.chars().count() <= columns_max {
        return text.to_owned();
    }
    let start: String = text.chars().take(columns_max.saturating_sub(1)).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (micros, text) in [
            (0, "0.0 ms"),
            (1_234, "1.2 ms"),
            (9_949, "9.9 ms"),
            (9_950, "10 ms"),
            (412_300, "412 ms"),
            (9_999_499, "9999 ms"),
            (9_999_500, "10.0 s"),
            (83_000_000, "83.0 s"),
        ] {
            assert_eq!(milliseconds(micros), text);
        }
        for (count, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_250, "1.2 kB"),
            (999_949, "999.9 kB"),
            (10_000_000, "10.0 MB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn spans_are_as_coarse_as_they_are_long() {
        for (seconds, text) in [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7_260, "2 h 1 min")] {
            assert_eq!(span(seconds * 1_000 + 999), text);
        }
    }

    #[test]
    fn long_names_are_shortened_at_character_boundaries() {
        assert_eq!(shortened("hot_ui", 6), "hot_ui");
        assert_eq!(shortened("größer", 4), "grö…");
    }
}
