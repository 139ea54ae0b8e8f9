//! The files of the user's workspace: which ones matter, and when they change.
//!
//! Owns: what belongs to which module, and the watches. Consumes: cargo's description of the workspace,
//! events of the file system. Produces: [`ChangeSet`](watch::ChangeSet)s. Never: builds, or writes a file
//! of the user's.

pub mod eframe_use;
pub(crate) mod rust_files;
pub mod syntax;
pub mod watch;
pub mod workspace;
