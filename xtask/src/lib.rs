//! Pitstop's command line.
//!
//! Owns: the commands, one file each. Consumes: arguments, and the running host through its
//! socket. Produces: processes, texts, exit codes. Never: does what the host does; a command that
//! concerns a running app asks the app.
//!
//! A library, so that a scaffolded project's `xtask` is one line.

mod bench;
mod ci;
mod completions;
mod dev;
mod doctor;
mod events;
mod launch;
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

use clap::{CommandFactory, Parser, Subcommand};
use host::start::cli::Exit;
use project::Project;
use std::io::{self, Write};
use std::process::ExitCode;

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
}

/// Runs the command line of this process. Exit codes: 0 done, 1 failed, 2 wrong usage; `dev` and
/// `run` end with the code of what they ran.
#[must_use]
pub fn main() -> ExitCode {
    match dispatch(Xtask::parse().command) {
        Ok(code) => code,
        // Whoever read the output has seen enough, as with `| head`.
        Err(error) if is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            Exit::Failed.into()
        }
    }
}

fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    let project = match command {
        // Also where there is no workspace.
        Command::Watch(watch) => return watch.run(),
        Command::Completions(completions) => return completions.run(Xtask::command()),
        Command::Dev(ref dev) => dev.project()?,
        _ => Project::find()?,
    };
    match command {
        Command::Dev(dev) => dev.run(&project),
        Command::Run(run) => run.run(&project),
        Command::Watch(watch) => watch.run(),
        Command::Completions(completions) => completions.run(Xtask::command()),
        Command::Reload(reload) => reload.run(&project),
        Command::Rollback(rollback) => rollback.run(&project),
        Command::Status(status) => status.run(&project),
        Command::Events(events) => events.run(&project),
        Command::Snapshot(snapshot) => snapshot.run(&project),
        Command::Start(start) => start.run(&project),
        Command::Stop(stop) => stop.run(&project),
        Command::Test(test) => test.run(&project),
        Command::Ci(ci) => ci.run(&project),
        Command::Doctor(doctor) => doctor.run(&project),
        Command::Bench(bench) => bench.run(&project),
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
