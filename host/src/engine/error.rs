//! Why the engine has not done what it was asked.

use crate::journal::event::{Generation, Stage};
use crate::module::CallError;
use crate::slot::WhichModule;
use hot_api::state::SnapshotError;
use std::io;
use std::path::PathBuf;

/// The text says what to do next, where something can be done.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It is not clear which module is meant.
    #[error(transparent)]
    Which(#[from] WhichModule),
    /// Nothing has been loaded.
    #[error("{module} does not run yet")]
    NotRunning {
        /// The module.
        module: String,
    },
    /// There is nothing to go back to under that number.
    #[error("{module} has no such earlier generation; kept: {}", listed(kept))]
    NoSuchGeneration {
        /// The module.
        module: String,
        /// What can be gone back to.
        kept: Vec<Generation>,
    },
    /// The file of the generation that runs is gone.
    #[error("the library of {generation} is not kept")]
    NoCopy {
        /// What runs.
        generation: Generation,
    },
    /// The library copy cannot be duplicated.
    #[error("{}: {source}", path.display())]
    Duplicate {
        /// The copy.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no state from before a migration.
    #[error("nothing was migrated since this host was started")]
    NothingMigrated,
    /// The migration ran at the first load.
    #[error("nothing ran before it; restore a snapshot instead")]
    NothingBefore,
    /// What ran before the migration has been removed since.
    #[error("{generation} is not kept any more; raise `kept_generations` in pitstop.toml")]
    NotKept {
        /// What ran before.
        generation: Generation,
    },
    /// The state cannot be captured.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The snapshot cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The snapshot lacks the section of the state.
    #[error("the snapshot has no state")]
    NoState,
    /// The code was refused; the journal and the board say so in full.
    #[error("{reason}")]
    Rejected {
        /// Where on its way.
        stage: Stage,
        /// Why.
        reason: String,
    },
    /// The engine is busy or has ended.
    #[error("the engine did not answer; its journal says what it is doing")]
    NoAnswer,
}

fn listed(generations: &[Generation]) -> String {
    let names: Vec<String> = generations.iter().map(ToString::to_string).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_what_there_is_and_the_way_out() {
        let module = || "ui".to_owned();
        let known = || vec!["left".to_owned(), "right".to_owned()];
        for (error, text) in [
            (
                WhichModule::Unknown { module: module(), known: known() }.into(),
                "there is no module `ui`; name one of: left, right",
            ),
            (
                WhichModule::Several { known: known() }.into(),
                "say which module with --module; there are: left, right",
            ),
            (
                EngineError::NoSuchGeneration { module: module(), kept: Vec::new() },
                "ui has no such earlier generation; kept: none",
            ),
            (
                EngineError::NoSuchGeneration {
                    module: module(),
                    kept: vec![Generation(1), Generation(4)],
                },
                "ui has no such earlier generation; kept: g1, g4",
            ),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
