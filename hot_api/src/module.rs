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
    /// Makes what does not survive a reload. Called on the module thread. A panic here refuses the generation; where there is one
    /// before, it runs on.
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
/// ```standalone_crate
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
    ///
    /// ```
    /// # use hot_api::{Module, ModuleFrame, egui};
    /// use hot_api::{Migration, StateSpec};
    ///
    /// #[derive(Default, serde::Serialize, serde::Deserialize)]
    /// struct Notes {
    ///     text: String,
    /// }
    ///
    /// static NOTES: StateSpec<Notes> = StateSpec::new().with_migrations(&[
    ///     Migration::new(1, "the text is called text", |state| state.rename("content", "text")),
    /// ]);
    ///
    /// # #[derive(Default)]
    /// # struct Ui;
    /// impl Module for Ui {
    ///     type State = Notes;
    ///     const STATE: &'static StateSpec<Notes> = &NOTES;
    ///     // `ui` as ever
    /// #   fn ui(&mut self, _: &mut Notes, _: &mut egui::Ui, _: &mut ModuleFrame<'_>) {}
    /// }
    /// # assert_eq!(Ui::STATE.schema_version(), 2);
    /// ```
    const STATE: &'static StateSpec<Self::State> = &StateSpec::new();

    /// Further named entry points; the host shows each in an area of its own. At most
    /// [`VIEWS_MAX`](crate::abi::handshake::VIEWS_MAX) − 1: more do not compile. See [`View`] for an example.
    const VIEWS: &'static [View<Self>] = &[];

    /// Fonts, styles, zoom, image loaders: called once for each view's context before its first
    /// pass. Styles are not part of the snapshot, so that editing them here shows at once.
    ///
    /// ```
    /// # use hot_api::{Module, ModuleFrame, egui};
    /// # #[derive(Default)]
    /// # struct Ui;
    /// # impl Module for Ui {
    /// # type State = ();
    /// fn setup(&mut self, ctx: &egui::Context) {
    ///     ctx.set_zoom_factor(1.25);
    ///     ctx.set_theme(egui::Theme::Dark);
    /// }
    /// # fn ui(&mut self, _: &mut (), _: &mut egui::Ui, _: &mut ModuleFrame<'_>) {}
    /// # }
    /// # let ctx = egui::Context::default();
    /// # Ui.setup(&ctx);
    /// # assert_eq!(ctx.options(|options| options.theme_preference), egui::ThemePreference::Dark);
    /// ```
    fn setup(&mut self, ctx: &egui::Context) {
        let _ = ctx;
    }

    /// What goes on without a window: called once for each frame of the host before [`Self::ui`],
    /// and also while the window is hidden.
    ///
    /// ```
    /// # use hot_api::{Module, ModuleFrame, egui};
    /// # use std::{sync::mpsc::{Receiver, channel}, time::Duration};
    /// # struct Ui { readings: Receiver<f64> }
    /// # impl Default for Ui { fn default() -> Self { Self { readings: channel().1 } } }
    /// # impl Module for Ui {
    /// # type State = Vec<f64>;
    /// fn logic(&mut self, plot: &mut Vec<f64>, ctx: &egui::Context, _: &mut ModuleFrame<'_>) {
    ///     plot.extend(self.readings.try_iter());
    ///     ctx.request_repaint_after(Duration::from_millis(100)); // look again, also without input
    /// }
    /// # fn ui(&mut self, _: &mut Vec<f64>, _: &mut egui::Ui, _: &mut ModuleFrame<'_>) {}
    /// # }
    /// ```
    fn logic(&mut self, state: &mut Self::State, ctx: &egui::Context, frame: &mut ModuleFrame<'_>) {
        let _ = (state, ctx, frame);
    }

    /// Draws the main view. The [`egui::Ui`] covers the module's whole area and has no margin.
    fn ui(&mut self, state: &mut Self::State, ui: &mut egui::Ui, frame: &mut ModuleFrame<'_>);

    /// Lets go of what cannot exist twice, such as a port, before the next generation starts. The state is captured
    /// after it, so what is written to `state` here reaches that generation.
    ///
    /// ```
    /// # use hot_api::{Module, ModuleFrame, egui};
    /// # use std::net::UdpSocket;
    /// #[derive(Default)]
    /// struct Ui {
    ///     socket: Option<UdpSocket>,
    /// }
    ///
    /// impl Module for Ui {
    /// #   type State = u16;
    ///     // …
    ///     fn suspend(&mut self, _port: &mut u16) {
    ///         self.socket = None;
    ///     }
    ///
    ///     fn resume(&mut self, port: &mut u16) {
    ///         self.socket = UdpSocket::bind(("127.0.0.1", *port)).ok();
    ///     }
    /// #   fn ui(&mut self, _: &mut u16, _: &mut egui::Ui, _: &mut ModuleFrame<'_>) {}
    /// }
    /// # let mut ui = Ui::default();
    /// # ui.resume(&mut 0);
    /// # assert!(ui.socket.is_some());
    /// # ui.suspend(&mut 0);
    /// # assert!(ui.socket.is_none());
    /// ```
    ///
    /// Listening sockets, threads and runtimes are better off in [`Services`](crate::Services).
    fn suspend(&mut self, state: &mut Self::State) {
        let _ = state;
    }

    /// Takes back what [`Self::suspend`] let go of, when the next generation was refused. See there for an example.
    fn resume(&mut self, state: &mut Self::State) {
        let _ = state;
    }

    /// Hands out the work of deleting the GL objects that paint callbacks will make. Asked for once,
    /// after [`Create::create`]; runs at the end, on the thread that paints, with the GL context
    /// current. Share the objects with the callbacks through an `Arc<Mutex<…>>`.
    ///
    /// ```
    /// # use hot_api::{GlCleanup, Module, ModuleFrame, egui, glow};
    /// use glow::HasContext as _;
    /// use std::sync::{Arc, Mutex};
    ///
    /// #[derive(Default)]
    /// struct Scene {
    ///     /// Made by the first paint callback, which has a clone of the `Arc`.
    ///     program: Arc<Mutex<Option<glow::Program>>>,
    /// }
    ///
    /// # impl Module for Scene {
    /// # type State = ();
    /// // In `impl Module for Scene`:
    /// fn gl_cleanup(&mut self) -> Option<GlCleanup> {
    ///     let program = Arc::clone(&self.program);
    ///     Some(Box::new(move |gl| {
    ///         let program = program.lock().expect("no callback panics").take();
    ///         // SAFETY: the program is of this context, and nobody uses it any more.
    ///         program.into_iter().for_each(|program| unsafe { gl.delete_program(program) });
    ///     }))
    /// }
    /// # fn ui(&mut self, _: &mut (), _: &mut egui::Ui, _: &mut ModuleFrame<'_>) {}
    /// # }
    /// # assert!(Scene::default().gl_cleanup().is_some());
    /// ```
    #[cfg(feature = "glow")]
    fn gl_cleanup(&mut self) -> Option<GlCleanup> {
        None
    }
}

/// Deletes a module's GL objects; see [`Module::gl_cleanup`] for an example.
#[cfg(feature = "glow")]
pub type GlCleanup = Box<dyn FnOnce(&glow::Context) + Send>;

/// A method with the signature of [`Module::ui`]; see [`View`] for an example.
pub type ViewFn<M> = fn(&mut M, &mut <M as Module>::State, &mut egui::Ui, &mut ModuleFrame<'_>);

/// A named render entry point beside [`Module::ui`].
///
/// ```
/// use hot_api::{Module, ModuleFrame, View, egui};
///
/// #[derive(Default)]
/// struct Player;
///
/// impl Module for Player {
///     type State = Vec<String>;
///     const VIEWS: &'static [View<Self>] = &[View { name: "playlist", ui: Self::playlist }];
///
///     fn ui(&mut self, songs: &mut Vec<String>, ui: &mut egui::Ui, _: &mut ModuleFrame<'_>) {
///         ui.heading(songs.first().map_or("nothing to play", String::as_str));
///     }
/// }
///
/// impl Player {
///     fn playlist(&mut self, songs: &mut Vec<String>, ui: &mut egui::Ui, _: &mut ModuleFrame<'_>) {
///         songs.iter().for_each(|song| _ = ui.label(song));
///     }
/// }
/// # assert_eq!(Player::VIEWS[0].name, "playlist");
/// ```
pub struct View<M: Module> {
    /// Shown on the tab, and named in `pitstop.toml`; unique within the module, not `main`.
    pub name: &'static str,
    /// Draws it.
    pub ui: ViewFn<M>,
}

/// What [`Create::create`] is handed; see [`Create`] for an example.
#[derive(Debug)]
#[non_exhaustive]
pub struct CreateContext<'a> {
    /// The host's services.
    pub host: &'a Host,
    pub(crate) args: &'a [OsString],
}

impl CreateContext<'_> {
    /// The application's own arguments: what stands behind `--` in `cargo xtask dev` and `cargo
    /// xtask run`, or behind the program's name, which is not among them. On Unix they need not be UTF-8.
    #[must_use]
    pub fn args(&self) -> &[OsString] {
        self.args
    }
}

/// What [`Module::logic`], [`Module::ui`] and views are handed beside egui.
///
/// ```
/// use hot_api::{Module, ModuleFrame, egui};
///
/// struct Found(String); // what a service sends
///
/// # #[derive(Default)]
/// # struct Ui;
/// impl Module for Ui {
///     type State = Vec<String>;
///
///     fn logic(&mut self, found: &mut Vec<String>, _: &egui::Context, frame: &mut ModuleFrame<'_>) {
///         found.extend(frame.messages::<Found>().into_iter().map(|Found(path)| path));
///     }
///
///     fn ui(&mut self, found: &mut Vec<String>, ui: &mut egui::Ui, frame: &mut ModuleFrame<'_>) {
///         ui.label(format!("{} files, generation {}", found.len(), frame.generation()));
///     }
/// }
/// ```
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

    /// The number of the generation this code belongs to, as [`Host::generation`].
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
