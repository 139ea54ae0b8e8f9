//! Programs that run to their end, one after the other: cargo, the host, the application, the benchmarks.
//!
//! Owns: how a command line becomes a program of the runner, and an end becomes an exit code. Consumes: the signals of
//! this process. Never: starts or ends a process; [`Runner`] does.
//!
//! Whatever asks this process to end (Ctrl+C, SIGTERM, SIGHUP) becomes one SIGTERM to the program and all that it has
//! started. A second one, or [`STOP_LIMIT`], becomes SIGKILL.

use anyhow::{Context, bail};
use crossbeam_channel::{Receiver, Sender, unbounded};
use host::journal::event::Event;
use host::os::command_line::shown;
use host::start::cli::Exit;
use host::supervise::{OnEnd, OnEvent, Order, PrintsTo, Program, Runner, StopSignal, Terms};
use std::collections::BTreeMap;
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a child may take to end in order: to write its last checkpoint and join its threads.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// Starts programs, one after the other. Made once in a process, before the first of them.
#[derive(Debug)]
pub(crate) struct Launcher {
    orders: Sender<Order>,
    inbox: Receiver<Order>,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself.
    With(ExitStatus),
    /// Because this process was told to end, and in order; `None` when that was before it was started.
    Stopped(Option<ExitStatus>),
    /// It had to be killed.
    Killed,
}

impl Launcher {
    /// Takes over the signals of this process.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let (orders, inbox) = unbounded();
        take_over_signals(orders.clone())?;
        Ok(Self { orders, inbox })
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, command: &Command) -> anyhow::Result<Ended> {
        self.run_for(command, PrintsTo::Stdout, false)
    }

    /// As [`Self::run`]; the program gets the terminal, so that it can read from it.
    pub(crate) fn run_in_terminal(&self, command: &Command) -> anyhow::Result<Ended> {
        self.run_for(command, PrintsTo::Stdout, true)
    }

    /// As [`Self::run`]; returns what the program prints as well.
    pub(crate) fn run_to_read(&self, command: &Command) -> anyhow::Result<(Ended, Vec<String>)> {
        let (sender, lines) = unbounded();
        let ended = self.run_for(command, PrintsTo::Lines(sender), false)?;
        // Its reader ends with it.
        Ok((ended, lines.iter().collect()))
    }

    fn run_for(&self, command: &Command, to: PrintsTo, terminal: bool) -> anyhow::Result<Ended> {
        let terms = Terms { delay: Duration::ZERO, stop_timeout: STOP_LIMIT, on_end: OnEnd::End };
        let why_not = Arc::new(Mutex::new(None));
        let tell = Arc::clone(&why_not);
        let on_event: OnEvent = Arc::new(move |event| {
            if let Event::ProcessNotStarted { reason, .. } = event {
                *tell.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
            }
        });
        self.orders.send(Order::Built { result: String::new(), path: None })?;
        let program = program(command, to, terminal);
        let ended = Runner::new(program, terms, self.inbox.clone(), on_event).run();
        if let Some(reason) = why_not.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bail!("`{}` {reason}; is it installed?", shown(command));
        }
        Ok(match ended {
            None => Ended::Stopped(None),
            Some(ended) if ended.is_killed => Ended::Killed,
            Some(ended) => {
                let status = ended.status.with_context(|| {
                    format!("the system does not say how `{}` has ended", shown(command))
                })?;
                match ended.took {
                    Some(_) => Ended::Stopped(Some(status)),
                    None => Ended::With(status),
                }
            }
        })
    }
}

/// A command line as a program.
fn program(command: &Command, prints_to: PrintsTo, has_terminal: bool) -> Program {
    let text = |word: &std::ffi::OsStr| word.to_string_lossy().into_owned();
    let set = command.get_envs().filter_map(|(name, value)| Some((text(name), text(value?))));
    Program {
        name: text(command.get_program()),
        path: command.get_program().into(),
        args: command.get_args().map(Into::into).collect(),
        dir: command.get_current_dir().map(Into::into),
        env: set.collect::<BTreeMap<String, String>>(),
        signal: StopSignal::Term,
        is_enabled: true,
        has_terminal,
        prints_to,
        target: None,
        build: String::new(),
        held: None,
    }
}

/// The first signal asks for an end, the second insists.
pub(crate) fn take_over_signals(orders: Sender<Order>) -> anyhow::Result<()> {
    ctrlc::set_handler(move || {
        let _ = orders.try_send(Order::Stop); // more than two make no difference
    })
    .context("cannot take over Ctrl+C")
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
            Self::Stopped(Some(status)) => passed(status, Exit::Done),
            Self::Stopped(None) => Exit::Done.into(),
            Self::Killed => Exit::Failed.into(),
        }
    }
}
