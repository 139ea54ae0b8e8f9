//! A program whose output is read line by line, and that can be stopped together with everything it started.
//!
//! Owns: one [`Group`] and the two threads that read its output. Produces: its output. Never: interprets a
//! line, or lets the program read from the terminal.

use super::cancel::Cancel;
use super::group::Group;
use crossbeam_channel::{Receiver, Sender, select_biased};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
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
const TERM_GRACE: Duration = Duration::from_millis(250);

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
    /// All output was read.
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
    readers: Vec<JoinHandle<()>>,
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
    let process = Reading::spawn(command).map_err(NoStatus::Failed)?;
    loop {
        match process.step(cancel) {
            Step::Line(line) => on_line(line),
            Step::End => return process.wait().map_err(NoStatus::Failed),
            Step::Cancelled => return Err(NoStatus::Cancelled),
        }
    }
}

impl Reading {
    /// # Errors
    /// Those of starting a process or a thread.
    fn spawn(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = Group::spawn(command)?;
        let (stdout, stderr) = group.pipes();
        let (sender, lines) = crossbeam_channel::bounded(LINES);
        let mut process = Self { group: Some(group), lines: Some(lines), readers: Vec::new() };
        if let Some(stdout) = stdout {
            process.read("pitstop-lines-out", stdout, sender.clone(), Line::Out)?;
        }
        if let Some(stderr) = stderr {
            process.read("pitstop-lines-err", stderr, sender, Line::Err)?;
        }
        Ok(process)
    }

    /// Waits for the next line, the end, or the request to stop.
    fn step(&self, cancel: &Cancel) -> Step {
        let Some(lines) = &self.lines else {
            return Step::End;
        };
        select_biased! {
            recv(cancel.signal()) -> _ => Step::Cancelled,
            recv(lines) -> line => line.map_or(Step::End, Step::Line),
        }
    }

    /// Waits for the process to end; to be called after [`Step::End`].
    ///
    /// # Errors
    /// Those of waiting for a process.
    fn wait(mut self) -> io::Result<ExitStatus> {
        self.group.take().expect("it is waited for once").reap()
    }

    fn read(
        &mut self,
        name: &str,
        pipe: impl Read + Send + 'static,
        sender: Sender<Line>,
        wrap: fn(String) -> Line,
    ) -> io::Result<()> {
        let reader = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                let line = line.strip_suffix('\r').unwrap_or(&line).to_owned();
                if sender.send(wrap(line)).is_err() {
                    return;
                }
            }
        })?;
        self.readers.push(reader);
        Ok(())
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
        // A reader that waits for room gives up when nobody listens.
        self.lines = None;
        for reader in self.readers.drain(..) {
            // A reader does nothing that could panic.
            let _ = reader.join();
        }
    }
}
