//! The module's handle on its host.
//!
//! Owns: the only calls from a module into the host. Produces: safe methods. Never: egui.
#![expect(unsafe_code, reason = "the one place where a module calls through the host's table")]

use crate::abi::{HostTable, NOTICE, Slice, code, host_flag, service_report};
use std::ffi::{OsString, c_void};
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::net::TcpListener;
use std::ptr;
use std::time::Duration;

/// How urgent a log line is.
///
/// ```
/// use hot_api::{Host, LogLevel};
///
/// fn loaded(host: &Host, rows: usize, skipped: usize) {
///     let level = if skipped == 0 { LogLevel::Info } else { LogLevel::Warn };
///     host.log(level, &format!("{rows} rows loaded, {skipped} skipped"));
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum LogLevel {
    /// Something failed.
    Error = 1,
    /// Something may be wrong.
    Warn = 2,
    /// What a user may want to know.
    Info = 3,
    /// What a developer may want to know.
    Debug = 4,
    /// Everything.
    Trace = 5,
}

/// What a module may ask of its host. `Copy`; usable from any thread, until the instance it was made for is dropped: a
/// thread that holds one must be joined before (`ABI-7`).
///
/// It comes from [`CreateContext::host`](crate::CreateContext::host), [`ModuleFrame::host`](crate::ModuleFrame::host),
/// [`ServiceContext::host`](crate::ServiceContext::host) or [`current_host`](crate::current_host()).
///
/// ```
/// use hot_api::Host;
/// use std::thread::{self, JoinHandle};
/// # fn fetch(url: &str) -> String { url.to_owned() }
///
/// /// `Drop` of the module joins the thread.
/// fn download(host: &Host, url: String) -> JoinHandle<String> {
///     let host = *host;
///     thread::spawn(move || {
///         let page = fetch(&url);
///         host.request_repaint(); // shown without waiting for the mouse to move
///         page
///     })
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Host {
    table: *const HostTable,
}

// SAFETY: ABI-4, ABI-6: the functions behind the table may be called from any thread, and the
// table is immutable and outlives the instance.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("generation", &self.generation()).finish_non_exhaustive()
    }
}

impl Host {
    /// Wraps the table that the host passed to `create`.
    ///
    /// # Safety
    /// `table` points to a [`HostTable`] that stays valid, unchanged, until the instance is dropped
    /// (ABI-6).
    pub(crate) unsafe fn new(table: *const HostTable) -> Self {
        Self { table }
    }

    /// What is behind the end of an older host's table is zero.
    fn table(&self) -> HostTable {
        let mut copy = MaybeUninit::<HostTable>::zeroed();
        // SAFETY: ABI-2: a table begins with its size, and has at least what cannot be absent; the copy is as long as
        // the type, and zeros are values of what may be absent.
        unsafe {
            let length = (self.table.cast::<u32>().read() as usize).min(size_of::<HostTable>());
            ptr::copy_nonoverlapping(self.table.cast::<u8>(), copy.as_mut_ptr().cast(), length);
            copy.assume_init()
        }
    }

    /// Whether this process is there to try this code, and nothing else: it has a copy of the real state, can write no
    /// file and open no socket, nobody sees what it draws, and it ends at once. Code need not care; what reaches out of
    /// the process, such as taking a port or starting a thread that never ends, may be left out there.
    #[must_use]
    pub fn on_trial(&self) -> bool {
        self.table().flags & host_flag::ON_TRIAL != 0
    }

    /// The number of the generation this code belongs to; it grows with every reload attempt. 0 in the application's own
    /// executable.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.table().generation
    }

    /// Asks for another frame after `delay`, without blocking. For data that arrives on another thread; inside `ui` use
    /// egui's own `request_repaint_after`.
    pub fn request_repaint_after(&self, delay: Duration) {
        let nanos = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
        // SAFETY: ABI-6: `host` is the first argument of every function of this table.
        unsafe { (self.table().request_repaint)(self.table().host, nanos) }
    }

    /// Asks for another frame at once; otherwise as [`Self::request_repaint_after`].
    pub fn request_repaint(&self) {
        self.request_repaint_after(Duration::ZERO);
    }

    /// Writes a line to the host's log, `host.log`, if `PITSTOP_LOG` keeps lines of that level. In the application's own
    /// executable it goes to the `log` crate. Any thread.
    pub fn log(&self, level: LogLevel, text: &str) {
        self.write(level as u32, text);
    }

    /// Tells the user something that matters, in the terminal and in the window. In the application's own executable it
    /// is a warning of the `log` crate. Any thread.
    ///
    /// ```
    /// # use hot_api::Host;
    /// fn report(host: &Host, imported: Result<usize, std::io::Error>) {
    ///     if let Err(error) = imported {
    ///         host.notice(&format!("the import has failed: {error}; the old data is still shown"));
    ///     }
    /// }
    /// ```
    pub fn notice(&self, text: &str) {
        self.write(NOTICE, text);
    }

    fn write(&self, level: u32, text: &str) {
        let text = Slice::new(text.as_bytes());
        // SAFETY: ABI-6; the text is borrowed for the call.
        unsafe { (self.table().log)(self.table().host, level, text) }
    }

    /// Says that this module is at work which must not be interrupted, such as an export on a thread. Until the
    /// lease is dropped, new code of this module waits, and so does a restart of the host. `name` is shown
    /// meanwhile. Any thread. In the application's own executable nothing waits. See [`Busy`] for an example.
    #[must_use = "the work counts as over when this is dropped"]
    pub fn busy(&self, name: &str) -> Busy {
        // SAFETY: ABI-6; the name is borrowed for the call.
        let lease = unsafe { (self.table().busy)(self.table().host, Slice::new(name.as_bytes())) };
        Busy { host: *self, lease }
    }

    /// Says that the work under this module's leases has reached a point from which it can go on later: new code
    /// or a restart that waits for it happens now. When nothing waits, nothing happens. Any thread.
    ///
    /// ```
    /// # use hot_api::{Busy, ModuleFrame};
    /// /// One file in each frame; `left` is in the state, `busy` beside it.
    /// fn import(left: &mut Vec<String>, busy: &mut Option<Busy>, frame: &ModuleFrame<'_>) {
    ///     let Some(file) = left.pop() else { return *busy = None };
    ///     busy.get_or_insert_with(|| frame.host().busy("import"));
    ///     println!("importing {file}");
    ///     frame.host().safe_point(); // new code goes on with what is left
    /// }
    /// ```
    pub fn safe_point(&self) {
        // SAFETY: ABI-6.
        unsafe { (self.table().safe_point)(self.table().host) }
    }

    /// Reports a contained panic.
    pub(crate) fn fault(&self, message: &str, location: &str, backtrace: &str) {
        let table = self.table();
        // SAFETY: ABI-6; the texts are borrowed for the call.
        unsafe {
            (table.fault)(
                table.host,
                Slice::new(message.as_bytes()),
                Slice::new(location.as_bytes()),
                Slice::new(backtrace.as_bytes()),
            );
        }
    }

    /// Reports what became of the state.
    pub(crate) fn restored(&self, report: &str) {
        let table = self.table();
        // SAFETY: ABI-6; the text is borrowed for the call.
        unsafe { (table.restored)(table.host, Slice::new(report.as_bytes())) }
    }

    /// Reports that a service has started.
    pub(crate) fn service_ready(&self, run: u64, name: &str) {
        self.service(service_report::READY, run, name, "");
    }

    /// Reports that a service has ended, with an error or without.
    pub(crate) fn service_ended(&self, run: u64, name: &str, error: Option<&str>) {
        match error {
            Some(error) => self.service(service_report::FAILED, run, name, error),
            None => self.service(service_report::ENDED, run, name, ""),
        }
    }

    fn service(&self, report: u32, run: u64, name: &str, error: &str) {
        let table = self.table();
        let (name, error) = (Slice::new(name.as_bytes()), Slice::new(error.as_bytes()));
        // SAFETY: ABI-6; the texts are borrowed for the call.
        unsafe { (table.service)(table.host, report, run, name, error) }
    }

    /// A duplicate of a socket that the host keeps.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub(crate) fn listen(&self, address: &str) -> io::Result<TcpListener> {
        let table = self.table();
        let (mut socket, mut reason) = (0_u64, Vec::new());
        let sink = (&raw mut reason).cast::<c_void>();
        // SAFETY: ABI-6; the text is borrowed for the call, and `append` takes this very sink, which lives during it.
        let code = unsafe {
            let address = Slice::new(address.as_bytes());
            (table.listen)(table.host, address, &raw mut socket, sink, append)
        };
        if code != code::OK {
            let reason = String::from_utf8_lossy(&reason).into_owned();
            return Err(io::Error::other(reason));
        }
        // SAFETY: the host has just made it for the caller, who owns it (`HostTable::listen`).
        Ok(unsafe { socket_of(socket) })
    }

    /// The application's arguments.
    pub(crate) fn args(&self) -> Vec<OsString> {
        // SAFETY: ABI-6: the list and its texts live as long as the process.
        let args = unsafe { self.table().args.elements() };
        // SAFETY: as above.
        args.iter().map(|arg| os_string(unsafe { arg.elements() })).collect()
    }

    /// The address of a GL function; null where there is none or no GL at all.
    #[cfg(feature = "glow")]
    pub(crate) fn gl_get_proc(&self, name: &std::ffi::CStr) -> *const std::ffi::c_void {
        let table = self.table();
        table.gl_get_proc.map_or(std::ptr::null(), |get| {
            // SAFETY: ABI-4: only reached from `paint`, on the UI thread with GL current.
            unsafe { get(table.host, name.as_ptr()) }
        })
    }
}

/// Work that must not be interrupted, from [`Host::busy`] until this is dropped, also by a panic. May be moved to
/// another thread (`ABI-7`: the thread is joined before the instance is dropped).
///
/// ```
/// use hot_api::ModuleFrame;
/// use std::{fs, io, thread};
///
/// fn export(frame: &ModuleFrame<'_>, csv: String) -> thread::JoinHandle<io::Result<()>> {
///     let busy = frame.host().busy("export");
///     thread::spawn(move || {
///         let written = fs::write("export.csv", csv);
///         drop(busy); // new code that has been waiting is taken over now
///         written
///     })
/// }
/// ```
#[derive(Debug)]
pub struct Busy {
    host: Host,
    lease: u64,
}

impl Drop for Busy {
    fn drop(&mut self) {
        // SAFETY: ABI-6.
        unsafe { (self.host.table().idle)(self.host.table().host, self.lease) }
    }
}

/// An argument from its bytes: on Unix they are the argument, elsewhere its UTF-8.
fn os_string(bytes: &[u8]) -> OsString {
    #[cfg(unix)]
    return <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes).to_owned();
    #[cfg(not(unix))]
    return String::from_utf8_lossy(bytes).into_owned().into();
}

/// Collects a text of the host's in a `Vec<u8>`.
unsafe extern "C" fn append(sink: *mut c_void, bytes: Slice<u8>) {
    // SAFETY: `sink` is the one of `Host::listen`, alive during the call; ABI-5 for the bytes.
    let (sink, bytes) = unsafe { (&mut *sink.cast::<Vec<u8>>(), bytes.elements()) };
    sink.extend_from_slice(bytes);
}

/// # Safety
/// `socket` is an open listening socket, and nobody else owns it.
unsafe fn socket_of(socket: u64) -> TcpListener {
    #[cfg(unix)]
    // SAFETY: promised by the caller.
    return unsafe { std::os::fd::FromRawFd::from_raw_fd(socket as std::os::fd::RawFd) };
    #[cfg(windows)]
    // SAFETY: promised by the caller.
    return unsafe {
        std::os::windows::io::FromRawSocket::from_raw_socket(
            socket as std::os::windows::io::RawSocket,
        )
    };
}
