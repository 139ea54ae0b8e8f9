//! From an older version of a state to today's: pure steps on the tree, one version each.
//!
//! Owns: [`Migration`], the rule that there is exactly one for each version, and the run through
//! them. Consumes: the tree of a snapshot and its version. Produces: a tree of today's version, or
//! the step that failed. Never: leaves a state half-way; a failure refuses it as a whole.

use super::edit::EditError;
use super::tree::Tree;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One step: a function on the tree that knows nothing of the types of any version but the two it
/// stands between. Once others have run it, it never changes again.
///
/// ```
/// use hot_api::Migration;
/// use hot_api::state::{capture, migrate};
///
/// const MIGRATIONS: &[Migration] = &[
///     Migration::new(1, "tags are a list", |state| {
///         state.map("tags", |tags: String| tags.split(' ').map(str::to_owned).collect::<Vec<_>>())
///     }),
///     Migration::new(2, "tags are labels", |state| state.rename("tags", "labels")),
/// ];
///
/// // In a test; `StateSpec::with_migrations` is where they go otherwise.
/// let mut state = capture(&std::collections::BTreeMap::from([("tags", "red urgent")]))?;
/// let ran = migrate(&mut state, 1, MIGRATIONS)?;
/// assert_eq!(state.to_json(), serde_json::json!({ "labels": ["red", "urgent"] }));
/// assert_eq!(ran, ["1→2: tags are a list", "2→3: tags are labels"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    from: u32,
    title: &'static str,
    step: fn(&mut Tree) -> Result<(), EditError>,
}

impl Migration {
    /// The step from version `from` to the next. `title` says what changes, for reports.
    #[must_use]
    pub const fn new(
        from: u32,
        title: &'static str,
        step: fn(&mut Tree) -> Result<(), EditError>,
    ) -> Self {
        Self { from, title, step }
    }

    /// What reports call it: `1→2: tags are a list`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}→{}: {}", self.from, self.from + 1, self.title)
    }
}

/// Why a state could not be brought to today's version.
///
/// ```
/// use hot_api::Migration;
/// use hot_api::state::{MigrateError, capture, migrate};
///
/// let misspelt = [Migration::new(1, "a title", |state| state.rename("nmae", "title"))];
/// let mut state = capture(&std::collections::BTreeMap::from([("name", "Plan")])).unwrap();
/// let error = migrate(&mut state, 1, &misspelt).unwrap_err();
/// assert!(matches!(&error, MigrateError::Failed { .. }));
/// assert!(error.to_string().contains("there is no `nmae`; the fields there are: name"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MigrateError {
    /// The state was written by newer code.
    #[error(
        "the state has schema version {found}, this code knows versions up to {known}; go on with \
         the code that wrote it, or start afresh"
    )]
    Newer {
        /// Version of the state.
        found: u32,
        /// Version of the code.
        known: u32,
    },
    /// No code has written such a version.
    #[error(
        "the state has schema version {found}, and no migration begins there: this code has them \
         from 1 to {known}; start afresh"
    )]
    NoStep {
        /// Version of the state.
        found: u32,
        /// Version of the code.
        known: u32,
    },
    /// A step could not do its work.
    #[error("migration {step} failed: {error}")]
    Failed {
        /// The step, as [`Migration::name`] calls it.
        step: String,
        /// Its reason.
        error: EditError,
    },
    /// A step panicked.
    #[error("migration {step} panicked: {message}")]
    Panicked {
        /// The step, as [`Migration::name`] calls it.
        step: String,
        /// The panic's message.
        message: String,
    },
}

/// Whether `migrations` begin at version 1 and have one step for each version, in order.
#[must_use]
pub(super) const fn is_complete(migrations: &[Migration]) -> bool {
    let mut index = 0;
    while index < migrations.len() {
        if migrations[index].from as usize != index + 1 {
            return false;
        }
        index += 1;
    }
    true
}

/// Brings `tree` from version `from` to the one after the last step; returns the names of the steps
/// that ran. A step that panics is an error as well. See [`Migration`] for an example.
///
/// # Errors
/// See [`MigrateError`]; the tree is then no state of any version.
pub fn migrate(
    tree: &mut Tree,
    from: u32,
    migrations: &[Migration],
) -> Result<Vec<String>, MigrateError> {
    let to = migrations.len() as u32 + 1;
    if from > to {
        return Err(MigrateError::Newer { found: from, known: to });
    }
    let mut ran = Vec::new();
    for version in from..to {
        let step = migrations.iter().find(|migration| migration.from == version);
        let step = step.ok_or(MigrateError::NoStep { found: version, known: to })?;
        run(step, tree)?;
        ran.push(step.name());
    }
    Ok(ran)
}

fn run(migration: &Migration, tree: &mut Tree) -> Result<(), MigrateError> {
    // A tree that a panic left half-way is thrown away by every caller.
    let outcome = catch_unwind(AssertUnwindSafe(|| (migration.step)(tree)));
    let step = || migration.name();
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(MigrateError::Failed { step: step(), error }),
        Err(payload) => {
            let text = payload.downcast_ref::<&str>().copied();
            let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            let message = text.unwrap_or("a payload that is no text").to_owned();
            Err(MigrateError::Panicked { step: step(), message })
        }
    }
}
