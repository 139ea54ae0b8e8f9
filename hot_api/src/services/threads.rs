//! The threads on which the services of one instance run.

use super::context::{Env, ServiceContext};
use super::messages::Messages;
use super::service::Service;
use super::stop_token::StopToken;
use crate::host::Host;
use crate::lock::lock;
use crate::runner::drop_payload;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::thread::JoinHandle;

/// Services that run, and the messages that they have sent. Any thread.
#[derive(Default)]
pub(crate) struct Threads {
    running: Mutex<Vec<Running>>,
    messages: Arc<Messages>,
    waking: Mutex<Option<Waking>>,
}

/// The thread that wakes tasks which wait for a request to end. Whoever asks for the end may be a thread that outlives
/// this library, and a runtime may keep a thread-local with a destructor for each thread that it is woken on: that
/// would keep the library loaded.
struct Waking {
    wakers: Sender<Vec<Waker>>,
    thread: JoinHandle<()>,
}

impl Waking {
    fn start() -> Option<Self> {
        let (wakers, asked) = channel::<Vec<Waker>>();
        // Without it, async code has to look at the token by itself.
        let thread = std::thread::Builder::new().name("svc-wake".to_owned()).spawn(move || {
            for waker in asked.into_iter().flatten() {
                // The panic of a runtime has been told by the hook.
                let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
            }
        });
        Some(Self { wakers, thread: thread.ok()? })
    }
}

struct Running {
    name: Arc<str>,
    stop: StopToken,
    has_ended: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Threads {
    pub(crate) fn messages(&self) -> &Messages {
        &self.messages
    }

    /// Starts each of them on a thread of its own, and returns at once. `host` hears of what becomes of them.
    pub(crate) fn start(&self, services: Vec<Service>, run_number: u64, env: &Env, host: Host) {
        self.join_ended();
        let mut waking = lock(&self.waking);
        if waking.is_none() && !services.is_empty() {
            *waking = Waking::start();
        }
        drop(waking);
        for Service { name, run, .. } in services {
            let name: Arc<str> = name.into();
            let (stop, has_ended) = (StopToken::default(), Arc::new(AtomicBool::new(false)));
            let cx = ServiceContext {
                name: Arc::clone(&name),
                run: run_number,
                stop: stop.clone(),
                messages: Arc::clone(&self.messages),
                env: env.clone(),
                host,
                is_ready: Arc::default(),
            };
            let (own_name, ended) = (Arc::clone(&name), Arc::clone(&has_ended));
            // The system keeps 15 bytes of a thread's name.
            let thread = std::thread::Builder::new().name(format!("svc-{name}")).spawn(move || {
                let result = catch_unwind(AssertUnwindSafe(|| run(cx)));
                let error = result.unwrap_or_else(|payload| Err(panicked(payload))).err();
                // Before the host hears of it: it may have the thread joined from then on.
                ended.store(true, Ordering::Release);
                host.service_ended(run_number, &own_name, error.as_deref());
            });
            match thread {
                Ok(thread) => lock(&self.running).push(Running { name, stop, has_ended, thread }),
                Err(error) => {
                    let error = format!("no thread could be started: {error}");
                    host.service_ended(run_number, &name, Some(&error));
                }
            }
        }
    }

    /// Asks this service to end, or all of them. Returns at once.
    pub(crate) fn request_stop(&self, name: Option<&str>) {
        let running = lock(&self.running);
        let concerned = running.iter().filter(|it| name.is_none_or(|name| *it.name == *name));
        let wakers: Vec<Waker> = concerned.flat_map(|it| it.stop.request()).collect();
        drop(running);
        self.messages.wake();
        let waking = lock(&self.waking);
        if let Some(waking) = &*waking {
            let _ = waking.wakers.send(wakers); // its thread is joined by `end` alone
        }
    }

    /// Waits for the threads of services that have told their end, and lets nobody be woken any more.
    pub(crate) fn end(&self) {
        self.join_ended();
        let waking = lock(&self.waking).take();
        if let Some(Waking { wakers, thread }) = waking {
            drop(wakers);
            let _ = thread.join(); // panics are caught in it
        }
    }

    /// Waits for the threads of services that have told their end: they do nothing more but end.
    fn join_ended(&self) {
        let ended: Vec<Running> = {
            let mut running = lock(&self.running);
            running.extract_if(.., |it| it.has_ended.load(Ordering::Acquire)).collect()
        };
        for it in ended {
            let _ = it.thread.join(); // its panic has been caught
        }
    }
}

/// The message of a panic.
fn panicked(payload: Box<dyn Any + Send>) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = format!("it panicked: {}", text.unwrap_or("with a payload that is no text"));
    drop_payload(payload); // that it has panicked as well adds nothing
    message
}
