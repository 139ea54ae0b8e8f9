//! The terminal of this process, lent to a program and taken back.
//!
//! Owns: the settings that the terminal had at first. Produces: the same settings again, on every way out.
//! Never: reads from the terminal.
//!
//! A program in a process group of its own is in the background, and the system stops it when it reads. So the
//! terminal is given to its group for as long as it runs; Ctrl+C then reaches that group alone.
#![expect(unsafe_code, reason = "the signal mask is set through libc")]

use rustix::process::{Pid, Signal, getpgrp, kill_process_group};
use rustix::termios::{
    OptionalActions, Termios, isatty, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp,
};
use std::cell::Cell;
use std::io::{self, Write};

/// Leaves the alternate screen if it is shown, shows the cursor, and ends mouse reports, bracketed paste and
/// colours: what a full-screen program that was killed could not do itself (xterm's control sequences).
const PLAIN_SCREEN: &[u8] =
    b"\x1b[?1047l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[0m";

/// Standard input, where it is a terminal. Dropping it restores the settings.
///
/// A shell that has put this process into the background has the terminal itself; nothing is taken from it.
#[derive(Debug)]
pub(crate) struct Terminal {
    first: Termios,
    /// The group that has the terminal from here.
    lent: Cell<Option<Pid>>,
}

impl Terminal {
    /// `None` when standard input is no terminal, or this process is not the one that the terminal listens to.
    pub(crate) fn of_stdin() -> Option<Self> {
        let stdin = io::stdin();
        if !isatty(&stdin) || tcgetpgrp(&stdin) != Ok(getpgrp()) {
            return None;
        }
        let first = tcgetattr(&stdin).ok()?;
        ignore_ttou();
        Some(Self { first, lent: Cell::new(None) })
    }

    /// Whether the terminal listens to this process, or to whom it is lent.
    pub(crate) fn is_ours(&self) -> bool {
        match tcgetpgrp(io::stdin()) {
            Ok(group) => group == getpgrp() || Some(group) == self.lent.get(),
            // The group that had it has ended.
            Err(_) => true,
        }
    }

    /// Gives the terminal to a group. Whether it runs is not looked at: to continue it would take a Ctrl+Z back that
    /// has come in between.
    pub(crate) fn give_to(&self, group: u32) {
        let Some(group) = group_of(group) else { return };
        if self.is_ours() {
            self.lent.set(Some(group));
            let _ = tcsetpgrp(io::stdin(), group); // it has ended already
        }
    }

    /// Gives the terminal to a group that was stopped, and lets it go on.
    pub(crate) fn go_on_with(&self, group: u32) {
        self.give_to(group);
        if let Some(group) = group_of(group) {
            let _ = kill_process_group(group, Signal::CONT); // it has ended already
        }
    }

    /// Stops this process and all of its group, as Ctrl+Z does, with the terminal as it was at first. Returns
    /// when the shell lets them go on in the foreground.
    pub(crate) fn stop_with_shell(&self) {
        self.take_back();
        let _ = kill_process_group(getpgrp(), Signal::STOP); // nobody else can be meant
    }

    /// Takes the terminal back, as it was at first.
    pub(crate) fn take_back(&self) {
        if !self.is_ours() {
            return;
        }
        let stdin = io::stdin();
        self.lent.set(None);
        let _ = tcsetpgrp(&stdin, getpgrp()); // the terminal is gone
        let now = tcgetattr(&stdin);
        let is_same = now.is_ok_and(|now| {
            (now.local_modes, now.input_modes, now.output_modes)
                == (self.first.local_modes, self.first.input_modes, self.first.output_modes)
        });
        if is_same {
            return;
        }
        // Whoever has changed the modes has most likely drawn on the whole screen, too.
        if isatty(io::stdout()) {
            let mut out = io::stdout();
            let _ = out.write_all(PLAIN_SCREEN).and_then(|()| out.flush()); // the terminal is gone
        }
        let _ = tcsetattr(&stdin, OptionalActions::Drain, &self.first); // as above
    }
}

fn group_of(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.take_back();
    }
}

/// A process in the background that changes the terminal is stopped by SIGTTOU, unless it blocks that signal
/// (tcsetpgrp(3)). Programs that are started do not inherit it: the standard library empties their mask.
fn ignore_ttou() {
    // SAFETY: the set is initialised by `sigemptyset` before it is used; the mask is that of this thread.
    unsafe {
        let mut set = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGTTOU);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
    }
}
