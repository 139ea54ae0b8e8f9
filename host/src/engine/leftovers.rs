//! What earlier generations have left behind in this process, and how much of it is too much.
//!
//! Two things are used up. A library that stays mapped, because a thread of it runs on, keeps its memory.
//! And each generation that starts a thread takes a key for thread-local storage, of which a process has
//! about a thousand; std aborts when there is none.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

/// Libraries that may stay mapped, and the memory that they may take, before the host starts again.
const PINNED_MAX: usize = 40;
const PINNED_BYTES_MAX: u64 = 1 << 30;

/// What earlier generations have left behind in this process.
#[derive(Debug, Default)]
pub(super) struct Leftovers {
    pub(super) pinned: Vec<Pinned>,
    /// Modules whose user knows that their libraries stay mapped.
    pub(super) told: BTreeSet<String>,
    pub(super) need: Option<Need>,
    /// The user knows that the host should be started again by hand.
    pub(super) asked: bool,
    /// When the last generation ended.
    pub(super) last_end: Option<Instant>,
    /// Code was not loaded, because the process has no room for it.
    pub(super) refused: bool,
}

#[derive(Debug)]
pub(super) struct Pinned {
    pub(super) library: PathBuf,
    pub(super) bytes: u64,
}

/// Why the host has to start again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Thread keys run out.
    Keys,
    /// Libraries stay mapped.
    Memory { libraries: usize, bytes: u64 },
}

impl Need {
    /// What the counts say.
    pub(super) fn of(libraries: usize, bytes: u64, keys_are_low: bool) -> Option<Self> {
        if keys_are_low {
            return Some(Self::Keys);
        }
        (libraries > PINNED_MAX || bytes > PINNED_BYTES_MAX)
            .then_some(Self::Memory { libraries, bytes })
    }

    pub(super) fn in_words(self) -> String {
        match self {
            Self::Keys => "the process runs out of keys for thread-local storage: each generation \
                           that starts a thread takes one"
                .to_owned(),
            Self::Memory { libraries, bytes } => format!(
                "{libraries} libraries of earlier generations stay mapped ({} MB), because threads \
                 of them run on",
                bytes >> 20
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g42_a_restart_is_needed_past_each_of_the_bounds() {
        for (libraries, bytes, keys_are_low, expected) in [
            (0, 0, false, None),
            (PINNED_MAX, PINNED_BYTES_MAX, false, None),
            (
                PINNED_MAX + 1,
                10,
                false,
                Some(Need::Memory { libraries: PINNED_MAX + 1, bytes: 10 }),
            ),
            (
                1,
                PINNED_BYTES_MAX + 1,
                false,
                Some(Need::Memory { libraries: 1, bytes: PINNED_BYTES_MAX + 1 }),
            ),
            (0, 0, true, Some(Need::Keys)),
            (PINNED_MAX + 1, 0, true, Some(Need::Keys)),
        ] {
            assert_eq!(Need::of(libraries, bytes, keys_are_low), expected);
        }
    }
}
