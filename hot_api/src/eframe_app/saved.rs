//! An application whose state is what it saves.

use super::creator::{Creator, IntoApp};
use super::{CreatorError, EframeType, log_lines, taken};
use crate::egui_version::removing;
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Texts {
    /// By the code that runs.
    saved: BTreeMap<String, String>,
    /// By code before it, under names that it does not use. eframe keeps them as well.
    earlier: BTreeMap<String, String>,
}

impl Storage for Texts {
    fn get_string(&self, key: &str) -> Option<String> {
        log_lines::text_is_read(key);
        self.saved.get(key).or_else(|| self.earlier.get(key)).cloned()
    }

    fn set_string(&mut self, key: &str, value: String) {
        self.earlier.remove(key);
        self.saved.insert(key.to_owned(), value);
    }

    removing! {
        fn remove_string(&mut self, key: &str) {
            self.earlier.remove(key);
            self.saved.remove(key);
        }
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
        texts.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Saved {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = RefCell::new(Texts::deserialize(deserializer)?);
        Ok(Self { texts, ..Self::default() })
    }
}

impl Saved {
    fn of(state: &mut dyn Any) -> &mut Self {
        state.downcast_mut().expect("the state was made by this module's spec")
    }

    /// `unread` is what eframe has said of texts that it could not read, by their names.
    fn begin(
        &mut self,
        mut app: Box<dyn App>,
        report: Option<&mut Report>,
        unread: &BTreeMap<String, String>,
    ) {
        let texts = self.texts.get_mut();
        let mut now = Texts::default();
        app.save(&mut now);
        let before = std::mem::replace(&mut texts.saved, now.saved);
        let is_first = report.is_none();
        if let Some(report) = report {
            taken::add_to(report, &before, &texts.saved, unread);
        }
        if texts.saved.is_empty()
            && (is_first || !before.is_empty())
            && let Some(host) = current_host()
        {
            host.notice(NOTHING_SAVED);
        }
        texts.earlier.extend(before);
        texts.earlier.retain(|key, _| !texts.saved.contains_key(key));
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
        saved.begin(app, report, &log_lines::unread_texts());
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Saves these texts.
    struct Saves(&'static [(&'static str, &'static str)]);

    impl App for Saves {
        fn ui(&mut self, _: &mut egui::Ui, _: &mut eframe::Frame) {}

        fn save(&mut self, storage: &mut dyn Storage) {
            self.0.iter().for_each(|(key, text)| storage.set_string(key, (*text).to_owned()));
        }
    }

    /// The next code, from what the one before leaves.
    fn next(state: &Saved, app: Saves) -> (Saved, Report) {
        let bytes = SPEC.codec().to_bytes(state).expect("it can be captured");
        let tree = crate::state::Tree::decode(&bytes).expect("it was just written");
        let restored = SPEC.codec().restore(&tree);
        let (mut state, mut report) = (restored.value, restored.report);
        state.begin(Box::new(app), Some(&mut report), &BTreeMap::new());
        (state, report)
    }

    #[test]
    fn a03_what_is_not_saved_any_more_is_told_once_and_stays_for_code_that_wants_it() {
        let mut first = Saved::default();
        first.begin(Box::new(Saves(&[("app", "1"), ("other", "2")])), None, &BTreeMap::new());
        let (second, report) = next(&first, Saves(&[("application", "1"), ("other", "2")]));
        assert_eq!((report.dropped.total, report.defaulted.total, report.lost), (1, 1, 1));
        assert_eq!(report.dropped.listed[0].path, "app");
        let (third, report) = next(&second, Saves(&[("application", "1"), ("other", "2")]));
        assert_eq!((report.dropped.total, report.lost), (0, 0), "it is told once");
        assert_eq!(third.texts.borrow().get_string("app").as_deref(), Some("1"));
        let (_, report) = next(&third, Saves(&[]));
        assert_eq!((report.dropped.total, report.lost), (2, 2), "nothing is saved any more");
    }

    #[test]
    fn a03_what_another_form_of_the_state_had_is_told() {
        let old = crate::state::capture(&("text", 3_u32)).expect("it can be captured");
        let restored = SPEC.codec().restore(&old);
        let (mut state, mut report) = (restored.value, restored.report);
        let lost = report.lost;
        assert!(lost > 0, "{report}");
        state.begin(Box::new(Saves(&[("app", "1")])), Some(&mut report), &BTreeMap::new());
        assert_eq!(report.lost, lost, "{report}");
    }
}
