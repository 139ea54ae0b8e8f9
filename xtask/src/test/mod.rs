//! `cargo xtask test`: three tiers of tests, run group by group.
//!
//! Owns: the order of the groups, the times, and the closing line. Consumes: the test executables that
//! cargo built. Produces: progress while they run, and an exit code. Never: builds another set of packages
//! than the workspace, which would compile egui once more. `docs/testing.md` says which test is where.

mod closing;
mod executables;
mod extended;
mod libtest;
mod tier;

use crate::doctor::{self, FIX_WINDOW_TESTS};
use crate::output::say;
use crate::project::Project;
use clap::Args;
use closing::{Closing, Count};
use executables::Toolchain;
use host::start::cli::Exit;
use std::process::ExitCode;
use std::time::Instant;
use tier::{Group, Tier};

/// Run the tests to run before a commit, or those whose names contain FILTER
#[derive(Args, Debug)]
pub(crate) struct Test {
    /// Part of a test's name, such as k06; looked for in every tier
    filter: Option<String>,

    /// Also the tests that need a window, kill hosts, or run for long
    #[arg(long, conflicts_with = "extended")]
    all: bool,

    /// Also soaks, nightly, older versions of egui, cold benchmarks and fuzzing; takes hours. With FILTER, tests only
    #[arg(long)]
    extended: bool,
}

impl Test {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        let tier = match (&self.filter, self.all, self.extended) {
            (_, _, true) => Tier::Extended,
            (_, true, _) => Tier::All,
            // Whoever names a test wants to see it run, unless it takes hours.
            (Some(_), ..) => Tier::All,
            (None, ..) => Tier::Quick,
        };
        let mut closing = Closing::default();
        tests(project, &Toolchain::default(), tier, self.filter.as_deref(), &mut closing)?;
        if self.extended && self.filter.is_none() {
            extended::run(project, &mut closing)?;
            extended::log(project, &closing)?;
        }
        closing.say()?;
        Ok(if closing.has_passed() { Exit::Done } else { Exit::Failed }.into())
    }
}

/// Builds all tests and runs those of a tier.
fn tests(
    project: &Project,
    toolchain: &Toolchain,
    tier: Tier,
    filter: Option<&str>,
    closing: &mut Closing,
) -> anyhow::Result<()> {
    say(&format!("== build{}: {}", toolchain.words(), toolchain.shown(project)))?;
    let started = Instant::now();
    let Some(executables) = executables::build(project, toolchain)? else {
        closing.add(&format!("build{}", toolchain.words()), started, Count::FAILED);
        return Ok(());
    };
    closing.add(&format!("build{}", toolchain.words()), started, Count::default());
    let selected = executables::select(&executables, filter)?;
    let home = libtest::Home::new()?;
    for group in Group::IN_ORDER {
        let runs: Vec<_> = selected.iter().filter(|run| run.group == group).collect();
        let total: usize = runs.iter().map(|run| run.tests.len()).sum();
        if total == 0 {
            continue;
        }
        let name = format!("{}{}", group.name(), toolchain.words());
        if group.tier() > tier {
            // Not counted: they were not asked for.
            say(&format!("== {name}: {total} tests are left to {}", group.tier().flag()))?;
            continue;
        }
        if group == Group::Window && !doctor::can_show_windows() {
            let reason = "there is no display and no Xvfb";
            say(&format!("== {name}: {total} tests skipped, {reason}; to run them:"))?;
            say(&format!("   {FIX_WINDOW_TESTS}"))?;
            let skipped = u32::try_from(total).unwrap_or(u32::MAX);
            closing.add(&name, Instant::now(), Count { skipped, ..Count::default() });
            continue;
        }
        say(&format!("== {name}: {total} tests"))?;
        let started = Instant::now();
        let count = libtest::run(project, &home, toolchain, group, &runs, closing.measured())?;
        closing.add(&name, started, count);
    }
    if filter.is_none() {
        let name = format!("documentation{}", toolchain.words());
        say(&format!("== {name}"))?;
        let started = Instant::now();
        let count = libtest::documentation(project, toolchain)?;
        closing.add(&name, started, count);
    }
    Ok(())
}
