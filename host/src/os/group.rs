//! A program, and everything that it starts, as one.
//!
//! Owns: a child in a process group of its own (on Windows in a job object; untested), from its start to its
//! end. Produces: its exit status. Never: leaves anything of the group running; dropping it ends the group.
//!
//! A program that leaves its group on purpose is out of reach.

use parking_lot::Mutex;
use process_wrap::std::{ChildWrapper, CommandWrap};
use std::io;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus};
use std::sync::Arc;

/// A running program and its group.
#[derive(Debug)]
pub struct Group {
    pid: u32,
    child: Shared,
    is_reaped: bool,
}

/// Elsewhere than on Unix whoever waits for the end looks at the same child.
type Shared = Arc<Mutex<Box<dyn ChildWrapper>>>;

/// Waits for the end of a [`Group`]'s program, on a thread of its own.
#[derive(Clone, Debug)]
pub struct GroupEnd {
    #[cfg(unix)]
    pid: rustix::process::Pid,
    #[cfg(not(unix))]
    child: Shared,
}

/// How often a child is looked at where nothing tells that it has ended.
#[cfg(not(unix))]
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(20);

impl Group {
    /// Starts a program as the first of a new group.
    ///
    /// # Errors
    /// Those of starting a process.
    pub fn spawn(command: Command) -> io::Result<Self> {
        let mut command = CommandWrap::from(command);
        #[cfg(unix)]
        command.wrap(process_wrap::std::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::std::JobObject);
        let child = command.spawn()?;
        Ok(Self { pid: child.id(), child: Arc::new(Mutex::new(child)), is_reaped: false })
    }

    /// As [`Self::spawn`]; the system asks the program to end when the thread that has started it has ended,
    /// however that comes about (Linux alone). What it has started itself is not asked.
    ///
    /// # Errors
    /// Those of starting a process.
    pub fn spawn_to_die_with_us(mut command: Command) -> io::Result<Self> {
        die_with_parent(&mut command);
        Self::spawn(command)
    }

    /// Process id of the program; on Unix also the number of its group.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// What the program reads, where it was started with a pipe; once.
    pub fn stdin(&mut self) -> Option<ChildStdin> {
        self.child.lock().stdin().take()
    }

    /// What the program writes, where it was started with pipes; once.
    pub fn pipes(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        let mut child = self.child.lock();
        (child.stdout().take(), child.stderr().take())
    }

    /// For a thread that waits until the program has ended.
    #[must_use]
    #[cfg(unix)]
    pub fn end(&self) -> GroupEnd {
        let pid = i32::try_from(self.pid()).ok().and_then(rustix::process::Pid::from_raw);
        GroupEnd { pid: pid.expect("the id of a child is a positive number") }
    }

    /// For a thread that waits until the program has ended.
    #[must_use]
    #[cfg(not(unix))]
    pub fn end(&self) -> GroupEnd {
        GroupEnd { child: Arc::clone(&self.child) }
    }

    /// Sends a signal to the whole group. A group that is gone already is what was wanted.
    #[cfg(unix)]
    pub fn signal(&self, signal: rustix::process::Signal) {
        let _ = self.child.lock().signal(signal.as_raw()); // gone
    }

    /// Ends the whole group at once. Call [`Self::reap`] then.
    pub fn kill(&mut self) {
        let _ = self.child.lock().start_kill(); // gone
    }

    /// Waits for the program to end, and ends what it has left behind in its group.
    ///
    /// # Errors
    /// Those of waiting for a process.
    pub fn reap(mut self) -> io::Result<ExitStatus> {
        self.reap_now()
    }

    fn reap_now(&mut self) -> io::Result<ExitStatus> {
        // Until it is reaped, the number is that of this group and of no other.
        #[cfg(unix)]
        {
            self.end().wait();
            self.kill();
        }
        #[cfg(not(unix))]
        let _ = self.end().next(); // so that whoever kills need not wait for this
        self.is_reaped = true;
        self.child.lock().wait()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.is_reaped {
            self.kill();
            let _ = self.reap_now(); // nothing more can be done about it
        }
    }
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "what is done between fork and exec is restricted")]
fn die_with_parent(command: &mut Command) {
    use rustix::process::{Signal, set_parent_process_death_signal};
    use std::os::unix::process::CommandExt as _;
    // SAFETY: prctl(2) is a system call and touches no memory of this process.
    unsafe {
        command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::TERM))?));
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_command: &mut Command) {}

/// What has become of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupChange {
    /// It has ended, and can be reaped.
    Ended,
    /// It does nothing until it is told to continue.
    Stopped {
        /// Whether somebody wants that, as by Ctrl+Z; otherwise it has used a terminal that it does not have.
        is_wanted: bool,
    },
}

#[cfg(unix)]
impl GroupEnd {
    /// Blocks until the program has ended. Does not reap it.
    pub fn wait(&self) {
        while self.next() != GroupChange::Ended {}
    }

    /// Blocks until the program has ended, which does not reap it, or was stopped.
    #[must_use]
    pub fn next(&self) -> GroupChange {
        use rustix::process::{WaitId, WaitIdOptions as Of, waitid};
        let id = || WaitId::Pid(self.pid);
        loop {
            match waitid(id(), Of::EXITED | Of::STOPPED | Of::NOWAIT) {
                Ok(Some(change)) if change.stopped() => {
                    // A stop is told until it has been heard.
                    let _ = waitid(id(), Of::STOPPED | Of::NOHANG);
                    let by = change.stopping_signal();
                    let is_wanted = by == Some(rustix::process::Signal::TSTP.as_raw());
                    return GroupChange::Stopped { is_wanted };
                }
                Err(rustix::io::Errno::INTR) => {}
                // There is no such child, which is the same as one that has ended.
                Ok(_) | Err(_) => return GroupChange::Ended,
            }
        }
    }
}

#[cfg(not(unix))]
impl GroupEnd {
    /// Blocks until the program has ended.
    #[must_use]
    pub fn next(&self) -> GroupChange {
        loop {
            // What cannot be asked has ended.
            if !matches!(self.child.lock().try_wait(), Ok(None)) {
                return GroupChange::Ended;
            }
            let _ = crossbeam_channel::after(LOOK_EVERY).recv(); // the time has come
        }
    }
}

/// The signal that has ended a program, if one has.
#[must_use]
#[cfg(unix)]
pub fn signal_of(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

/// Signals that end a program, by name.
#[must_use]
#[cfg(unix)]
pub fn signal_name(signal: i32) -> String {
    use rustix::process::Signal as Of;
    let names = [
        (Of::ABORT, "SIGABRT"),
        (Of::ALARM, "SIGALRM"),
        (Of::BUS, "SIGBUS"),
        (Of::FPE, "SIGFPE"),
        (Of::HUP, "SIGHUP"),
        (Of::ILL, "SIGILL"),
        (Of::INT, "SIGINT"),
        (Of::KILL, "SIGKILL"),
        (Of::PIPE, "SIGPIPE"),
        (Of::QUIT, "SIGQUIT"),
        (Of::SEGV, "SIGSEGV"),
        (Of::SYS, "SIGSYS"),
        (Of::TERM, "SIGTERM"),
        (Of::TRAP, "SIGTRAP"),
        (Of::USR1, "SIGUSR1"),
        (Of::USR2, "SIGUSR2"),
        (Of::XCPU, "SIGXCPU"),
        (Of::XFSZ, "SIGXFSZ"),
    ];
    let name = names.iter().find(|(of, _)| of.as_raw() == signal);
    name.map_or_else(|| format!("signal {signal}"), |(_, name)| (*name).to_owned())
}

/// There are no signals here.
#[must_use]
#[cfg(not(unix))]
pub fn signal_name(signal: i32) -> String {
    format!("signal {signal}")
}

/// There are no signals here.
#[must_use]
#[cfg(not(unix))]
pub fn signal_of(_status: ExitStatus) -> Option<i32> {
    None
}
