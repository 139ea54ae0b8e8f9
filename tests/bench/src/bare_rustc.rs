//! The compiler alone: the command that builds a crate, run again by hand.
//!
//! Owns: where that command writes, so that it takes nothing away from the host. Consumes: the
//! command as the host has noted it, or as cargo tells it. Produces: times.

use super::cargo_build;
use anyhow::{Context as _, bail, ensure};
use pitstop_tests::Project;
use pitstop_tests::shell_env::is_of_our_cargo;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// A command as the host notes it after each build that it replays.
#[derive(Debug, Deserialize)]
struct Noted {
    program: PathBuf,
    args: Vec<String>,
    dir: PathBuf,
    /// The whole environment.
    env: Vec<(String, String)>,
}

/// The command that last built `package` in this target directory.
///
/// # Errors
/// When the host has noted none: it builds through cargo.
pub fn bare_rustc(build_dir: &Path, package: &str) -> anyhow::Result<Command> {
    let path = build_dir.join("replay").join(format!("{package}.last.json"));
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let Noted { program, args, dir, env } =
        serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    let mut command = Command::new(program);
    command.args(args).current_dir(dir).env_clear().envs(env);
    Ok(command)
}

/// The same command for another file in the place of the crate's `lib.rs`, beside it.
///
/// # Errors
/// When the command names no `lib.rs`, or several.
pub fn with_root(original: &Command, file: &str) -> anyhow::Result<Command> {
    let mut args = args_of(original);
    let roots: Vec<&mut String> =
        args.iter_mut().filter(|arg| arg.ends_with("src/lib.rs")).collect();
    let Ok([root]) = <[&mut String; 1]>::try_from(roots) else {
        bail!("none or several files are the root of the crate in {original:?}");
    };
    *root = format!("{}{file}", root.trim_end_matches("lib.rs"));
    Ok(with_args(original, args))
}

fn args_of(command: &Command) -> Vec<String> {
    command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect()
}

/// The same command, with its whole environment, and other arguments.
fn with_args(original: &Command, args: Vec<String>) -> Command {
    let mut command = Command::new(original.get_program());
    command.args(args).current_dir(original.get_current_dir().unwrap_or(Path::new(".")));
    command.env_clear().envs(original.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// The same, as cargo tells when it builds the crate in `dir` of a project.
///
/// # Errors
/// When cargo fails, or compiles nothing.
pub fn as_cargo_tells(project: &Project, build_dir: &Path, dir: &str) -> anyhow::Result<Command> {
    let package = project.package(dir);
    let source = project.path(&format!("{dir}/src/lib.rs"));
    std::fs::File::options().append(true).open(source)?.set_modified(SystemTime::now())?;
    let mut cargo = cargo_build::command(project.root(), build_dir);
    cargo.args(["--lib", "--package", &package]);
    let output = cargo.arg("-vv").output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo fails:\n{said}");
    let name = format!("--crate-name {package} ");
    let line = said.lines().find_map(|line| {
        let line = line.trim_start().strip_prefix("Running `")?.strip_suffix('`')?;
        line.contains(&name).then_some(line)
    });
    let line = line.with_context(|| format!("cargo compiles no {package}:\n{said}"))?;
    let mut words = shell_words(line).into_iter().peekable();
    let mut env: Vec<(String, String)> =
        std::env::vars().filter(|(name, _)| !is_of_our_cargo(name)).collect();
    while let Some(set) = words.next_if(|word| !word.starts_with('/') && word.contains('=')) {
        let (variable, value) = set.split_once('=').unwrap_or_default();
        env.push((variable.to_owned(), value.to_owned()));
    }
    let mut command = Command::new(words.next().context("cargo names no compiler")?);
    command.args(words).env_clear().envs(env).current_dir(project.root());
    Ok(command)
}

/// The compiler, writing beside what the host writes.
#[derive(Debug)]
pub struct BareRustc {
    command: Command,
}

impl BareRustc {
    /// Takes over a command with its whole environment, with an output directory and an incremental state below `dir`, and
    /// runs it once, so that the next run is incremental.
    ///
    /// # Errors
    /// When the directory cannot be made, or the code does not compile.
    pub fn beside(original: &Command, dir: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let mut command = with_args(original, redirected(args_of(original), dir)?);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut this = Self { command };
        this.run()?;
        Ok(this)
    }

    /// Compiles what is saved now. Returns the time from the start of the compiler to its end.
    ///
    /// # Errors
    /// When the code does not compile.
    pub fn run(&mut self) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let output = self.command.output()?;
        let elapsed = began.elapsed();
        if !output.status.success() {
            bail!("{:?}:\n{}", self.command, String::from_utf8_lossy(&output.stderr));
        }
        Ok(elapsed)
    }
}

/// Arguments of rustc with another output directory and another incremental state.
fn redirected(args: Vec<String>, dir: &Path) -> anyhow::Result<Vec<String>> {
    let (mut own, mut found) = (Vec::new(), (false, false));
    let incremental = format!("incremental={}", dir.join("incremental").display());
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let (flag, joined) = match arg.split_once('=') {
            Some((flag, value)) if flag == "--out-dir" => (flag.to_owned(), Some(value.to_owned())),
            _ if arg.starts_with("-Cincremental=") => {
                ("-C".to_owned(), Some("incremental=".to_owned()))
            }
            _ => (arg, None),
        };
        match flag.as_str() {
            "--out-dir" => {
                let _theirs = joined.or_else(|| args.next());
                own.extend([flag, dir.display().to_string()]);
                found.0 = true;
            }
            "-o" => bail!("the compiler is told a file to write, not a directory"),
            "-C" => {
                let value = joined.or_else(|| args.next()).unwrap_or_default();
                let is_incremental = value.starts_with("incremental=");
                found.1 |= is_incremental;
                own.extend([flag, if is_incremental { incremental.clone() } else { value }]);
            }
            _ => own.push(flag),
        }
    }
    ensure!(found == (true, true), "no output directory or incremental state in {own:?}");
    Ok(own)
}

/// A line of a shell, as cargo quotes it: blanks part words, single quotes keep them together, and
/// a backslash outside of them takes the next letter as it is.
fn shell_words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), None::<String>, false);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            '\\' if !is_quoted => word.get_or_insert_default().extend(letters.next()),
            ' ' if !is_quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_shell_are_words() {
        let words = shell_words(r"A='two words' B= /bin/rustc --cfg 'feature=\x' 'it'\''s' ''");
        let expected = ["A=two words", "B=", "/bin/rustc", "--cfg", r"feature=\x", "it's", ""];
        assert_eq!(words, expected);
    }

    #[test]
    fn the_compiler_writes_into_the_directory_it_is_given() {
        let args = ["-C", "opt-level=0", "--out-dir", "/theirs", "-Cincremental=/theirs/i", "a.rs"];
        let own = redirected(args.map(str::to_owned).to_vec(), Path::new("/own"));
        let own = own.expect("both are there");
        let expected = [
            "-C",
            "opt-level=0",
            "--out-dir",
            "/own",
            "-C",
            "incremental=/own/incremental",
            "a.rs",
        ];
        assert_eq!(own, expected);
        let args = ["--out-dir=/theirs", "-C", "incremental=/theirs/i"].map(str::to_owned).to_vec();
        let own = redirected(args, Path::new("/own")).expect("both are there");
        assert_eq!(own, ["--out-dir", "/own", "-C", "incremental=/own/incremental"]);
    }

    #[test]
    fn a_command_that_would_write_elsewhere_is_refused() {
        for args in [&["a.rs"][..], &["-o", "/theirs/a", "a.rs"]] {
            let args = args.iter().map(|arg| (*arg).to_owned()).collect();
            assert!(redirected(args, Path::new("/own")).is_err());
        }
    }
}
