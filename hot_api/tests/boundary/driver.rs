//! The host's side of the boundary, by hand.
//!
//! Owns: a [`HostTable`] and an instance. Consumes: [`Input`]. Produces: [`Shown`] frames. Never:
//! keeps a pointer into the instance beyond the next call.
#![expect(unsafe_code, reason = "calls a module through its table, as a host does")]
#![expect(clippy::print_stderr, reason = "a failed assertion has no other way out; see `fault`")]

use crate::script::Scripted;
use crate::shown::{Shown, copy, elements};
use hot_api::__private::table;
use hot_api::abi::wire::{InputItem, ItemWriter};
use hot_api::abi::{
    ABI_VERSION, FrameInput, FrameView, HostTable, Instance, KeptBuffer, KeptTable, LiteralEdit,
    ModuleTable, PaintInfo, ServicesTable, Slice, WriteFn, answer_listen, code, input_flag,
};
use hot_api::egui::{self, Event, Modifiers, PointerButton, Pos2};
use hot_api::services::Listeners;
use std::ffi::c_void;
use std::mem::size_of;
use std::ptr::null_mut;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A panic as it was reported.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) location: String,
    pub(crate) backtrace: String,
}

/// What lies behind the `host` pointer.
pub(crate) struct HostSide {
    faults: Mutex<Vec<Fault>>,
    restored: Mutex<Option<String>>,
    /// Number, name, and whether it is held.
    leases: Mutex<Vec<(u64, String, bool)>>,
    repaints: SyncSender<Duration>,
    services: SyncSender<Said>,
    listeners: Listeners,
}

/// What a service has said: one of [`service_report`], its run, its name, and its error.
pub(crate) type Said = (u32, u64, String, String);

/// What goes into a frame; the default is a focused window of 800×600 pixels.
#[derive(Clone)]
pub(crate) struct Input {
    pub(crate) raw: FrameInput,
    pub(crate) items: Vec<InputItem>,
}

impl Default for Input {
    fn default() -> Self {
        let raw = FrameInput {
            size: size_of::<FrameInput>() as u32,
            flags: input_flag::FOCUSED,
            time: 0.0,
            predicted_dt: 1.0 / 60.0,
            native_pixels_per_point: 1.0,
            size_px: [800.0, 600.0],
            max_texture_side: 4096,
            reserved: 0,
            items: Slice::EMPTY,
        };
        Self { raw, items: Vec::new() }
    }
}

impl Input {
    pub(crate) fn flag(mut self, bit: u32) -> Self {
        self.raw.flags |= bit;
        self
    }

    pub(crate) fn events(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        self.items.extend(events.into_iter().map(InputItem::Event));
        self
    }
}

/// Refuses everything.
static NO_MEMORY: KeptTable = KeptTable {
    size: size_of::<KeptTable>() as u32,
    reserved: 0,
    make: refuse_buffer,
    hold: refuse,
    release: refuse,
    is_sole: refuse,
    lend: refuse,
    claim: refuse_buffer,
};

unsafe extern "C" fn refuse(_number: u64) -> i32 {
    code::REFUSED
}

unsafe extern "C" fn refuse_buffer(_: u64, _out: *mut KeptBuffer) -> i32 {
    code::REFUSED
}

/// One library holds one instance at a time: its panic hook is process-wide.
static TURN: Mutex<()> = Mutex::new(());

/// A module and its host.
pub(crate) struct Driver {
    pub(crate) table: ModuleTable,
    pub(crate) instance: *mut Instance,
    /// Seconds of the next frame; each frame takes as long as on a display of 60 Hz.
    pub(crate) time: f64,
    pub(crate) repaints: Receiver<Duration>,
    pub(crate) services: Receiver<Said>,
    side: Arc<HostSide>,
    host: Rc<HostTable>,
    _turn: MutexGuard<'static, ()>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The test has failed; a hook cannot be taken back now, so its host has to stay.
            self.stay();
        } else if !self.instance.is_null() {
            let _code = self.destroy();
        }
    }
}

impl Driver {
    /// A host without an instance.
    pub(crate) fn idle() -> Self {
        Self::with_memory(std::ptr::null())
    }

    /// A host that has no memory left for kept bytes.
    pub(crate) fn without_memory() -> Self {
        Self::with_memory(&raw const NO_MEMORY)
    }

    fn with_memory(kept: *const KeptTable) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, repaints) = sync_channel(1024);
        let (said, services) = sync_channel(1024);
        let side = Arc::new(HostSide {
            faults: Mutex::default(),
            restored: Mutex::default(),
            leases: Mutex::default(),
            repaints: sender,
            services: said,
            listeners: Listeners::default(),
        });
        let host = Rc::new(HostTable {
            size: size_of::<HostTable>() as u32,
            abi_version: ABI_VERSION,
            host: Arc::as_ptr(&side).cast_mut().cast(),
            generation: 7,
            request_repaint,
            log,
            fault,
            restored,
            gl_get_proc: None,
            kept,
            args: Slice::EMPTY,
            busy,
            idle,
            safe_point,
            service,
            listen,
            flags: 0,
        });
        let table = table::<Scripted>();
        let instance = null_mut();
        Self { table, instance, time: 1.0, repaints, services, side, host, _turn: turn }
    }

    /// Before there is an instance: what the host's table says.
    pub(crate) fn change_table(&mut self, change: impl FnOnce(&mut HostTable)) {
        change(Rc::get_mut(&mut self.host).expect("no module has it"));
    }

    /// Has the host's side outlive the driver, for a thread that may still be in a call of it.
    pub(crate) fn stay(&self) {
        let _kept = (Arc::into_raw(Arc::clone(&self.side)), Rc::into_raw(Rc::clone(&self.host)));
    }

    /// A host with a fresh instance.
    #[track_caller]
    pub(crate) fn new() -> Self {
        let mut driver = Self::idle();
        assert_eq!(driver.create(&[]), code::OK, "{:?}", driver.take_faults());
        driver
    }

    /// The state and egui's memory go through a snapshot into a new instance, as in a reload.
    #[track_caller]
    pub(crate) fn reload(&mut self) {
        let snapshot = self.capture();
        assert_eq!(self.destroy(), code::OK, "{:?}", self.take_faults());
        assert_eq!(self.create(&snapshot), code::OK, "{:?}", self.take_faults());
    }

    pub(crate) fn create(&mut self, snapshot: &[u8]) -> i32 {
        assert!(self.instance.is_null(), "there is an instance already");
        let host = Rc::as_ptr(&self.host);
        // SAFETY: ABI-4, ABI-6: this thread is the module's; table and side outlive the instance.
        unsafe { (self.table.create)(host, Slice::new(snapshot), &raw mut self.instance) }
    }

    pub(crate) fn destroy(&mut self) -> i32 {
        let instance = std::mem::replace(&mut self.instance, null_mut());
        // SAFETY: ABI-7: the last call into it.
        unsafe { (self.table.destroy)(instance) }
    }

    #[track_caller]
    pub(crate) fn capture(&mut self) -> Vec<u8> {
        let mut bytes: Vec<u8> = Vec::new();
        // SAFETY: ABI-4; `bytes` lives during the call.
        let code = unsafe { (self.table.capture)(self.instance, (&raw mut bytes).cast(), append) };
        assert_eq!(code, code::OK, "{:?}", self.take_faults());
        bytes
    }

    pub(crate) fn set_literals(&mut self, edits: &[LiteralEdit]) -> i32 {
        let set_literals = self.table.set_literals.expect("it is of this version");
        // SAFETY: ABI-4, ABI-6; the edits live during the call.
        unsafe { set_literals(Rc::as_ptr(&self.host), Slice::new(edits)) }
    }

    fn services_table(&self) -> &'static ServicesTable {
        self.table.services.expect("it is exported with services")
    }

    /// The code and the JSON that was written.
    pub(crate) fn check_config(&mut self, config: &str) -> (i32, String) {
        let (services, host) = (self.services_table(), Rc::as_ptr(&self.host));
        written(|sink| {
            // SAFETY: ABI-4, ABI-6; the configuration lives during the call.
            unsafe { (services.check)(host, Slice::new(config.as_bytes()), sink, append) }
        })
    }

    /// The code and the JSON that was written.
    pub(crate) fn list_services(&mut self, config: &str) -> (i32, String) {
        let (services, instance) = (self.services_table(), self.instance);
        written(|sink| {
            // SAFETY: ABI-4; the configuration lives during the call.
            unsafe { (services.list)(instance, Slice::new(config.as_bytes()), sink, append) }
        })
    }

    pub(crate) fn start_services(&mut self, only: &str, run: u64) -> i32 {
        let start = self.services_table().start;
        // SAFETY: ABI-4; the name lives during the call.
        unsafe { start(self.instance, Slice::new(only.as_bytes()), run) }
    }

    pub(crate) fn stop_services(&self, name: &str) -> i32 {
        let stop = self.services_table().stop;
        // SAFETY: ABI-4: any thread; the name lives during the call.
        unsafe { stop(Slice::new(name.as_bytes())) }
    }

    pub(crate) fn logic(&mut self, input: &Input) -> Result<Shown, i32> {
        self.call(input, |table, instance, input, out| {
            // SAFETY: ABI-4, ABI-5: all of it lives during the call.
            unsafe { (table.logic)(instance, input, out) }
        })
    }

    pub(crate) fn frame_of(&mut self, view: u32, input: &Input) -> Result<Shown, i32> {
        self.call(input, |table, instance, input, out| {
            // SAFETY: ABI-4, ABI-5: all of it lives during the call.
            unsafe { (table.frame)(instance, view, input, out) }
        })
    }

    /// One frame of the main view.
    #[track_caller]
    pub(crate) fn frame(&mut self, input: &Input) -> Shown {
        self.frame_of(0, input).unwrap_or_else(|code| panic!("{code}: {:?}", self.take_faults()))
    }

    /// Frames with nothing going on.
    #[track_caller]
    pub(crate) fn settle(&mut self, frames: u32) -> Shown {
        for _ in 1..frames {
            self.frame(&Input::default());
        }
        self.frame(&Input::default())
    }

    /// One frame for each event: egui wants to see a press and its release apart.
    #[track_caller]
    pub(crate) fn play(&mut self, events: impl IntoIterator<Item = Event>) -> Vec<Shown> {
        let input = |event| Input::default().events([event]);
        events.into_iter().map(|event| self.frame(&input(event))).collect()
    }

    #[track_caller]
    pub(crate) fn click(&mut self, pos: Pos2) -> Vec<Shown> {
        self.play([Event::PointerMoved(pos), button(pos, true), button(pos, false)])
    }

    /// UI thread's side; without GL nothing can be painted.
    pub(crate) fn paint(&mut self, callback: u64) -> i32 {
        let info = PaintInfo {
            size: size_of::<PaintInfo>() as u32,
            pixels_per_point: 1.0,
            viewport: [0.0; 4],
            clip: [0.0; 4],
            screen_px: [1, 1],
        };
        // SAFETY: ABI-4: no other call is going on.
        unsafe { (self.table.paint)(self.instance, 0, callback, &raw const info) }
    }

    /// Leases in the order in which they were taken, and whether each is held.
    pub(crate) fn leases(&self) -> Vec<(String, bool)> {
        let leases = self.side.leases.lock().expect("no test panics with it");
        leases.iter().map(|(_, name, is_held)| (name.clone(), *is_held)).collect()
    }

    pub(crate) fn take_faults(&self) -> Vec<Fault> {
        std::mem::take(&mut *self.side.faults.lock().expect("no test panics with it"))
    }

    #[track_caller]
    pub(crate) fn take_fault(&self) -> Fault {
        let mut faults = self.take_faults();
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.remove(0)
    }

    pub(crate) fn take_restored(&self) -> Option<String> {
        self.side.restored.lock().expect("no test panics with it").take()
    }

    fn call(
        &mut self,
        input: &Input,
        make: impl FnOnce(&ModuleTable, *mut Instance, &FrameInput, &mut FrameView) -> i32,
    ) -> Result<Shown, i32> {
        let mut writer = ItemWriter::default();
        for item in &input.items {
            assert!(item.encode(&mut writer), "{item:?} cannot be written");
        }
        let time = if input.raw.time == 0.0 { self.time } else { input.raw.time };
        self.time = time + 1.0 / 60.0;
        let raw = FrameInput { time, items: Slice::new(writer.as_bytes()), ..input.raw };
        let mut view = FrameView::empty();
        match make(&self.table, self.instance, &raw, &mut view) {
            // SAFETY: ABI-5: no other call was made since.
            code::OK => Ok(unsafe { copy(view) }),
            code => Err(code),
        }
    }
}

pub(crate) fn button(pos: Pos2, pressed: bool) -> Event {
    let modifiers = Modifiers::NONE;
    Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers }
}

pub(crate) fn key(key: egui::Key) -> Event {
    let modifiers = Modifiers::NONE;
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
}

/// # Safety
/// `host` is the pointer in the table of a live [`Driver`].
unsafe fn side<'a>(host: *mut c_void) -> &'a HostSide {
    // SAFETY: promised by the caller (ABI-6).
    unsafe { &*host.cast::<HostSide>() }
}

/// # Safety
/// As for [`elements`].
unsafe fn text(bytes: Slice<u8>) -> String {
    // SAFETY: promised by the caller.
    String::from_utf8_lossy(unsafe { elements(bytes) }).into_owned()
}

unsafe extern "C" fn request_repaint(host: *mut c_void, after_ns: u64) {
    // SAFETY: ABI-6. A full channel has enough requests in it.
    let _full = unsafe { side(host) }.repaints.try_send(Duration::from_nanos(after_ns));
}

unsafe extern "C" fn log(_host: *mut c_void, _level: u32, _line: Slice<u8>) {}

unsafe extern "C" fn fault(
    host: *mut c_void,
    message: Slice<u8>,
    location: Slice<u8>,
    backtrace: Slice<u8>,
) {
    // SAFETY: ABI-5, ABI-6.
    let (side, fault) = unsafe {
        let (message, location) = (text(message), text(location));
        (side(host), Fault { message, location, backtrace: text(backtrace) })
    };
    // The module's hook has taken the place of the test harness's: this is how a failed assertion
    // of a test itself gets to be seen.
    eprintln!("{}: {}", fault.location, fault.message);
    side.faults.lock().expect("no test panics with it").push(fault);
}

unsafe extern "C" fn restored(host: *mut c_void, report: Slice<u8>) {
    // SAFETY: ABI-5, ABI-6.
    let (side, report) = unsafe { (side(host), text(report)) };
    *side.restored.lock().expect("no test panics with it") = Some(report);
}

unsafe extern "C" fn busy(host: *mut c_void, name: Slice<u8>) -> u64 {
    // SAFETY: ABI-5, ABI-6.
    let (side, name) = unsafe { (side(host), text(name)) };
    let mut leases = side.leases.lock().expect("no test panics with it");
    let number = leases.len() as u64 + 1;
    leases.push((number, name, true));
    number
}

unsafe extern "C" fn idle(host: *mut c_void, lease: u64) {
    // SAFETY: ABI-6.
    let mut leases = unsafe { side(host) }.leases.lock().expect("no test panics with it");
    for (_, _, is_held) in leases.iter_mut().filter(|(number, ..)| *number == lease) {
        *is_held = false;
    }
}

unsafe extern "C" fn safe_point(host: *mut c_void) {
    // SAFETY: ABI-6.
    let mut leases = unsafe { side(host) }.leases.lock().expect("no test panics with it");
    leases.push((0, "safe point".to_owned(), false));
}

unsafe extern "C" fn service(
    host: *mut c_void,
    report: u32,
    run: u64,
    name: Slice<u8>,
    error: Slice<u8>,
) {
    // SAFETY: ABI-5, ABI-6.
    let (side, name, error) = unsafe { (side(host), text(name), text(error)) };
    side.services.send((report, run, name, error)).expect("the driver is there");
}

unsafe extern "C" fn listen(
    host: *mut c_void,
    address: Slice<u8>,
    socket: *mut u64,
    sink: *mut c_void,
    write: WriteFn,
) -> i32 {
    // SAFETY: ABI-5, ABI-6.
    let (side, address) = unsafe { (side(host), text(address)) };
    // SAFETY: the caller's own variable and function.
    unsafe { answer_listen(side.listeners.listen_raw("scripted", &address), socket, sink, write) }
}

/// The code of a call, and the text that it has written.
fn written(call: impl FnOnce(*mut c_void) -> i32) -> (i32, String) {
    let mut bytes: Vec<u8> = Vec::new();
    let code = call((&raw mut bytes).cast());
    (code, String::from_utf8(bytes).expect("JSON is UTF-8"))
}

unsafe extern "C" fn append(sink: *mut c_void, bytes: Slice<u8>) {
    // SAFETY: `sink` is the vector of `Driver::capture`, alive during the call; ABI-5.
    unsafe { (*sink.cast::<Vec<u8>>()).extend_from_slice(elements(bytes)) }
}
