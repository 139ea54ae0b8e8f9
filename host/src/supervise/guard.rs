//! Ends a program when the process that watches over it is killed.
//!
//! Owns: a shell that waits for the other end of its pipe to close, which happens however this process ends.
//! Never: does anything while this process lives.
//!
//! Linux signals a child at its parent's death, which covers the moment until the guard stands; but not what
//! the child has started, and nobody would be left to insist.

use std::io;
use std::process::{Child, Command, Stdio};

/// Gives the group five seconds to end in order.
#[cfg(unix)]
const SCRIPT: &str =
    "trap '' HUP INT TERM; read -r _; kill -s TERM -- \"-$1\" 2>/dev/null || exit 0
i=0; while [ $i -lt 50 ] && kill -s 0 -- \"-$1\" 2>/dev/null; do sleep 0.1; i=$((i+1)); done
kill -s KILL -- \"-$1\" 2>/dev/null";

/// Watches over one group; dropping it before the group's number may be another's ends the watch.
#[derive(Debug)]
pub(super) struct Guard {
    #[cfg(unix)]
    shell: Child,
}

impl Guard {
    /// For the group of this number.
    ///
    /// # Errors
    /// Those of starting a shell.
    #[cfg(unix)]
    pub(super) fn over(group: u32) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "sh", &group.to_string()]);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl+C is not for it.
        std::os::unix::process::CommandExt::process_group(&mut shell, 0);
        Ok(Self { shell: shell.spawn()? })
    }

    /// A job object ends with the process that has it.
    #[cfg(not(unix))]
    pub(super) fn over(_group: u32) -> io::Result<Self> {
        Ok(Self {})
    }
}

#[cfg(unix)]
impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.shell.kill(); // gone
        let _ = self.shell.wait(); // nothing more can be done about it
    }
}
