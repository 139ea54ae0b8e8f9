//! The UI thread's way into a generation: custom paint callbacks.
//!
//! Owns: nothing but shared pointers. Never: calls while the module thread is at work (`ABI-4`).
#![expect(unsafe_code, reason = "calls through the module's table")]

use super::call::Fault;
use super::services::HostBox;
use super::worker::fault_at;
use crate::event::FaultSite;
use hot_api::abi::{Instance, ModuleTable, PaintInfo, code};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// What the UI thread needs to run a paint callback, without the module thread.
#[derive(Clone)]
pub struct PaintTarget {
    pub(super) table: ModuleTable,
    pub(super) instance: Arc<AtomicPtr<Instance>>,
    pub(super) host: Arc<HostBox>,
    pub(super) busy: Arc<AtomicBool>,
}

impl std::fmt::Debug for PaintTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaintTarget").finish_non_exhaustive()
    }
}

impl PaintTarget {
    /// UI thread, GL context current. Runs one paint callback. `false` when it was skipped, because
    /// a call of the module thread is out (`ABI-4`) or the callback is gone.
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

    fn on_idle(&self, call: impl FnOnce(*mut Instance) -> i32) -> Result<bool, Box<Fault>> {
        let instance = self.instance.load(Ordering::Acquire);
        if self.busy.load(Ordering::Acquire) || instance.is_null() {
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
