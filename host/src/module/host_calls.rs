//! The host's side of [`HostTable`]: what a module may ask for.
//!
//! Owns: the memory behind the table's `host` pointer, and what the module reports through it.
//! Never: calls into the module, or frees a table: a thread that a module has started may outlive its
//! generation and still hold the pointer.
#![expect(unsafe_code, reason = "functions that modules call through the C boundary")]

use super::app_args::AppArgs;
use super::slices::text;
use hot_api::abi::{ABI_VERSION, HostTable, Slice, WriteFn, answer_listen, host_flag};
use hot_api::services::lifecycle::Report;
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_void};
use std::mem::size_of;
use std::sync::Arc;
use std::time::Duration;

/// Finds GL functions of the window's context.
pub type GlLoader = Arc<dyn Fn(&CStr) -> *const c_void + Send + Sync>;

/// Takes a log line of any thread: level 1 error … 5 trace or [`NOTICE`](hot_api::abi::NOTICE), and the text.
pub type LogFn = Arc<dyn Fn(u32, &str) + Send + Sync>;

/// What the host offers to every module.
#[derive(Clone)]
pub struct HostCalls {
    /// Any thread: another frame is wanted after this time.
    pub request_repaint: Arc<dyn Fn(Duration) + Send + Sync>,
    /// Any thread: a log line.
    pub log: LogFn,
    /// The window's GL, if there is a window.
    pub gl: Option<GlLoader>,
    /// The application's own arguments.
    pub args: AppArgs,
    /// Whether this process is there to try the module, and nothing else.
    pub on_trial: bool,
    /// Any thread: the module begins or ends work that must not be interrupted.
    pub on_lease: LeaseFn,
    /// The service's thread: what a service says of itself.
    pub on_service: ServiceFn,
    /// Any thread: a socket that listens at this address, as the number that the system knows it by; or why there is
    /// none.
    pub listen: ListenFn,
}

/// Hears of leases.
pub type LeaseFn = Arc<dyn Fn(LeaseChange) + Send + Sync>;

/// Hears of services: what each was started with, its name, and what it says.
pub type ServiceFn = Arc<dyn Fn(u64, &str, Report) + Send + Sync>;

/// Opens sockets.
pub type ListenFn = Arc<dyn Fn(&str) -> Result<u64, String> + Send + Sync>;

/// What a module says of work that must not be interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseChange {
    /// It begins.
    Taken(String),
    /// It is over.
    Returned(String),
    /// Whatever waits for it may happen now.
    SafePoint,
}

impl HostCalls {
    /// What a module may ask for when nobody answers.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            request_repaint: Arc::new(|_| {}),
            log: Arc::new(|_, _| {}),
            gl: None,
            args: AppArgs::default(),
            on_trial: false,
            on_lease: Arc::new(drop),
            on_service: Arc::new(|_, _, _| {}),
            listen: Arc::new(|_| Err("this host keeps no sockets".to_owned())),
        }
    }
}

impl std::fmt::Debug for HostCalls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostCalls").field("gl", &self.gl.is_some()).finish_non_exhaustive()
    }
}

/// The text of a panic as it came through the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FaultText {
    pub(super) message: String,
    pub(super) location: String,
    pub(super) backtrace: String,
}

/// Faults that are kept when nobody asks; a module that panics in a loop on a thread of its own
/// must not eat the memory.
const FAULTS_MAX: usize = 16;

/// A table and what lies behind its `host` pointer, at a fixed address (`ABI-6`).
///
/// It is never freed, about 300 bytes for each generation: a thread that outlives its generation may
/// call any of these functions at any time. After [`disconnect`](Self::disconnect) they do nothing.
pub(super) struct HostSide {
    table: HostTable,
    /// `None` once the generation has been retired.
    host_calls: RwLock<Option<Arc<HostCalls>>>,
    faults: Mutex<Vec<FaultText>>,
    restored: Mutex<Option<String>>,
    leases: Mutex<Leases>,
    /// Services that have a thread: the library stays loaded as long as there is one.
    running_services: Mutex<Vec<(u64, String)>>,
}

/// The leases that are held, by number.
#[derive(Debug, Default)]
struct Leases {
    last: u64,
    held: BTreeMap<u64, String>,
}

/// Leases that are held at the same time; a module that takes them in a loop must not eat the memory.
const LEASES_MAX: usize = 1024;
/// Characters of a lease's name that are kept: it is shown on a line.
const LEASE_NAME_MAX: usize = 80;

// SAFETY: ABI-6: `table.host` points to this very value, whose other fields are `Sync`.
unsafe impl Send for HostSide {}
// SAFETY: as above.
unsafe impl Sync for HostSide {}

impl HostSide {
    pub(super) fn new(host_calls: HostCalls, generation: u64) -> &'static Self {
        let table = HostTable {
            size: size_of::<HostTable>() as u32,
            abi_version: ABI_VERSION,
            host: std::ptr::null_mut(),
            generation,
            request_repaint,
            log,
            fault,
            restored,
            gl_get_proc: host_calls.gl.is_some().then_some(gl_get_proc),
            kept: &raw const super::buffers::TABLE,
            args: host_calls.args.table(),
            busy,
            idle,
            safe_point,
            service,
            listen,
            flags: if host_calls.on_trial { host_flag::ON_TRIAL } else { 0 },
        };
        let side = Box::into_raw(Box::new(Self {
            table,
            host_calls: RwLock::new(Some(Arc::new(host_calls))),
            faults: Mutex::default(),
            restored: Mutex::default(),
            leases: Mutex::default(),
            running_services: Mutex::default(),
        }));
        // SAFETY: it was just made, nobody else has it, and it is never freed.
        unsafe {
            (*side).table.host = side.cast::<c_void>();
            &*side
        }
    }

    pub(super) fn table(&self) -> *const HostTable {
        &raw const self.table
    }

    /// Any thread. The generation ends: from now on its threads reach nothing of the host, and what
    /// they say is dropped. A call that has begun before may still end.
    pub(super) fn disconnect(&self) {
        *self.host_calls.write() = None;
        *self.faults.lock() = Vec::new();
        *self.restored.lock() = None;
        self.leases.lock().held.clear();
    }

    /// The panics reported since the last call.
    pub(super) fn take_faults(&self) -> Vec<FaultText> {
        std::mem::take(&mut self.faults.lock())
    }

    /// What the module said about its state, as JSON.
    pub(super) fn take_restored(&self) -> Option<String> {
        self.restored.lock().take()
    }

    /// These services get a thread each.
    pub(super) fn services_start(&self, run: u64, names: &[String]) {
        self.running_services.lock().extend(names.iter().map(|name| (run, name.clone())));
    }

    /// None of these has a thread.
    pub(super) fn services_not_started(&self, run: u64) {
        self.running_services.lock().retain(|(of, _)| *of != run);
    }

    /// The services that have not told their end.
    pub(super) fn running_services(&self) -> Vec<String> {
        self.running_services.lock().iter().map(|(_, name)| name.clone()).collect()
    }

    /// What the module may still ask for; no lock is held meanwhile.
    fn host_calls(&self) -> Option<Arc<HostCalls>> {
        self.host_calls.read().clone()
    }
}

/// # Safety
/// `host` is the pointer of a table made by [`HostSide::new`] (ABI-6).
unsafe fn side(host: *mut c_void) -> &'static HostSide {
    // SAFETY: promised by the caller; it is never freed.
    unsafe { &*host.cast::<HostSide>() }
}

unsafe extern "C" fn request_repaint(host: *mut c_void, after_ns: u64) {
    // SAFETY: ABI-6.
    if let Some(host_calls) = unsafe { side(host) }.host_calls() {
        (host_calls.request_repaint)(Duration::from_nanos(after_ns));
    }
}

unsafe extern "C" fn log(host: *mut c_void, level: u32, line: Slice<u8>) {
    // SAFETY: ABI-6, ABI-5.
    let (side, line) = unsafe { (side(host), text(line)) };
    if let Some(host_calls) = side.host_calls() {
        (host_calls.log)(level, &line);
    }
}

unsafe extern "C" fn fault(
    host: *mut c_void,
    message: Slice<u8>,
    location: Slice<u8>,
    backtrace: Slice<u8>,
) {
    // SAFETY: ABI-6, ABI-5.
    let (side, text) = unsafe {
        let message = text(message);
        (side(host), FaultText { message, location: text(location), backtrace: text(backtrace) })
    };
    let is_connected = side.host_calls.read().is_some();
    let mut faults = side.faults.lock();
    if is_connected && faults.len() < FAULTS_MAX {
        faults.push(text);
    }
}

unsafe extern "C" fn restored(host: *mut c_void, report: Slice<u8>) {
    // SAFETY: ABI-6, ABI-5.
    let (side, report) = unsafe { (side(host), text(report)) };
    *side.restored.lock() = Some(report);
}

unsafe extern "C" fn busy(host: *mut c_void, name: Slice<u8>) -> u64 {
    // SAFETY: ABI-6, ABI-5.
    let (side, name) = unsafe { (side(host), text(name)) };
    let Some(host_calls) = side.host_calls() else { return 0 };
    let name: String = name.chars().take(LEASE_NAME_MAX).collect();
    let lease = {
        let mut leases = side.leases.lock();
        if leases.held.len() >= LEASES_MAX {
            return 0;
        }
        leases.last += 1;
        let lease = leases.last;
        leases.held.insert(lease, name.clone());
        lease
    };
    (host_calls.on_lease)(LeaseChange::Taken(name));
    lease
}

unsafe extern "C" fn idle(host: *mut c_void, lease: u64) {
    // SAFETY: ABI-6.
    let side = unsafe { side(host) };
    let Some(name) = side.leases.lock().held.remove(&lease) else { return };
    if let Some(host_calls) = side.host_calls() {
        (host_calls.on_lease)(LeaseChange::Returned(name));
    }
}

unsafe extern "C" fn safe_point(host: *mut c_void) {
    // SAFETY: ABI-6.
    if let Some(host_calls) = unsafe { side(host) }.host_calls() {
        (host_calls.on_lease)(LeaseChange::SafePoint);
    }
}

unsafe extern "C" fn service(
    host: *mut c_void,
    report: u32,
    run: u64,
    name: Slice<u8>,
    error: Slice<u8>,
) {
    // SAFETY: ABI-6, ABI-5.
    let (side, name, error) = unsafe { (side(host), text(name), text(error)) };
    // What is not known is of a newer module.
    let Some(report) = Report::decode(report, error) else { return };
    if matches!(report, Report::Ended(_)) {
        let mut running = side.running_services.lock();
        if let Some(at) = running.iter().position(|(of, running)| *of == run && *running == name) {
            running.swap_remove(at);
        }
    }
    if let Some(host_calls) = side.host_calls() {
        (host_calls.on_service)(run, &name, report);
    }
}

unsafe extern "C" fn listen(
    host: *mut c_void,
    address: Slice<u8>,
    socket: *mut u64,
    sink: *mut c_void,
    write: WriteFn,
) -> i32 {
    // SAFETY: ABI-6, ABI-5.
    let (side, address) = unsafe { (side(host), text(address)) };
    let opened = match side.host_calls() {
        Some(host_calls) => (host_calls.listen)(&address),
        None => Err("the code that asks has been replaced".to_owned()),
    };
    // SAFETY: the caller's own variable and function.
    unsafe { answer_listen(opened, socket, sink, write) }
}

unsafe extern "C" fn gl_get_proc(host: *mut c_void, name: *const c_char) -> *const c_void {
    // SAFETY: ABI-6; the name is a C string that lives during the call (ABI-5).
    let (side, name) = unsafe { (side(host), CStr::from_ptr(name)) };
    let host_calls = side.host_calls();
    let loader = host_calls.as_ref().and_then(|host_calls| host_calls.gl.as_ref());
    loader.map_or(std::ptr::null(), |loader| loader(name))
}
