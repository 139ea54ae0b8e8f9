//! A module without its type, so that the runner is compiled once and not with every module.
//!
//! Owns: [`ModuleType`] and [`AnyModule`], the only code of the runner that is compiled in the author's
//! crate. Consumes: a [`Module`]. Never: decides anything; each method forwards to the author's.

use crate::module::{CreateContext, Module, ModuleFrame, View};
use crate::services::ServicesType;
use crate::state::any_state::AnySpec;
use egui::{Context, Ui};
use std::any::{Any, type_name};

#[cfg(feature = "glow")]
use crate::module::GlCleanup;

/// A module that `export_module!` exports, which implements this. Nobody writes this name.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not exported",
    note = "write `hot_api::export_module!({Self});` at the root of its crate"
)]
pub trait Exported: Module {
    /// Its services, if it is exported with them.
    const SERVICES: Option<&'static ServicesType>;
}

/// What is known of a module before there is an instance.
pub(super) struct ModuleType {
    /// The full name of the author's type.
    pub(super) name: fn() -> &'static str,
    /// The names of the views beside `main`.
    pub(super) extra_view: fn(usize) -> Option<&'static str>,
    pub(super) create: fn(&CreateContext<'_>) -> Box<dyn AnyModule>,
    pub(super) state: &'static dyn AnySpec,
    pub(super) services: Option<&'static ServicesType>,
}

impl ModuleType {
    pub(super) const fn of<M: Exported>() -> Self {
        Self {
            name: type_name::<M>,
            extra_view: |index| M::VIEWS.get(index).map(|view| view.name),
            create: |cc| Box::new(M::create(cc)),
            state: M::STATE,
            services: M::SERVICES,
        }
    }
}

/// The author's object. Each `state` is one of the module's [`ModuleType::state`].
pub(super) trait AnyModule: Any {
    fn setup(&mut self, ctx: &Context);
    fn logic(&mut self, state: &mut dyn Any, ctx: &Context, frame: &mut ModuleFrame<'_>);
    /// Draws `main`, which is view 0, or a further one. Nothing is drawn when there is no such view.
    fn draw(&mut self, view: usize, state: &mut dyn Any, ui: &mut Ui, frame: &mut ModuleFrame<'_>);
    fn suspend(&mut self, state: &mut dyn Any);
    fn resume(&mut self, state: &mut dyn Any);
    #[cfg(feature = "glow")]
    fn gl_cleanup(&mut self) -> Option<GlCleanup>;
}

impl<M: Module> AnyModule for M {
    fn setup(&mut self, ctx: &Context) {
        Module::setup(self, ctx);
    }

    fn logic(&mut self, state: &mut dyn Any, ctx: &Context, frame: &mut ModuleFrame<'_>) {
        Module::logic(self, typed::<M>(state), ctx, frame);
    }

    fn draw(&mut self, view: usize, state: &mut dyn Any, ui: &mut Ui, frame: &mut ModuleFrame<'_>) {
        let draw = match view.checked_sub(1) {
            None => M::ui,
            Some(extra) => match M::VIEWS.get(extra) {
                Some(View { ui, .. }) => *ui,
                None => return,
            },
        };
        draw(self, typed::<M>(state), ui, frame);
    }

    fn suspend(&mut self, state: &mut dyn Any) {
        Module::suspend(self, typed::<M>(state));
    }

    fn resume(&mut self, state: &mut dyn Any) {
        Module::resume(self, typed::<M>(state));
    }

    #[cfg(feature = "glow")]
    fn gl_cleanup(&mut self) -> Option<GlCleanup> {
        Module::gl_cleanup(self)
    }
}

fn typed<M: Module>(state: &mut dyn Any) -> &mut M::State {
    state.downcast_mut().expect("the state is the module's own")
}
