//! The services of a host, for an application that runs without one.
#![expect(unsafe_code, reason = "functions behind the host's table, as modules call them")]

use crate::abi::{ABI_VERSION, HostTable, Slice};
use crate::host::Host;
use egui::Context;
use std::ffi::c_void;
use std::time::Duration;

/// A host whose window is eframe's. Lives as long as the process, as does what it points to, so that
/// threads may keep it.
pub(super) fn with_context(ctx: &Context) -> Host {
    let ctx: &'static Context = Box::leak(Box::new(ctx.clone()));
    let table: &'static HostTable = Box::leak(Box::new(HostTable {
        size: size_of::<HostTable>() as u32,
        abi_version: ABI_VERSION,
        host: std::ptr::from_ref(ctx).cast_mut().cast(),
        generation: 0,
        request_repaint,
        log,
        fault,
        restored,
        // The module paints with the painter of eframe.
        gl_get_proc: None,
        kept: std::ptr::null(),
        args: Slice::EMPTY,
        busy,
        idle,
        safe_point,
    }));
    // SAFETY: ABI-6: the table is never freed and never changed.
    unsafe { Host::new(table) }
}

unsafe extern "C" fn request_repaint(host: *mut c_void, after_ns: u64) {
    // SAFETY: ABI-6: `host` is the context of `with_context`, which is never freed.
    let ctx = unsafe { &*host.cast::<Context>() };
    ctx.request_repaint_after(Duration::from_nanos(after_ns));
}

unsafe extern "C" fn log(_host: *mut c_void, level: u32, text: Slice<u8>) {
    let level = match level {
        1 => log::Level::Error,
        2 => log::Level::Warn,
        3 => log::Level::Info,
        4 => log::Level::Debug,
        _ => log::Level::Trace,
    };
    // SAFETY: ABI-5: lent for the call.
    let text = String::from_utf8_lossy(unsafe { text.elements() });
    log::log!(level, "{text}");
}

unsafe extern "C" fn fault(
    _host: *mut c_void,
    message: Slice<u8>,
    location: Slice<u8>,
    _backtrace: Slice<u8>,
) {
    // SAFETY: ABI-5: lent for the call.
    let (message, location) = unsafe { (message.elements(), location.elements()) };
    let (message, location) = (String::from_utf8_lossy(message), String::from_utf8_lossy(location));
    log::error!("{message} ({location})");
}

/// What became of the state is told where it is read; see `saved_state`.
unsafe extern "C" fn restored(_host: *mut c_void, _report: Slice<u8>) {}

/// Nothing is exchanged here, and nobody waits.
unsafe extern "C" fn busy(_host: *mut c_void, _name: Slice<u8>) -> u64 {
    0
}

/// As [`busy`].
unsafe extern "C" fn idle(_host: *mut c_void, _lease: u64) {}

/// As [`busy`].
unsafe extern "C" fn safe_point(_host: *mut c_void) {}
