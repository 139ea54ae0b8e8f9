//! The UI thread's way into a generation: custom paint callbacks.
//!
//! Owns: whether such a call may still be made. Never: calls while the module thread is at work
//! (`ABI-4`), or waits for it.
#![expect(unsafe_code, reason = "calls through the module's table")]

use super::brief_lock;
use super::call::Fault;
use super::host_calls::HostSide;
use super::worker::fault_at;
use crate::journal::event::FaultSite;
use hot_api::abi::{Instance, ModuleTable, PaintInfo, code};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::time::Duration;

/// What the UI thread needs to run a paint callback, without the module thread.
#[derive(Clone)]
pub struct PaintTarget {
    pub(super) table: ModuleTable,
    pub(super) instance: Arc<AtomicPtr<Instance>>,
    pub(super) host: &'static HostSide,
    /// A call of the module thread is out.
    pub(super) busy: Arc<AtomicBool>,
    /// Held during each call from here. `true` once the generation ends and no other may begin.
    pub(super) closed: Arc<Mutex<bool>>,
}

impl std::fmt::Debug for PaintTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaintTarget").finish_non_exhaustive()
    }
}

impl PaintTarget {
    /// UI thread, GL context current. Runs one paint callback. `false` when it was skipped, because
    /// a call of the module thread is out (`ABI-4`), the generation ends, or the callback is gone.
    ///
    /// # Errors
    /// When the callback panicked.
    pub fn paint(&self, view: u32, callback: u64, info: &PaintInfo) -> Result<bool, Box<Fault>> {
        // SAFETY: ABI-4: `on_idle` keeps to "between two calls"; the caller promises the thread.
        self.on_idle(|instance| unsafe {
            (self.table.paint)(instance, view, callback, std::ptr::from_ref(info))
        })
    }

    /// UI thread, GL context current, before the generation retires. Deletes its GL objects.
    ///
    /// # Errors
    /// When the author's clean-up panicked.
    pub fn release_gl(&self) -> Result<bool, Box<Fault>> {
        // SAFETY: ABI-4: as for `paint`.
        self.on_idle(|instance| unsafe { (self.table.release_gl)(instance) })
    }

    /// Any thread, before the instance is destroyed: waits for the end of a call that is out, and
    /// lets no other begin. `false` when it does not end within `limit`; then none can begin either,
    /// but the instance must be left alone.
    pub(super) fn close(&self, limit: Duration) -> bool {
        match self.closed.try_lock_for(limit) {
            Some(mut closed) => {
                *closed = true;
                true
            }
            None => false,
        }
    }

    fn on_idle(&self, call: impl FnOnce(*mut Instance) -> i32) -> Result<bool, Box<Fault>> {
        brief_lock::assert_none_is_held();
        // Whoever closes it does not wait for the UI thread's next frame, nor this thread for them.
        let Some(closed) = self.closed.try_lock() else { return Ok(false) };
        let instance = self.instance.load(Ordering::Acquire);
        if *closed || self.busy.load(Ordering::Acquire) || instance.is_null() {
            return Ok(false);
        }
        match call(instance) {
            code::OK => Ok(true),
            code::FAULT => {
                let text = self.host.take_faults().pop().unwrap_or_default();
                Err(Box::new(fault_at(FaultSite::Paint, text)))
            }
            _ => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::host_calls::HostCalls;
    use super::*;
    use hot_api::abi::{FrameInput, FrameView, HostTable, Slice, WriteFn};
    use std::ffi::c_void;
    use std::ptr::NonNull;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Stands for an instance: what its one call says, and waits for.
    struct Calls {
        begun: Sender<()>,
        go: Receiver<()>,
    }

    unsafe extern "C" fn release_gl(instance: *mut Instance) -> i32 {
        // SAFETY: the test passes such a pointer and outlives the call.
        let calls = unsafe { &*instance.cast::<Calls>() };
        calls.begun.send(()).expect("the test waits for it");
        calls.go.recv().expect("the test sends it");
        code::OK
    }

    unsafe extern "C" fn create(_: *const HostTable, _: Slice<u8>, _: *mut *mut Instance) -> i32 {
        code::REFUSED
    }

    unsafe extern "C" fn logic(_: *mut Instance, _: *const FrameInput, _: *mut FrameView) -> i32 {
        code::REFUSED
    }

    unsafe extern "C" fn frame(
        _: *mut Instance,
        _: u32,
        _: *const FrameInput,
        _: *mut FrameView,
    ) -> i32 {
        code::REFUSED
    }

    unsafe extern "C" fn paint(_: *mut Instance, _: u32, _: u64, _: *const PaintInfo) -> i32 {
        code::REFUSED
    }

    unsafe extern "C" fn capture(_: *mut Instance, _: *mut c_void, _: WriteFn) -> i32 {
        code::REFUSED
    }

    unsafe extern "C" fn refuse(_: *mut Instance) -> i32 {
        code::REFUSED
    }

    #[test]
    fn g15_while_a_call_is_out_nothing_is_destroyed_and_afterwards_none_begins() {
        let table = ModuleTable {
            size: size_of::<ModuleTable>() as u32,
            flags: 0,
            create,
            logic,
            frame,
            paint,
            capture,
            suspend: refuse,
            resume: refuse,
            release_gl,
            destroy: refuse,
            schema: None,
            hand_over: None,
            set_literals: None,
            services: None,
        };
        let host_calls = HostCalls::silent();
        let ((begun, has_begun), (go, wait)) = (channel(), channel());
        let calls = Box::new(Calls { begun, go: wait });
        let instance = NonNull::from(Box::leak(calls)).as_ptr().cast::<Instance>();
        let target = PaintTarget {
            table,
            instance: Arc::new(AtomicPtr::new(instance)),
            host: HostSide::new(host_calls, 1),
            busy: Arc::default(),
            closed: Arc::default(),
        };
        let ui = target.clone();
        let ui = std::thread::spawn(move || ui.release_gl().expect("it does not panic"));
        has_begun.recv().expect("the call begins");
        assert!(!target.close(Duration::from_millis(10)), "a call is out");
        go.send(()).expect("the call waits");
        assert!(ui.join().expect("it does not panic"), "it was not skipped");
        assert!(target.close(Duration::ZERO), "no call is out");
        assert!(!target.release_gl().expect("it does not panic"), "none may begin");
        assert!(has_begun.try_recv().is_err(), "none has begun");
    }
}
