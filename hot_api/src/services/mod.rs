//! Threads, sockets and runtimes of a module, with a beginning and an end.
//!
//! Owns: the trait [`Services`] and what a service is handed, the threads that services run on, and
//! [`lifecycle`], which decides when they start and stop. Consumes: a [`Payload`] of configuration. Produces:
//! reports of what has become of each service. Never: watches files, or decides when code is exchanged.
//!
//! Theory of operation: the author's [`Services::services`] lists services, each a closure. A service runs on a
//! thread of its own until its stop token says so, and tells through the host's table when it has started and
//! when it has ended. Whoever runs the module (the host, or the application's own executable) keeps a
//! [`lifecycle::Lifecycle`], tells it of those reports, and does what it says.

#[cfg(feature = "module")]
mod any_services;
#[cfg(feature = "module")]
mod context;
pub mod lifecycle;
mod listeners;
#[cfg(feature = "module")]
mod messages;
mod payload;
#[cfg(feature = "module")]
mod service;
mod steps;
#[cfg(feature = "module")]
mod stop_token;
#[cfg(feature = "module")]
mod threads;

pub use listeners::Listeners;
pub use payload::{Listed, Payload, Read, Refusal};

#[cfg(feature = "module")]
pub(crate) use {any_services::AnyServices, messages::Messages, threads::Threads};
#[cfg(feature = "module")]
pub use {
    any_services::ServicesType,
    context::{Env, ServiceContext},
    service::{Service, ServiceResult},
    stop_token::StopToken,
};

#[cfg(feature = "module")]
use crate::module::Module;

/// A module with threads, sockets or a runtime of its own.
///
/// Beside the trait [`Module`], and exported with it by `export_module!(Ui, services)`. What a service does stops
/// before its code is exchanged, and when the configuration changes; it starts again with the new code, or with
/// the new values. The window draws on meanwhile.
///
/// ```standalone_crate
/// use hot_api::{Module, ModuleFrame, Service, Services, egui};
/// use std::time::Duration;
///
/// #[derive(serde::Deserialize)]
/// struct Config {
///     every_ms: u64,
/// }
///
/// #[derive(Default)]
/// struct Ui;
///
/// impl Services for Ui {
///     type Config = Config;
///
///     fn services(&self, config: &Config) -> Vec<Service> {
///         let every = Duration::from_millis(config.every_ms);
///         vec![Service::new("clock", move |cx| {
///             cx.ready();
///             while !cx.stop().wait(every) {
///                 cx.send(1_u64);
///             }
///         })]
///     }
/// }
///
/// impl Module for Ui {
///     type State = u64;
///
///     fn logic(&mut self, ticks: &mut u64, _: &egui::Context, frame: &mut ModuleFrame<'_>) {
///         *ticks += frame.messages::<u64>().into_iter().sum::<u64>();
///     }
///
///     fn ui(&mut self, ticks: &mut u64, ui: &mut egui::Ui, _: &mut ModuleFrame<'_>) {
///         ui.label(format!("{ticks} ticks"));
///     }
/// }
///
/// hot_api::export_module!(Ui, services);
/// # fn main() {}
/// ```
#[cfg(feature = "module")]
pub trait Services: Module {
    /// What the configuration says, read from the merged files. Where no file is, it is read from an empty
    /// table: give fields that may be missing a `#[serde(default)]`.
    type Config: serde::de::DeserializeOwned + 'static;

    /// What runs with this configuration. Each name once. Called on the module's thread before anything that
    /// runs is stopped, so it opens and takes nothing: that is for the services themselves.
    fn services(&self, config: &Self::Config) -> Vec<Service>;
}
