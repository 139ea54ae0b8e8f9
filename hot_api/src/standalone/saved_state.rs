//! The state as a text for eframe's storage: a snapshot with its schema, in Base64.

use crate::module::Module;
use crate::runner::restore_state;
use crate::state::schema::{Schema, Untraceable};
use crate::state::{
    Codec, SCHEMA_SECTION, STATE_SECTION, SnapshotError, SnapshotRef, SnapshotWriter, to_bytes,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::marker::PhantomData;

/// What is known of a stored state beside its value.
pub(super) struct SavedState<M: Module> {
    schema: Result<Schema, Untraceable>,
    unread: Option<Unread>,
    module: PhantomData<fn() -> M>,
}

/// A stored text that is no state of this application.
struct Unread {
    text: String,
    error: StoredError,
}

/// Why a stored text is no state of this application.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoredError {
    #[error(transparent)]
    Base64(#[from] base64::DecodeError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error("it has no section `{STATE_SECTION}`")]
    NoState,
}

impl<M: Module> SavedState<M> {
    /// The state in `stored`, or the default one.
    pub(super) fn read(stored: Option<String>) -> (M::State, Self) {
        let mut saved =
            Self { schema: M::STATE.codec().schema(), unread: None, module: PhantomData };
        let state = stored.and_then(|text| match saved.state_in(&text) {
            Ok(state) => Some(state),
            Err(error) => {
                saved.unread = Some(Unread { text, error });
                None
            }
        });
        (state.unwrap_or_default(), saved)
    }

    fn state_in(&self, text: &str) -> Result<M::State, StoredError> {
        let bytes = STANDARD.decode(text)?;
        let snapshot = SnapshotRef::decode(&bytes)?;
        let section = snapshot.section(STATE_SECTION).ok_or(StoredError::NoState)?;
        let (state, _report) = restore_state(M::STATE, section, Some(&snapshot), &self.schema)?;
        Ok(*state.downcast().expect("a spec makes states of its own type"))
    }

    /// Why what was stored could not be read, if it could not.
    pub(super) fn error(&self) -> Option<&StoredError> {
        self.unread.as_ref().map(|unread| &unread.error)
    }

    /// What could not be read, once.
    pub(super) fn take_unread(&mut self) -> Option<String> {
        self.unread.take().map(|unread| unread.text)
    }

    /// The text for `state`.
    pub(super) fn write(&self, state: &M::State) -> Result<String, SnapshotError> {
        let schema = self.schema.as_ref().ok();
        let fingerprint = schema.map(Schema::fingerprint);
        let module = std::any::type_name::<M>().split("::").next().unwrap_or_default();
        let mut snapshot = SnapshotWriter::new(module, M::STATE.schema_version(), fingerprint);
        let mut append = |name: &str, payload: Vec<u8>| {
            snapshot.section(name, Codec::Named, payload.len(), |bytes| bytes.extend(payload));
        };
        append(STATE_SECTION, M::STATE.codec().to_bytes(state)?);
        if let Some(schema) = schema {
            append(SCHEMA_SECTION, to_bytes(schema)?);
        }
        Ok(STANDARD.encode(snapshot.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::ModuleFrame;
    use crate::state::{Migration, StateSpec};
    use serde::{Deserialize, Serialize};

    macro_rules! module {
        ($name:ident, $state:ty, $migrations:expr) => {
            #[derive(Default)]
            struct $name;

            impl Module for $name {
                type State = $state;
                const STATE: &'static StateSpec<$state> =
                    &StateSpec::new().with_migrations($migrations);

                fn ui(&mut self, _: &mut Self::State, _: &mut egui::Ui, _: &mut ModuleFrame<'_>) {}
            }
        };
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Old {
        clicks: u32,
        name: String,
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct New {
        clicks: u64,
        title: String,
        added: Option<u32>,
    }

    module!(First, Old, &[]);
    module!(
        Second,
        New,
        &[Migration::new(1, "names are titles", |state| state.rename("name", "title"))]
    );

    fn text_of_the_first() -> String {
        let (_, saved) = SavedState::<First>::read(None);
        saved.write(&Old { clicks: 3, name: "three".to_owned() }).expect("it can be captured")
    }

    #[test]
    fn g31_what_was_saved_is_read_again_by_newer_code_too() {
        let text = text_of_the_first();
        let (same, _) = SavedState::<First>::read(Some(text.clone()));
        assert_eq!(same, Old { clicks: 3, name: "three".to_owned() });
        let (newer, saved) = SavedState::<Second>::read(Some(text));
        assert_eq!(newer, New { clicks: 3, title: "three".to_owned(), added: None });
        assert!(saved.error().is_none(), "it was read");
    }

    #[test]
    fn g31_what_cannot_be_read_is_not_lost() {
        let (_, second) = SavedState::<Second>::read(None);
        let newer = second.write(&New { clicks: 9, ..New::default() }).expect("captured");
        let damaged = text_of_the_first().replacen('A', "B", 1);
        for (text, says) in [(newer, "2"), (damaged, ""), ("no snapshot!".to_owned(), "")] {
            let (state, mut saved) = SavedState::<First>::read(Some(text.clone()));
            assert_eq!(state, Old::default(), "{text}");
            let error = saved.error().expect("it is no state of this code").to_string();
            assert!(error.contains(says), "{error}");
            assert_eq!(saved.take_unread(), Some(text));
            assert_eq!(saved.take_unread(), None, "it is moved once");
        }
    }
}
