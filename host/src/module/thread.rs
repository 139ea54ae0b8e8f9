//! One generation's thread: every call into the module but painting.
//!
//! Owns: the library, the instance, the thread. Consumes: calls, one at a time, each with a limit.
//! Produces: pictures, snapshots, faults. Never: blocks its caller longer than the limit.
//!
//! Two reasons for a thread of its own. Rust registers thread-local destructors in a way that pins
//! a library for as long as the thread lives; a thread that is joined before unloading takes them
//! along. And new code may not come back: then the caller goes on, and the generation is abandoned.

use super::call::{CallError, Fault, InputPacket};
use super::library::{Library, LoadError};
use super::maps::is_mapped;
use super::paint_target::PaintTarget;
use super::picture::Picture;
use super::services::{HostBox, Services};
use super::worker::{Call, Outcome, Reply, Worker, fault_at};
use crate::event::{FaultSite, Generation};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How a generation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// Whether its library is gone from the process.
    pub unmapped: bool,
    /// Why it is not.
    pub why_not: Option<String>,
    /// What went wrong while the instance was dropped.
    pub fault: Option<Box<Fault>>,
}

/// One loaded generation. Calls must come from one thread at a time, which `&mut self` sees to.
#[derive(Debug)]
pub struct ModuleThread {
    generation: Generation,
    calls: Sender<(Call, Sender<Outcome>)>,
    thread: Option<JoinHandle<Option<Library>>>,
    exited: Receiver<()>,
    pub(super) paint: PaintTarget,
    path: PathBuf,
    views: Vec<String>,
    build: String,
    in_logic: Arc<AtomicBool>,
    /// Memory for the next picture.
    spare: Box<Picture>,
    overdue: Option<Overdue>,
    /// A picture that came after its limit; its textures belong in front of the next one's.
    late: Vec<(u32, Picture)>,
    /// A panic that came after its call's limit: the next call brings it.
    late_fault: Option<Box<Fault>>,
}

#[derive(Debug)]
struct Overdue {
    site: FaultSite,
    view: Option<u32>,
    since: Instant,
    limit: Duration,
    reply: Receiver<Outcome>,
}

impl ModuleThread {
    /// Starts the thread and loads the library on it: a file that no other generation uses.
    ///
    /// # Errors
    /// When the library cannot be loaded, does not fit, or loading takes longer than `limit`.
    pub fn load(
        file: &Path,
        generation: Generation,
        module: &str,
        services: Services,
        limit: Duration,
    ) -> Result<Self, LoadError> {
        let host = HostBox::new(services, generation.0);
        let (calls, receiver) = bounded::<(Call, Sender<Outcome>)>(1);
        let (loaded_sender, loaded) = bounded(1);
        let (exited_sender, exited) = bounded(1);
        let instance = Arc::new(AtomicPtr::new(std::ptr::null_mut()));
        let worker_host = Arc::clone(&host);
        let worker_instance = Arc::clone(&instance);
        let in_logic = Arc::new(AtomicBool::new(false));
        let worker_in_logic = Arc::clone(&in_logic);
        let path = file.to_path_buf();
        let worker_path = path.clone();
        let name: String = format!("{module}-{generation}").chars().take(15).collect();
        let thread = std::thread::Builder::new()
            .name(name)
            .stack_size(STACK_BYTES)
            .spawn(move || {
                let library = Library::open(&worker_path);
                let (table, result, library) = match library {
                    Ok(library) => {
                        let facts =
                            (library.table(), library.views().to_vec(), library.build().to_owned());
                        (Some(facts.0), Ok(facts), Some(library))
                    }
                    Err(error) => (None, Err(error), None),
                };
                let _gone = loaded_sender.send(result);
                if let Some(table) = table {
                    let (host, instance) = (worker_host, worker_instance);
                    Worker { table, host, instance, in_logic: worker_in_logic }.run(&receiver);
                }
                let _gone = exited_sender.send(());
                library
            })
            .expect("the system starts one more thread");
        let overdue = || LoadError::Overdue { path: path.clone(), limit };
        let (table, views, build) = match loaded.recv_timeout(limit) {
            Ok(Ok(facts)) => facts,
            Ok(Err(error)) => {
                let _joined = thread.join();
                return Err(error);
            }
            Err(_) => {
                // The loader holds its own lock meanwhile; all that can be done is to let go.
                std::mem::drop(thread);
                leak(host);
                return Err(overdue());
            }
        };
        let busy = Arc::default();
        Ok(Self {
            generation,
            calls,
            thread: Some(thread),
            exited,
            paint: PaintTarget { table, instance, host, busy },
            path,
            views,
            build,
            in_logic,
            spare: Box::default(),
            overdue: None,
            late: Vec::new(),
            late_fault: None,
        })
    }

    /// The attempt this code belongs to.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Names of the views; the first is `main`.
    #[must_use]
    pub fn views(&self) -> &[String] {
        &self.views
    }

    /// Who built the library, as it says itself.
    #[must_use]
    pub fn build(&self) -> &str {
        &self.build
    }

    /// Runs the application's logic. The picture holds platform requests only.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn logic(&mut self, input: InputPacket, limit: Duration) -> Result<Picture, CallError> {
        self.call(Call::Logic(input), limit)?.picture()
    }

    /// Draws one view.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn frame(
        &mut self,
        view: u32,
        input: InputPacket,
        limit: Duration,
    ) -> Result<Picture, CallError> {
        self.frame_after(None, view, input, limit)
    }

    /// Draws one view, and runs the application's logic before when there is input for it: both
    /// within one limit, and for one change of threads, which takes longer than most logic does.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn frame_after(
        &mut self,
        logic: Option<InputPacket>,
        view: u32,
        input: InputPacket,
        limit: Duration,
    ) -> Result<Picture, CallError> {
        let spare = std::mem::take(&mut self.spare);
        let call = Call::Frame { view, input, logic, spare };
        let mut picture = self.call(call, limit)?.picture()?;
        while let Some(index) = self.late.iter().rposition(|(of, _)| *of == view) {
            let (_, late) = self.late.remove(index);
            picture.prepend_textures(late);
        }
        Ok(picture)
    }

    /// Takes back a picture whose content has been used; the next one is made in its memory.
    pub fn recycle(&mut self, picture: Box<Picture>) {
        self.spare = picture;
    }

    /// Lets go of what cannot exist twice.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn suspend(&mut self, limit: Duration) -> Result<(), CallError> {
        self.call(Call::Suspend, limit).map(drop)
    }

    /// Takes it back.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn resume(&mut self, limit: Duration) -> Result<(), CallError> {
        self.call(Call::Resume, limit).map(drop)
    }

    /// Panics on threads that the module started itself, since the last call.
    pub fn take_stray_faults(&mut self) -> Vec<Fault> {
        if self.is_overdue() {
            return Vec::new();
        }
        let faults = self.paint.host.take_faults();
        faults.into_iter().map(|text| fault_at(FaultSite::Service, text)).collect()
    }

    /// Since when a call has been out, if one is.
    pub fn overdue_for(&mut self) -> Option<(FaultSite, Duration)> {
        self.is_overdue();
        self.overdue.as_ref().map(|overdue| (overdue.site, overdue.since.elapsed()))
    }

    /// Whether a call is still out. Collects it when it has come back.
    fn is_overdue(&mut self) -> bool {
        let Some(overdue) = &self.overdue else {
            return false;
        };
        match overdue.reply.try_recv() {
            Err(TryRecvError::Empty) => true,
            Err(TryRecvError::Disconnected) => {
                self.end_overdue();
                false
            }
            Ok(outcome) => {
                match (overdue.view, outcome) {
                    (Some(view), Ok(Reply::Picture(picture))) => self.late.push((view, *picture)),
                    (_, Err(CallError::Fault(fault))) => self.late_fault = Some(fault),
                    _ => {}
                }
                self.end_overdue();
                false
            }
        }
    }

    fn end_overdue(&mut self) {
        self.overdue = None;
        self.paint.busy.store(false, Ordering::Release);
    }

    pub(super) fn call(&mut self, call: Call, limit: Duration) -> Outcome {
        if self.is_overdue()
            && let Some(overdue) = &self.overdue
        {
            return Err(CallError::Overdue { site: overdue.site, limit: overdue.limit });
        }
        if let Some(fault) = self.late_fault.take() {
            return Err(CallError::Fault(fault));
        }
        let site = call.site();
        let view = if let Call::Frame { view, .. } = &call { Some(*view) } else { None };
        let (sender, reply) = bounded(1);
        self.paint.busy.store(true, Ordering::Release);
        if self.calls.send((call, sender)).is_err() {
            return Err(CallError::Gone);
        }
        let started = Instant::now();
        match reply.recv_timeout(limit) {
            Ok(outcome) => {
                self.paint.busy.store(false, Ordering::Release);
                outcome
            }
            Err(RecvTimeoutError::Disconnected) => Err(CallError::Gone),
            Err(RecvTimeoutError::Timeout) => {
                let in_logic = self.in_logic.load(Ordering::Acquire);
                let site = if in_logic { FaultSite::Logic } else { site };
                self.overdue = Some(Overdue { site, view, since: started, limit, reply });
                Err(CallError::Overdue { site, limit })
            }
        }
    }

    /// For paint callbacks on the UI thread.
    #[must_use]
    pub fn paint_target(&self) -> PaintTarget {
        self.paint.clone()
    }

    /// Drops the instance, joins the thread, unloads the library and looks whether it is gone.
    /// GL objects must have been released before. When the module does not come back within
    /// `limit`, the generation is abandoned: it stays mapped, and its thread goes on.
    #[must_use]
    pub fn retire(mut self, limit: Duration) -> Retirement {
        let deadline = Instant::now() + limit;
        let destroyed = self.wait_until_idle(deadline).and_then(|()| {
            self.call(Call::Destroy, deadline.saturating_duration_since(Instant::now()))
        });
        let fault = match destroyed {
            Err(CallError::Fault(fault)) => Some(fault),
            Err(CallError::Overdue { site, .. }) => return self.abandon(site, limit),
            Ok(_) | Err(CallError::Refused(_) | CallError::Gone) => None,
        };
        let Self { calls, thread, exited, paint, path, .. } = self;
        drop(calls);
        // `send` on drop of the worker also counts: what matters is that the thread is at its end.
        let ended = exited.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        if ended == Err(RecvTimeoutError::Timeout) {
            leak(paint.host);
            return Retirement { unmapped: false, why_not: Some(stuck(limit)), fault };
        }
        let library = thread.and_then(|thread| thread.join().ok()).flatten();
        let closed = library.map_or(Ok(()), Library::close);
        let (unmapped, why_not) = match closed {
            Err(reason) => (false, Some(reason)),
            Ok(()) => match is_mapped(&path) {
                Some(true) => (false, Some(PINNED.to_owned())),
                Some(false) => (true, None),
                None => (false, Some("this system does not say what is mapped".to_owned())),
            },
        };
        Retirement { unmapped, why_not, fault }
    }

    fn wait_until_idle(&mut self, deadline: Instant) -> Result<(), CallError> {
        let Some(overdue) = &self.overdue else {
            return Ok(());
        };
        let left = deadline.saturating_duration_since(Instant::now());
        match overdue.reply.recv_timeout(left) {
            Err(RecvTimeoutError::Timeout) => {
                Err(CallError::Overdue { site: overdue.site, limit: overdue.limit })
            }
            Ok(_) | Err(RecvTimeoutError::Disconnected) => {
                self.end_overdue();
                Ok(())
            }
        }
    }

    fn abandon(mut self, site: FaultSite, limit: Duration) -> Retirement {
        // Detached: a thread cannot be ended from outside. What it may still touch is leaked.
        drop(self.thread.take());
        leak(self.paint.host);
        let why_not = format!("its {site:?} call has not returned: {}", stuck(limit));
        Retirement { unmapped: false, why_not: Some(why_not), fault: None }
    }
}

/// Stack of a module thread: what the main thread of an application usually has.
const STACK_BYTES: usize = 8 << 20;

const PINNED: &str = "still mapped after dlclose: a thread of it runs on, or a thread-local \
                      destructor pins it; it goes with a later unload";

fn stuck(limit: Duration) -> String {
    format!("the module's thread did not end within {limit:?}; it stays loaded, and runs on")
}

/// Keeps the table alive for code that may still call it.
#[expect(clippy::mem_forget, reason = "an abandoned generation may call the host for ever (ABI-6)")]
fn leak(host: Arc<HostBox>) {
    std::mem::forget(host);
}
