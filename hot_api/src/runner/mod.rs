//! Runs a [`Module`] behind the C table.
//!
//! Owns: everything a generation keeps on the module's side (state, author's object, one
//! [`egui::Context`] for each view). Consumes: [`FrameInput`](crate::abi::FrameInput) and
//! snapshots. Produces: [`FrameView`](crate::abi::FrameView)s and snapshots. Never: threads of its
//! own, statics that outlive the instance.
//!
//! The runner knows the author's types as `AnyModule` and `AnySpec` alone: generic code would be compiled
//! again with every edit of the module.
//!
//! Theory of operation: the host calls through the function pointers of [`table`], which live in
//! `ffi` and do nothing but check pointers, catch panics (`guard`) and forward to
//! an `App`. An `App` draws each view with a `ViewRun`, which turns egui's output into arrays that
//! stay put until its next frame.

mod any_module;
mod app;
mod contained;
mod ffi;
mod ffi_services;
mod guard;
mod input;
mod output;
mod paint;
mod placeholder;
mod repaint;
mod view;

pub(crate) use crate::abi::handshake::VIEWS_MAX;
#[cfg(feature = "eframe")]
pub(crate) use any_module::AnyModule;
pub use any_module::{AnyModuleType, Entry, Exported};
#[cfg(any(feature = "standalone", all(test, feature = "module")))]
pub(crate) use app::restore_state;
pub use ffi::table;
pub use guard::current_host;
pub(crate) use guard::drop_payload;

use crate::abi::{ABI_VERSION, MAGIC, ModuleHeader, ModuleTable, Slice, Vertex, panic_strategy};
use crate::module::Module;
use std::mem::size_of;

/// Name of the view that [`Module::ui`] draws.
pub(crate) const MAIN_VIEW: &str = "main";

/// How many views the module has, `main` among them.
#[must_use]
pub const fn view_count<M: Module>() -> usize {
    let count = 1 + M::VIEWS.len();
    assert!(count <= VIEWS_MAX, "a module may export at most VIEWS_MAX - 1 extra views");
    count
}

/// The names of the module's views, `main` first.
#[must_use]
pub const fn view_names<M: Module>() -> [Slice<u8>; VIEWS_MAX] {
    let mut names = [Slice::EMPTY; VIEWS_MAX];
    names[0] = Slice::new(MAIN_VIEW.as_bytes());
    let mut index = 1;
    while index < view_count::<M>() {
        names[index] = Slice::new(M::VIEWS[index - 1].name.as_bytes());
        index += 1;
    }
    names
}

/// As [`view_names`], for what has no views but `main`.
#[must_use]
pub const fn main_view() -> [Slice<u8>; 1] {
    [Slice::new(MAIN_VIEW.as_bytes())]
}

/// The header that [`export_module!`](crate::export_module) exports.
#[must_use]
pub const fn header(
    build: &'static str,
    views: Slice<Slice<u8>>,
    table: &'static ModuleTable,
) -> ModuleHeader {
    ModuleHeader {
        magic: MAGIC,
        abi_version: ABI_VERSION,
        header_size: size_of::<ModuleHeader>() as u32,
        pointer_width: usize::BITS,
        panic_strategy: if cfg!(panic = "unwind") {
            panic_strategy::UNWIND
        } else {
            panic_strategy::ABORT
        },
        vertex_size: size_of::<Vertex>() as u32,
        reserved: 0,
        build: Slice::new(build.as_bytes()),
        views,
        table,
    }
}
