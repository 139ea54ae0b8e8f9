//! Hears Ctrl+C while a program has the terminal.
//!
//! Owns: a shell in the program's group, to which the terminal sends the signal as well. Produces: one message
//! for each. Never: signals anything.
//!
//! The terminal sends the signal to the group that has it and to nobody else, and a program may do about it what
//! it likes: its end does not say that it was asked for.

use crossbeam_channel::Sender;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

/// Prints a line for each signal, until its standard input ends.
const SCRIPT: &str =
    "trap 'hit=1; echo' INT; while :; do hit=0; read -r _; [ $hit = 1 ] || exit 0; done";

/// Listens until it is dropped.
#[derive(Debug)]
pub(super) struct CtrlC {
    shell: Child,
    reader: Option<JoinHandle<()>>,
}

impl CtrlC {
    /// Listens in this group.
    ///
    /// # Errors
    /// Those of starting a shell or a thread, and that the group has ended.
    pub(super) fn of(group: u32, tell: Sender<()>) -> io::Result<Self> {
        let group = i32::try_from(group).map_err(io::Error::other)?;
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT]).process_group(group);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut ctrl_c = Self { shell: shell.spawn()?, reader: None };
        if let Some(mut lines) = ctrl_c.shell.stdout.take() {
            let reader = std::thread::Builder::new().name("pitstop-ctrl-c".to_owned());
            ctrl_c.reader = Some(reader.spawn(move || {
                let mut line = [0];
                while lines.read_exact(&mut line).is_ok() && tell.send(()).is_ok() {}
            })?);
        }
        Ok(ctrl_c)
    }
}

/// What the terminal has sent by now is told first.
impl Drop for CtrlC {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // Ctrl+Z has stopped it as well.
        let _ = kill_process(Pid::from_child(&self.shell), Signal::CONT); // gone
        let _ = self.shell.wait(); // nothing more can be done about it
        if let Some(reader) = self.reader.take() {
            let _ = reader.join(); // it reads to the end, and sends to a channel that is never full
        }
    }
}
