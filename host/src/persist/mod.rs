//! What outlives the process: states, and what is known about code that brought a host down.
//!
//! Owns: the files below `target/pitstop/state` and the crash ledger. Consumes: snapshots and notes of the
//! engine. Produces: the state and the quarantine that the next host starts with. Never: keeps anything
//! from running because a disk fails.

pub mod checkpoint;
pub mod crash;
