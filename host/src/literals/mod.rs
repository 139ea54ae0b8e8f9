//! Saves that change nothing but literals inside `tweak!(…)`: they need no compiler.
//!
//! ```text
//! (texts that were compiled, texts now) --compare--> Change --marks--> LiteralValue --> module
//! ```
//!
//! Owns: what the newest library of each module was compiled from, and which values each generation
//! shows. Consumes: saved files, and the marks that `tweak!` leaves in libraries. Produces: a
//! [`Takeover`] for a save that can be taken over, and as the engine's
//! [`FastPath`](crate::engine::FastPath) ([`Literals`]) gives it to the running module. Never: compiles.
//!
//! How it stays consistent: a value in place of a literal is always relative to the text that was
//! compiled, and a whole set of them replaces the one before. So the next build, whatever asks for
//! it, compiles the files as they are, and the generation that it makes begins without any. Where
//! there is doubt, such as a file that was saved while the compiler ran, there is no baseline, and
//! the save is built.

mod baseline;
mod compare;
mod fast_path;
mod ledger;
mod marks;
mod uses;

pub use baseline::Baseline;
pub use fast_path::Literals;
pub use ledger::{Ledger, Takeover};

#[cfg(test)]
mod tests;
