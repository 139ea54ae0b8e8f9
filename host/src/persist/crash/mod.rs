//! Which code brought the process down, and what ran before it.
//!
//! Owns: the record in `target/pitstop/crashes.json`, which outlives the process. Consumes: what is
//! loaded and committed, and at the start whether the host before this one crashed. Produces: the
//! verdict on an artifact, and the generations that earlier hosts have proven. Never: starts or ends
//! anything; `cargo xtask dev` starts a crashed host anew, and the engine decides what it loads.
//!
//! Theory of operation: a process that dies cannot say of what, so what it was about to do is
//! written down before. The next host blames the artifact that was being loaded, or else the newest
//! of those that ran. Once may be bad luck; an artifact that was loaded again and brought the host
//! down again within [`AGAIN_WITHIN`] is in quarantine, until the user starts the host anew. Code that
//! has run for longer than that before is believed: then the checkpoint that it was loaded with is
//! set aside, and the one before is tried.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod ledger;
mod record;

pub use ledger::{Before, CrashLedger, LedgerError};
pub use record::{AGAIN_WITHIN, LoadedWith, ProvenCode, Verdict};
