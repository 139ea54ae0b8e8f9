//! A generation that runs.

use crate::event::Generation;
use crate::module::ModuleThread;
use std::path::PathBuf;

/// One running generation and where its code came from.
#[derive(Debug)]
pub struct Active {
    /// The attempt that made it.
    pub generation: Generation,
    /// Hash of the library it runs.
    pub artifact: String,
    /// The file it was loaded from, unless it is linked in.
    pub file: Option<PathBuf>,
    /// What its state is made of, to be compared; `None` when it does not say.
    pub schema: Option<Vec<u8>>,
    /// Its thread.
    pub thread: ModuleThread,
}
