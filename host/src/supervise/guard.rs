//! Ends a program when the process that watches over it is killed.
//!
//! Owns: a shell that waits for the other end of its pipe to close, which happens however this process ends.
//! Never: does anything while this process lives.
//!
//! The shell runs before the program does, and the program itself tells it which group it leads, before it
//! executes anything: there is no moment at which a kill of this process would leave the program behind.
#![cfg_attr(unix, expect(unsafe_code, reason = "what is done between fork and exec is restricted"))]

use std::fs::File;
use std::io;
use std::process::Command;
#[cfg(unix)]
use std::process::{Child, Stdio};

/// Learns the number of a group, and gives the group five seconds to end in order once nobody watches over it.
#[cfg(unix)]
const SCRIPT: &str = "trap '' HUP INT TERM; read -r group || exit 0; read -r _
kill -s TERM -- \"-$group\" 2>/dev/null || exit 0
i=0; while [ $i -lt 50 ] && kill -s 0 -- \"-$group\" 2>/dev/null; do sleep 0.1; i=$((i+1)); done
kill -s KILL -- \"-$group\" 2>/dev/null";

/// Watches over one group; dropping it before the group's number may be another's ends the watch.
#[derive(Debug)]
pub(super) struct Guard {
    #[cfg(unix)]
    shell: Child,
}

impl Guard {
    /// Watches over what `command` will start as the first of a new group. A lock that `held` has lasts as long as
    /// anything of the group is there, also when this process has ended.
    ///
    /// # Errors
    /// Those of starting a shell.
    #[cfg(unix)]
    pub(super) fn over(command: &mut Command, held: Option<&File>) -> io::Result<Self> {
        use std::os::fd::AsFd as _;
        use std::os::unix::process::CommandExt as _;
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT]);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(held) = held {
            // It prints nothing.
            shell.stdout(held.try_clone()?);
        }
        // Ctrl+C is not for it.
        shell.process_group(0);
        let guard = Self { shell: shell.spawn()? };
        let Some(pipe) = guard.shell.stdin.as_ref() else { return Ok(guard) };
        // Closed with the command, and in the program by exec.
        let pipe = pipe.as_fd().try_clone_to_owned()?;
        // SAFETY: getpid(2) and write(2) are system calls; nothing is allocated and no lock is taken.
        unsafe {
            command.pre_exec(move || {
                let mut digits = [0; Digits::MAX];
                let line = Digits::line(std::process::id(), &mut digits);
                Ok(rustix::io::write(&pipe, line).map(drop)?)
            });
        }
        Ok(guard)
    }

    /// A job object ends with the process that has it.
    #[cfg(not(unix))]
    pub(super) fn over(_command: &mut Command, _held: Option<&File>) -> io::Result<Self> {
        Ok(Self {})
    }
}

/// A number as a line, without an allocation.
#[cfg(unix)]
struct Digits;

#[cfg(unix)]
impl Digits {
    /// Those of `u32::MAX`, and the line's end.
    const MAX: usize = 11;

    fn line(mut number: u32, buffer: &mut [u8; Self::MAX]) -> &[u8] {
        let mut at = Self::MAX - 1;
        buffer[at] = b'\n';
        loop {
            at -= 1;
            buffer[at] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return &buffer[at..];
            }
        }
    }
}

#[cfg(unix)]
impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.shell.kill(); // gone
        let _ = self.shell.wait(); // nothing more can be done about it
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_lines() {
        for number in [0, 7, 10, 4_194_304, u32::MAX] {
            let mut buffer = [0; Digits::MAX];
            assert_eq!(Digits::line(number, &mut buffer), format!("{number}\n").as_bytes());
        }
    }
}
