//! Saves that come faster than builds end.

use host::journal::event::{Entry, Event, Generation};
use pitstop_tests::alone::measured;
use pitstop_tests::{HostProcess, Project};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How often a file is saved.
const SAVE_EVERY: Duration = Duration::from_millis(50);

/// As many functions as make a build take longer than the watcher needs to collect a burst.
const FUNCTIONS: usize = 1_500;

/// Edits that tell how long a build takes.
const WARM_UP: usize = 3;

/// A module all of whose functions depend on a constant in `seed.rs`.
fn bulky() -> Project {
    let project = Project::new();
    let functions = (0..FUNCTIONS).map(|n| {
        format!(
            "pub fn f{n}(x: u64) -> String {{ let y = x.wrapping_mul(SEED + {n}); \
             if y % 3 == 0 {{ format!(\"{n} {{y}} {{x:?}}\") }} else {{ y.to_string().repeat({n} % 7) }} }}\n"
        )
    });
    let calls: String = (0..FUNCTIONS).map(|n| format!("f{n} as fn(u64) -> String, ")).collect();
    let bulk = format!(
        "use crate::seed::SEED;\n{}pub fn all() -> Vec<fn(u64) -> String> {{ vec![{calls}] }}\n",
        functions.collect::<String>()
    );
    project.save("ui/src/bulk.rs", &bulk);
    save(&project, 0);
    project.edit("ui/src/lib.rs", |code| {
        code.replace("const NAME: &str = \"one\";", "mod bulk; mod seed; use seed::NAME;")
            .replace("// in create", "std::hint::black_box(bulk::all());")
    });
    project
}

fn save(project: &Project, n: usize) {
    let code =
        format!("pub const SEED: u64 = {};\npub const NAME: &str = \"{n}\";\n", n * 7919 + 3);
    project.save("ui/src/seed.rs", &code);
}

/// How long builds took, in milliseconds.
fn build_times(entries: &[Entry]) -> Vec<u64> {
    let times = entries.iter().filter_map(|entry| match entry.event {
        Event::BuildFinished { ms, .. } => Some(ms),
        _ => None,
    });
    times.collect()
}

fn commits(entries: &[Entry]) -> Vec<&Entry> {
    entries.iter().filter(|entry| matches!(entry.event, Event::Committed { .. })).collect()
}

/// Saves at a steady pace and expects new code at least every third build time. `length` is told what a
/// build takes.
fn storm(length: impl FnOnce(Duration) -> Duration) {
    let project = bulky();
    let mut host = HostProcess::start(&project);
    for n in 1..=WARM_UP {
        save(&project, n);
        host.wait_for_commit("ui");
    }
    let mut times = build_times(host.journal())[1..].to_vec();
    times.sort_unstable();
    let length = length(Duration::from_millis(times[times.len() / 2]));

    let earlier = host.journal().len();
    let before_us = host.journal().last().map_or(0, |entry| entry.t_us);
    let ticks = crossbeam_channel::tick(SAVE_EVERY);
    let began = Instant::now();
    let mut saved = WARM_UP;
    while began.elapsed() < length {
        ticks.recv().expect("a ticker never ends");
        saved += 1;
        save(&project, saved);
    }
    let in_storm = host.journal()[earlier..].to_vec();
    let after_us = before_us + began.elapsed().as_micros() as u64;

    let commits: Vec<u64> = commits(&in_storm).iter().map(|entry| entry.t_us).collect();
    // Saving itself takes time from the compiler, and so may other tests: the slowest build counts.
    times.extend(build_times(&in_storm));
    let build_us = times.iter().max().copied().unwrap_or_default() * 1000;
    measured(&format!(
        "{saved} saves in {:?}, {} commits, a build takes {} ms",
        began.elapsed(),
        commits.len(),
        build_us / 1000
    ));
    let bounds: Vec<u64> =
        std::iter::once(before_us).chain(commits).chain(std::iter::once(after_us)).collect();
    let longest = bounds.windows(2).map(|two| two[1] - two[0]).max().unwrap_or_default();
    assert!(
        longest <= 3 * build_us,
        "no new code for {} ms; a build takes {} ms\n{}",
        longest / 1000,
        build_us / 1000,
        host.words()
    );

    let newest = saved.to_string();
    host.wait_for("the newest content", |entry| {
        matches!(entry.event, Event::Committed { .. }) && entry.t_us > after_us
    });
    pitstop_tests::wait_until("the newest content runs", || {
        (host.seen_by("ui").last() == Some(&newest)).then_some(())
    });
    let finished = host.journal().iter().filter_map(|entry| match entry.event {
        Event::BuildFinished { .. } => entry.generation,
        _ => None,
    });
    let finished: Vec<Generation> = finished.collect();
    let distinct: BTreeSet<&Generation> = finished.iter().collect();
    assert_eq!(finished.len(), distinct.len(), "each build has a number of its own: {finished:?}");
}

#[test]
fn g26_new_code_runs_while_saves_never_pause() {
    storm(|build| (build * 7).max(Duration::from_secs(5)));
}

#[test]
fn g26_a_minute_of_saves_soak() {
    storm(|_| Duration::from_secs(60));
}
