//! The one way in which a long-running program is started.
//!
//! Owns: a child and, on Unix, its process group, from start to end. Consumes: a command line and
//! the signals of this process. Produces: an exit code. Never: leaves anything running behind.
//!
//! The child gets a process group of its own, so that a signal reaches it once and in order:
//! whatever asks this process to end (Ctrl+C, SIGTERM, SIGHUP) becomes one SIGTERM to the group. A
//! second one, or [`STOP_LIMIT`], becomes SIGKILL. When the child has ended, so does what it left
//! in its group; whoever wants to outlive the app starts a group of their own.

use crate::project::shown;
use anyhow::Context;
use host::os::group::Group;
use host::start::cli::Exit;
use std::process::{ChildStdout, Command, ExitCode, ExitStatus};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
#[cfg(unix)]
use std::{
    thread::Builder,
    time::{Duration, Instant},
};

/// How long a child may take to end in order: to write its last checkpoint and join its threads.
#[cfg(unix)]
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// Signals that nobody has looked at yet; more than two make no difference.
const SIGNALS_WAITING_MAX: usize = 4;

/// What a launch reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notice {
    /// This process shall end.
    Signal,
    /// The child has ended.
    #[cfg(unix)]
    Ended,
}

/// Starts programs, one after the other. Made once in a process, before the first of them.
#[derive(Debug)]
pub(crate) struct Launcher {
    notices: Receiver<Notice>,
    #[cfg(unix)]
    notify: SyncSender<Notice>,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself.
    With(ExitStatus),
    /// Because this process was told to end, and in order.
    Stopped(ExitStatus),
    /// It had to be killed.
    Killed,
}

impl Launcher {
    /// Takes over the signals of this process.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let (notify, notices): (SyncSender<Notice>, _) = sync_channel(SIGNALS_WAITING_MAX);
        let signals = notify.clone();
        ctrlc::set_handler(move || {
            let _ = signals.try_send(Notice::Signal);
        })
        .context("cannot take over Ctrl+C")?;
        Ok(Self {
            notices,
            #[cfg(unix)]
            notify,
        })
    }

    /// Runs a program to its end. `started` gets what it writes, where it was started with pipes.
    pub(crate) fn run(
        &self,
        command: &mut Command,
        started: impl FnOnce(Option<ChildStdout>),
    ) -> anyhow::Result<Ended> {
        let shown = shown(command);
        let command = std::mem::replace(command, Command::new(""));
        let mut group = Group::spawn(command)
            .with_context(|| format!("cannot start `{shown}`; is it installed?"))?;
        started(group.pipes().0);
        self.attend(group)
    }

    #[cfg(unix)]
    fn attend(&self, mut group: Group) -> anyhow::Result<Ended> {
        use rustix::process::Signal;
        let (notify, end) = (self.notify.clone(), group.end());
        let watch = move || {
            end.wait();
            let _ = notify.send(Notice::Ended); // nobody waits any more
        };
        let watching = Builder::new().name("xtask-wait".to_owned()).spawn(watch);
        let watching = watching.context("cannot watch over the program, which was ended")?;
        let (mut asked, mut killed) = (None, false);
        loop {
            let rest = asked.map(|at: Instant| STOP_LIMIT.saturating_sub(at.elapsed()));
            let notice = match rest.filter(|_| !killed) {
                Some(rest) => self.notices.recv_timeout(rest).ok(),
                None => self.notices.recv().ok(),
            };
            match notice {
                Some(Notice::Ended) => break,
                Some(Notice::Signal) if asked.is_none() => {
                    asked = Some(Instant::now());
                    group.signal(Signal::TERM);
                }
                Some(Notice::Signal) | None => {
                    killed = true;
                    group.kill();
                }
            }
        }
        // It has sent its notice, so it is about to end.
        let _ = watching.join();
        let status = group.reap()?;
        Ok(match asked {
            _ if killed => Ended::Killed,
            Some(_) => Ended::Stopped(status),
            None => Ended::With(status),
        })
    }

    /// Ctrl+C reaches every program of a Windows console by itself: only wait (untested).
    #[cfg(not(unix))]
    fn attend(&self, group: Group) -> anyhow::Result<Ended> {
        let status = group.reap()?;
        Ok(match self.notices.try_recv() {
            Ok(Notice::Signal) => Ended::Stopped(status),
            Err(_) => Ended::With(status),
        })
    }
}

impl Ended {
    /// The exit code to pass on. A program that was asked to end and did is no failure, also when
    /// it did not care to catch the signal.
    pub(crate) fn code(self) -> ExitCode {
        let passed = |status: ExitStatus, by_signal: Exit| match status.code() {
            Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(Exit::Failed as u8)),
            None => by_signal.into(),
        };
        match self {
            Self::With(status) => passed(status, Exit::Failed),
            Self::Stopped(status) => passed(status, Exit::Done),
            Self::Killed => Exit::Failed.into(),
        }
    }
}
