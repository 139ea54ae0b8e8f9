//! The UI thread's way into a generation: custom paint callbacks.
//!
//! Owns: whether such a call may still be made. Never: calls while the module thread is at work
//! (`ABI-4`), or waits for it.
#![expect(unsafe_code, reason = "calls through the module's table")]

use super::brief_lock;
use super::call::Fault;
use super::services::HostSide;
use super::worker::fault_at;
use crate::event::FaultSite;
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
