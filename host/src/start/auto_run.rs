//! The programs of `[[auto_run]]`, as settings and workspace say together.
//!
//! Owns: where each program is and what builds it. Consumes: [`Settings`] and the workspace. Produces: a
//! [`ProgramsConfig`]. Never: starts one.

use crate::journal::EventsTo;
use crate::sources::workspace::{Bin, Workspace};
use crate::start::settings::{AutoRun, Runs, Settings};
use crate::supervise::{How, PrintsTo, Program, ProgramsConfig, Watched};
use anyhow::Context;
use std::path::Path;

/// What is built and run beside the modules.
///
/// # Errors
/// A binary that the workspace does not have, with its program and field.
pub(super) fn config(
    workspace: &Workspace,
    settings: &Settings,
    dir: &Path,
) -> anyhow::Result<ProgramsConfig> {
    let (mut programs, mut bins) = (Vec::new(), Vec::<Bin>::new());
    for auto_run in &settings.auto_run {
        let bin = match &auto_run.runs {
            Runs::Bin(name) => Some(workspace.bin(name).with_context(|| {
                format!("pitstop.toml: `auto_run.bin` of \"{}\" is `{name}`", auto_run.name)
            })?),
            Runs::Command(_) => None,
        };
        let program = program(workspace.root(), settings, auto_run, bin.as_ref());
        programs.push((program, auto_run.terms));
        bins.extend(bin.filter(|bin| !bins.contains(bin)));
    }
    let inputs = workspace.programs_inputs(&bins)?;
    let watched = (!bins.is_empty()).then(|| Watched {
        how: How::Cargo(bins),
        dir: workspace.root().to_owned(),
        inputs,
        poll_interval: settings.poll_interval,
    });
    let lock = dir.join("programs.lock");
    Ok(ProgramsConfig { programs, watched, is_watching: settings.watch, lock })
}

fn program(root: &Path, settings: &Settings, auto_run: &AutoRun, bin: Option<&Bin>) -> Program {
    let path = match (&auto_run.runs, bin) {
        // A name is looked for in `PATH`.
        (Runs::Command(path), _) if path.components().count() == 1 => path.clone(),
        (Runs::Command(path), _) => root.join(path),
        (Runs::Bin(_), bin) => bin.map(|bin| bin.path.clone()).unwrap_or_default(),
    };
    let build = match bin {
        Some(bin) => How::Cargo(vec![bin.clone()]).shown(root),
        None => "that of the modules".to_owned(),
    };
    Program {
        name: auto_run.name.clone(),
        path,
        args: auto_run.args.iter().map(Into::into).collect(),
        dir: Some(root.to_owned()),
        env: auto_run.env.clone(),
        signal: auto_run.signal,
        is_enabled: auto_run.enabled,
        has_terminal: false,
        prints_to: match settings.events {
            Some(EventsTo::Stdout) => PrintsTo::Stderr,
            _ => PrintsTo::Stdout,
        },
        target: bin.map(|bin| bin.name.clone()),
        build,
        held: None,
    }
}
