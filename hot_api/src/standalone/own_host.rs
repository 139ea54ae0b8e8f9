//! The services of a host, for an application that runs without one.
#![expect(unsafe_code, reason = "functions behind the host's table, as modules call them")]

use crate::abi::{ABI_VERSION, HostTable, NOTICE, Slice, WriteFn, answer_listen};
use crate::host::Host;
use crate::services::Listeners;
use crate::services::lifecycle::Report;
use egui::Context;
use std::ffi::c_void;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// What a service was started with, its name, and what it says of itself.
pub(super) type ServiceReport = (u64, String, Report);

/// What the table points to.
struct Own {
    ctx: Context,
    reports: Sender<ServiceReport>,
    listeners: Listeners,
}

/// The one module's name among listeners and services.
pub(super) const MODULE: &str = "app";

/// A host whose window is eframe's. Lives as long as the process, as does what it points to, so that
/// threads may keep it.
pub(super) fn with_context(ctx: &Context) -> (Host, Receiver<ServiceReport>, &'static Listeners) {
    let (reports, received) = channel();
    let own = Own { ctx: ctx.clone(), reports, listeners: Listeners::default() };
    let own: &'static Own = Box::leak(Box::new(own));
    let table: &'static HostTable = Box::leak(Box::new(HostTable {
        size: size_of::<HostTable>() as u32,
        abi_version: ABI_VERSION,
        host: std::ptr::from_ref(own).cast_mut().cast(),
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
        service,
        listen,
        flags: 0,
    }));
    // SAFETY: ABI-6: the table is never freed and never changed.
    let host = unsafe { Host::new(table) };
    (host, received, &own.listeners)
}

/// # Safety
/// `host` is the one of [`with_context`] (ABI-6).
unsafe fn own(host: *mut c_void) -> &'static Own {
    // SAFETY: promised by the caller; it is never freed.
    unsafe { &*host.cast::<Own>() }
}

unsafe extern "C" fn request_repaint(host: *mut c_void, after_ns: u64) {
    // SAFETY: ABI-6.
    unsafe { own(host) }.ctx.request_repaint_after(Duration::from_nanos(after_ns));
}

unsafe extern "C" fn log(_host: *mut c_void, level: u32, text: Slice<u8>) {
    let level = match level {
        1 => log::Level::Error,
        NOTICE | 2 => log::Level::Warn,
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

unsafe extern "C" fn service(
    host: *mut c_void,
    report: u32,
    run: u64,
    name: Slice<u8>,
    error: Slice<u8>,
) {
    // SAFETY: ABI-6; ABI-5: lent for the call.
    let (own, name, error) = unsafe { (own(host), name.elements(), error.elements()) };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let Some(report) = Report::decode(report, text(error)) else { return };
    let _ = own.reports.send((run, text(name), report)); // nobody waits for it any more
    own.ctx.request_repaint();
}

unsafe extern "C" fn listen(
    host: *mut c_void,
    address: Slice<u8>,
    socket: *mut u64,
    sink: *mut c_void,
    write: WriteFn,
) -> i32 {
    // SAFETY: ABI-6; ABI-5: lent for the call.
    let (own, address) = unsafe { (own(host), address.elements()) };
    let opened = own.listeners.listen_raw(MODULE, &String::from_utf8_lossy(address));
    // SAFETY: the caller's own variable and function.
    unsafe { answer_listen(opened, socket, sink, write) }
}
