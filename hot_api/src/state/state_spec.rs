//! What an author says about a state: how it is captured and restored, and how older versions of it
//! become today's.

use super::migrate::{Migration, is_complete};
use super::state_codec::StateCodec;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How a state of this type is captured, restored and migrated.
///
/// A state without migrations needs none of its own: the default of
/// [`Module::STATE`](crate::Module::STATE) serves it. Beside the state's types, for one that has them:
///
/// ```
/// use hot_api::{Migration, StateSpec};
///
/// #[derive(Default, serde::Serialize, serde::Deserialize)]
/// pub struct App {
///     minutes: u32,
/// }
///
/// pub static STATE: StateSpec<App> = StateSpec::new().with_migrations(&[
///     Migration::new(1, "the time is called seconds", |state| state.rename("time", "seconds")),
///     Migration::new(2, "minutes instead of seconds", |state| {
///         state.map("seconds", |seconds: u32| seconds / 60)?;
///         state.rename("seconds", "minutes")
///     }),
/// ]);
/// assert_eq!(STATE.schema_version(), 3);
/// ```
///
/// and `const STATE: &'static StateSpec<App> = &state::STATE;` in the module.
#[derive(Debug)]
pub struct StateSpec<T: 'static> {
    codec: StateCodec<T>,
    migrations: &'static [Migration],
}

impl<T: Serialize + DeserializeOwned + Default> StateSpec<T> {
    /// A state of version 1.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default could not initialise a static")]
    pub const fn new() -> Self {
        Self { codec: StateCodec::new(), migrations: &[] }
    }
}

impl<T> StateSpec<T> {
    /// The same with these steps from earlier versions: one for each version, in order. Fields that
    /// were added or removed need none; what was renamed or has another meaning does.
    ///
    /// # Panics
    /// When a version has no step or two. In a static that is a compile error.
    #[must_use]
    pub const fn with_migrations(self, migrations: &'static [Migration]) -> Self {
        assert!(
            is_complete(migrations),
            "migrations need exactly one step for each version, in order, from 1 on"
        );
        Self { codec: self.codec, migrations }
    }

    /// The version of the state's *meaning*: the number of migrations plus one.
    #[must_use]
    pub const fn schema_version(&self) -> u32 {
        self.migrations.len() as u32 + 1
    }

    /// The steps from earlier versions.
    #[must_use]
    pub const fn migrations(&self) -> &'static [Migration] {
        self.migrations
    }

    /// Captures and restores.
    #[must_use]
    pub const fn codec(&self) -> &StateCodec<T> {
        &self.codec
    }
}
