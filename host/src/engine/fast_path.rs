//! The interface of a way from a save to the running code that needs no build.

use crate::journal::event::Generation;
use crate::slot::{Candidate, Slot};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Applies some saves to the running code without a build. All methods run on the engine thread.
pub trait FastPath: Send {
    /// A build for this module begins: what runs is no longer what the files say.
    fn build_begins(&mut self, module: &str);

    /// Tries to apply a save to every module that it concerns. Waits for a frame boundary at most.
    fn apply(&mut self, concerned: &[Concerned]) -> Attempt;

    /// What `compiled` describes is what runs, and saves are compared with from now on. Generations
    /// that `is_kept` does not name cannot come back. Returns whether the running code shows something
    /// else now.
    ///
    /// # Errors
    /// The reason in words, when the running code does not show what was compiled.
    fn built(
        &mut self,
        compiled: &Compiled<'_>,
        is_kept: &dyn Fn(Generation) -> bool,
    ) -> Result<bool, String>;

    /// Code of a generation that may have run before is loaded anew, and is to show what it showed then.
    ///
    /// # Errors
    /// The reason in words, when it shows what was compiled.
    fn loaded(
        &mut self,
        module: &str,
        generation: Generation,
        candidate: &mut Candidate,
    ) -> Result<(), String>;

    /// New code of this module has been shown; there is time to prepare the next save.
    fn committed(&mut self, module: &str);
}

/// A running module, and the saved files that it is made of.
pub struct Concerned {
    /// Where it runs.
    pub slot: Arc<Slot>,
    /// What runs.
    pub generation: Generation,
    /// The files.
    pub files: BTreeSet<PathBuf>,
}

/// What became of a save.
#[derive(Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It has to be built.
    NeedsBuild,
    /// It could have been applied, and one module did not take it; those before it did. It has to be
    /// built.
    Refused {
        /// Which one.
        module: String,
        /// What runs there.
        generation: Generation,
        /// Why.
        reason: String,
    },
    /// How many values have changed in each module.
    Applied(Vec<u32>),
}

/// Running code, and what the compiler made it from.
pub struct Compiled<'a> {
    /// Where it runs.
    pub slot: &'a Slot,
    /// What runs.
    pub generation: Generation,
    /// The library that is mapped.
    pub library: &'a Path,
    /// The files that the compiler has read.
    pub inputs: &'a BTreeSet<PathBuf>,
    /// When it began to.
    pub started: SystemTime,
}
