//! What is started, and how it is asked to end.

use crossbeam_channel::Sender;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::sync::Arc;

/// A program with everything that it is started with. Standard output and error are those of this process.
#[derive(Clone, Debug)]
pub struct Program {
    /// What messages and events call it.
    pub name: String,
    /// The executable; looked for in `PATH` when it is a name alone.
    pub path: PathBuf,
    /// Passed on byte for byte.
    pub args: Vec<OsString>,
    /// Where it runs; where this process does when absent.
    pub dir: Option<PathBuf>,
    /// On top of the environment of this process.
    pub env: BTreeMap<String, String>,
    /// How it is asked to end.
    pub signal: StopSignal,
    /// Whether it runs before the user says so.
    pub is_enabled: bool,
    /// Whether it gets the terminal, so that it can read keys and draw on the whole screen. Otherwise it has no
    /// standard input: several programs cannot share one keyboard.
    pub has_terminal: bool,
    /// Where its standard output goes.
    pub prints_to: PrintsTo,
    /// The binary whose builds it is started after, if it is one.
    pub target: Option<String>,
    /// The command that builds it, for people.
    pub build: String,
    /// A locked file, which stays locked as long as anything of the program is there.
    pub held: Option<Arc<File>>,
}

impl Program {
    /// As it is started.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        crate::os::child_env::without_internal(&mut command);
        command.args(&self.args).envs(&self.env);
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        if !self.has_terminal {
            command.stdin(Stdio::null());
        }
        match &self.prints_to {
            PrintsTo::Stdout => {}
            PrintsTo::Stderr => drop(command.stdout(io::stderr())),
            PrintsTo::Lines(_) => drop(command.stdout(Stdio::piped())),
        }
        command
    }

    /// Whether there is something to start. A name alone is for `PATH`, and is believed.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.path.components().count() == 1 || self.path.is_file()
    }
}

/// Where the standard output of a program goes.
#[derive(Clone, Debug, Default)]
pub enum PrintsTo {
    /// To that of this process.
    #[default]
    Stdout,
    /// To the standard error of this process, whose standard output is for something else.
    Stderr,
    /// Line by line to whoever reads this.
    Lines(Sender<String>),
}

/// A signal that asks a program to end. On Windows, where there are none, the program is ended at once
/// (untested).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub enum StopSignal {
    /// SIGHUP
    Hup,
    /// SIGINT, as by Ctrl+C
    #[default]
    Int,
    /// SIGQUIT
    Quit,
    /// SIGTERM
    Term,
    /// SIGUSR1
    Usr1,
    /// SIGUSR2
    Usr2,
    /// SIGKILL
    Kill,
}

impl StopSignal {
    const NAMES: [(&str, Self); 7] = [
        ("SIGHUP", Self::Hup),
        ("SIGINT", Self::Int),
        ("SIGQUIT", Self::Quit),
        ("SIGTERM", Self::Term),
        ("SIGUSR1", Self::Usr1),
        ("SIGUSR2", Self::Usr2),
        ("SIGKILL", Self::Kill),
    ];

    #[cfg(unix)]
    pub(super) fn number(self) -> rustix::process::Signal {
        use rustix::process::Signal;
        match self {
            Self::Hup => Signal::HUP,
            Self::Int => Signal::INT,
            Self::Quit => Signal::QUIT,
            Self::Term => Signal::TERM,
            Self::Usr1 => Signal::USR1,
            Self::Usr2 => Signal::USR2,
            Self::Kill => Signal::KILL,
        }
    }
}

impl fmt::Display for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(_, signal)| signal == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}

impl FromStr for StopSignal {
    type Err = UnknownSignal;

    /// `SIGINT`, `INT` and `int` are the same.
    fn from_str(text: &str) -> Result<Self, UnknownSignal> {
        let wanted = text.to_ascii_uppercase();
        let is = |name: &str| name == wanted || name.strip_prefix("SIG") == Some(&wanted);
        let known = Self::NAMES.iter().find(|(name, _)| is(name));
        known.map(|(_, signal)| *signal).ok_or_else(|| UnknownSignal(text.to_owned()))
    }
}

impl TryFrom<String> for StopSignal {
    type Error = UnknownSignal;

    fn try_from(text: String) -> Result<Self, UnknownSignal> {
        text.parse()
    }
}

/// A word that names no signal.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no signal that can ask a program to end; use SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, \
     SIGUSR2 or SIGKILL"
)]
pub struct UnknownSignal(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_named_with_and_without_sig() {
        for (name, signal) in StopSignal::NAMES {
            assert_eq!(signal.to_string(), name);
            for text in [name.to_owned(), name[3..].to_owned(), name.to_lowercase()] {
                assert_eq!(text.parse::<StopSignal>().expect(&text), signal);
            }
        }
        let error = "SIGSTOP".parse::<StopSignal>().expect_err("it ends nothing");
        assert!(error.to_string().contains("use SIGHUP"), "{error}");
    }

    #[test]
    fn s09_a_path_is_looked_at_and_a_name_is_believed() {
        let program = |path: &str| Program {
            name: "x".to_owned(),
            path: path.into(),
            args: Vec::new(),
            dir: None,
            env: BTreeMap::new(),
            signal: StopSignal::default(),
            is_enabled: true,
            has_terminal: false,
            prints_to: PrintsTo::Stdout,
            target: None,
            build: String::new(),
            held: None,
        };
        for (path, is_there) in [("sh", true), ("/no/such", false), ("./no-such", false)] {
            assert_eq!(program(path).is_there(), is_there, "{path}");
        }
    }
}
