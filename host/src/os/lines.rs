//! A program whose output is read line by line, and that can be stopped together with everything it started.
//!
//! Owns: one [`Group`], the two threads that read its output and the one that waits for its end. Produces: its
//! output. Never: interprets a line, or lets the program read from the terminal.
//!
//! The program has ended when its own process has: what it has left running may hold its output for ever, and a
//! program that has closed its output may run on for ever.

use super::cancel::Cancel;
use super::group::Group;
use crossbeam_channel::{Receiver, Sender, never, select_biased};
use std::convert::Infallible;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Why there is no exit status.
#[derive(Debug)]
pub(crate) enum NoStatus {
    /// It was asked to stop.
    Cancelled,
    /// It could not be started, or not be waited for.
    Failed(io::Error),
}

/// How long a stopped process may take to leave by itself. Cargo and rustc leave at once; build
/// scripts get this long to clean up.
#[cfg(unix)]
const TERM_GRACE: Duration = Duration::from_millis(250);

/// How long lines are still read after the program has ended, while something that it has left running holds its
/// output.
const DRAIN: Duration = Duration::from_secs(2);

/// Lines that may wait to be read; the child is held up when there are more.
const LINES: usize = 256;

/// One line of output, without its end.
#[derive(Debug)]
pub(crate) enum Line {
    Out(String),
    Err(String),
}

/// What [`GroupProcess::step`] waited for.
#[derive(Debug)]
enum Step {
    Line(Line),
    /// The program has ended, and its output was read.
    End,
    Cancelled,
}

/// A running program; dropping it ends it.
#[derive(Debug)]
struct Reading {
    /// `None` when it has ended.
    group: Option<Group>,
    /// `None` when reading has ended.
    lines: Option<Receiver<Line>>,
    /// Disconnected when the program has ended; `None` where only the end of its output tells (Windows, untested).
    ended: Option<Receiver<Infallible>>,
    /// Until when lines are read after that.
    drain: Option<Instant>,
}

/// Runs a program to its end. Blocks, or ends it and everything it started within a fraction of a
/// second when `cancel` asks to stop.
///
/// # Errors
/// [`NoStatus`].
pub(crate) fn run(
    mut command: Command,
    dir: &Path,
    cancel: &Cancel,
    on_line: &mut dyn FnMut(Line),
) -> Result<ExitStatus, NoStatus> {
    if cancel.is_cancelled() {
        return Err(NoStatus::Cancelled);
    }
    command.current_dir(dir);
    let mut process = Reading::spawn(command).map_err(NoStatus::Failed)?;
    loop {
        match process.step(cancel) {
            Step::Line(line) => on_line(line),
            Step::End => return process.wait().map_err(NoStatus::Failed),
            Step::Cancelled => return Err(NoStatus::Cancelled),
        }
    }
}

/// As [`run`]; returns the last lines that the program has written as well, at most `count`.
pub(crate) fn run_and_keep(
    command: Command,
    dir: &Path,
    cancel: &Cancel,
    count: usize,
) -> (Result<ExitStatus, NoStatus>, Vec<String>) {
    let mut last = Vec::new();
    let status = run(command, dir, cancel, &mut |line| {
        let (Line::Out(line) | Line::Err(line)) = line;
        if last.len() == count {
            last.remove(0);
        }
        last.push(line);
    });
    (status, last)
}

impl Reading {
    /// # Errors
    /// Those of starting a process or a thread.
    fn spawn(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = Group::spawn(command)?;
        let (stdout, stderr) = group.pipes();
        let (sender, lines) = crossbeam_channel::bounded(LINES);
        let process =
            Self { lines: Some(lines), ended: end_of(&group)?, drain: None, group: Some(group) };
        if let Some(stdout) = stdout {
            read("pitstop-lines-out", stdout, sender.clone(), Line::Out)?;
        }
        if let Some(stderr) = stderr {
            read("pitstop-lines-err", stderr, sender, Line::Err)?;
        }
        Ok(process)
    }

    /// Waits for the next line, the end, or the request to stop.
    fn step(&mut self, cancel: &Cancel) -> Step {
        loop {
            let deadline = self.drain.map_or_else(never, crossbeam_channel::at);
            let lines = self.lines.clone().unwrap_or_else(never);
            let ended = self.ended.clone().filter(|_| self.drain.is_none()).unwrap_or_else(never);
            select_biased! {
                recv(cancel.signal()) -> _ => return Step::Cancelled,
                recv(deadline) -> _ => return Step::End,
                recv(lines) -> line => match line {
                    Ok(line) => return Step::Line(line),
                    Err(_) => self.lines = None,
                },
                recv(ended) -> _ => self.drain = Some(Instant::now() + DRAIN),
            }
            if self.lines.is_none() && (self.drain.is_some() || self.ended.is_none()) {
                return Step::End;
            }
        }
    }

    /// Waits for the process to end; to be called after [`Step::End`].
    ///
    /// # Errors
    /// Those of waiting for a process.
    fn wait(mut self) -> io::Result<ExitStatus> {
        self.group.take().expect("it is waited for once").reap()
    }

    #[cfg(unix)]
    fn ask_to_end(&self, group: &Group) {
        group.signal(rustix::process::Signal::TERM);
        let deadline = Instant::now() + TERM_GRACE;
        if let Some(lines) = &self.lines {
            // The pipes close when the program and all who write for it are gone.
            while Instant::now() < deadline && lines.recv_deadline(deadline).is_ok() {}
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(group) = self.group.take() {
            #[cfg(unix)]
            self.ask_to_end(&group);
            drop(group);
        }
    }
}

#[cfg(unix)]
fn end_of(group: &Group) -> io::Result<Option<Receiver<Infallible>>> {
    let (running, ended) = crossbeam_channel::bounded(0);
    let end = group.end();
    detached("pitstop-lines-end", move || {
        end.wait();
        drop(running);
    })?;
    Ok(Some(ended))
}

#[cfg(not(unix))]
fn end_of(_group: &Group) -> io::Result<Option<Receiver<Infallible>>> {
    Ok(None)
}

fn read(
    name: &str,
    pipe: impl Read + Send + 'static,
    sender: Sender<Line>,
    wrap: fn(String) -> Line,
) -> io::Result<()> {
    detached(name, move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            let line = line.strip_suffix('\r').unwrap_or(&line).to_owned();
            // One that waits for room gives up when nobody listens.
            if sender.send(wrap(line)).is_err() {
                return;
            }
        }
    })
}

/// A thread that nobody waits for: a process that has left the group may hold a pipe for ever.
fn detached(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// How a line for the shell ends, and what it has printed.
    fn sh(line: &str, cancel: &Cancel) -> (Result<ExitStatus, NoStatus>, Vec<String>) {
        let mut shell = Command::new("sh");
        shell.args(["-c", line]);
        let mut lines = Vec::new();
        let status = run(shell, Path::new("/"), cancel, &mut |line| {
            let (Line::Out(line) | Line::Err(line)) = line;
            lines.push(line);
        });
        (status, lines)
    }

    #[test]
    fn all_output_of_a_program_is_read() {
        let (status, lines) =
            sh("i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done; exit 3", &Cancel::new());
        assert_eq!(status.expect("it ends").code(), Some(3));
        assert_eq!((lines.len(), lines[2_999].as_str()), (3_000, "2999"));
    }

    #[test]
    fn what_a_program_has_left_running_does_not_hold_up_its_end() {
        let (status, lines) = sh("sleep 600 & echo $!", &Cancel::new());
        assert!(status.expect("it ends").success());
        let left = lines[0].parse().ok().and_then(rustix::process::Pid::from_raw).expect("a pid");
        let deadline = Instant::now() + Duration::from_secs(60);
        // Ended with the group; reaped by whoever has inherited it.
        while std::fs::read_to_string(format!("/proc/{}/stat", left.as_raw_nonzero()))
            .is_ok_and(|stat| !stat.contains(") Z"))
        {
            assert!(Instant::now() < deadline, "it is still there");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_program_that_has_closed_its_output_can_be_stopped() {
        let cancel = Cancel::new();
        let stop = cancel.clone();
        let dir = tempfile::tempdir().expect("a directory");
        let there = dir.path().join("there");
        let line = format!("exec >/dev/null 2>&1; touch {}; sleep 600", there.display());
        let stopper = std::thread::spawn(move || {
            while !there.exists() {
                std::thread::yield_now();
            }
            stop.cancel();
        });
        let (status, _) = sh(&line, &cancel);
        assert!(matches!(status, Err(NoStatus::Cancelled)), "{status:?}");
        stopper.join().expect("no panic");
    }
}
