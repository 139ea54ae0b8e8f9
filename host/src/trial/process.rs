//! The process of a trial, as whoever has started it sees it.
//!
//! Owns: the process with all it starts, from its start to its end. Produces: what it has said, and how it has ended.
//! Never: believes it, or leaves anything of it running.

use super::module_run::Step;
use super::output::LastOutput;
use super::wire::{self, Answer, Order};
use crate::engine::TrialInput;
use crate::os::cancel::Cancel;
use crate::os::child_env;
use crate::os::group::Group;
use crossbeam_channel::{Receiver, Sender, bounded, select_biased};
use std::io;
use std::path::Path;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What may wait to be looked at; the process is held up when there is more.
const SAID: usize = 64;
/// Has std say where a program ends.
const BACKTRACE: &str = "RUST_BACKTRACE";
/// How long its output is read after its end, while something that it has left running holds it.
const DRAIN: Duration = Duration::from_millis(250);

/// What a thread hears of the process.
#[derive(Debug)]
enum Heard {
    Answer(Answer),
    /// One of its two pipes has nothing more to say: it was closed, or what comes is no answer.
    Silent,
    Ended,
}

/// A process that waits for an order, or works on one. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Process {
    group: Group,
    orders: Option<ChildStdin>,
    heard: Receiver<Heard>,
    output: LastOutput,
    /// Pipes from which something may still come.
    open: u8,
}

/// How far the code has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// The newest step.
    pub(super) step: Option<Step>,
    /// What was not done: step, line, all.
    pub(super) broken: Option<(Step, String, String)>,
    /// It has said that all is done.
    pub(super) is_done: bool,
    /// The address of a fault in memory, and whether it was written to.
    pub(super) fault: Option<(u64, Option<bool>)>,
}

/// How it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By itself.
    Exit(ExitStatus),
    /// It has been at it for so long.
    Late(Duration),
    /// Nobody needs it any more.
    Stopped,
}

/// All of a trial that can be seen from outside.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) end: End,
    pub(super) told: Told,
    pub(super) last_lines: Vec<String>,
}

impl Process {
    /// Starts a process that will wait for an order.
    ///
    /// # Errors
    /// Those of starting a process or a thread.
    pub(super) fn start(program: &Path, args: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(program);
        child_env::without_internal(&mut command);
        if std::env::var_os(BACKTRACE).is_none() {
            // Where memory ran out, or a panic could not unwind.
            command.env(BACKTRACE, "1");
        }
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = Group::spawn(command)?;
        let (orders, (answers, errors)) = (group.stdin(), group.pipes());
        let (tell, heard) = bounded(SAID);
        let (mut answers, errors) = answers.zip(errors).expect("it was started with pipes");
        let of_answers = tell.clone();
        listener("pitstop-trial-out", move || {
            while let Ok(Some(answer)) = wire::read_answer(&mut answers) {
                if of_answers.send(Heard::Answer(answer)).is_err() {
                    return;
                }
            }
            let _ = of_answers.send(Heard::Silent); // receiver gone: nobody to tell
        })?;
        let (output, of_errors) = (LastOutput::default(), tell.clone());
        let written = output.clone();
        listener("pitstop-trial-err", move || {
            written.read(errors);
            let _ = of_errors.send(Heard::Silent); // receiver gone: nobody to tell
        })?;
        wait_for_end(&group, tell)?;
        Ok(Self { group, orders, heard, output, open: 2 })
    }

    /// Waits until it is ready; returns what keeps it from being confined. `None` when it is not ready in time, or
    /// nobody needs it any more.
    pub(super) fn wait_until_ready(
        &mut self,
        limit: Duration,
        stop: &Cancel,
    ) -> Option<Vec<String>> {
        select_biased! {
            recv(self.heard) -> heard => match heard {
                Ok(Heard::Answer(Answer::Ready { unconfined })) => Some(unconfined),
                Ok(_) | Err(_) => None,
            },
            recv(stop.signal()) -> _ => None,
            default(limit) => None,
        }
    }

    /// Has it begin.
    ///
    /// # Errors
    /// When it has ended.
    pub(super) fn order(&mut self, order: &Order) -> io::Result<()> {
        let orders = self.orders.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        wire::write(orders, order)
    }

    /// Gives it what the code is tried with, on a thread of its own: code that hangs while it is loaded reads nothing.
    ///
    /// # Errors
    /// Those of starting a thread.
    pub(super) fn give(&mut self, input: TrialInput) -> io::Result<()> {
        let Some(mut orders) = self.orders.take() else { return Ok(()) };
        listener("pitstop-trial-in", move || {
            let _ = wire::write_input(&mut orders, &input); // it has ended, and that is seen elsewhere
        })
    }

    /// Waits for its end, or brings it about.
    pub(super) fn follow(mut self, limit: Duration, stop: &Cancel) -> Seen {
        let (deadline, mut told) = (Instant::now() + limit, Told::default());
        loop {
            let late = crossbeam_channel::at(deadline);
            select_biased! {
                recv(stop.signal()) -> _ => return self.seen(End::Stopped, told),
                recv(late) -> _ => return self.seen(End::Late(limit), told),
                recv(self.heard) -> heard => match heard {
                    Ok(Heard::Answer(answer)) => told.note(answer),
                    Ok(Heard::Silent) => self.open -= 1,
                    Ok(Heard::Ended) | Err(_) => break,
                },
            }
        }
        self.take_rest(&mut told);
        let Self { group, output, .. } = self;
        match group.reap() {
            Ok(status) => Seen { end: End::Exit(status), told, last_lines: output.lines() },
            Err(_) => Seen { end: End::Stopped, told, last_lines: output.lines() },
        }
    }

    /// What it has written before its end and nobody has read yet.
    fn take_rest(&mut self, told: &mut Told) {
        let deadline = Instant::now() + DRAIN;
        while self.open > 0 {
            match self.heard.recv_deadline(deadline) {
                Ok(Heard::Answer(answer)) => told.note(answer),
                Ok(Heard::Silent) => self.open -= 1,
                Ok(Heard::Ended) => {}
                Err(_) => return,
            }
        }
    }

    fn seen(self, end: End, told: Told) -> Seen {
        let last_lines = self.output.lines();
        drop(self);
        Seen { end, told, last_lines }
    }
}

impl Told {
    fn note(&mut self, answer: Answer) {
        match answer {
            Answer::Ready { .. } => {}
            Answer::Step(step) => self.step = Some(step),
            Answer::Broken { step, reason, detail } => self.broken = Some((step, reason, detail)),
            Answer::Done => self.is_done = true,
            Answer::Fault { address, is_write } => self.fault = Some((address, is_write)),
        }
    }
}

#[cfg(unix)]
fn wait_for_end(group: &Group, tell: Sender<Heard>) -> io::Result<()> {
    let end = group.end();
    listener("pitstop-trial-end", move || {
        end.wait();
        let _ = tell.send(Heard::Ended); // receiver gone: nobody to tell
    })
}

#[cfg(not(unix))]
fn wait_for_end(group: &Group, tell: Sender<Heard>) -> io::Result<()> {
    use crate::os::group::GroupChange;
    let end = group.end();
    listener("pitstop-trial-end", move || {
        while end.next() != GroupChange::Ended {}
        let _ = tell.send(Heard::Ended); // receiver gone: nobody to tell
    })
}

/// A thread that nobody waits for: it ends with the process, but for a process that has left its group and holds a
/// pipe for ever.
fn listener(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}
