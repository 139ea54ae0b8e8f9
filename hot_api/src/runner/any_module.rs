//! A module without its type, so that the runner is compiled once and not with every module.
//!
//! Owns: [`AnyModuleType`] and [`AnyModule`], and their implementation for each [`Module`]: the only code of
//! the runner that is compiled in the author's crate. Never: decides anything; each method forwards to the
//! author's.

use crate::module::{CreateContext, Module, ModuleFrame, View};
use crate::services::ServicesType;
use crate::state::Report;
use crate::state::any_state::AnySpec;
use egui::{Context, RawInput, Ui};
use std::any::{Any, type_name};
use std::marker::PhantomData;

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
pub trait AnyModuleType: Sync {
    /// The full name of the author's type.
    fn name(&self) -> &'static str;
    /// The names of the views beside `main`.
    fn extra_view(&self, index: usize) -> Option<&'static str>;
    /// Makes the author's object.
    fn create(&'static self, cc: &CreateContext<'_>) -> Box<dyn AnyModule>;
    /// The state that survives a reload.
    fn state(&self) -> &'static dyn AnySpec;
    /// The services, if there are any.
    fn services(&self) -> Option<&'static ServicesType>;
}

/// What an export macro exports. Nobody writes this name.
#[doc(hidden)]
pub trait Entry: 'static {
    /// The module.
    const TYPE: &'static dyn AnyModuleType;
    /// Whether it is exported with services.
    const HAS_SERVICES: bool;
}

impl<M: Exported> Entry for M {
    const TYPE: &'static dyn AnyModuleType = &Typed::<M>(PhantomData);
    const HAS_SERVICES: bool = M::SERVICES.is_some();
}

/// A [`Module`] as a value.
struct Typed<M>(PhantomData<fn() -> M>);

impl<M: Exported> AnyModuleType for Typed<M> {
    fn name(&self) -> &'static str {
        type_name::<M>()
    }

    fn extra_view(&self, index: usize) -> Option<&'static str> {
        M::VIEWS.get(index).map(|view| view.name)
    }

    fn create(&'static self, cc: &CreateContext<'_>) -> Box<dyn AnyModule> {
        Box::new(M::create(cc))
    }

    fn state(&self) -> &'static dyn AnySpec {
        M::STATE
    }

    fn services(&self) -> Option<&'static ServicesType> {
        M::SERVICES
    }
}

/// The author's object. Each `state` is one of the module's [`AnyModuleType::state`].
pub trait AnyModule: Any {
    /// Called once for each view's context, before its first pass. `report` says what became of the state so far;
    /// `None` when it is the default one. `is_swap` when it comes from code that runs at this moment.
    ///
    /// # Errors
    /// Why there is no instance, for its author.
    fn setup(
        &mut self,
        state: &mut dyn Any,
        ctx: &Context,
        report: Option<&mut Report>,
        is_swap: bool,
    ) -> Result<(), String>;

    /// Called once for each frame of the host.
    fn logic(&mut self, state: &mut dyn Any, ctx: &Context, frame: &mut ModuleFrame<'_>);

    /// May change what a view is about to be given.
    fn raw_input(&mut self, state: &mut dyn Any, ctx: &Context, raw: &mut RawInput) {
        let _ = (state, ctx, raw);
    }

    /// Draws `main`, which is view 0, or a further one. Nothing is drawn when there is no such view.
    fn draw(&mut self, view: usize, state: &mut dyn Any, ui: &mut Ui, frame: &mut ModuleFrame<'_>);

    /// See [`Module::suspend`].
    fn suspend(&mut self, state: &mut dyn Any) {
        let _ = state;
    }

    /// See [`Module::resume`].
    fn resume(&mut self, state: &mut dyn Any) {
        let _ = state;
    }

    /// Whether what egui remembers outlives the process.
    fn persists_egui_memory(&self, state: &dyn Any) -> bool {
        let _ = state;
        true
    }

    /// The last call before everything is dropped.
    fn exit(&mut self, state: &mut dyn Any) {
        let _ = state;
    }

    /// See [`Module::gl_cleanup`].
    #[cfg(feature = "glow")]
    fn gl_cleanup(&mut self) -> Option<GlCleanup> {
        None
    }
}

impl<M: Module> AnyModule for M {
    fn setup(
        &mut self,
        _state: &mut dyn Any,
        ctx: &Context,
        _report: Option<&mut Report>,
        _is_swap: bool,
    ) -> Result<(), String> {
        Module::setup(self, ctx);
        Ok(())
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
