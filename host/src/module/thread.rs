//! One generation's thread: every call into the module but painting.
//!
//! Owns: the library, the instance, the thread. Consumes: calls, one at a time, each with a limit.
//! Produces: pictures, snapshots, faults. Never: blocks its caller longer than the limit.
//!
//! Two reasons for a thread of its own. Rust registers thread-local destructors in a way that pins
//! a library for as long as the thread lives; a thread that is joined before unloading takes them
//! along. And new code may not come back: then the caller goes on, and the generation is abandoned.

use super::brief_lock;
use super::call::{CallError, CallLimit, Fault, InputPacket};
use super::host_calls::{HostCalls, HostSide};
use super::library::{Library, LoadError};
use super::maps::mapped_bytes;
use super::paint_target::PaintTarget;
use super::picture::Picture;
use super::service_calls::{ServiceStops, known};
use super::threads;
use super::worker::{Call, Outcome, Reply, Worker, fault_at};
use crate::journal::event::{FaultSite, Generation};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded, select_biased};
use hot_api::abi::ServicesTable;
use std::collections::BTreeSet;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How a generation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// The file that it was loaded from.
    pub library: PathBuf,
    /// Whether its library is gone from the process.
    pub unmapped: bool,
    /// Why it is not.
    pub why_not: Option<String>,
    /// What went wrong while the instance was dropped.
    pub fault: Option<Box<Fault>>,
    /// Names of threads that the generation has started and that run on, when it is still mapped.
    pub threads: Vec<String>,
    /// The bytes of address space that its libraries still take.
    pub mapped_bytes: u64,
}

impl Retirement {
    fn unmapped(library: PathBuf, fault: Option<Box<Fault>>) -> Self {
        let threads = Vec::new();
        Self { library, unmapped: true, why_not: None, fault, threads, mapped_bytes: 0 }
    }
}

/// One loaded generation. Calls must come from one thread at a time, which `&mut self` sees to.
#[derive(Debug)]
pub struct ModuleThread {
    generation: Generation,
    calls: Sender<(Call, Sender<Outcome>)>,
    /// The library is closed by the retirement alone: a call that returns after its generation was
    /// abandoned must not unload code under the thread that still runs it.
    thread: Option<JoinHandle<Option<ManuallyDrop<Library>>>>,
    exited: Receiver<()>,
    pub(super) paint: PaintTarget,
    pub(super) services: Option<ServicesTable>,
    pub(super) stops: ServiceStops,
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
    /// The threads that ran before this generation was loaded.
    before: BTreeSet<u32>,
    /// Those that ran when the next one was about to be loaded.
    until: Option<BTreeSet<u32>>,
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
        host_calls: HostCalls,
        limit: impl Into<CallLimit>,
    ) -> Result<Self, LoadError> {
        let limit = limit.into();
        let before = threads::running();
        let host = HostSide::new(host_calls, generation.0);
        let (calls, receiver) = bounded::<(Call, Sender<Outcome>)>(1);
        let (loaded_sender, loaded) = bounded(1);
        let (exited_sender, exited) = bounded(1);
        let instance = Arc::new(AtomicPtr::new(std::ptr::null_mut()));
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
                let library = library.map(ManuallyDrop::new);
                let _ = loaded_sender.send(result); // the caller may have given up
                if let Some(table) = table {
                    let instance = worker_instance;
                    Worker { table, host, instance, in_logic: worker_in_logic }.run(&receiver);
                }
                let _ = exited_sender.send(());
                library
            })
            .expect("failed to spawn thread");
        let (table, views, build) = match wait(&loaded, &limit) {
            Waited::Came(Ok(facts)) => facts,
            Waited::Came(Err(error)) => {
                let _ = thread.join(); // it has nothing more to say
                return Err(error);
            }
            other => {
                // The loader holds its own lock meanwhile; all that can be done is to let go.
                std::mem::drop(thread);
                host.disconnect();
                return Err(match other {
                    Waited::Stopped => LoadError::Stopped { path },
                    _ => LoadError::Overdue { path, limit: limit.time },
                });
            }
        };
        let (busy, closed) = (Arc::default(), Arc::default());
        let services = known(table.services);
        Ok(Self {
            generation,
            calls,
            thread: Some(thread),
            exited,
            paint: PaintTarget { table, instance, host, busy, closed },
            stops: ServiceStops::new(services.as_ref()),
            services,
            path,
            views,
            build,
            in_logic,
            spare: Box::default(),
            overdue: None,
            late: Vec::new(),
            late_fault: None,
            before,
            until: None,
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
    pub fn logic(
        &mut self,
        input: InputPacket,
        limit: impl Into<CallLimit>,
    ) -> Result<Picture, CallError> {
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
        limit: impl Into<CallLimit>,
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
        limit: impl Into<CallLimit>,
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
    pub fn suspend(&mut self, limit: impl Into<CallLimit>) -> Result<(), CallError> {
        self.call(Call::Suspend, limit).map(drop)
    }

    /// Takes it back.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn resume(&mut self, limit: impl Into<CallLimit>) -> Result<(), CallError> {
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
                self.take_late(overdue.view, outcome);
                false
            }
        }
    }

    /// What a call has come to that was given up waiting for.
    fn take_late(&mut self, view: Option<u32>, outcome: Outcome) {
        match (view, outcome) {
            (Some(view), Ok(Reply::Picture(picture))) => self.late.push((view, *picture)),
            (_, Err(CallError::Fault(fault))) => self.late_fault = Some(fault),
            _ => {}
        }
        self.end_overdue();
    }

    /// Waits for a call that is late, so that the next one can be made.
    ///
    /// # Errors
    /// When it does not return within `limit`.
    pub fn wait_for_late_call(&mut self, limit: Duration) -> Result<(), CallError> {
        let Some(Overdue { site, view, reply, limit: given, .. }) = &self.overdue else {
            return Ok(());
        };
        let (site, view, given) = (*site, *view, *given);
        match wait(reply, &limit.into()) {
            Waited::Came(outcome) => self.take_late(view, outcome),
            Waited::Never => self.end_overdue(),
            Waited::NotInTime | Waited::Stopped => {
                return Err(CallError::Overdue { site, limit: given });
            }
        }
        Ok(())
    }

    fn end_overdue(&mut self) {
        self.overdue = None;
        self.paint.busy.store(false, Ordering::Release);
    }

    pub(super) fn call(&mut self, call: Call, limit: impl Into<CallLimit>) -> Outcome {
        brief_lock::assert_none_is_held();
        let limit = limit.into();
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
        let waited = wait(&reply, &limit);
        let error = match waited {
            Waited::Came(outcome) => {
                self.paint.busy.store(false, Ordering::Release);
                return outcome;
            }
            Waited::Never => return Err(CallError::Gone),
            Waited::NotInTime => {
                let in_logic = self.in_logic.load(Ordering::Acquire);
                let site = if in_logic { FaultSite::Logic } else { site };
                CallError::Overdue { site, limit: limit.time }
            }
            Waited::Stopped => CallError::Stopped { site },
        };
        self.overdue = Some(Overdue { site, view, since: started, limit: limit.time, reply });
        Err(error)
    }

    /// The generation that takes its place: what it finds running, this one has started or known.
    pub fn note_successor(&mut self, next: &Self) {
        self.until = Some(next.before.clone());
    }

    /// For paint callbacks on the UI thread.
    #[must_use]
    pub fn paint_target(&self) -> PaintTarget {
        self.paint.clone()
    }

    /// Drops the instance, joins the thread, unloads the library and looks whether it is gone.
    /// GL objects must have been released before. When the module does not come back within
    /// `limit`, the generation is abandoned: it stays mapped, and its thread goes on. A call that has
    /// been out for a while already is given less.
    #[must_use]
    pub fn retire(mut self, limit: impl Into<CallLimit>) -> Retirement {
        let mut limit = limit.into();
        if let Some((_, since)) = self.overdue_for() {
            limit.time = limit.time.saturating_sub(since).max(LATE_CALL_GRACE.min(limit.time));
        }
        let host = self.paint.host;
        let retirement = self.end(&limit);
        // Whatever runs on reaches nothing of the host any more.
        host.disconnect();
        retirement
    }

    fn end(mut self, limit: &CallLimit) -> Retirement {
        let deadline = Instant::now() + limit.time;
        let left = || limit.with_time(deadline.saturating_duration_since(Instant::now()));
        // Whoever retires it has waited for its services; what is left has had its time.
        self.stops.stop(None);
        self.stops.close();
        if !self.paint.close(limit.time) {
            return self.abandon("a paint callback of it has not returned", limit, None);
        }
        // Those that have told their end by now are joined by the code's own `destroy`.
        let services = self.paint.host.running_services();
        let destroyed =
            self.wait_until_idle(&left()).and_then(|()| self.call(Call::Destroy, left()));
        let fault = match destroyed {
            Err(CallError::Fault(fault)) => Some(fault),
            Err(CallError::Overdue { site, .. } | CallError::Stopped { site }) => {
                return self.abandon(&format!("its {site:?} call has not returned"), limit, None);
            }
            Ok(_) | Err(CallError::Refused(_) | CallError::Gone) => None,
        };
        // The worker ends after this call; it says so at its very end.
        let ended = wait(&self.exited, &left());
        if matches!(ended, Waited::NotInTime | Waited::Stopped) {
            return self.abandon("its thread has not ended", limit, fault);
        }
        let library = self.thread.take().and_then(|thread| thread.join().ok()).flatten();
        if !services.is_empty() {
            let why_not = format!("its service {} has not stopped; it runs on", quoted(&services));
            return self.still_mapped(why_not, fault);
        }
        let closed = library.map_or(Ok(()), |library| ManuallyDrop::into_inner(library).close());
        match (closed, mapped_bytes(&self.path)) {
            (Err(reason), _) => self.still_mapped(reason, fault),
            (Ok(()), Some(0)) => Retirement::unmapped(self.path, fault),
            (Ok(()), Some(_)) => self.still_mapped(PINNED.to_owned(), fault),
            (Ok(()), None) => {
                self.still_mapped("this system does not say what is mapped".to_owned(), fault)
            }
        }
    }

    fn wait_until_idle(&mut self, limit: &CallLimit) -> Result<(), CallError> {
        let Some(overdue) = &self.overdue else {
            return Ok(());
        };
        let site = overdue.site;
        match wait(&overdue.reply, limit) {
            Waited::NotInTime => Err(CallError::Overdue { site, limit: overdue.limit }),
            Waited::Stopped => Err(CallError::Stopped { site }),
            Waited::Came(_) | Waited::Never => {
                self.end_overdue();
                Ok(())
            }
        }
    }

    /// Leaves the thread and what it may still touch alone: it cannot be ended from outside.
    fn abandon(mut self, what: &str, limit: &CallLimit, fault: Option<Box<Fault>>) -> Retirement {
        drop(self.thread.take());
        let why_not = format!("{what} within {:?}; it stays loaded, and runs on", limit.time);
        self.still_mapped(why_not, fault)
    }

    fn still_mapped(&self, why_not: String, fault: Option<Box<Fault>>) -> Retirement {
        let until = self.until.clone().unwrap_or_else(threads::running);
        let started = until.difference(&self.before).copied().collect();
        Retirement {
            library: self.path.clone(),
            unmapped: false,
            why_not: Some(why_not),
            fault,
            threads: threads::names_of(&started),
            mapped_bytes: mapped_bytes(&self.path).unwrap_or(0),
        }
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What came of waiting for a thread.
enum Waited<T> {
    Came(T),
    NotInTime,
    /// Nobody needs it any more.
    Stopped,
    /// The other side has ended without an answer.
    Never,
}

fn wait<T>(answer: &Receiver<T>, limit: &CallLimit) -> Waited<T> {
    let Some(stop) = &limit.stop else {
        return match answer.recv_timeout(limit.time) {
            Ok(answer) => Waited::Came(answer),
            Err(RecvTimeoutError::Timeout) => Waited::NotInTime,
            Err(RecvTimeoutError::Disconnected) => Waited::Never,
        };
    };
    select_biased! {
        recv(answer) -> answer => answer.map_or(Waited::Never, Waited::Came),
        recv(stop) -> _ => Waited::Stopped,
        default(limit.time) => Waited::NotInTime,
    }
}

/// What a call that is late already gets to end before its generation is abandoned.
const LATE_CALL_GRACE: Duration = Duration::from_secs(1);

/// Stack of a module thread: what the main thread of an application usually has.
const STACK_BYTES: usize = 8 << 20;

const PINNED: &str = "still mapped after dlclose: a thread of it runs on, or a thread-local \
                      destructor pins it; it goes with a later unload";
