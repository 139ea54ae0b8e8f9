//! `cargo xtask dev`: builds the host, runs it, and starts it again when it crashes.

use crate::launch::{Ended, Launcher};
use crate::output::say;
use crate::program;
use crate::project::Project;
use crate::supervise::{self, HostProgram};
use anyhow::Context as _;
use clap::Args;
use host::os::is_installed_tool;
use host::start::cli::DevArgs;
use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

/// Run the app with hot reload: build, start, and swap the code on every save
#[derive(Args, Debug)]
#[command(after_help = "\
While it runs: save a file, press Ctrl+Alt+R, click \"Hot Reload\", or run `cargo xtask reload`.

Environment: PITSTOP_WATCH=0|1, PITSTOP_HEADLESS=1, PITSTOP_EVENTS=FILE, PITSTOP_LOG=LEVEL;
PITSTOP_HOST_BIN=FILE runs a host that is built already. Flags win over the environment, and the
environment over pitstop.toml.")]
pub(crate) struct Dev {
    #[command(flatten)]
    args: DevArgs,
}

impl Dev {
    /// The workspace that is meant.
    pub(crate) fn project(&self) -> anyhow::Result<Project> {
        match &self.args.workspace {
            Some(root) => Ok(Project { root: std::path::absolute(root)? }),
            None => Project::find(),
        }
    }

    pub(crate) fn run(mut self, project: &Project) -> anyhow::Result<ExitCode> {
        let launcher = Launcher::new()?;
        let named = env::var_os("PITSTOP_HOST_BIN");
        let is_tool = named.is_none() && is_installed_tool();
        let path = match named {
            Some(host) => PathBuf::from(host),
            // The tool is a host itself.
            None if is_tool => env::current_exe().context("the tool does not know where it is")?,
            None => {
                match program::build(&launcher, program::of_workspace(project, "host"), "host")? {
                    Ok(host) => host,
                    Err(ended) => return Ok(ended.code()),
                }
            }
        };
        self.args.workspace = Some(project.root.clone());
        let ended = supervise::run(&launcher, HostProgram { path, is_tool }, self.args)?;
        if let Ended::Killed = ended {
            say(
                "the host did not end in time and was killed; target/pitstop/host.log may say why",
            )?;
        }
        Ok(ended.code())
    }
}
