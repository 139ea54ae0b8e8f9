//! The thread that runs the compiler, one build at a time.

use super::messages::{BuildReport, Message, Outbox};
use crate::compile::{Builder, Cancel};
use crossbeam_channel::{Sender, bounded};
use std::thread::JoinHandle;
use std::time::Instant;

/// Dropping it does what [`Self::stop`] does.
pub(super) struct BuildThread {
    jobs: Option<Sender<Cancel>>,
    running: Option<Cancel>,
    thread: Option<JoinHandle<()>>,
}

impl BuildThread {
    pub(super) fn start(mut builder: Builder, reports: Outbox) -> Self {
        let (jobs, queue) = bounded::<Cancel>(1);
        let thread = std::thread::Builder::new()
            .name("pitstop-build".to_owned())
            .spawn(move || {
                for cancel in queue {
                    let started = Instant::now();
                    if !reports.send(Message::Build(BuildReport::Started(builder.way()))) {
                        return;
                    }
                    if let Some(first) = builder.first_build(&cancel)
                        && !reports.send(Message::Build(BuildReport::First(first)))
                    {
                        return;
                    }
                    let result = builder.build(&cancel, &mut |progress| {
                        // Progress is for the eye; a full queue has better things to carry.
                        reports.try_send(Message::Build(BuildReport::Progress(progress)));
                    });
                    let lock_file = builder.lock_file();
                    let done = Message::Build(BuildReport::Done { result, started, lock_file });
                    if !reports.send(done) {
                        return;
                    }
                }
            })
            .expect("failed to spawn thread");
        Self { jobs: Some(jobs), running: None, thread: Some(thread) }
    }

    /// Starts a build. The one before has reported `Done`.
    pub(super) fn build(&mut self) {
        let cancel = Cancel::new();
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(cancel.clone()); // receiver gone: nobody to tell
        }
        self.running = Some(cancel);
    }

    /// Stops the build that runs; its `Done` follows all the same.
    pub(super) fn cancel(&mut self) {
        if let Some(cancel) = &self.running {
            cancel.cancel();
        }
    }

    /// Stops the build that runs and joins the thread. Nothing can be built afterwards.
    pub(super) fn stop(&mut self) {
        self.cancel();
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // its panic has been printed
        }
    }
}

impl Drop for BuildThread {
    fn drop(&mut self) {
        self.stop();
    }
}
