//! What is known of a crate's last compilation.
//!
//! Owns: whether it has to be compiled again. Consumes: [`Unit`]s. Never: compiles.

use super::captured::Captured;
use super::unit::Unit;
use crate::compile::stamp::Stamps;
use crate::journal::event::Diagnostic;
use std::path::PathBuf;
use std::time::SystemTime;

/// A compilation that succeeded.
#[derive(Clone, Debug)]
pub(super) struct Known {
    call: Captured,
    sources: Stamps,
    /// The libraries that it was compiled against.
    needs: Stamps,
    products: Stamps,
    /// What the compiler said all the same; it says so only when it compiles.
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Known {
    /// Looks at the files of a compilation that began at `since` and has just ended. `None` when nobody knows what it read.
    pub(super) fn of(unit: &Unit, since: SystemTime, diagnostics: &[Diagnostic]) -> Option<Self> {
        Some(Self {
            call: unit.captured.clone(),
            sources: Stamps::of_sources(unit.sources().ok()?, Some(since)),
            needs: Stamps::of_products(unit.needs()),
            products: Stamps::of_products(unit.products()),
            diagnostics: diagnostics.to_vec(),
        })
    }

    /// Whether compiling `unit` would give the same again.
    pub(super) fn fits(&self, unit: &Unit) -> bool {
        self.call == unit.captured
            && self.sources.changed().is_none()
            && self.needs.changed().is_none()
            && self.products.changed().is_none()
    }

    /// The files that it was compiled from.
    pub(super) fn sources(&self) -> impl Iterator<Item = &PathBuf> {
        self.sources.files()
    }
}
