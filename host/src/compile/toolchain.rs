//! Which toolchain builds.
//!
//! Owns: when the choice that this process was started with is out of date. Consumes: `rust-toolchain`
//! and `rust-toolchain.toml` of the workspace and the directories above it. Never: reads what they say;
//! rustup does that.
//!
//! A program that cargo has started is told which cargo and which toolchain that was, and passes it on.
//! As soon as a toolchain file is another, rustup is asked again.

use super::stamp::Stamps;
use std::env;
use std::path::Path;
use std::process::Command;

/// Variables by which rustup and cargo hand a choice down.
const CHOSEN: [&str; 2] = ["CARGO", "RUSTUP_TOOLCHAIN"];

/// The toolchain of one workspace.
#[derive(Debug)]
pub(super) struct Toolchain {
    files: Stamps,
}

impl Toolchain {
    /// Takes the choice that this process was started with for that of `root` as it is now.
    pub(super) fn of(root: &Path) -> Self {
        let names = ["rust-toolchain", "rust-toolchain.toml"];
        let files = root.ancestors().flat_map(|dir| names.map(|name| dir.join(name)));
        Self { files: Stamps::of_sources(files, None) }
    }

    /// The cargo that builds.
    pub(super) fn cargo(&self) -> Command {
        let is_chosen = self.files.changed().is_none();
        // Set when cargo started us: the very program, not a proxy that has to look for it.
        let program = env::var_os("CARGO").filter(|_| is_chosen);
        let mut command = Command::new(program.unwrap_or_else(|| "cargo".into()));
        if !is_chosen {
            for name in CHOSEN {
                command.env_remove(name);
            }
        }
        command
    }
}
