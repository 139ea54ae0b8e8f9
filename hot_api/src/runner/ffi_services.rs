//! The functions behind the table of services; see `ffi`.
//!
//! Owns: the threads of the one instance, for a call that comes without it.
#![expect(unsafe_code, reason = "the module's side of the C boundary")]

use super::any_module::{AnyModuleType, Entry};
use super::ffi::{app, without_instance};
use super::guard::guard;
use crate::abi::{HostTable, Instance, ServicesTable, Slice, WriteFn, code};
use crate::lock::lock;
use crate::services::{Payload, Refusal, Threads};
use std::ffi::c_void;
use std::mem::size_of;
use std::sync::{Arc, Mutex, MutexGuard};

/// The table of a module that has services.
pub(super) const fn services_table<E: Entry>() -> ServicesTable {
    ServicesTable {
        size: size_of::<ServicesTable>() as u32,
        reserved: 0,
        check: check_config::<E>,
        list: list_services,
        start: start_services,
        stop: stop_services,
    }
}

/// The threads of the instance there is, for [`stop_services`], which is called without it. One instance lives in
/// one library.
static THREADS: Mutex<Option<Arc<Threads>>> = Mutex::new(None);

pub(super) fn threads() -> MutexGuard<'static, Option<Arc<Threads>>> {
    lock(&THREADS)
}

/// Bytes of the boundary as a configuration.
///
/// # Safety
/// As for [`Slice::elements`].
unsafe fn payload(config: Slice<u8>) -> Result<Payload, Refusal> {
    // SAFETY: promised by the caller.
    Payload::from_bytes(unsafe { config.elements() }).map_err(|error| {
        let message = format!("the host's configuration cannot be read: {error}");
        Refusal { key: String::new(), message }
    })
}

/// Writes what came of a call as JSON.
///
/// # Safety
/// `write` takes `sink` (ABI-5).
unsafe fn write_json<T: serde::Serialize>(
    result: &Result<T, Refusal>,
    sink: *mut c_void,
    write: WriteFn,
) -> i32 {
    let (json, code) = match result {
        Ok(read) => (serde_json::to_vec(read), code::OK),
        Err(refusal) => (serde_json::to_vec(refusal), code::REFUSED),
    };
    let json = json.unwrap_or_default();
    // SAFETY: the host's own function; the bytes are lent for the call (ABI-5).
    unsafe { write(sink, Slice::new(&json)) };
    code
}

unsafe extern "C" fn check_config<E: Entry>(
    host: *const HostTable,
    config: Slice<u8>,
    sink: *mut c_void,
    write: WriteFn,
) -> i32 {
    // SAFETY: as promised to this function.
    unsafe { check_config_of(E::TYPE, host, config, sink, write) }
}

/// # Safety
/// As for the function of the table.
unsafe fn check_config_of(
    of: &'static dyn AnyModuleType,
    host: *const HostTable,
    config: Slice<u8>,
    sink: *mut c_void,
    write: WriteFn,
) -> i32 {
    let Some(services) = of.services() else { return code::REFUSED };
    // SAFETY: as promised to this function.
    unsafe {
        without_instance(host, |_| {
            // ABI-5: lent for the call.
            let read = payload(config).and_then(|payload| (services.read)(payload.values));
            write_json(&read.map(|(_, read)| read), sink, write)
        })
    }
}

unsafe extern "C" fn list_services(
    instance: *mut Instance,
    config: Slice<u8>,
    sink: *mut c_void,
    write: WriteFn,
) -> i32 {
    if instance.is_null() {
        return code::REFUSED;
    }
    // SAFETY: ABI-4: a live instance on its thread.
    let app = unsafe { app(instance) };
    guard(app.host(), || {
        // SAFETY: ABI-5: lent for the call.
        let payload = unsafe { payload(config) };
        let listed = payload.and_then(|payload| app.list_services(payload));
        // SAFETY: as promised to this function.
        unsafe { write_json(&listed, sink, write) }
    })
}

unsafe extern "C" fn start_services(instance: *mut Instance, only: Slice<u8>, run: u64) -> i32 {
    if instance.is_null() {
        return code::REFUSED;
    }
    // SAFETY: ABI-4: a live instance on its thread; ABI-5: lent for the call.
    let (app, only) = unsafe { (app(instance), only.elements()) };
    guard(app.host(), || {
        let Ok(only) = std::str::from_utf8(only) else { return code::REFUSED };
        let only = Some(only).filter(|name| !name.is_empty());
        if app.start_services(only, run) { code::OK } else { code::REFUSED }
    })
}

unsafe extern "C" fn stop_services(name: Slice<u8>) -> i32 {
    // SAFETY: ABI-5: lent for the call.
    let Ok(name) = std::str::from_utf8(unsafe { name.elements() }) else { return code::REFUSED };
    let services = threads().clone();
    if let Some(services) = services {
        services.request_stop(Some(name).filter(|name| !name.is_empty()));
    }
    code::OK
}
