//! The flags of the host, which `cargo xtask dev` takes as well and hands on.
//!
//! Owns: [`DevArgs`] and the exit codes. Consumes: an argument list. Produces: plain values.
//! Never: reads the environment or files; [`crate::start::settings`] brings the three together.

use crate::journal::EventsTo;
use clap::{ArgAction, Args};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// How a command ends. The numbers are an outside contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed, and a message says why.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// The host asks to be started again, with the same arguments, where it cannot become another process by itself
    /// (Windows, untested). Its state is in the newest checkpoint. Only a host that was started by
    /// `cargo xtask dev` ends with it, and `dev` answers it; scripts never see it. The number is
    /// `EX_TEMPFAIL` of `sysexits.h`: trying again helps.
    Restart = 75,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The first argument of a host that somebody has started: the installed tool is a host with it, and the commands
/// without.
pub const AS_HOST: &str = "--as-host";

/// What a host is started with that tries code of modules, and does nothing else.
pub const ON_TRIAL: [&str; 2] = [AS_HOST, "--on-trial"];

/// What `dev` and the host itself understand.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct DevArgs {
    /// Run without a window, as is done by itself when there is no display
    #[arg(long)]
    pub headless: bool,

    /// Build on every saved file, also when the environment or pitstop.toml says no
    #[arg(long, overrides_with = "no_watch")]
    pub watch: bool,

    /// Do not watch files: reload by Ctrl+Alt+R, the button or `cargo xtask reload`
    #[arg(long, overrides_with = "watch")]
    pub no_watch: bool,

    /// Let the host end when it crashes, and only tell when it needs a new process or its own code changes
    #[arg(long)]
    pub no_supervise: bool,

    /// Begin with the default state instead of the one that was last saved, which is set aside
    #[arg(long)]
    pub fresh: bool,

    /// Package of a module; may be given several times [default: from pitstop.toml, else that of the current directory, else the only one]
    #[arg(long, value_name = "P", action = ArgAction::Append)]
    pub package: Vec<String>,

    /// Append the journal to this file as JSON lines (- for standard output)
    #[arg(long, value_name = "FILE")]
    pub events: Option<EventsTo>,

    /// Listen here instead of below target/pitstop
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,

    /// Root of the workspace [default: the nearest one above the working directory]
    #[arg(long, value_name = "DIR", hide = true)]
    pub workspace: Option<PathBuf>,

    /// Arguments for the application itself
    #[arg(last = true, value_name = "ARGS")]
    pub args: Vec<OsString>,
}

impl DevArgs {
    /// The argument list that parses to this again.
    #[must_use]
    pub fn to_argv(&self) -> Vec<OsString> {
        let mut argv: Vec<OsString> = Vec::new();
        for (flag, on) in [
            ("--headless", self.headless),
            ("--watch", self.watch),
            ("--no-watch", self.no_watch),
            ("--no-supervise", self.no_supervise),
            ("--fresh", self.fresh),
        ] {
            argv.extend(on.then(|| flag.into()));
        }
        // In one word each, so that a value that begins with a dash stays a value.
        let mut valued = |flag: &str, value: OsString| {
            let mut word = OsString::from(flag);
            word.push("=");
            word.push(value);
            argv.push(word);
        };
        self.package.iter().for_each(|package| valued("--package", package.into()));
        match &self.events {
            Some(EventsTo::Stdout) => valued("--events", "-".into()),
            Some(EventsTo::File(path)) => valued("--events", path.into()),
            None => {}
        }
        self.socket.iter().for_each(|path| valued("--socket", path.into()));
        self.workspace.iter().for_each(|path| valued("--workspace", path.into()));
        if !self.args.is_empty() {
            argv.push("--".into());
            argv.extend(self.args.iter().cloned());
        }
        argv
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        dev: DevArgs,
    }

    fn parse(argv: &[OsString]) -> DevArgs {
        let argv = std::iter::once("host".into()).chain(argv.iter().cloned());
        Line::try_parse_from::<_, OsString>(argv).unwrap_or_else(|error| panic!("{error}")).dev
    }

    #[test]
    fn flags_are_handed_on_unchanged() {
        for line in [
            vec![],
            vec!["--headless", "--no-supervise", "--fresh"],
            vec!["--watch", "--package=a", "--package", "b"],
            vec!["--no-watch", "--events", "-", "--socket", "/tmp/a b"],
            vec!["--events=-odd name", "--workspace", "/w", "--", "--headless", "a \"b\"", ""],
        ] {
            let argv: Vec<OsString> = line.iter().map(OsString::from).collect();
            let args = parse(&argv);
            assert_eq!(parse(&args.to_argv()), args, "{line:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn arguments_that_are_not_utf8_are_handed_on_too() {
        use std::os::unix::ffi::OsStringExt;
        let odd = OsString::from_vec(vec![b'-', 0xff]);
        let args = parse(&["--".into(), odd.clone()]);
        assert_eq!(args.args, [odd]);
        assert_eq!(parse(&args.to_argv()), args);
    }

    #[test]
    fn the_later_of_two_opposites_counts() {
        let args = parse(&["--watch".into(), "--no-watch".into()]);
        assert!(args.no_watch && !args.watch, "{args:?}");
    }

    #[test]
    fn nonsense_is_wrong_usage() {
        let error = Line::try_parse_from(["host", "--hedless"]).err().expect("no such flag");
        assert_eq!(error.exit_code(), Exit::Usage as i32);
        assert!(error.to_string().contains("--headless"), "{error}");
    }
}
