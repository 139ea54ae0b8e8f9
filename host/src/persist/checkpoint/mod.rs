//! The state on disk, for the case that the whole process dies.
//!
//! Owns: the files in `target/pitstop/checkpoint/` and the thread that writes them. Consumes:
//! snapshots of the slots. Produces: snapshots for the next start. Never: gives bytes a meaning,
//! makes the window wait for a disk, or deletes what it cannot read.
//!
//! Theory of operation: a slot rings a bell when its code runs for the first time since its state
//! was captured. The [`Keeper`] then captures it between two frames, at most twice a second,
//! compares the content with what it wrote last, and writes what is new to a file of its own
//! ([`Store`]). With the time that capturing and writing take, the newest file is less than a second
//! behind. At the next start the engine offers the files to the module, the newest first.

mod error;
mod file;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod keeper;
mod store;

pub use error::CheckpointError;
pub use file::{Aside, Checkpoint};
pub use keeper::Keeper;
pub use store::{KEPT_FILES, Store};
