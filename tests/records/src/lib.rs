//! A state of any size, and the ways in which it can be captured and restored.
//!
//! All of them are compiled here, in a crate that the dev profile optimises: what differs between them
//! is the codec alone.

mod state;
mod way;

pub use state::{Record, Records, Shape};
pub use way::{Restored, WAYS, Way};
