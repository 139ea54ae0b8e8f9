//! Saves that change nothing but literals inside `tweak!(…)`: they need no compiler.
//!
//! ```text
//! (texts that were compiled, texts now) --compare--> Change --marks--> LiteralValue --> module
//! ```
//!
//! Owns: what the newest library of each module was compiled from, and which values each generation
//! shows. Consumes: saved files, and the marks that `tweak!` leaves in libraries. Produces: a
//! [`Takeover`] for a save that can be taken over. Never: compiles, or changes a running module;
//! the engine does both.
//!
//! How it stays consistent: a value in place of a literal is always relative to the text that was
//! compiled, and a whole set of them replaces the one before. So the next build, whatever asks for
//! it, compiles the files as they are, and the generation that it makes begins without any. Where
//! there is doubt, such as a file that was saved while the compiler ran, there is no baseline, and
//! the save is built.

mod baseline;
mod compare;
mod ledger;
mod marks;
mod uses;

pub use baseline::Baseline;
pub use ledger::{Ledger, Takeover};

#[cfg(test)]
mod tests;

/// A value in place of one literal of a library.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiteralValue {
    /// The library's mark of the `tweak!`, from [`hot_api::abi::LITERAL_MARK`] to the line break.
    pub place: String,
    /// Which literal of that `tweak!`, from 0.
    pub index: u32,
    /// The literal's text in the code that was compiled.
    pub compiled: String,
    /// One of [`hot_api::abi::literal_kind`].
    pub kind: u32,
    /// Normalised as that says.
    pub value: String,
}
