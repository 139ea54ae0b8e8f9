//! A [`Module`](crate::Module) as an application of its own, under eframe (feature `standalone`).
//!
//! Owns: the adapter from [`Module`](crate::Module) to [`eframe::App`], and the form in which the
//! state is kept in eframe's storage. Consumes: eframe's contexts. Produces: the same pictures as
//! in the host, without host, loader and watcher. Never: chooses a renderer or a feature of eframe;
//! the application's own `main.rs` does.

#[cfg(feature = "standalone")]
mod app;
#[cfg(feature = "standalone")]
mod own_host;
#[cfg(feature = "standalone")]
mod own_services;
mod saved_state;

#[cfg(feature = "standalone")]
pub use {app::ModuleApp, own_services::ConfigOptions};
