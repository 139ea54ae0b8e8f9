//! Builds the host and tries it, one order at a time.
//!
//! Owns: one thread. Consumes: orders of the engine. Produces: reports for it.

use super::executables::{Copy, Executables, keep, prune};
use super::trial::{self, Trial};
use crate::compile::{BuildError, Cancel, build_host, workspace_command};
use crate::engine::{
    Hindrance, HostReport, NewHost, NextHost, NotBuilt, OnHostReport, TrialModule,
};
use crate::journal::event::{Diagnostic, DiagnosticLevel};
use crate::os::command_line::shown;
use crate::os::own_executable::own_executable;
use crate::sources::workspace::Bin;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Instant, SystemTime};

/// Whether a host would start now: its settings and its workspace can be read.
///
/// # Errors
/// Why it would not.
pub(crate) type Check = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// What a host is made from, and where.
#[derive(Clone)]
pub struct HostMaker {
    /// The workspace.
    pub root: PathBuf,
    /// `target/pitstop`.
    pub dir: PathBuf,
    /// The host's binary.
    pub bin: Bin,
    /// Arguments of the application.
    pub args: Vec<OsString>,
    /// Asked before the new host takes over.
    pub check: Check,
}

enum Job {
    Build,
    Try { host: NewHost, modules: Vec<TrialModule> },
}

/// The thread while it runs.
struct Making {
    maker: HostMaker,
    cancel: Cancel,
    on_report: OnHostReport,
    /// The executable that runs.
    running: Option<Copy>,
}

/// A [`HostMaker`] at work.
struct AtWork {
    maker: HostMaker,
    cancel: Cancel,
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl HostMaker {
    /// For the engine.
    #[must_use]
    pub fn into_next_host(self) -> Box<dyn NextHost> {
        Box::new(AtWork { maker: self, cancel: Cancel::new(), jobs: None, thread: None })
    }
}

impl AtWork {
    fn tell(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job); // its panic has been printed
        }
    }
}

impl NextHost for AtWork {
    fn start(&mut self, on_report: OnHostReport) {
        let (jobs, queue) = unbounded();
        let (maker, cancel) = (self.maker.clone(), self.cancel.clone());
        let making = Making { maker, cancel, on_report, running: None };
        let thread = Builder::new().name("pitstop-host".to_owned());
        let thread = thread.spawn(move || making.run(&queue)).expect("failed to spawn thread");
        (self.thread, self.jobs) = (Some(thread), Some(jobs));
    }

    fn build(&mut self) {
        self.tell(Job::Build);
    }

    fn try_out(&mut self, host: &NewHost, modules: Vec<TrialModule>) {
        self.tell(Job::Try { host: host.clone(), modules });
    }

    fn hindrance(&mut self, host: &NewHost) -> Option<Hindrance> {
        if !host.path.is_file() {
            return Some(Hindrance::Gone);
        }
        (self.maker.check)().err().map(Hindrance::Because)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.jobs = None;
        self.cancel.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // its panic has been printed
        }
    }
}

impl Making {
    fn run(mut self, jobs: &Receiver<Job>) {
        for job in jobs {
            let began = Instant::now();
            let report = match job {
                Job::Build => self.build(began),
                Job::Try { host, modules } => Some(self.try_out(&host, modules, began)),
            };
            match report {
                Some(report) => (self.on_report)(report),
                None => return,
            }
        }
    }

    /// `None` when it was stopped.
    fn build(&mut self, began: Instant) -> Option<HostReport> {
        let HostMaker { root, dir, bin, .. } = &self.maker;
        // Before cargo puts another file in its place.
        let known = self.running.take().filter(|running| running.path.is_file());
        let running = known.map_or_else(|| own_executable().and_then(|it| keep(&it, dir)), Ok);
        let running = running.and_then(|running| {
            // What is started after a crash is this one, and not what the build leaves there.
            Executables::run_as(dir, &running.path)?;
            Ok(running)
        });
        self.running = running.as_ref().ok().cloned();
        let built = match build_host(bin, root, &self.cancel) {
            Err(BuildError::Cancelled) => return None,
            Err(error) => Err(error.diagnostics()),
            Ok(built) => {
                let path = built.paths.get(&bin.name).cloned().unwrap_or_default();
                let copies = running.and_then(|running| Ok((keep(&path, dir)?, running)));
                copies
                    .map(|(new, running)| compared(dir, new, running, built.since))
                    .map_err(|error| vec![not_copied(&path, &error)])
            }
        };
        let command = shown(&workspace_command(&bin.name, root));
        let result = built.map_err(|diagnostics| NotBuilt { diagnostics, command });
        Some(HostReport::Built { took: began.elapsed(), result })
    }

    fn try_out(&self, host: &NewHost, modules: Vec<TrialModule>, began: Instant) -> HostReport {
        let HostMaker { dir, args, .. } = &self.maker;
        let trial = Trial::of(modules, dir, args);
        let result = trial::run(&host.path, &trial, dir, &self.cancel);
        let took = began.elapsed();
        HostReport::Tried { took, result }
    }
}

/// What was built, unless it is what runs. Other copies go, but for the one that `dev` would go back to.
fn compared(dir: &Path, new: Copy, running: Copy, since: SystemTime) -> Option<NewHost> {
    let named = Executables::read(dir);
    let before = named.and_then(|named| named.previous(dir)).unwrap_or_default();
    prune(dir, &[&new.path, &running.path, &before]);
    let Copy { path, hash, bytes } = new;
    let is_new = hash != running.hash;
    is_new.then_some(NewHost { path, hash, bytes, replaces: running.path, since })
}

fn not_copied(path: &Path, error: &io::Error) -> Diagnostic {
    let message = format!("cannot copy {}: {error}", path.display());
    Diagnostic {
        level: DiagnosticLevel::Error,
        code: None,
        rendered: format!("{message}\n"),
        message,
        file: None,
        line: None,
        column: None,
    }
}
