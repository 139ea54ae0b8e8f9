//! A generation that runs.

use crate::journal::event::Generation;
use crate::module::ModuleThread;
use hot_api::abi::{BUILD_PREFIX, BUILD_UNSTAMPED};
use std::path::PathBuf;

/// One running generation and where its code came from.
#[derive(Debug)]
pub struct Active {
    /// The attempt that made it.
    pub generation: Generation,
    /// Hash of the library it runs.
    pub artifact: String,
    /// The file it was loaded from.
    pub file: PathBuf,
    /// What its state is made of, to be compared; `None` when it does not say.
    pub schema: Option<Vec<u8>>,
    /// Its thread.
    pub thread: ModuleThread,
}

impl Active {
    /// The build that the loaded code says it is, when it is not the one that was to be loaded. Code that says
    /// nothing (another language's, or a library that was not copied for a generation) is not held to it.
    pub(super) fn other_build(&self) -> Option<&str> {
        let length = BUILD_UNSTAMPED.len() - BUILD_PREFIX.len();
        let said = self.thread.build().strip_prefix(BUILD_PREFIX)?.get(..length)?;
        let is_stamped = said.bytes().any(|digit| digit != b'0');
        (is_stamped && said != self.artifact).then_some(said)
    }
}
