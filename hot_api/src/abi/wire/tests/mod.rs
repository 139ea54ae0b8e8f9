//! What crosses comes out as it went in, and nothing that comes in does harm.
//!
//! No files, no clock, no foreign code: these run under Miri as they are.

mod hostile;
mod round_trip;
pub(crate) mod samples;
