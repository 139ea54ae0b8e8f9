//! `cargo xtask completions`: what a shell needs to complete these commands.

use anyhow::Context as _;
use clap::{Arg, Args, Command};
use clap_complete::Shell;
use host::start::cli::Exit;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// Under this name a shell completes them: cargo's own completion knows nothing of aliases.
const NAME: &str = "xtask";

/// Print a script that completes these commands in a shell
#[derive(Args, Debug)]
#[command(after_help = "\
bash:  alias xtask='cargo xtask'; source <(cargo xtask completions bash)
zsh:   alias xtask='cargo xtask'; source <(cargo xtask completions zsh)
fish:  alias xtask='cargo xtask'; cargo xtask completions fish | source")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// `commands` are those to complete.
    pub(crate) fn run(&self, commands: Command) -> anyhow::Result<ExitCode> {
        let mut commands = named(commands.name(NAME).bin_name(NAME));
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut commands, NAME, &mut script);
        io::stdout().write_all(&script).context("cannot write the script")?;
        Ok(Exit::Done.into())
    }
}

/// The same with each default in the words that a shell shows.
fn named(commands: Command) -> Command {
    commands.mut_args(with_default).mut_subcommands(named)
}

fn with_default(arg: Arg) -> Arg {
    let values = arg.get_default_values().iter().map(|value| value.to_string_lossy());
    let values = values.collect::<Vec<_>>().join(" ");
    match (arg.get_action().takes_values(), arg.get_help().map(ToString::to_string)) {
        (true, Some(help)) if !values.is_empty() => arg.help(format!("{help} [default: {values}]")),
        _ => arg,
    }
}
