//! The stable half of Pitstop: it stays while the code it shows is exchanged.
//!
//! The library has no window. It watches sources, builds modules, loads them, keeps their state
//! alive through swaps, and tells everybody what happened; feature `shell` adds the window, and the
//! same engine runs without it. Rooms in reading order; each hands its neighbour one noun:
//!
//! ```text
//! watch --ChangeSet--> engine --Request--> build --Artifact, ShadowCopy--> swap --Picture--> shell
//!                         '--- Event --> journal --> control, status, terminal
//! ```
//!
//! - [`event`] is the closed list of everything that can happen.
//! - [`journal`], [`status`], [`control`] tell it.
//! - [`config`], [`cli`] say what the user may choose.
//! - [`workspace`], [`watch`], [`build`] go from a saved file to a library.
//! - [`module`], [`swap`] go from a library to running code.
//! - [`literals`] goes from a saved file to running code without a library.
//! - [`checkpoint`] keeps the state on disk.
//! - [`crash`] remembers which code brought the process down.
//! - [`engine`] decides.
//! - [`launch`], [`headless`], `shell` run it.

pub mod build;
mod cancel;
pub mod checkpoint;
mod child_env;
pub mod cli;
mod companion;
pub mod config;
pub mod control;
pub mod crash;
pub mod engine;
pub mod event;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod headless;
pub mod host_control;
pub mod journal;
pub mod launch;
pub mod literals;
pub mod module;
mod private_dir;
#[cfg(feature = "shell")]
pub mod shell;
mod signals;
pub mod stage_clock;
pub mod status;
pub mod swap;
mod terminal;
pub mod watch;
mod whole_file;
pub mod workspace;
