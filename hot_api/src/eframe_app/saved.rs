//! An application whose state is what it saves.

use super::creator::{Creator, IntoApp};
use super::{CreatorError, EframeType, taken};
use crate::runner::current_host;
use crate::state::any_state::AnySpec;
use crate::state::{Report, StateSpec};
use eframe::{App, CreationContext, Storage};
use egui::Context;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::any::{Any, type_name};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What eframe's storage holds: texts by name, passed on as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Texts(pub(super) BTreeMap<String, String>);

impl Storage for Texts {
    fn get_string(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    fn set_string(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }

    fn remove_string(&mut self, key: &str) {
        self.0.remove(key);
    }

    fn flush(&mut self) {}
}

/// The state: the application itself, which is asked what it saves whenever it is captured.
#[derive(Default)]
struct Saved {
    texts: RefCell<Texts>,
    /// `None` until it has begun.
    app: RefCell<Option<Box<dyn App>>>,
}

static SPEC: StateSpec<Saved> = StateSpec::new();

impl Serialize for Saved {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut texts = self.texts.borrow_mut();
        if let Some(app) = self.app.borrow_mut().as_deref_mut() {
            app.save(&mut *texts);
        }
        texts.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Saved {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = RefCell::new(Texts(BTreeMap::deserialize(deserializer)?));
        Ok(Self { texts, ..Self::default() })
    }
}

impl Saved {
    fn of(state: &mut dyn Any) -> &mut Self {
        state.downcast_mut().expect("the state was made by this module's spec")
    }

    fn begin(&mut self, mut app: Box<dyn App>, report: Option<&mut Report>) {
        let before = self.texts.get_mut();
        let mut now = before.clone();
        app.save(&mut now);
        match report {
            Some(report) => *report = taken::report(&before.0, &now.0),
            None if now.0.is_empty() => {
                if let Some(host) = current_host() {
                    host.notice(NOTHING_SAVED);
                }
            }
            None => {}
        }
        *self.app.get_mut() = Some(app);
    }
}

const NOTHING_SAVED: &str = "the application's `save` stores nothing, so each reload begins with what its creator \
                             makes; implement `eframe::App::save`, or export it with \
                             `export_eframe_app!(…, state)`, which carries the whole type through serde";

/// An application whose state is what [`App::save`] stores.
#[derive(Debug)]
pub struct SavedApp<F, R, Form>(Creator<F, R, Form>);

impl<F, R, Form> SavedApp<F, R, Form> {
    /// Nothing is called yet.
    #[must_use]
    pub const fn new(creator: Creator<F, R, Form>) -> Self {
        Self(creator)
    }
}

impl<F, R, Form> EframeType for SavedApp<F, R, Form>
where
    F: Fn(&CreationContext<'_>) -> R + Sync + 'static,
    R: IntoApp<Form> + 'static,
    Form: 'static,
{
    fn begin(
        &self,
        state: &mut dyn Any,
        ctx: &Context,
        report: Option<&mut Report>,
    ) -> Result<(), CreatorError> {
        let saved = Saved::of(state);
        let app = {
            let texts = saved.texts.get_mut();
            let mut cc = CreationContext::_new_kittest(ctx.clone());
            cc.storage = Some(texts);
            self.0.create(&cc).into_dyn()?
        };
        saved.begin(app, report);
        Ok(())
    }

    fn app<'a>(&self, state: &'a mut dyn Any) -> Option<&'a mut (dyn App + 'static)> {
        Saved::of(state).app.get_mut().as_deref_mut()
    }

    fn persists_egui_memory(&self, state: &dyn Any) -> bool {
        let saved: Option<&Saved> = state.downcast_ref();
        saved.is_none_or(|saved| saved.app.borrow().as_deref().is_none_or(App::persist_egui_memory))
    }

    fn options(&self) -> Option<eframe::NativeOptions> {
        self.0.options()
    }

    fn name(&self) -> &'static str {
        type_name::<F>()
    }

    fn state(&self) -> &'static dyn AnySpec {
        &SPEC
    }
}
