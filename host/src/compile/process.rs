//! A compiler process that can be stopped together with everything it started.
//!
//! Owns: one child in a process group of its own and the two threads that read its output.
//! Produces: its output, line by line. Never: interprets a line, or lets the child read from the
//! terminal.
//!
//! Where there are no process groups (Windows; untested) only the child itself is stopped. A
//! program that leaves the group on purpose is out of reach everywhere.

use super::BuildError;
use crate::os::cancel::Cancel;
use crossbeam_channel::{Receiver, Sender, select_biased};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a stopped process may take to leave by itself. Cargo and rustc leave at once; build
/// scripts get this long to clean up.
const TERM_GRACE: Duration = Duration::from_millis(250);

/// Lines that may wait to be read; the child is held up when there are more.
const LINES: usize = 256;

/// One line of output, without its end.
#[derive(Debug)]
pub(super) enum Line {
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

/// A running process group; dropping it ends the group.
#[derive(Debug)]
struct GroupProcess {
    child: Child,
    /// `None` when reading has ended.
    lines: Option<Receiver<Line>>,
    readers: Vec<JoinHandle<()>>,
    ended: bool,
}

/// Runs a compiler to its end. Blocks, or ends it and everything it started within a fraction of a
/// second when `cancel` asks to stop.
///
/// # Errors
/// [`BuildError::Cancelled`], and [`BuildError::Cargo`] when it cannot be run in `dir`.
pub(super) fn run(
    mut command: Command,
    dir: &Path,
    cancel: &Cancel,
    on_line: &mut dyn FnMut(Line),
) -> Result<ExitStatus, BuildError> {
    if cancel.is_cancelled() {
        return Err(BuildError::Cancelled);
    }
    command.current_dir(dir);
    let program = command.get_program().to_owned();
    let failed = |source: io::Error| BuildError::Cargo {
        program: program.clone(),
        dir: dir.to_owned(),
        source,
    };
    let process = GroupProcess::spawn(command).map_err(failed)?;
    loop {
        match process.step(cancel) {
            Step::Line(line) => on_line(line),
            Step::End => return process.wait().map_err(failed),
            Step::Cancelled => return Err(BuildError::Cancelled),
        }
    }
}

impl GroupProcess {
    /// # Errors
    /// Those of starting a process or a thread.
    fn spawn(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (sender, lines) = crossbeam_channel::bounded(LINES);
        let mut process = Self { child, lines: Some(lines), readers: Vec::new(), ended: false };
        if let Some(stdout) = stdout {
            process.read("pitstop-build-out", stdout, sender.clone(), Line::Out)?;
        }
        if let Some(stderr) = stderr {
            process.read("pitstop-build-err", stderr, sender, Line::Err)?;
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
        let status = self.child.wait()?;
        self.ended = true;
        Ok(status)
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

    fn stop(&mut self) {
        self.signal(Force::Term);
        let deadline = Instant::now() + TERM_GRACE;
        if let Some(lines) = &self.lines {
            // The pipes close when the child and all who write for it are gone.
            while Instant::now() < deadline && lines.recv_deadline(deadline).is_ok() {}
        }
        // The child has not been waited for, so its number still means this group.
        self.signal(Force::Kill);
        // Nothing more can be done about a child that cannot be waited for.
        let _ = self.child.wait();
    }

    #[cfg(unix)]
    fn signal(&mut self, force: Force) {
        let signal = match force {
            Force::Term => rustix::process::Signal::TERM,
            Force::Kill => rustix::process::Signal::KILL,
        };
        // A group that is already gone is what was wanted.
        let _ = rustix::process::kill_process_group(
            rustix::process::Pid::from_child(&self.child),
            signal,
        );
    }

    #[cfg(not(unix))]
    fn signal(&mut self, force: Force) {
        if matches!(force, Force::Kill) {
            // A child that is already gone is what was wanted.
            let _ = self.child.kill();
        }
    }
}

impl Drop for GroupProcess {
    fn drop(&mut self) {
        if !self.ended {
            self.stop();
        }
        // A reader that waits for room gives up when nobody listens.
        self.lines = None;
        for reader in self.readers.drain(..) {
            // A reader does nothing that could panic.
            let _ = reader.join();
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Force {
    Term,
    Kill,
}
