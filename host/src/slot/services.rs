//! A slot's services: listed, started and asked to end between two frames.
//!
//! Consumes: the frame boundary. Never: decides when.

use super::exchange::SwapTurn;
use super::slot::Slot;
use crate::journal::event::{FaultSite, Generation};
use crate::module::{CallError, CallLimit, InputPacket, ModuleThread, OfConfig, ServiceStops};
use hot_api::services::lifecycle::Started;
use hot_api::services::{Listed, Read};
use std::sync::Arc;
use std::time::Duration;

/// How long a frame that is late is waited for, before its module is asked for something else.
const LATE_CALL_LIMIT: Duration = Duration::from_secs(3);

/// Services that have a thread now.
#[derive(Debug)]
pub struct StartedServices {
    /// Which.
    pub started: Started,
    /// Whose they are.
    pub generation: Generation,
    /// What asks them to end.
    pub stops: ServiceStops,
}

impl Slot {
    /// Whether the running code can be asked for anything: it has not panicked, and no call of it is late. Any thread;
    /// returns at once.
    #[must_use]
    pub fn can_be_asked(&self) -> bool {
        self.shared.with(|shared| {
            let is_late = shared.condition.overdue_mut().is_some_and(|since| since.is_some());
            shared.condition.fault().is_none() && !is_late
        })
    }

    /// Whether the running code has services, whatever the configuration says. Any thread; returns at once.
    #[must_use]
    pub fn has_services(&self) -> bool {
        self.running().is_some_and(|running| running.has_services)
    }

    /// The running generation, and what asks its services to end. Any thread; returns at once.
    #[must_use]
    pub fn service_stops(&self) -> Option<(Generation, ServiceStops)> {
        self.running().map(|running| (running.generation, running.stops.clone()))
    }

    /// Engine thread. Has the running code read a configuration. Waits for the frame boundary.
    ///
    /// # Errors
    /// When nothing runs, or its code does not return.
    pub fn check_config(
        &self,
        config: Arc<Vec<u8>>,
        boundary: Duration,
        limit: impl Into<CallLimit>,
    ) -> Result<OfConfig<Read>, CallError> {
        self.between_frames(boundary, |thread| thread.check_config(config, limit))
    }

    /// Engine thread. Has the running code list its services for a configuration. Waits for the frame boundary.
    ///
    /// # Errors
    /// When nothing runs, or its code does not return.
    pub fn list_services(
        &self,
        config: Arc<Vec<u8>>,
        boundary: Duration,
        limit: impl Into<CallLimit>,
    ) -> Result<OfConfig<Vec<Listed>>, CallError> {
        self.between_frames(boundary, |thread| thread.list_services(config, limit))
    }

    /// Engine thread. Has the running code list its services for a configuration, and starts those that are active, or
    /// of these the one that is named; what becomes of them is reported with `run`. Waits for the frame boundary.
    ///
    /// # Errors
    /// When nothing runs, or its code does not return.
    pub fn start_services(
        &self,
        config: Arc<Vec<u8>>,
        only: Option<String>,
        run: u64,
        boundary: Duration,
        limit: &CallLimit,
    ) -> Result<OfConfig<StartedServices>, CallError> {
        self.between_frames(boundary, |thread| {
            let listed = match thread.list_services(config, limit)? {
                Ok(listed) => listed,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let (active, inactive): (Vec<_>, Vec<_>) =
                listed.into_iter().partition(|service| service.active);
            let starts = |name: &String| only.as_ref().is_none_or(|only| only == name);
            let active: Vec<_> = active.into_iter().map(|it| it.name).filter(starts).collect();
            let inactive = inactive.into_iter().map(|it| it.name).collect();
            // Whoever gives up in the middle of it would not know what runs.
            thread.start_services(run, &active, only, limit.time)?;
            let (generation, stops) = (thread.generation(), thread.service_stops());
            let started = Started { active, inactive };
            Ok(Ok(StartedServices { started, generation, stops }))
        })
    }

    fn between_frames<T>(
        &self,
        limit: Duration,
        call: impl FnOnce(&mut ModuleThread) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let site = FaultSite::Service;
        let mut turn = self.gate.begin_swap(limit).ok_or(CallError::Overdue { site, limit })?;
        let active = turn.loaded.active_mut().ok_or(CallError::Gone)?;
        active.thread.wait_for_late_call(LATE_CALL_LIMIT)?;
        call(&mut active.thread)
    }

    /// Engine thread, within a swap. Has the running logic take what services have sent.
    ///
    /// # Errors
    /// When the logic panics or does not return, or has panicked before.
    pub fn run_logic(
        &self,
        turn: &mut SwapTurn<'_>,
        limit: impl Into<CallLimit>,
    ) -> Result<(), CallError> {
        if let Some(fault) = self.fault() {
            return Err(CallError::Fault(fault));
        }
        let instances = &mut *turn.0;
        let last = instances.views.first().map(|view| view.last.clone()).unwrap_or_default();
        let InputPacket { time, native_pixels_per_point, .. } = last;
        let input = InputPacket { time, native_pixels_per_point, ..InputPacket::default() };
        let Some(active) = instances.loaded.active_mut() else { return Ok(()) };
        active.thread.wait_for_late_call(LATE_CALL_LIMIT)?;
        let mut picture = active.thread.logic(input, limit)?;
        if let Some(earlier) = instances.requests.take() {
            picture.prepend_requests(earlier);
        }
        instances.requests = Some(picture);
        self.mark_dirty();
        Ok(())
    }
}
