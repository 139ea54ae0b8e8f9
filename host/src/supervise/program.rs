//! What is started, and how it is asked to end.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::str::FromStr;

/// A program with everything that it is started with. Standard input, output and error are those of this
/// process.
#[derive(Clone, Debug)]
pub struct Program {
    /// What messages and events call it.
    pub name: String,
    /// The executable; looked for in `PATH` when it is a name alone.
    pub path: PathBuf,
    /// Passed on byte for byte.
    pub args: Vec<OsString>,
    /// On top of the environment of this process.
    pub env: Vec<(OsString, OsString)>,
    /// How it is asked to end.
    pub signal: StopSignal,
    /// Whether it gets the terminal, so that it can read keys and draw on the whole screen.
    pub has_terminal: bool,
}

impl Program {
    /// As it is started.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.args(&self.args).envs(self.env.iter().map(|(name, value)| (name, value)));
        crate::os::child_env::without_internal(&mut command);
        command
    }

    /// Whether there is something to start. A name alone is for `PATH`, and is believed.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.path.components().count() == 1 || self.path.is_file()
    }
}

/// A signal that asks a program to end. On Windows, where there are none, the program is ended at once
/// (untested).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
            env: Vec::new(),
            signal: StopSignal::default(),
            has_terminal: false,
        };
        for (path, is_there) in [("sh", true), ("/no/such", false), ("./no-such", false)] {
            assert_eq!(program(path).is_there(), is_there, "{path}");
        }
    }
}
