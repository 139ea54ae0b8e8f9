//! What the operating system offers, each thing wrapped once.
//!
//! Owns: private directories, files that are replaced as a whole, programs with all they start, their environment,
//! signal handlers, waits that can be cancelled, what the allocator keeps. Never: knows what it is used for.

pub(crate) mod allocator;
pub(crate) mod cancel;
mod cargo_home;
pub mod child_env;
pub mod command_line;
pub(crate) mod confinement;
pub(crate) mod faults;
pub(crate) mod file_identity;
pub mod group;
pub(crate) mod lines;
mod own_command;
pub(crate) mod own_executable;
pub(crate) mod private_dir;
pub(crate) mod process_limits;
pub(crate) mod signals;
#[cfg(unix)]
pub(crate) mod terminal;
pub mod whole_file;

pub use cargo_home::cargo_home;
pub use own_command::{be_installed_tool, is_installed_tool, own_command};
