//! The author's side: one trait, in eframe's words.
//!
//! Owns: the traits [`Module`] and [`Create`], and what its methods are handed. Never: anything `unsafe`.

use crate::host::Host;
use crate::services::Messages;
use crate::state::StateSpec;
use serde::{Serialize, de::DeserializeOwned};
use std::ffi::OsString;

/// How a module's own object is made, once for each generation and before anything else.
///
/// A `Default` type has it already, made by `default()`. Where the host or the application's arguments are
/// needed, implement it; such a type must not be `Default`, or the compiler says that the two
/// implementations conflict (E0119):
///
/// ```
/// use hot_api::{Create, CreateContext};
///
/// struct Ui {
///     verbose: bool,
/// }
///
/// impl Create for Ui {
///     fn create(cc: &CreateContext<'_>) -> Self {
///         Self { verbose: cc.args().iter().any(|arg| arg == "--verbose") }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made by Pitstop",
    note = "derive `Default` for it, or implement `hot_api::Create`"
)]
pub trait Create: Sized + 'static {
    /// Makes what does not survive a reload.
    fn create(cc: &CreateContext<'_>) -> Self;
}

impl<T: Default + 'static> Create for T {
    fn create(_cc: &CreateContext<'_>) -> Self {
        Self::default()
    }
}

/// A reloadable application, or a part of one.
///
/// Data goes into [`State`](Self::State): it survives reloads, also when its structs change.
/// `Self` is for what can be made again: textures, caches, GL objects. Both live on the
/// generation's own thread and are dropped before the library is unloaded.
///
/// ```
/// use hot_api::{Module, ModuleFrame, egui};
///
/// #[derive(Default, serde::Serialize, serde::Deserialize)]
/// struct Counter {
///     clicks: u32,
/// }
///
/// #[derive(Default)]
/// struct Ui;
///
/// impl Module for Ui {
///     type State = Counter;
///
///     fn ui(&mut self, state: &mut Counter, ui: &mut egui::Ui, _frame: &mut ModuleFrame<'_>) {
///         if ui.button(format!("clicked {} times", state.clicks)).clicked() {
///             state.clicks += 1;
///         }
///     }
/// }
///
/// hot_api::export_module!(Ui);
/// # fn main() {}
/// ```
pub trait Module: Create {
    /// What survives a reload.
    type State: Serialize + DeserializeOwned + Default + 'static;

    /// How the state is captured, restored and migrated. The default is for a state of version 1; one
    /// with migrations, and a large one, have a [`StateSpec`] beside their types.
    const STATE: &'static StateSpec<Self::State> = &StateSpec::new();

    /// Further named entry points; the host shows each in an area of its own. At most
    /// [`VIEWS_MAX`](crate::abi::handshake::VIEWS_MAX) − 1.
    const VIEWS: &'static [View<Self>] = &[];

    /// Fonts, styles, zoom, image loaders: called once for each view's context before its first
    /// pass. Styles are not part of the snapshot, so that editing them here shows at once.
    fn setup(&mut self, ctx: &egui::Context) {
        let _ = ctx;
    }

    /// What goes on without a window: called once for each frame of the host before [`Self::ui`],
    /// and also while the window is hidden.
    fn logic(&mut self, state: &mut Self::State, ctx: &egui::Context, frame: &mut ModuleFrame<'_>) {
        let _ = (state, ctx, frame);
    }

    /// Draws the main view. The [`egui::Ui`] covers the module's whole area and has no margin.
    fn ui(&mut self, state: &mut Self::State, ui: &mut egui::Ui, frame: &mut ModuleFrame<'_>);

    /// Lets go of what cannot exist twice, such as a port, before the next generation starts.
    fn suspend(&mut self, state: &mut Self::State) {
        let _ = state;
    }

    /// Takes back what [`Self::suspend`] let go of, when the next generation was refused.
    fn resume(&mut self, state: &mut Self::State) {
        let _ = state;
    }

    /// Hands out the work of deleting the GL objects that paint callbacks will make. Asked for once,
    /// after [`Create::create`]; runs at the end, on the thread that paints, with the GL context
    /// current. Share the objects with the callbacks through an `Arc<Mutex<…>>`.
    #[cfg(feature = "glow")]
    fn gl_cleanup(&mut self) -> Option<GlCleanup> {
        None
    }
}

/// See [`Module::gl_cleanup`].
#[cfg(feature = "glow")]
pub type GlCleanup = Box<dyn FnOnce(&glow::Context) + Send>;

/// A method with the signature of [`Module::ui`].
pub type ViewFn<M> = fn(&mut M, &mut <M as Module>::State, &mut egui::Ui, &mut ModuleFrame<'_>);

/// A named render entry point beside [`Module::ui`].
pub struct View<M: Module> {
    /// Shown on the tab, and named in `pitstop.toml`; unique within the module, not `main`.
    pub name: &'static str,
    /// Draws it.
    pub ui: ViewFn<M>,
}

/// What [`Create::create`] is handed.
#[derive(Debug)]
#[non_exhaustive]
pub struct CreateContext<'a> {
    /// The host's services.
    pub host: &'a Host,
    pub(crate) args: &'a [OsString],
}

impl CreateContext<'_> {
    /// The application's own arguments: what stands behind `--` in `cargo xtask dev` and `cargo
    /// xtask run`, or behind the program's name. On Unix they need not be UTF-8.
    #[must_use]
    pub fn args(&self) -> &[OsString] {
        self.args
    }
}

/// What [`Module::logic`], [`Module::ui`] and views are handed beside egui.
pub struct ModuleFrame<'a> {
    pub(crate) host: &'a Host,
    pub(crate) messages: &'a Messages,
}

impl std::fmt::Debug for ModuleFrame<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ModuleFrame").field("host", self.host).finish_non_exhaustive()
    }
}

impl ModuleFrame<'_> {
    /// The host's services.
    #[must_use]
    pub fn host(&self) -> &Host {
        self.host
    }

    /// The number of the generation this code belongs to.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.host.generation()
    }

    /// Takes what services have [sent](crate::ServiceContext::send) of this type since it was last taken, in its
    /// order. Take it in [`Module::logic`], which goes on while nothing is drawn; what is taken nowhere fills the
    /// queue, and then services wait.
    #[must_use = "the messages are gone from the queue"]
    pub fn messages<T: 'static>(&self) -> Vec<T> {
        self.messages.take()
    }
}
