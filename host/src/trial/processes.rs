//! Tries code for the engine: one process that waits, and the next as soon as that is used.

use super::process::Process;
use super::verdict::verdict;
use super::wire::Order;
use crate::engine::{CodeOnTrial, CodeTrials, TrialEnd, TrialInput, TrialReport};
use crate::os::cancel::Cancel;
use crate::slot::{Rejection, state_limit};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// How long a trial may take at least: far beyond what any module needs that a user would wait for.
const LIMIT_MIN: Duration = Duration::from_secs(5);
/// How many times as long as the one before: what has become twenty times as slow hangs.
const LIMIT_FACTOR: u32 = 20;
/// How long a process may take to be ready.
const START_LIMIT: Duration = Duration::from_secs(10);

/// Tries code in processes of this executable.
#[derive(Debug)]
pub struct TrialProcesses {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    args: Vec<OsString>,
    /// How long the newest trial of each module took that has come to its end.
    took: BTreeMap<String, Duration>,
    /// The user knows what the system does not confine.
    is_told: bool,
}

/// One trial.
struct Job {
    order: Order,
    input: Receiver<TrialInput>,
    /// Of the whole trial, without what the size of the state adds.
    limit: Duration,
    stop: Cancel,
    answer: Sender<Answered>,
}

struct Answered {
    end: TrialEnd,
    unconfined: Vec<String>,
}

impl TrialProcesses {
    /// Starts the first process at once. `program` is an executable of a host, and `flags` have it be the process of a
    /// trial; `args` are the application's.
    #[must_use]
    pub fn start(program: PathBuf, flags: &'static [&'static str], args: Vec<OsString>) -> Self {
        let (jobs, queue) = bounded(1);
        // The system ends a process together with the thread that has started it.
        let thread = Builder::new().name("pitstop-trials".to_owned());
        let work = move || Processes { program, flags, waiting: None }.run(&queue);
        let thread = thread.spawn(work).expect("failed to spawn thread");
        let took = BTreeMap::new();
        Self { jobs: Some(jobs), thread: Some(thread), args, took, is_told: false }
    }

    fn limit(&self, module: &str) -> Duration {
        let before = self.took.get(module).copied().unwrap_or_default();
        (before * LIMIT_FACTOR).max(LIMIT_MIN)
    }

    /// Says once what the system lacks.
    fn notices(&mut self, unconfined: &[String]) -> Vec<String> {
        if unconfined.is_empty() || std::mem::replace(&mut self.is_told, true) {
            return Vec::new();
        }
        let what = unconfined.join("; ");
        vec![format!(
            "new code is tried in a process that can write files and open sockets: {what}"
        )]
    }
}

impl CodeTrials for TrialProcesses {
    fn try_out(
        &mut self,
        code: &CodeOnTrial<'_>,
        input: &mut dyn FnMut() -> Result<TrialInput, Rejection>,
        stop: &Cancel,
    ) -> Result<TrialReport, Rejection> {
        let began = Instant::now();
        let (give, given) = bounded(1);
        let (answer, answered) = bounded(1);
        let limit = self.limit(code.module);
        let order = Order::of(code, &self.args);
        let job = Job { order, input: given, limit, stop: stop.clone(), answer };
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job); // its panic has been printed
        }
        let input = input();
        let failed = match input {
            Ok(input) => {
                let _ = give.send(input); // the process has ended already
                None
            }
            Err(rejection) => Some(rejection),
        };
        drop(give);
        let answered = answered.recv();
        if let Some(rejection) = failed {
            return Err(rejection);
        }
        let took = began.elapsed();
        let Ok(Answered { end, unconfined }) = answered else {
            let end = TrialEnd::NotTried("the thread of trials has ended".to_owned());
            return Ok(TrialReport { end, took, notices: Vec::new() });
        };
        if matches!(end, TrialEnd::Passed | TrialEnd::Failed(_)) {
            self.took.insert(code.module.to_owned(), took);
        }
        Ok(TrialReport { end, took, notices: self.notices(&unconfined) })
    }
}

impl Drop for TrialProcesses {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // its panic has been printed
        }
    }
}

/// The thread's own state.
struct Processes {
    program: PathBuf,
    flags: &'static [&'static str],
    waiting: Option<Process>,
}

impl Processes {
    fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            // One that cannot be started is missed when it is needed.
            self.waiting = self.start().ok();
            let Ok(job) = jobs.recv() else { return };
            let answer = job.answer.clone();
            let answered = self.try_out(&job);
            let _ = answer.send(answered); // receiver gone: nobody to tell
        }
    }

    fn start(&self) -> io::Result<Process> {
        Process::start(&self.program, self.flags)
    }

    fn try_out(&mut self, job: &Job) -> Answered {
        // The one that waits may have been ended by somebody else.
        let ready = self.ready(job).or_else(|_| self.ready(job));
        let (mut process, unconfined) = match ready {
            Ok(ready) => ready,
            Err(_) if job.stop.is_cancelled() => {
                return Answered { end: TrialEnd::Stopped, unconfined: Vec::new() };
            }
            Err(error) => {
                let end = TrialEnd::NotTried(format!("its process was not started: {error}"));
                return Answered { end, unconfined: Vec::new() };
            }
        };
        // Nothing comes when there is no state to be had.
        let Ok(input) = job.input.recv() else {
            return Answered { end: TrialEnd::Stopped, unconfined };
        };
        let limit = state_limit(job.limit, input.state.len());
        let end = match process.give(input) {
            Ok(()) => verdict(process.follow(limit, &job.stop)),
            Err(error) => TrialEnd::NotTried(error.to_string()),
        };
        Answered { end, unconfined }
    }

    /// A process that has begun, and what keeps it from being confined.
    fn ready(&mut self, job: &Job) -> io::Result<(Process, Vec<String>)> {
        let mut process = match self.waiting.take() {
            Some(process) => process,
            None => self.start()?,
        };
        let unconfined = process.wait_until_ready(START_LIMIT, &job.stop);
        let unconfined = unconfined.ok_or(io::ErrorKind::TimedOut)?;
        process.order(&job.order)?;
        Ok((process, unconfined))
    }
}
