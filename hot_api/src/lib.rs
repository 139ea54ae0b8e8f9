//! The contract between Pitstop's host and its modules.
//!
//! A **module** is a `cdylib` with an egui application in it; the **host** is the executable that
//! loads it, draws it and exchanges it while it runs. This crate is all that the two share.
//!
//! # For authors
//!
//! Everything at the root is for authors: [`Module`] and [`export_module!`] (which shows a whole one) make a module of
//! an application, [`StateSpec`] and [`Migration`] carry its state through changes of its types,
//! [`KeptBytes`] holds large buffers, [`tweak!`] marks literals that can be edited while the code runs.
//! [`Services`] gives threads, sockets and runtimes a beginning and an end, and the values of a configuration.
//!
//! | feature | adds |
//! |---|---|
//! | `module` (default) | the [`Module`] trait, [`export_module!`] and egui; a crate with state alone can do without |
//! | `glow` | painting with OpenGL |
//! | `eframe` | [`export_eframe_app!`], which makes a module of an eframe application |
//! | `standalone` | `ModuleApp`, which runs a module under eframe, without a host: for the application's own executable |
//! | `config` | reading and merging the files of a configuration: for whoever runs modules; `standalone` has it |
//!
//! [`state`] has what migrations and tests of a state's crate need beside it. [`abi`] is the host's side.
//!
//! # The boundary
//!
//! C data only; each module owns its egui. No Rust type crosses, because two libraries that were
//! built apart agree on none. The rules, which `SAFETY` comments cite:
//!
//! - **ABI-1** The exported symbol is a static header. It is checked, one axis at a time
//!   ([`abi::handshake`]), before any function of the module is called. A bad header never leads to a
//!   call.
//! - **ABI-2** Structs are `repr(C)` with explicit sizes. Tables begin with their own size and grow
//!   only at the end; a shorter table means that the functions behind its end are absent.
//! - **ABI-3** No unwind crosses, in either direction. The module's side catches, with its own std;
//!   message, location and backtrace cross as text.
//! - **ABI-4** A generation's functions are called on its own thread, one at a time. `paint` and
//!   `release_gl` alone are called on the UI thread with the GL context current, and only between
//!   two calls of the module thread; the services' `stop` on any thread at any time.
//! - **ABI-5** Whoever allocates frees. Arguments are lent for the call. What a frame returns lives
//!   until the next call into the instance other than `paint`.
//! - **ABI-6** Statics and thread-locals are per library. What a module needs from outside arrives
//!   through the host's table, which outlives the instance and may be called from any thread.
//! - **ABI-7** Nothing of a generation outlives it: threads are joined and the instance is dropped
//!   by its own code before the library is unloaded. The same holds for every pointer to its code that
//!   the process or a library keeps: signal handlers, functions given to `atexit`, GL debug callbacks,
//!   callbacks of C libraries. Take them back in `Drop`. (A panic hook and thread-locals belong to
//!   the generation's own std and are no danger.) Handlers of SIGINT, SIGTERM and SIGHUP are the host's:
//!   it takes them back after `create`, and says so.
//! - **ABI-8** Meshes cross uncopied. Control data (events, platform requests) crosses as tagged
//!   items; what the other side does not know is skipped and counted, not fatal.

pub mod abi;
#[cfg(any(feature = "config", test))]
pub mod config;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod services;
pub mod state;

#[cfg(feature = "eframe")]
mod eframe_app;
#[cfg(feature = "egui")]
mod egui_version;
#[cfg(feature = "module")]
mod export;
#[cfg(feature = "module")]
mod host;
mod kept;
mod lock;
#[cfg(feature = "module")]
mod module;
#[cfg(feature = "module")]
mod runner;
#[cfg(any(feature = "standalone", all(test, feature = "module")))]
mod standalone;
mod tweak;

#[cfg(feature = "standalone")]
pub use standalone::{ConfigOptions, ModuleApp};

pub use kept::KeptBytes;
pub use state::{Migration, StateCodec, StateSpec};

#[cfg(feature = "egui")]
pub use egui;
#[cfg(feature = "glow")]
pub use {egui_glow, glow};
#[cfg(feature = "module")]
pub use {
    host::{Busy, Host, LogLevel},
    module::{Create, CreateContext, Module, ModuleFrame, View, ViewFn},
    runner::current_host,
    serde,
    services::{Service, ServiceContext, Services},
};

#[cfg(feature = "glow")]
pub use module::GlCleanup;

/// The version of this crate, which is that of the egui it is made for.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the macros expand to. Nobody writes these names.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "module")]
    pub use crate::abi::{ModuleHeader, ModuleTable, Slice, handshake::VIEWS_MAX};
    #[cfg(feature = "eframe")]
    pub use crate::eframe_app::{Creator, KeptApp, SavedApp};
    #[cfg(feature = "module")]
    pub use crate::runner::{
        AnyModuleType, Entry, Exported, header, main_view, table, view_count, view_names,
    };
    #[cfg(feature = "module")]
    pub use crate::services::ServicesType;
    pub use crate::tweak::Site;
}
