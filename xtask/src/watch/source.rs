//! Where the builds of a watched program come from.
//!
//! Owns: the choice between builds of a running host and builds of our own. Consumes: the host's journal.
//! Produces: orders for the runner. Never: builds what a host builds at the same time.

use crate::project::{ANSWER_LIMIT, Project};
use anyhow::Context;
use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use host::control::{Client, Request};
use host::journal::event::{Entry, Event};
use host::journal::status::Status;
use host::supervise::{Builds, Listener, OnEvent, Order, Watched};
use std::convert::Infallible;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long the thread may go without looking whether everything ends.
const TURN: Duration = Duration::from_millis(200);

/// The builds that a running host makes of one program.
pub(super) struct HostsBuilds {
    client: Client,
    pid: u32,
    target: String,
    /// What the newest build has made, if it has succeeded.
    artifact: Option<String>,
}

impl HostsBuilds {
    /// Those of the running host, if there is one that builds `target`.
    pub(super) fn of(project: &Project, target: &str) -> Option<Self> {
        let mut client = project.client().ok()?;
        let mut reply = client.call(&Request::Status {}, Some(ANSWER_LIMIT)).ok()?;
        let status: Status = serde_json::from_value(reply.body.remove("status")?).ok()?;
        let built = status.targets.into_iter().find(|built| built.name == target)?;
        let follow = Request::Events { follow: true, since: None };
        let reply = client.call(&follow, Some(ANSWER_LIMIT)).ok()?;
        let mut artifact = built.artifact.filter(|_| built.last_error.is_none());
        for _ in 0..reply.body.get("entries")?.as_u64()? {
            match client.entry(Some(ANSWER_LIMIT)).ok()?? {
                Entry { event: Event::BuildFinished { artifact: it, targets, .. }, .. }
                    if targets.iter().any(|it| it == target) =>
                {
                    artifact = Some(it);
                }
                Entry { event: Event::BuildFailed { targets, .. }, .. }
                    if targets.iter().any(|it| it == target) =>
                {
                    artifact = None;
                }
                _ => {}
            }
        }
        Some(Self { client, pid: status.pid, target: target.to_owned(), artifact })
    }

    /// What builds the program, for people.
    pub(super) fn shown(&self) -> String {
        format!("that of the running host (pid {})", self.pid)
    }

    /// Passes the host's builds on until the host ends, which gives `true`, or `stop` does.
    fn follow(
        mut self,
        listener: &Listener,
        on_event: &OnEvent,
        stop: &Receiver<Infallible>,
    ) -> bool {
        if let Some(result) = self.artifact {
            let _ = listener.orders.send(Order::Built { result, path: None }); // it has ended
        }
        while stop.try_recv() != Err(TryRecvError::Disconnected) {
            match self.client.entry(Some(TURN)) {
                Ok(Some(entry)) => pass_on(entry.event, &self.target, listener, on_event),
                Ok(None) => {}
                Err(_) => return true,
            }
        }
        false
    }
}

fn pass_on(event: Event, target: &String, listener: &Listener, on_event: &OnEvent) {
    let (Event::BuildStarted { targets, .. }
    | Event::BuildFinished { targets, .. }
    | Event::BuildFailed { targets, .. }) = &event
    else {
        return;
    };
    if !targets.contains(target) {
        return;
    }
    let built = match &event {
        Event::BuildFinished { artifact, .. } => Some(artifact.clone()),
        _ => None,
    };
    on_event(event);
    if let Some(result) = built {
        let _ = listener.orders.send(Order::Built { result, path: None }); // it has ended
    }
}

/// Builds until it is dropped.
pub(super) struct Source {
    /// Disconnected when it is dropped.
    stop: Option<Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
    _builds: Option<Builds>,
}

impl Source {
    /// The host's builds, and our own when there is no host or when it has ended.
    pub(super) fn start(
        hosts: Option<HostsBuilds>,
        watched: Watched,
        listener: Listener,
        on_event: OnEvent,
    ) -> anyhow::Result<Self> {
        let own = move |listener: Listener, on_event: OnEvent| {
            let included = listener.target.clone().into_iter().collect();
            Builds::start(watched, included, vec![listener], Box::new(|| true), on_event)
        };
        let Some(hosts) = hosts else {
            let builds = Some(own(listener, on_event)?);
            return Ok(Self { stop: None, thread: None, _builds: builds });
        };
        let (stop, stopped) = bounded(0);
        let thread = thread::Builder::new().name("xtask-watch".to_owned()).spawn(move || {
            if !hosts.follow(&listener, &on_event, &stopped) {
                return;
            }
            let message = "the running host has ended; builds are made here from now on".to_owned();
            on_event(Event::Notice { message });
            let (stop, on_error) = (listener.orders.clone(), OnEvent::clone(&on_event));
            match own(listener, on_event) {
                Ok(_builds) => drop(stopped.recv()),
                Err(error) => {
                    on_error(Event::Notice { message: error.to_string() });
                    let _ = stop.send(Order::Stop); // it has ended
                }
            }
        });
        let thread = Some(thread.context("a thread cannot be started")?);
        Ok(Self { stop: Some(stop), thread, _builds: None })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // its panic has been printed
        }
    }
}
