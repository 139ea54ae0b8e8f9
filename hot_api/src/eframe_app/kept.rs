//! An application that is carried as a whole.

use super::creator::{Creator, IntoApp};
use super::exit::{self, DynApp};
use super::{CreatorError, EframeType};
use crate::state::any_state::AnySpec;
use crate::state::{Report, StateSpec};
use eframe::{App, CreationContext};
use egui::Context;
use serde::{Serialize, de::DeserializeOwned};
use std::any::{Any, type_name};

/// An application whose state is its own type, through serde.
#[derive(Debug)]
pub struct KeptApp<F, R, Form>(Creator<F, R, Form>);

impl<F, R, Form> KeptApp<F, R, Form> {
    /// Nothing is called yet.
    #[must_use]
    pub const fn new(creator: Creator<F, R, Form>) -> Self {
        Self(creator)
    }
}

/// The spec of a type.
struct Spec<A>(std::marker::PhantomData<A>);

impl<A: Serialize + DeserializeOwned + Default + 'static> Spec<A> {
    const OF: &'static StateSpec<A> = &StateSpec::new();
}

impl<F, R, Form, A> EframeType for KeptApp<F, R, Form>
where
    F: Fn(&CreationContext<'_>) -> R + Sync + 'static,
    R: IntoApp<Form, App = A> + 'static,
    Form: 'static,
    A: App + Serialize + DeserializeOwned + Default + 'static,
{
    fn begin(
        &self,
        state: &mut dyn Any,
        ctx: &Context,
        report: Option<&mut Report>,
    ) -> Result<(), CreatorError> {
        // Fonts, styles and image loaders are the creator's work, whatever becomes of what it returns.
        let cc = CreationContext::_new_kittest(ctx.clone());
        let mut made = self.0.create(&cc).into_app()?;
        if report.is_none() {
            *state.downcast_mut().expect("the state was made by this module's spec") = *made;
        } else {
            exit::call(<DynApp>::on_exit, &mut *made);
        }
        Ok(())
    }

    fn app<'a>(&self, state: &'a mut dyn Any) -> Option<&'a mut (dyn App + 'static)> {
        state.downcast_mut::<A>().map(|app| app as &mut (dyn App + 'static))
    }

    fn persists_egui_memory(&self, state: &dyn Any) -> bool {
        state.downcast_ref::<A>().is_none_or(App::persist_egui_memory)
    }

    fn options(&self) -> Option<eframe::NativeOptions> {
        self.0.options()
    }

    fn name(&self) -> &'static str {
        type_name::<A>()
    }

    fn state(&self) -> &'static dyn AnySpec {
        Spec::<A>::OF
    }
}
