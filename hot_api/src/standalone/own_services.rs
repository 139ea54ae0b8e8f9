//! Configuration and services of an application that runs without a host.
//!
//! Consumes: the files of a directory, reports of services, the frames in which it goes on. Produces: running
//! services, lines in the log. UI thread only, but for what services report.

use super::own_host::{MODULE, ServiceReport};
use crate::config::{Configuration, DEBOUNCE, FILES};
use crate::host::Host;
use crate::services::lifecycle::{Lifecycle, Limits, OnConfigError, Started, Step, Told};
use crate::services::{AnyServices, Listeners, ServicesType, Threads};
use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Where an application finds its configuration, and how long its services may take. For
/// [`ModuleApp::with_config`](crate::ModuleApp::with_config).
///
/// ```
/// use hot_api::ConfigOptions;
/// use hot_api::services::lifecycle::Limits;
/// use std::time::Duration;
///
/// // A server that finishes long requests before it ends.
/// let limits = Limits { stop: Duration::from_secs(30), ..Limits::default() };
/// let options = ConfigOptions { limits, ..ConfigOptions::default() };
/// assert_eq!((options.dir.as_path(), options.watch), (".".as_ref(), false));
/// ```
#[derive(Clone, Debug)]
pub struct ConfigOptions {
    /// The directory of `app.toml`, `app.local.toml`, `.env` and `.env.local`. The default is the working directory.
    pub dir: PathBuf,
    /// Whether services start again when one of the files changes. By default the files are read once, at the start.
    pub watch: bool,
    /// What services do while the files cannot be used.
    pub on_error: OnConfigError,
    /// How long services may take to start and to end.
    pub limits: Limits,
}

impl Default for ConfigOptions {
    fn default() -> Self {
        let (on_error, limits) = (OnConfigError::default(), Limits::default());
        Self { dir: PathBuf::from("."), watch: false, on_error, limits }
    }
}

/// How often the files are looked at where they are watched. Four small files cost less than a watcher's thread.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The services of the one module that there is.
pub(super) struct OwnServices {
    of: &'static ServicesType,
    services: AnyServices,
    lifecycle: Lifecycle,
    options: ConfigOptions,
    current: Configuration,
    before: Configuration,
    host: Host,
    listeners: &'static Listeners,
    reports: Receiver<ServiceReport>,
    files: Files,
    /// Why the services have not started.
    failure: Option<String>,
}

/// What the files said when they were looked at.
struct Files {
    content: [Option<Vec<u8>>; 4],
    looked: Instant,
    /// Since when they say something else than what was read.
    changed: Option<Instant>,
}

impl OwnServices {
    /// Reads the configuration and starts the services of `module`. Waits until all are ready.
    ///
    /// # Errors
    /// Why they are not; none runs then.
    pub(super) fn start(
        of: &'static ServicesType,
        threads: Arc<Threads>,
        options: &ConfigOptions,
        module: &dyn Any,
        host: Host,
        own: (Receiver<ServiceReport>, &'static Listeners),
        is_end_wanted: &AtomicBool,
    ) -> Result<Self, String> {
        // Before they are read: what changes in between is a change.
        let files = Files::read(options);
        let current = Configuration::read(&options.dir).map_err(|error| error.to_string())?;
        let mut own = Self {
            of,
            services: AnyServices::new(Some(of), threads),
            lifecycle: Lifecycle::new(options.limits, options.on_error),
            options: options.clone(),
            before: current.clone(),
            current,
            host,
            reports: own.0,
            listeners: own.1,
            files,
            failure: None,
        };
        own.note_unknown();
        own.lifecycle.start_module(MODULE);
        while !own.lifecycle.is_settled() {
            // Who wants the end already is not kept waiting, and is told of no failure.
            if is_end_wanted.load(Ordering::Acquire) {
                own.end(module);
                return Ok(own);
            }
            own.drive_for(module, LOOK_EVERY);
        }
        match own.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(own),
        }
    }

    /// Goes on with what has happened since the last frame.
    pub(super) fn drive(&mut self, module: &dyn Any) {
        while let Ok(report) = self.reports.try_recv() {
            self.take(report);
        }
        self.lifecycle.tick(Instant::now());
        if self.options.watch {
            self.look(module);
            self.host.request_repaint_after(LOOK_EVERY);
        }
        self.perform(module);
        if let Some(deadline) = self.lifecycle.deadline() {
            self.host.request_repaint_after(deadline.saturating_duration_since(Instant::now()));
        }
    }

    /// Stops all services, and waits for them.
    pub(super) fn end(&mut self, module: &dyn Any) {
        self.lifecycle.end(Instant::now());
        self.perform(module);
        while !self.lifecycle.is_stopped(None) {
            self.drive_for(module, LOOK_EVERY);
        }
    }

    /// Goes on with the next report, or with the next deadline; waits for `time` at most.
    fn drive_for(&mut self, module: &dyn Any, time: Duration) {
        self.perform(module);
        let now = Instant::now();
        let deadline = self.lifecycle.deadline().unwrap_or(now + time).min(now + time);
        match self.reports.recv_timeout(deadline.saturating_duration_since(now)) {
            Ok(report) => self.take(report),
            // The table that reports come through is never freed.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                self.lifecycle.tick(Instant::now());
            }
        }
        self.perform(module);
    }

    fn take(&mut self, (run, name, report): ServiceReport) {
        self.lifecycle.report(MODULE, run, &name, report, Instant::now());
    }

    fn perform(&mut self, module: &dyn Any) {
        while let Some(step) = self.lifecycle.next_step() {
            match step {
                Step::Start { only, run, .. } => self.start_listed(module, only.as_deref(), run),
                Step::Stop(id) => self.services.request_stop(&id.name),
                Step::GoBack => self.current = self.before.clone(),
                Step::Tell(told) => self.tell(told),
            }
        }
    }

    fn start_listed(&mut self, module: &dyn Any, only: Option<&str>, run: u64) {
        let now = Instant::now();
        let listed = match self.services.list(module, self.current.payload()) {
            Ok(listed) => listed,
            Err(refusal) => {
                let message = self.current.explain(&refusal).to_string();
                return self.lifecycle.refused(MODULE, message, now);
            }
        };
        self.listeners.begin(MODULE);
        let (active, inactive): (Vec<_>, Vec<_>) =
            listed.into_iter().partition(|service| service.active);
        let starts = |name: &String| only.is_none_or(|only| only == name);
        let active = active.into_iter().map(|service| service.name).filter(starts).collect();
        let inactive = inactive.into_iter().map(|service| service.name).collect();
        self.lifecycle.listed(MODULE, run, Started { active, inactive }, now);
        self.services.start(only, run, self.host);
    }

    fn tell(&mut self, told: Told) {
        match told {
            Told::Starting { .. } | Told::Stopping { .. } | Told::Reloaded => {}
            Told::Started { id, after } => {
                log::debug!("service `{id}` started in {} ms", after.as_millis());
            }
            Told::Stopped { id, forced: true, after, .. } => {
                log::warn!("service `{id}` has not stopped within {} ms", after.as_millis());
            }
            Told::Stopped { id, error: Some(error), .. } => {
                log::error!("service `{id}` has ended: {error}");
            }
            Told::Stopped { id, .. } => log::debug!("service `{id}` has stopped"),
            Told::AllStopped => log::info!("all services stopped"),
            Told::AllStarted { names, .. } => {
                self.listeners.close_unused(MODULE);
                log::info!("services started: {} ({})", names.len(), names.join(", "));
            }
            Told::StartFailed { message, .. } => {
                log::error!("{message}");
                self.failure = Some(message);
            }
            Told::ReloadFailed { message } => log::error!("reload failed: {message}"),
        }
    }

    /// Reads the files again once they have been the same for a while.
    fn look(&mut self, module: &dyn Any) {
        let now = Instant::now();
        if !self.files.have_settled(&self.options, now) || self.lifecycle.is_reloading() {
            return;
        }
        log::info!("config change detected");
        self.files.changed = None;
        let read = Configuration::read(&self.options.dir).and_then(|read| {
            self.services.list(module, read.payload()).map_err(|refusal| read.explain(&refusal))?;
            Ok(read)
        });
        match read {
            Ok(read) => {
                self.before = std::mem::replace(&mut self.current, read);
                self.note_unknown();
                self.lifecycle.reload(true, now);
            }
            Err(error) => self.lifecycle.reload_refused(error.to_string(), now),
        }
    }

    /// Keys that the module does not know are worth a line.
    fn note_unknown(&self) {
        if let Ok((_, read)) = (self.of.read)(self.current.values().clone()) {
            for key in read.ignored {
                log::warn!("{}", self.current.unknown_key(&key, &read.known));
            }
        }
    }
}

impl Files {
    fn read(options: &ConfigOptions) -> Self {
        Self { content: content(options), looked: Instant::now(), changed: None }
    }

    /// Whether they say something else, and have done so for a while.
    fn have_settled(&mut self, options: &ConfigOptions, now: Instant) -> bool {
        if now.saturating_duration_since(self.looked) >= LOOK_EVERY {
            self.looked = now;
            let content = content(options);
            if content != self.content {
                self.content = content;
                self.changed = Some(now);
            }
        }
        self.changed.is_some_and(|changed| now.saturating_duration_since(changed) >= DEBOUNCE)
    }
}

fn content(options: &ConfigOptions) -> [Option<Vec<u8>>; 4] {
    FILES.map(|name| std::fs::read(options.dir.join(name)).ok())
}
