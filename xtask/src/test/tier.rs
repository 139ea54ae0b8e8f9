//! Which group a test belongs to, and which tier runs the group.
//!
//! Owns: the rules. Consumes: the test executable and the name that libtest has for a test. Never: reads
//! sources; a test says by its name where it belongs.

/// How much is run. Each tier holds those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    /// Before a commit.
    Quick,
    /// What CI runs.
    All,
    /// Once in a while.
    Extended,
}

impl Tier {
    pub(super) fn flag(self) -> &'static str {
        match self {
            Self::Quick => "`cargo xtask test`",
            Self::All => "`--all`",
            Self::Extended => "`--extended`",
        }
    }
}

/// Tests of one kind, run one group after the other and timed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// Beside the code, in one process, without a compiler.
    Unit,
    /// A module driven through its function table.
    Boundary,
    /// `cargo xtask` itself.
    Commands,
    /// Real builds and real file events, without a host.
    BuildAndWatch,
    /// A real host without a window.
    EndToEnd,
    /// A real host in a window.
    Window,
    /// Hosts and tests that are killed.
    Kills,
    /// Hundreds of reloads, or more than twenty seconds.
    Endurance,
    /// More than some minutes.
    Soak,
}

/// What decides before the executable does, wherever a test is: a part of its name.
const EVERYWHERE: [(&str, Group); 2] = [("_soak", Group::Soak), ("_endurance", Group::Endurance)];

/// The same for tests that are executables of their own: the first that fits.
const BY_NAME: [(&str, Group); 9] = [
    ("endurance::", Group::Endurance),
    ("_kill_at_any_moment", Group::Kills),
    ("clean::", Group::Kills),
    ("window::", Group::Window),
    ("window_containment::", Group::Window),
    ("window_services::", Group::Window),
    ("window_eframe::", Group::Window),
    ("versions::", Group::Window),
    ("eframe_app::a05_", Group::Window),
];

impl Group {
    /// The order in which they run: what fails soonest first.
    pub(super) const IN_ORDER: [Self; 9] = [
        Self::Unit,
        Self::Boundary,
        Self::Commands,
        Self::BuildAndWatch,
        Self::EndToEnd,
        Self::Window,
        Self::Kills,
        Self::Endurance,
        Self::Soak,
    ];

    /// The group of a test in an executable; `is_unit` for one built from a library or a program.
    pub(super) fn of(executable: &str, is_unit: bool, test: &str) -> Self {
        let named = |names: &[(&str, Self)]| {
            names.iter().find(|(part, _)| test.contains(part)).map(|(_, group)| *group)
        };
        let by_name = named(&EVERYWHERE).or_else(|| named(&BY_NAME).filter(|_| !is_unit));
        if let Some(group) = by_name {
            return group;
        }
        if is_unit {
            return Self::Unit;
        }
        match executable {
            "boundary" => Self::Boundary,
            "build_and_watch" => Self::BuildAndWatch,
            "e2e" => Self::EndToEnd,
            "dev" | "host" | "tidy" | "watch" => Self::Commands,
            // The rest needs neither a host nor a compiler.
            _ => Self::Unit,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Boundary => "boundary",
            Self::Commands => "commands",
            Self::BuildAndWatch => "build_and_watch",
            Self::EndToEnd => "e2e",
            Self::Window => "window",
            Self::Kills => "kills",
            Self::Endurance => "endurance",
            Self::Soak => "soak",
        }
    }

    /// The smallest tier that runs it.
    pub(super) fn tier(self) -> Tier {
        match self {
            Self::Unit | Self::Boundary | Self::Commands | Self::BuildAndWatch | Self::EndToEnd => {
                Tier::Quick
            }
            Self::Window | Self::Kills | Self::Endurance => Tier::All,
            Self::Soak => Tier::Extended,
        }
    }

    /// Whether each test's end is worth a line of its own.
    pub(super) fn is_slow(self) -> bool {
        !matches!(self, Self::Unit | Self::Boundary)
    }

    /// How many of its tests run at a time.
    pub(super) fn threads(self, cores: usize) -> usize {
        match self {
            // They measure times.
            Self::Soak => 1,
            // They wait for file events, frames and probation more than they compute.
            Self::EndToEnd => 2 * cores,
            _ => cores,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_says_by_its_name_where_it_belongs() {
        for (executable, is_unit, test, group) in [
            ("host", true, "watch::debounce::tests::x", Group::Unit),
            ("host", true, "shell::window::tests::x", Group::Unit),
            ("bench", true, "edits::tests::x_endurance", Group::Endurance),
            ("golden", false, "m16_version_1", Group::Unit),
            ("watch", false, "s01_x", Group::Commands),
            ("boundary", false, "faults::x", Group::Boundary),
            ("dev", false, "s05_x", Group::Commands),
            ("host", false, "stop_waits", Group::Commands),
            ("build_and_watch", false, "replay::x", Group::BuildAndWatch),
            ("build_and_watch", false, "replay::x_endurance", Group::Endurance),
            ("e2e", false, "reload::k02_x", Group::EndToEnd),
            ("e2e", false, "window::k02_x", Group::Window),
            ("e2e", false, "window::g12_x_endurance", Group::Endurance),
            ("e2e", false, "endurance::k12_x", Group::Endurance),
            ("e2e", false, "endurance::g10_x_soak", Group::Soak),
            ("e2e", false, "checkpoint::m14_after_a_kill_at_any_moment_x", Group::Kills),
            ("e2e", false, "clean::x", Group::Kills),
            ("e2e", false, "surroundings::after_a_kill_x", Group::EndToEnd),
        ] {
            assert_eq!(Group::of(executable, is_unit, test), group, "{executable} {test}");
        }
    }

    #[test]
    fn every_group_is_run_once_and_a_tier_holds_those_before_it() {
        assert!(Group::IN_ORDER.is_sorted_by(|a, b| a < b && a.tier() <= b.tier()));
        assert!(Tier::Quick < Tier::All && Tier::All < Tier::Extended);
    }
}
