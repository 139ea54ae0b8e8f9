//! What cargo calls instead of rustc.
//!
//! Owns: the process between cargo and rustc. Consumes: cargo's call. Produces: a file with that
//! call; then it becomes rustc. Never: changes what rustc is told.
//!
//! A module's own crate is not compiled at all: it is replayed as soon as cargo has made what it needs,
//! and compiling it twice would double the wait. Cargo takes a crate without files for one that is out of
//! date, and so asks again in its next run.

use super::arguments::Arguments;
use super::captured::{Captured, stem_of};
use crate::sources::workspace::{ModuleKind, ModuleTarget};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Where calls are written; set for cargo and what it starts.
pub(super) const CAPTURE_DIR: &str = "PITSTOP_CAPTURE_DIR";

/// Crates that are left to the replay, as [`only`] writes them.
pub(super) const CAPTURE_ONLY: &str = "PITSTOP_CAPTURE_ONLY";

/// The value of [`CAPTURE_ONLY`] for these modules. Neither part can contain a slash or a comma.
pub(super) fn only(modules: &[ModuleTarget]) -> String {
    let words = modules.iter().map(|ModuleTarget { package, kind, .. }| match kind {
        ModuleKind::Library => package.clone(),
        ModuleKind::Program(name) => format!("{package}/{name}"),
    });
    words.collect::<Vec<_>>().join(",")
}

/// Whether `only` names the crate of a call.
fn is_module(only: &str, package: &str, arguments: &Arguments) -> bool {
    let is_program = arguments.all("--crate-type").any(|kind| kind == "bin");
    let crate_name = arguments.first("--crate-name").unwrap_or_default();
    only.split(',').any(|word| match word.split_once('/') {
        Some((of, program)) => {
            is_program && of == package && program.replace('-', "_") == crate_name
        }
        None => !is_program && word == package,
    })
}

/// The file below [`CAPTURE_DIR`] with the call for the module of a package.
pub(super) fn module_file(package: &str) -> String {
    // No crate has such a name.
    format!("module.{package}.json")
}

/// Does the work of a wrapper of rustc, when cargo has started this program as one: `None`
/// otherwise. To be called before anything else; returns on Unix only when rustc need not or cannot run.
#[must_use]
pub fn intercept() -> Option<ExitCode> {
    let dir = PathBuf::from(env::var_os(CAPTURE_DIR)?);
    let only = env::var(CAPTURE_ONLY).unwrap_or_default();
    let mut args = env::args_os().skip(1);
    let program = args.next()?;
    let args: Vec<OsString> = args.collect();
    if capture(&program, &args, &dir, &only) == Some(Done::Skip) {
        return Some(ExitCode::SUCCESS);
    }
    let mut rustc = Command::new(program);
    rustc.args(args).env_remove(CAPTURE_DIR).env_remove(CAPTURE_ONLY);
    Some(become_rustc(rustc))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// The call is written down and made.
    Compile,
    /// The call is written down.
    Skip,
}

/// `None` for a call that compiles nothing or cannot be written down; rustc runs all the same, and
/// what it makes is built by cargo from then on.
fn capture(program: &OsString, args: &[OsString], dir: &Path, only: &str) -> Option<Done> {
    let program = program.to_str()?.to_owned();
    let args = args.iter().map(|arg| arg.to_str().map(str::to_owned));
    let args = expand(args.collect::<Option<Vec<_>>>()?)?;
    let own = [CAPTURE_DIR, CAPTURE_ONLY];
    let env = env::vars_os().filter(|(name, _)| own.iter().all(|own| name != own));
    let env = env.map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let env = env.collect::<Option<Vec<_>>>()?;
    let captured = Captured::new(program, args, env::current_dir().ok()?, env.into_iter());
    let arguments = captured.arguments();
    let (stem, out_dir) = (stem_of(&arguments)?, arguments.first("--out-dir")?);
    let package = captured.variable("CARGO_PKG_NAME")?;
    let is_test = arguments.has("--test");
    let is_module = !is_test && is_module(only, package, &arguments);
    let name = if is_module { module_file(package) } else { format!("{stem}.json") };
    captured.write(&dir.join(name)).ok()?;
    if is_module {
        // What an earlier cargo made would pass for the result of this one.
        let _absent = fs::remove_file(Path::new(out_dir).join(format!("{stem}.d")));
        return Some(Done::Skip);
    }
    Some(Done::Compile)
}

/// Reads the file that cargo passes when a command line is too long for the system.
fn expand(args: Vec<String>) -> Option<Vec<String>> {
    let mut whole = Vec::with_capacity(args.len());
    for arg in args {
        match arg.strip_prefix('@') {
            Some(file) => {
                whole.extend(fs::read_to_string(file).ok()?.lines().map(str::to_owned));
            }
            None => whole.push(arg),
        }
    }
    Some(whole)
}

#[cfg(unix)]
fn become_rustc(mut rustc: Command) -> ExitCode {
    let error = std::os::unix::process::CommandExt::exec(&mut rustc);
    failed(&rustc, &error)
}

#[cfg(not(unix))]
fn become_rustc(mut rustc: Command) -> ExitCode {
    match rustc.status() {
        Ok(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            ExitCode::from(code.unwrap_or(u8::MAX))
        }
        Err(error) => failed(&rustc, &error),
    }
}

fn failed(rustc: &Command, error: &std::io::Error) -> ExitCode {
    let mut stderr = std::io::stderr();
    let line = format!("cannot run {}: {error}", rustc.get_program().display());
    let _ = writeln!(stderr, "{line}"); // closed: nobody to tell
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a02_the_crate_that_is_left_out_is_the_module_and_none_beside_it() {
        let target = |package: &str, kind: ModuleKind| ModuleTarget {
            kind,
            ..ModuleTarget::library(package)
        };
        let program = |name: &str| ModuleKind::Program(name.to_owned());
        let only = only(&[target("ui", ModuleKind::Library), target("my-app", program("my-app"))]);
        for (package, call, expected) in [
            ("ui", "--crate-name ui --crate-type cdylib --crate-type rlib", true),
            ("ui", "--crate-name renamed --crate-type lib", true),
            ("ui", "--crate-name ui --crate-type bin", false),
            ("ui", "--crate-name build_script_build --crate-type bin", false),
            ("state", "--crate-name state --crate-type lib", false),
            ("my-app", "--crate-name my_app --crate-type bin", true),
            ("my-app", "--crate-name other --crate-type bin", false),
            ("my-app", "--crate-name my_app --crate-type lib", false),
            ("my-app", "--crate-name build_script_build --crate-type bin", false),
        ] {
            let words: Vec<String> = call.split(' ').map(str::to_owned).collect();
            let arguments = Arguments::parse(&words);
            assert_eq!(is_module(&only, package, &arguments), expected, "{package}: {call}");
        }
    }
}
