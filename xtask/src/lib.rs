//! Pitstop's command line.
//!
//! Owns: the commands, one file each. Consumes: arguments, and the running host through its
//! socket. Produces: processes, texts, exit codes. Never: does what the host does; a command that
//! concerns a running app asks the app.
//!
//! A library, so that a scaffolded project's `xtask` is one line.

mod api_source;
mod bench;
mod ci;
mod completions;
mod dev;
mod doctor;
mod events;
mod init;
mod launch;
mod new;
mod older;
mod output;
mod program;
mod project;
mod reload;
mod rollback;
mod run;
mod snapshot;
mod status;
mod stop;
mod supervise;
mod test;
mod watch;

use anyhow::bail;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use host::os::{is_installed_tool, own_command};
use host::sources::workspace::Workspace;
use host::start::cli::Exit;
use project::Project;
use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

/// The eframe that modules of this version are made for is 0.this.
const EFRAME_MINOR: u64 = 37;
/// Those before it that hot_api has a manifest for, below `versions`; the newest first.
const EFRAME_OLDER: [u64; 3] = [36, 35, 34];

/// The requirement of that eframe, and of the hot_api for it.
fn eframe_requirement() -> String {
    format!("0.{EFRAME_MINOR}")
}

/// Change the code while the app keeps running.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Dev(dev::Dev),
    Run(run::Run),
    Watch(watch::Watch),
    Reload(reload::Reload),
    Rollback(rollback::Rollback),
    Status(status::Status),
    Events(events::Events),
    Snapshot(snapshot::Snapshot),
    Start(stop::Start),
    Stop(stop::Stop),
    Test(test::Test),
    Ci(ci::Ci),
    Doctor(doctor::Doctor),
    Bench(bench::Bench),
    Completions(completions::Completions),
    New(new::New),
    Init(init::Init),
}

/// Runs the command line of this process. Exit codes: 0 done, 1 failed, 2 wrong usage; `dev` and
/// `run` end with the code of what they ran.
#[must_use]
pub fn main() -> ExitCode {
    match dispatch(parse().command) {
        Ok(code) => code,
        // Whoever read the output has seen enough, as with `| head`.
        Err(error) if is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            Exit::Failed.into()
        }
    }
}

/// The command line, with help in the words of whoever has started this.
fn parse() -> Xtask {
    let args = env::args_os().enumerate();
    // `cargo pitstop …` runs `cargo-pitstop pitstop …`.
    let is_own_name =
        |at: usize, arg: &OsString| at == 1 && is_installed_tool() && arg == "pitstop";
    let args = args.filter(|(at, arg)| !is_own_name(*at, arg)).map(|(_, arg)| arg);
    let matches = commands().get_matches_from(args);
    Xtask::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// The commands as they are called here.
fn commands() -> clap::Command {
    let own = own_command();
    called(Xtask::command(), own).name(own).bin_name(own)
}

fn called(command: clap::Command, own: &str) -> clap::Command {
    let named = |text: &clap::builder::StyledStr| text.to_string().replace("cargo xtask", own);
    let about = command.get_about().map(named);
    let after = command.get_after_help().map(named);
    let command = command.mut_args(|arg| match arg.get_help().map(named) {
        Some(help) => arg.help(help),
        None => arg,
    });
    let command = match about {
        Some(about) => command.about(about),
        None => command,
    };
    let command = match after {
        Some(after) => command.after_help(after),
        None => command,
    };
    command.mut_subcommands(|command| called(command, own))
}

/// Refuses what only the workspace of Pitstop itself has.
fn own(project: Project) -> anyhow::Result<Project> {
    if Workspace::load(&project.root)?.host(&[]).is_none() {
        bail!(
            "this command tests Pitstop itself, in its own workspace; here it is `cargo test`, and `{} doctor` says \
             what is missing",
            own_command()
        );
    }
    Ok(project)
}

fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    let project = Project::find;
    match command {
        // Also where there is no workspace.
        Command::Watch(watch) => watch.run(),
        Command::Completions(completions) => completions.run(commands()),
        Command::New(new) => new.run(),
        Command::Init(init) => init.run(),
        Command::Dev(dev) => {
            let project = dev.project()?;
            dev.run(&project)
        }
        Command::Run(run) => run.run(&project()?),
        Command::Reload(reload) => reload.run(&project()?),
        Command::Rollback(rollback) => rollback.run(&project()?),
        Command::Status(status) => status.run(&project()?),
        Command::Events(events) => events.run(&project()?),
        Command::Snapshot(snapshot) => snapshot.run(&project()?),
        Command::Start(start) => start.run(&project()?),
        Command::Stop(stop) => stop.run(&project()?),
        Command::Doctor(doctor) => doctor.run(&project()?),
        Command::Test(test) => test.run(&own(project()?)?),
        Command::Ci(ci) => ci.run(&own(project()?)?),
        Command::Bench(bench) => bench.run(&own(project()?)?),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound_and_every_command_has_help() {
        let command = Xtask::command();
        command.clone().debug_assert();
        for sub in command.get_subcommands() {
            assert!(sub.get_about().is_some(), "`{}` does not say what it does", sub.get_name());
            for argument in sub.get_arguments().filter(|a| !a.is_hide_set()) {
                let named = argument.get_help().is_some() || argument.get_id() == "help";
                assert!(named, "`{} {}` has no help", sub.get_name(), argument.get_id());
            }
        }
    }
}
