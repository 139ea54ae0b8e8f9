//! The functions behind the table.
//!
//! Owns: the turning of raw pointers into references. Each function checks for null, catches
//! panics (`ABI-3`) and forwards. Never: anything else. Only the two that begin without an instance know
//! the module's type, and hand it on as an [`AnyModuleType`].
#![expect(unsafe_code, reason = "the module's side of the C boundary")]

use super::any_module::{AnyModuleType, Entry};
use super::app::{App, CreateError};
use super::contained::Contained;
use super::ffi_services::{services_table, threads};
use super::guard::{guard, install, last_panic_site, uninstall, warn};
use super::paint::PaintSide;
use crate::abi::{
    FrameInput, FrameView, HOST_TABLE_SIZE_MIN, HostTable, Instance, LiteralEdit, ModuleTable,
    PaintInfo, Slice, WriteFn, code,
};
use crate::host::{Host, LogLevel};
use crate::kept::{Passage, use_memory_of, within};
use crate::services::Threads;
use crate::state::{Codec, MigrateError, SnapshotError};
use crate::tweak;
use std::ffi::c_void;
use std::mem::size_of;
use std::sync::Arc;

/// What an [`Instance`] really is. The two halves are only ever borrowed one by one, through raw
/// field pointers, because the UI thread reads `paint` (ABI-4).
struct Boxed {
    app: App,
    paint: PaintSide,
    host: Host,
}

/// The table of a module.
#[must_use]
pub const fn table<E: Entry>() -> ModuleTable {
    ModuleTable {
        size: size_of::<ModuleTable>() as u32,
        flags: 0,
        create: create::<E>,
        logic,
        frame,
        paint,
        capture,
        suspend,
        resume,
        release_gl,
        destroy,
        schema: Some(schema::<E>),
        hand_over: Some(hand_over),
        set_literals: Some(set_literals),
        services: match E::HAS_SERVICES {
            true => Some(const { &services_table::<E>() }),
            false => None,
        },
    }
}

/// The module thread's half.
///
/// # Safety
/// `instance` came from `create` and is not destroyed; this is the module thread (ABI-4).
pub(super) unsafe fn app<'a>(instance: *mut Instance) -> &'a mut App {
    // SAFETY: promised by the caller; the other half is not borrowed by this.
    unsafe { &mut *std::ptr::addr_of_mut!((*instance.cast::<Boxed>()).app) }
}

/// The half that both threads may read.
///
/// # Safety
/// `instance` came from `create` and is not destroyed.
unsafe fn paint_side<'a>(instance: *mut Instance) -> &'a PaintSide {
    // SAFETY: promised by the caller; never borrowed mutably.
    unsafe { &*std::ptr::addr_of!((*instance.cast::<Boxed>()).paint) }
}

/// Whether `object` can be used: it is there, and as long as this side knows it. A host that is
/// older than the module passes shorter ones.
///
/// # Safety
/// `object` is null or points to a live struct that begins with its own size (ABI-2).
unsafe fn is_whole<T>(object: *const T) -> bool {
    // SAFETY: promised by the caller.
    !object.is_null() && unsafe { object.cast::<u32>().read() } as usize >= size_of::<T>()
}

/// Whether the host's table has all that a module needs. What an older host's lacks is asked for with its size.
///
/// # Safety
/// `host` is null or points to a live table (ABI-2).
unsafe fn is_host(host: *const HostTable) -> bool {
    // SAFETY: promised by the caller.
    !host.is_null() && unsafe { (&raw const (*host).size).read() } >= HOST_TABLE_SIZE_MIN
}

/// # Safety
/// As for [`paint_side`].
unsafe fn host_of(instance: *mut Instance) -> Host {
    // SAFETY: promised by the caller; never written after `create`.
    unsafe { (*instance.cast::<Boxed>()).host }
}

/// Tells why there is no instance. A panic that was caught on the way has a place to show.
fn refuse(host: Host, error: &CreateError) -> i32 {
    let message = error.to_string();
    if matches!(error, CreateError::Snapshot(SnapshotError::Migrate(MigrateError::Panicked { .. })))
    {
        let (location, backtrace) = last_panic_site();
        host.fault(&message, &location, &backtrace);
        return code::FAULT;
    }
    host.fault(&message, "", "");
    match error {
        // Asked for another form of the state, the author's code would say the same again.
        CreateError::Author(_) => code::FAULT,
        CreateError::Snapshot(_) => code::REFUSED,
    }
}

unsafe extern "C" fn create<E: Entry>(
    host: *const HostTable,
    snapshot: Slice<u8>,
    out: *mut *mut Instance,
) -> i32 {
    // SAFETY: as promised to this function.
    unsafe { create_of(E::TYPE, host, snapshot, out) }
}

/// # Safety
/// As for the function of the table.
unsafe fn create_of(
    of: &'static dyn AnyModuleType,
    host: *const HostTable,
    snapshot: Slice<u8>,
    out: *mut *mut Instance,
) -> i32 {
    // SAFETY: ABI-2: the host's table begins with its size.
    if !unsafe { is_host(host) } || out.is_null() {
        return code::REFUSED;
    }
    // SAFETY: ABI-6.
    unsafe { use_memory_of(host) };
    // SAFETY: ABI-6: the table outlives the instance.
    let host = unsafe { Host::new(host) };
    // SAFETY: ABI-5: lent for the call.
    let snapshot = unsafe { snapshot.elements() };
    install(host);
    tweak::warn_through(warn);
    let services = Arc::new(Threads::default());
    let of_instance = Arc::clone(&services);
    let code = guard(host, || match App::create(of, host, snapshot, of_instance) {
        Ok((app, paint)) => {
            *threads() = Some(services);
            let instance = Box::into_raw(Box::new(Boxed { app, paint, host }));
            // SAFETY: not null, and ours to write (ABI-5).
            unsafe { *out = instance.cast() };
            code::OK
        }
        Err(error) => refuse(host, &error),
    });
    if code != code::OK {
        uninstall();
    }
    code
}

unsafe extern "C" fn logic(
    instance: *mut Instance,
    input: *const FrameInput,
    out: *mut FrameView,
) -> i32 {
    // SAFETY: ABI-2: both begin with their size.
    if instance.is_null() || !unsafe { is_whole(input) && is_whole(out) } {
        return code::REFUSED;
    }
    // SAFETY: ABI-4, ABI-5: a live instance on its thread; input and items are lent for the call.
    let (app, input) = unsafe { (app(instance), &*input) };
    // SAFETY: as above.
    let items = unsafe { input.items.elements() };
    guard(app.host(), || {
        let view = app.logic(input, items);
        // SAFETY: not null, and ours to write for the call (ABI-5).
        unsafe { *out = view };
        code::OK
    })
}

unsafe extern "C" fn frame(
    instance: *mut Instance,
    view: u32,
    input: *const FrameInput,
    out: *mut FrameView,
) -> i32 {
    // SAFETY: ABI-2: both begin with their size.
    if instance.is_null() || !unsafe { is_whole(input) && is_whole(out) } {
        return code::REFUSED;
    }
    // SAFETY: ABI-4, ABI-5: a live instance on its thread; input and items are lent for the call.
    let (app, paint, input) = unsafe { (app(instance), paint_side(instance), &*input) };
    // SAFETY: as above.
    let items = unsafe { input.items.elements() };
    guard(app.host(), || match app.frame(view as usize, input, items, paint) {
        Some(view) => {
            // SAFETY: not null, and ours to write for the call (ABI-5).
            unsafe { *out = view };
            code::OK
        }
        None => code::REFUSED,
    })
}

#[cfg_attr(not(feature = "glow"), expect(unused_variables, reason = "nothing paints without GL"))]
unsafe extern "C" fn paint(
    instance: *mut Instance,
    view: u32,
    callback: u64,
    info: *const PaintInfo,
) -> i32 {
    // SAFETY: ABI-2: it begins with its size.
    if instance.is_null() || !unsafe { is_whole(info) } {
        return code::REFUSED;
    }
    // SAFETY: ABI-4: a live instance between two calls of its thread.
    let (paint, host) = unsafe { (paint_side(instance), host_of(instance)) };
    #[cfg(feature = "glow")]
    {
        // SAFETY: ABI-5: lent for the call.
        let info = unsafe { &*info };
        guard(host, || {
            if paint.paint(host, view as usize, callback, info) { code::OK } else { code::REFUSED }
        })
    }
    #[cfg(not(feature = "glow"))]
    code::REFUSED
}

unsafe extern "C" fn schema<E: Entry>(
    host: *const HostTable,
    sink: *mut c_void,
    write: WriteFn,
) -> i32 {
    // SAFETY: as promised to this function.
    unsafe { schema_of(E::TYPE, host, sink, write) }
}

/// # Safety
/// As for the function of the table.
unsafe fn schema_of(
    of: &'static dyn AnyModuleType,
    host: *const HostTable,
    sink: *mut c_void,
    write: WriteFn,
) -> i32 {
    let call = |host: Host| {
        match App::identity(of) {
            // SAFETY: the host's own function; the bytes are lent for the call (ABI-5).
            Ok(identity) => unsafe { write(sink, Slice::new(&identity)) },
            Err(reason) => host.log(LogLevel::Debug, &reason.to_string()),
        }
        code::OK
    };
    // SAFETY: as promised to this function.
    unsafe { without_instance(host, call) }
}

/// Makes a call that needs no instance. The hook of one that is there stays; otherwise there is one for the call.
///
/// # Safety
/// `host` is as for the functions of the table that get it (ABI-6).
pub(super) unsafe fn without_instance(
    host: *const HostTable,
    call: impl FnOnce(Host) -> i32,
) -> i32 {
    // SAFETY: ABI-2: the host's table begins with its size.
    if !unsafe { is_host(host) } {
        return code::REFUSED;
    }
    // SAFETY: ABI-6: the table outlives the call.
    let host = unsafe { Host::new(host) };
    let has_instance = threads().is_some();
    if !has_instance {
        install(host);
    }
    let code = guard(host, || call(host));
    if !has_instance {
        uninstall();
    }
    code
}

unsafe extern "C" fn capture(instance: *mut Instance, sink: *mut c_void, write: WriteFn) -> i32 {
    // SAFETY: as promised to this function.
    unsafe { write_state(instance, Codec::Named, Passage::None, sink, write) }
}

unsafe extern "C" fn hand_over(
    instance: *mut Instance,
    codec: u32,
    sink: *mut c_void,
    write: WriteFn,
) -> i32 {
    let codec = [Codec::Named, Codec::Binary].into_iter().find(|known| *known as u32 == codec);
    let Some(codec) = codec else { return code::REFUSED };
    // SAFETY: as promised to this function.
    unsafe { write_state(instance, codec, Passage::Lending, sink, write) }
}

/// # Safety
/// As for the two functions of the table.
unsafe fn write_state(
    instance: *mut Instance,
    codec: Codec,
    passage: Passage,
    sink: *mut c_void,
    write: WriteFn,
) -> i32 {
    if instance.is_null() {
        return code::REFUSED;
    }
    // SAFETY: ABI-4: a live instance on its thread.
    let app = unsafe { app(instance) };
    let host = app.host();
    guard(host, || match within(passage, || app.capture(codec, passage == Passage::Lending)) {
        Ok(snapshot) => {
            // SAFETY: the host's own function; the bytes are lent for the call (ABI-5).
            unsafe { write(sink, Slice::new(&snapshot)) };
            code::OK
        }
        Err(error) => {
            host.fault(&error.to_string(), "", "");
            code::REFUSED
        }
    })
}

unsafe extern "C" fn suspend(instance: *mut Instance) -> i32 {
    if instance.is_null() {
        return code::REFUSED;
    }
    // SAFETY: ABI-4: a live instance on its thread.
    let app = unsafe { app(instance) };
    guard(app.host(), || {
        app.suspend();
        code::OK
    })
}

unsafe extern "C" fn resume(instance: *mut Instance) -> i32 {
    if instance.is_null() {
        return code::REFUSED;
    }
    // SAFETY: ABI-4: a live instance on its thread.
    let app = unsafe { app(instance) };
    guard(app.host(), || {
        app.resume();
        code::OK
    })
}

unsafe extern "C" fn release_gl(instance: *mut Instance) -> i32 {
    if instance.is_null() {
        return code::REFUSED;
    }
    #[cfg(feature = "glow")]
    {
        // SAFETY: ABI-4: a live instance between two calls of its thread.
        let (paint, host) = unsafe { (paint_side(instance), host_of(instance)) };
        guard(host, || {
            paint.release_gl();
            code::OK
        })
    }
    #[cfg(not(feature = "glow"))]
    code::OK
}

unsafe extern "C" fn destroy(instance: *mut Instance) -> i32 {
    if instance.is_null() {
        return code::REFUSED;
    }
    // SAFETY: ABI-4: a live instance on its thread.
    let host = unsafe { host_of(instance) };
    // SAFETY: ABI-7: the last call; the box came from `create`.
    let boxed = unsafe { Box::from_raw(instance.cast::<Boxed>()) };
    let Boxed { app, paint, .. } = *boxed;
    let services = threads().take();
    let mut ended = vec![app.end(), Contained::new(host, paint).end()];
    if let Some(services) = services {
        services.end();
        // Messages that nobody has taken are the author's.
        ended.push(Contained::new(host, services).end());
    }
    tweak::forget();
    uninstall();
    ended.into_iter().find(|ended| *ended != code::OK).unwrap_or(code::OK)
}

unsafe extern "C" fn set_literals(host: *const HostTable, edits: Slice<LiteralEdit>) -> i32 {
    // SAFETY: ABI-2: the host's table begins with its size.
    if !unsafe { is_host(host) } {
        return code::REFUSED;
    }
    // SAFETY: ABI-6: the table outlives the call.
    let host = unsafe { Host::new(host) };
    guard(host, || {
        // SAFETY: ABI-5: lent for the call.
        let edits = unsafe { edits.elements() }.iter();
        // SAFETY: as above.
        let edits: Result<Vec<_>, _> = edits.map(|edit| unsafe { literal(edit) }).collect();
        let texts = edits.map_err(|error| error.to_string());
        match texts.and_then(|edits| tweak::replace(&edits)) {
            Ok(()) => code::OK,
            Err(reason) => {
                host.fault(&reason, "", "");
                code::REFUSED
            }
        }
    })
}

/// # Safety
/// As for [`bytes`], for each slice in it.
unsafe fn literal(edit: &LiteralEdit) -> Result<tweak::Edit<'_>, std::str::Utf8Error> {
    // SAFETY: promised by the caller.
    let text = |slice: Slice<u8>| std::str::from_utf8(unsafe { slice.elements() });
    Ok(tweak::Edit {
        place: text(edit.place)?,
        index: edit.index,
        compiled: text(edit.compiled)?,
        kind: edit.kind,
        text: text(edit.value)?,
    })
}
