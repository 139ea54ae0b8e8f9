//! The adapter from [`Module`] to [`eframe::App`].

use super::own_host;
use super::own_services::{ConfigOptions, OwnServices};
use super::saved_state::SavedState;
use crate::egui_version::{show_panel, unique_id};
use crate::host::Host;
use crate::module::{CreateContext, Module, ModuleFrame, View, ViewFn};
use crate::runner::{Exported, MAIN_VIEW};
use crate::services::Threads;
use egui::{Panel, Ui, UiBuilder};
use std::error::Error;
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[cfg(feature = "glow")]
use crate::module::GlCleanup;

/// Key of the state in eframe's storage.
const STATE_KEY: &str = eframe::APP_KEY;

/// Key of a stored state that this application could not read. Nobody overwrites it but the next
/// state that cannot be read.
const UNREAD_KEY: &str = "app.unread";

/// As eframe does it.
const AUTO_SAVE_EVERY: Duration = Duration::from_secs(30);

/// Runs a [`Module`] as an ordinary [`eframe::App`]: the application and nothing else.
///
/// ```no_run,standalone_crate
/// # use hot_api::{Module, ModuleApp, ModuleFrame, egui};
/// # #[derive(Default)]
/// # struct MyModule;
/// # impl Module for MyModule {
/// #     type State = u32;
/// #     fn ui(&mut self, _: &mut u32, _: &mut egui::Ui, _: &mut ModuleFrame<'_>) {}
/// # }
/// # hot_api::export_module!(MyModule);
/// # type Creator = Result<Box<dyn eframe::App>, Box<dyn std::error::Error + Send + Sync>>;
/// # fn run_native(_: &str, _: (), app: impl FnOnce(&eframe::CreationContext<'_>) -> Creator) {}
/// # fn main() {
/// // In `main`; `eframe::run_native` exists once the application has chosen a renderer.
/// run_native("my_app", Default::default(), |cc| Ok(Box::new(ModuleApp::<MyModule>::new(cc)?)));
/// # }
/// ```
///
/// What the host does otherwise:
/// - **State.** With eframe's feature `persistence` it is read from eframe's storage at the start
///   and written there by [`eframe::App::save`], with its schema version: migrations run, fields may
///   have changed, and content of [`KeptBytes`](crate::KeptBytes) is there if it is `saved()`. A state
///   that cannot be read (of a newer version, say) is kept beside the new one and reported.
/// - **Views.** Where the module has further ones, a bar of tabs chooses which is drawn.
/// - **Services**, where the module is exported with them, start before the window is shown, with the configuration of
///   the working directory, and stop when it closes, also by Ctrl+C or SIGTERM.
/// - **Logs** go to the `log` crate; [`ModuleFrame::generation`] is 0.
///
/// A panic is not contained: it ends the application, as in any other.
pub struct ModuleApp<M: Module> {
    threads: Arc<Threads>,
    services: Option<OwnServices>,
    /// A signal has asked for the end.
    is_end_wanted: Arc<AtomicBool>,
    /// The window is about to close.
    is_closing: bool,
    ctx: egui::Context,
    // Dropped in this order, as in the host.
    module: M,
    state: M::State,
    saved: SavedState<M>,
    host: Host,
    #[cfg(feature = "glow")]
    gl_cleanup: Option<GlCleanup>,
}

impl<M: Module> std::fmt::Debug for ModuleApp<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ModuleApp").finish_non_exhaustive()
    }
}

impl<M: Exported> ModuleApp<M> {
    /// Makes the module, from the state in eframe's storage where there is one, and starts its services with the
    /// configuration of the working directory.
    ///
    /// # Errors
    /// When the configuration cannot be used, or a service does not start.
    pub fn new(cc: &eframe::CreationContext<'_>) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Self::with_config(cc, &ConfigOptions::default())
    }

    /// As [`Self::new`], with a configuration from elsewhere.
    ///
    /// ```standalone_crate
    /// use hot_api::{ConfigOptions, ModuleApp};
    /// use std::{error::Error, path::PathBuf};
    /// # use hot_api::{Module, ModuleFrame, egui};
    /// # #[derive(Default)]
    /// # struct Ui;
    /// # impl Module for Ui {
    /// #     type State = u32;
    /// #     fn ui(&mut self, _: &mut u32, _: &mut egui::Ui, _: &mut ModuleFrame<'_>) {}
    /// # }
    /// # hot_api::export_module!(Ui);
    ///
    /// type App = Result<Box<dyn eframe::App>, Box<dyn Error + Send + Sync>>;
    ///
    /// /// `eframe::run_native("my_app", options, Box::new(creator))`
    /// fn creator(cc: &eframe::CreationContext<'_>) -> App {
    ///     let dir = PathBuf::from("/etc/my_app");
    ///     let config = ConfigOptions { dir, watch: true, ..ConfigOptions::default() };
    ///     Ok(Box::new(ModuleApp::<Ui>::with_config(cc, &config)?))
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn with_config(
        cc: &eframe::CreationContext<'_>,
        config: &ConfigOptions,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let (host, reports, listeners) = own_host::with_context(&cc.egui_ctx);
        let stored = cc.storage.and_then(|storage| storage.get_string(STATE_KEY));
        let (state, saved) = SavedState::read(stored);
        if let Some(error) = saved.error() {
            log::error!(
                "the stored state cannot be read: {error}; it stays in the storage as \
                 `{UNREAD_KEY}`, and the application begins with its default state"
            );
        }
        let args: Vec<OsString> = std::env::args_os().skip(1).collect();
        let mut module = M::create(&CreateContext { host: &host, args: &args });
        module.setup(&cc.egui_ctx);
        #[cfg(feature = "glow")]
        let gl_cleanup = module.gl_cleanup();
        let (threads, is_end_wanted) = (Arc::<Threads>::default(), Arc::<AtomicBool>::default());
        let services = match M::SERVICES {
            Some(of) => {
                end_on_signal(&is_end_wanted, host);
                let (threads, own) = (Arc::clone(&threads), (reports, listeners));
                let is_end_wanted = Arc::clone(&is_end_wanted);
                Some(OwnServices::start(of, threads, config, &module, host, own, &is_end_wanted)?)
            }
            None => None,
        };
        Ok(Self {
            threads,
            services,
            is_end_wanted,
            is_closing: false,
            ctx: cc.egui_ctx.clone(),
            module,
            state,
            saved,
            host,
            #[cfg(feature = "glow")]
            gl_cleanup,
        })
    }
}

impl<M: Module> ModuleApp<M> {
    /// Stops the services, and has the logic take what they have sent.
    fn end_services(&mut self) {
        let Some(mut services) = self.services.take() else { return };
        services.end(&self.module);
        if std::thread::panicking() {
            return;
        }
        let mut frame = ModuleFrame { host: &self.host, messages: self.threads.messages() };
        self.module.logic(&mut self.state, &self.ctx, &mut frame);
    }

    /// Draws the tabs above the view, and returns the view that is chosen.
    fn chosen_view(ui: &mut Ui) -> (&'static str, ViewFn<M>) {
        let mut views = vec![(MAIN_VIEW, M::ui as ViewFn<M>)];
        views.extend(M::VIEWS.iter().map(|View { name, ui }| (*name, *ui)));
        if M::VIEWS.is_empty() {
            return views[0];
        }
        // Beside what egui remembers of the window, so that the same tab is open after a restart.
        let key = unique_id("hot_api view");
        let chosen: Option<String> = ui.data_mut(|data| data.get_persisted(key));
        let position = views.iter().position(|(name, _)| Some(*name) == chosen.as_deref());
        let mut index = position.unwrap_or_default();
        show_panel(Panel::top("hot_api views"), ui, |ui| {
            ui.horizontal(|ui| {
                for (tab, (name, _)) in views.iter().enumerate() {
                    if ui.selectable_value(&mut index, tab, *name).clicked() {
                        ui.data_mut(|data| data.insert_persisted(key, (*name).to_owned()));
                    }
                }
            });
        });
        views[index]
    }
}

impl<M: Module> eframe::App for ModuleApp<M> {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        // Once: the application may ask its user, and stay.
        if self.is_end_wanted.swap(false, Ordering::AcqRel) {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
        self.is_closing = ctx.input(|input| input.viewport().close_requested());
        if let Some(services) = &mut self.services {
            services.drive(&self.module);
        }
        let mut frame = ModuleFrame { host: &self.host, messages: self.threads.messages() };
        self.module.logic(&mut self.state, ctx, &mut frame);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let (name, draw) = Self::chosen_view(ui);
        // A view is given an area of its own, as in the host.
        let area = UiBuilder::new().max_rect(ui.available_rect_before_wrap()).id_salt(name);
        let Self { module, state, host, threads, .. } = self;
        let mut frame = ModuleFrame { host, messages: threads.messages() };
        ui.scope_builder(area, |ui| draw(module, state, ui, &mut frame));
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        if self.is_closing {
            self.end_services();
        }
        if let Some(unread) = self.saved.take_unread() {
            storage.set_string(UNREAD_KEY, unread);
        }
        match self.saved.write(&self.state) {
            Ok(text) => storage.set_string(STATE_KEY, text),
            Err(error) => log::error!("the state is not saved: {error}"),
        }
    }

    fn auto_save_interval(&self) -> Duration {
        // Until it is clear whether the window closes, nothing is saved but at the end, which ends services.
        if self.is_closing { Duration::MAX } else { AUTO_SAVE_EVERY }
    }

    // Without feature `glow` the signature of `on_exit` depends on the renderer that the application
    // has chosen; nothing has to be done there then.
    #[cfg(feature = "glow")]
    fn on_exit(&mut self, gl: Option<&glow::Context>) {
        if let (Some(cleanup), Some(gl)) = (self.gl_cleanup.take(), gl) {
            cleanup(gl);
        }
    }
}

impl<M: Module> Drop for ModuleApp<M> {
    fn drop(&mut self) {
        self.end_services();
    }
}

/// Ctrl+C and SIGTERM close the window, so that services end in order. What the application does then itself, it goes
/// on doing.
fn end_on_signal(is_end_wanted: &Arc<AtomicBool>, host: Host) {
    let is_end_wanted = Arc::clone(is_end_wanted);
    let on_signal = move || {
        is_end_wanted.store(true, Ordering::Release);
        host.request_repaint();
    };
    if let Err(error) = listen_for_signals(on_signal) {
        log::warn!("signals do not end the services in order: {error}");
    }
}

#[cfg(unix)]
fn listen_for_signals(on_signal: impl Fn() + Send + 'static) -> std::io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    let thread = std::thread::Builder::new().name("pitstop-signals".to_owned());
    thread.spawn(move || signals.forever().for_each(|_| on_signal()))?;
    Ok(())
}

#[cfg(not(unix))]
fn listen_for_signals(on_signal: impl Fn() + Send + 'static) -> Result<(), ctrlc::Error> {
    ctrlc::try_set_handler(on_signal)
}
