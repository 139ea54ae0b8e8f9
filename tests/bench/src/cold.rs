//! From nothing to the first frame of an eframe application, against a cold `cargo build` of the same application.
//!
//! Owns: a project of one file with the features and the profile of eframe's own template
//! (<https://github.com/emilk/eframe_template>), and two target directories. Each side is run once, since it takes
//! minutes; `--quick` runs neither, and says so.

use crate::cargo_build::{bench_dir, command, timed};
use crate::report::Report;
use crate::run::Run;
use anyhow::Context as _;
use host::journal::event::Event;
use pitstop_tests::{HostOptions, HostProcess, Project};
use std::fs;
use std::time::{Duration, Instant};

/// What eframe's template asks for, on Linux.
const FEATURES: &str =
    "\"accesskit\", \"default_fonts\", \"glow\", \"persistence\", \"wayland\", \"x11\"";
const PROFILE: &str = "[profile.dev.package.\"*\"]\nopt-level = 2\n";

/// Measures both sides.
///
/// # Errors
/// When the application does not compile, or no host starts.
pub fn run(run: &mut Run<'_>) -> anyhow::Result<()> {
    if run.is_quick {
        run.report(Report::new("cold: not measured by --quick".to_owned()));
        return Ok(());
    }
    let project = Project::eframe_app();
    project.edit("Cargo.toml", as_in_the_template);
    let (cargo_dir, hot_dir) =
        (bench_dir().join("cold-cargo"), project.path("target/pitstop/build"));
    // The link to what tests share; this is about a build from nothing.
    fs::remove_file(&hot_dir).context("the link to the shared builds")?;
    let _ = fs::remove_dir_all(&cargo_dir); // left by a run that was stopped
    let (plain, _) = timed(command(project.root(), &cargo_dir))?;
    let plain = plain.as_secs_f64();
    fs::remove_dir_all(&cargo_dir).context("what was built")?;
    let hot = first_frame(&project)?.as_secs_f64();
    run.report(
        Report::new("cold: an eframe application as its template has it".to_owned())
            .number("cargo build", plain, "s")
            .number("first frame", hot, "s")
            .number("ratio", hot / plain, "×"),
    );
    Ok(())
}

fn as_in_the_template(manifest: &str) -> String {
    let (manifest, _) = manifest.split_once("[profile.").expect("it has a profile");
    let (before, features) = manifest.split_once("features = [").expect("eframe's come first");
    let (_, after) = features.split_once(']').expect("they end");
    format!("{before}features = [{FEATURES}]{after}{PROFILE}")
}

/// From the start of `cargo pitstop dev` to the first frame.
fn first_frame(project: &Project) -> anyhow::Result<Duration> {
    let env = vec![("CARGO_NET_OFFLINE".into(), "true".into())];
    let began = Instant::now();
    let mut host =
        HostProcess::launch(project, HostOptions { tool: true, env, ..HostOptions::default() });
    // Longer than tests wait for one event.
    let deadline = began + Duration::from_secs(3_600);
    loop {
        let entry = host.next_entry(deadline).context("the host has ended")?;
        match entry.event {
            Event::Committed { .. } => break,
            Event::BuildFailed { .. } | Event::Rejected { .. } => anyhow::bail!("{}", host.words()),
            _ => {}
        }
    }
    let took = began.elapsed();
    host.stop();
    Ok(took)
}
