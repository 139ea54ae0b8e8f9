//! The calls of a generation that concern its services.
#![expect(unsafe_code, reason = "one call through the module's table")]

use super::brief_lock;
use super::call::{CallError, CallLimit};
use super::thread::ModuleThread;
use super::worker::{Call, Reply};
use hot_api::abi::{ServicesTable, Slice, code};
use hot_api::services::{Listed, Read, Refusal};
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use std::mem::size_of;
use std::sync::Arc;

/// What a module makes of a configuration.
pub type OfConfig<T> = Result<T, Refusal>;

impl ModuleThread {
    /// Whether it has services, whatever the configuration says.
    #[must_use]
    pub fn has_services(&self) -> bool {
        self.services.is_some()
    }

    /// Has the module read a configuration; before `create` too. Nothing that runs is touched.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn check_config(
        &mut self,
        config: Arc<Vec<u8>>,
        limit: impl Into<CallLimit>,
    ) -> Result<OfConfig<Read>, CallError> {
        answer(self.call(Call::CheckConfig(config), limit)?)
    }

    /// Has the instance list its services for a configuration; they are started by [`Self::start_services`]. Nothing
    /// that runs is touched.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn list_services(
        &mut self,
        config: Arc<Vec<u8>>,
        limit: impl Into<CallLimit>,
    ) -> Result<OfConfig<Vec<Listed>>, CallError> {
        answer(self.call(Call::ListServices(config), limit)?)
    }

    /// Starts the services of the newest list that are called `names`, each on a thread of its own. Returns at once;
    /// what becomes of them is reported with `run`. `only` is the one of them, where not all of the list are to start.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn start_services(
        &mut self,
        run: u64,
        names: &[String],
        only: Option<String>,
        limit: impl Into<CallLimit>,
    ) -> Result<(), CallError> {
        self.paint.host.services_start(run, names);
        let started = self.call(Call::StartServices { only, run }, limit).map(drop);
        // After a panic some of them may run.
        if let Err(CallError::Refused(_)) = started {
            self.paint.host.services_not_started(run);
        }
        started
    }

    /// Asks services to end, from any thread.
    #[must_use]
    pub fn service_stops(&self) -> ServiceStops {
        self.stops.clone()
    }
}

/// What a module has written about a configuration.
fn answer<T: DeserializeOwned>(reply: Reply) -> Result<OfConfig<T>, CallError> {
    let unreadable = |error| {
        CallError::Refused(format!(
            "the module's answer about its services cannot be read: {error}"
        ))
    };
    match reply {
        Reply::Json { code: code::OK, json } => {
            serde_json::from_slice(&json).map(Ok).map_err(unreadable)
        }
        Reply::Json { json, .. } => serde_json::from_slice(&json).map(Err).map_err(unreadable),
        _ => Err(CallError::Refused("the call returned no answer".to_owned())),
    }
}

/// A module's table of services that this host understands.
pub(super) fn known(services: Option<&'static ServicesTable>) -> Option<ServicesTable> {
    // ABI-2: a newer module's is longer; one of an older module, if there ever is one, counts as none.
    services.copied().filter(|table| table.size as usize >= size_of::<ServicesTable>())
}

/// Asks the services of one generation to end, until it is retired. Cheap to clone; any thread.
#[derive(Clone)]
pub struct ServiceStops {
    /// `None` once the generation ends. Held during each call.
    stop: Arc<Mutex<Option<StopFn>>>,
}

type StopFn = unsafe extern "C" fn(name: Slice<u8>) -> i32;

impl std::fmt::Debug for ServiceStops {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServiceStops")
    }
}

impl ServiceStops {
    pub(super) fn new(services: Option<&ServicesTable>) -> Self {
        Self { stop: Arc::new(Mutex::new(services.map(|services| services.stop))) }
    }

    /// Asks the service of this name to end, or all of them. Returns at once.
    pub fn stop(&self, name: Option<&str>) {
        brief_lock::assert_none_is_held();
        if let Some(stop) = *self.stop.lock() {
            let name = name.map_or(Slice::EMPTY, |name| Slice::new(name.as_bytes()));
            // SAFETY: ABI-4: any thread until `destroy` begins, before which `close` takes the function away.
            let _ = unsafe { stop(name) }; // a name that it does not know has ended
        }
    }

    /// Whether both are of one instance.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.stop, &other.stop)
    }

    /// From now on no call is made.
    pub(super) fn close(&self) {
        *self.stop.lock() = None;
    }
}
