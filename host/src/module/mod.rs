//! The loaded side of a module: library, thread, pictures.
//!
//! Owns: everything that touches foreign code. Consumes: paths of shadow copies, input bytes.
//! Produces: [`Picture`]s, snapshots as opaque bytes, [`Fault`]s. Never: builds, swaps, egui.
//!
//! Reading order: [`Library`] opens a file and shakes hands; [`ModuleThread`] owns one instance and
//! makes every call into it; [`Picture`] is the host's own copy of what a frame produced.

mod app_args;
mod brief_lock;
mod buffers;
mod call;
pub(crate) mod companion;
mod host_calls;
mod library;
mod literal_calls;
mod literal_value;
mod maps;
mod paint_target;
mod picture;
mod precheck;
mod service_calls;
mod slices;
mod state_calls;
mod thread;
mod thread_keys;
mod threads;
mod worker;

pub use app_args::AppArgs;
pub use brief_lock::BriefLock;
pub use buffers::Lent;
pub use call::{CallError, CallLimit, Fault, InputPacket};
pub use host_calls::{GlLoader, HostCalls, LeaseChange, LeaseFn, ListenFn, LogFn, ServiceFn};
pub use library::{Library, LoadError};
pub use literal_value::LiteralValue;
pub use maps::mapped_bytes;
pub use paint_target::PaintTarget;
pub use picture::{Picture, PictureError, PicturePrim, PrimKind, TextureChange};
pub use precheck::PrecheckError;
pub use service_calls::{OfConfig, ServiceStops};
pub use state_calls::LiveSnapshot;
pub use thread::{ModuleThread, Retirement};
pub use thread_keys::has_thread_keys;
