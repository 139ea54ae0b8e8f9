//! Runs tests and reads what they print.
//!
//! Owns: the directory in which the tests make their temporary files. Consumes: executables with libtest's
//! harness. Produces: counts, a line for each slow test and the whole output of each failed executable.

use super::closing::Count;
use super::executables::{Run, Toolchain};
use super::tier::Group;
use crate::output::say;
use crate::project::Project;
use anyhow::Context;
use std::fs;
use std::io::{BufRead, BufReader};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;

/// In front of the names of such directories; what follows is the id of the process that made them.
const HOME_PREFIX: &str = "pitstop-tests-";

/// In front of what a test has measured.
const MEASURED: &str = "measured: ";

/// Where a test that finds nothing to run on writes why.
const SKIPPED_TO: &str = "PITSTOP_SKIPPED_TO";

/// Where the tests make their temporary files, so that nothing of theirs stays; dropping it removes it.
#[derive(Debug)]
pub(super) struct Home(TempDir);

impl Home {
    /// A new directory; those of runs that were killed are removed.
    pub(super) fn new() -> anyhow::Result<Self> {
        let parent = std::env::temp_dir();
        sweep(&parent);
        let prefix = format!("{HOME_PREFIX}{}-", std::process::id());
        let dir = tempfile::Builder::new().prefix(&prefix).tempdir_in(&parent);
        Ok(Self(dir.with_context(|| parent.display().to_string())?))
    }

    fn skipped(&self) -> PathBuf {
        self.0.path().join("skipped")
    }
}

/// Removes the directories of processes that are gone.
fn sweep(parent: &Path) {
    for entry in parent.read_dir().into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(HOME_PREFIX));
        let pid = owner.and_then(|owner| owner.split('-').next()?.parse::<u32>().ok());
        if pid.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            let _ = fs::remove_dir_all(entry.path()); // Somebody else's, perhaps.
        }
    }
}

/// Runs the tests of a group.
pub(super) fn run(
    project: &Project,
    home: &Home,
    toolchain: &Toolchain,
    group: Group,
    runs: &[&Run],
    measured: &mut Vec<String>,
) -> anyhow::Result<Count> {
    let total: usize = runs.iter().map(|run| run.tests.len()).sum();
    let mut progress = Progress::of(group, total);
    let mut count = Count::default();
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    for run in runs {
        let mut command = Command::new(&run.executable.path);
        // What a test prints comes after its executable has ended, also when it has passed.
        command.arg("--exact").arg("--show-output").args(&run.tests);
        command.current_dir(&run.executable.dir);
        command.arg(format!("--test-threads={}", group.threads(cores)));
        command.env("TMPDIR", home.0.path()).env(SKIPPED_TO, home.skipped());
        toolchain.choose_for(&mut command);
        // As cargo sets it for the tests that it runs.
        command.env("CARGO_MANIFEST_DIR", &run.executable.dir);
        count += read(project, &mut command, &mut progress)?;
    }
    measured.append(&mut progress.measured);
    for reason in skipped(home)? {
        say(&format!("   skipped: {reason}"))?;
        count.passed = count.passed.saturating_sub(1);
        count.skipped += 1;
    }
    Ok(count)
}

/// Runs the examples in the documentation.
pub(super) fn documentation(project: &Project, toolchain: &Toolchain) -> anyhow::Result<Count> {
    let mut cargo = toolchain.cargo(project, "test");
    cargo.args(["--workspace", "--doc", "--quiet"]);
    let mut progress = Progress::of(Group::Unit, 0);
    read(project, &mut cargo, &mut progress)
}

/// What tests have said about why they did nothing; said once.
fn skipped(home: &Home) -> anyhow::Result<Vec<String>> {
    let Ok(text) = fs::read_to_string(home.skipped()) else { return Ok(Vec::new()) };
    fs::remove_file(home.skipped())?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// How far a group has come.
struct Progress {
    group: Group,
    total: usize,
    done: usize,
    last: Instant,
    measured: Vec<String>,
}

impl Progress {
    fn of(group: Group, total: usize) -> Self {
        Self { group, total, done: 0, last: Instant::now(), measured: Vec::new() }
    }

    fn take(&mut self, line: &str) -> anyhow::Result<()> {
        if let Some(figures) = line.strip_prefix(MEASURED) {
            say(&format!("   {MEASURED}{figures}"))?;
            self.measured.push(figures.to_owned());
        }
        let Some((name, how)) = ended(line) else { return Ok(()) };
        self.done += 1;
        if self.group.is_slow() || how == "FAILED" {
            let (done, total) = (self.done, self.total);
            let since = self.last.elapsed().as_secs_f64();
            say(&format!("   {done:>3} of {total}  {since:>6.1} s  {how:<7} {name}"))?;
        }
        self.last = Instant::now();
        Ok(())
    }
}

/// The test that a line of libtest's says has ended, and how.
fn ended(line: &str) -> Option<(&str, &str)> {
    let (name, how) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let how = how.split(',').next()?;
    matches!(how, "ok" | "FAILED" | "ignored").then_some((name, how))
}

/// The numbers of the line that closes libtest's output.
fn counted(line: &str) -> Option<Count> {
    let rest = line.strip_prefix("test result: ")?;
    let number = |what: &str| {
        let part = rest.split([';', '.']).find(|part| part.trim().ends_with(what))?;
        part.split_whitespace().next()?.parse().ok()
    };
    Some(Count {
        passed: number("passed")?,
        failed: number("failed")?,
        skipped: number("ignored")?,
    })
}

/// Runs a command that prints as libtest does.
fn read(
    project: &Project,
    command: &mut Command,
    progress: &mut Progress,
) -> anyhow::Result<Count> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).env("CARGO_TERM_QUIET", "true");
    let program = PathBuf::from(command.get_program());
    let shown = program.strip_prefix(&project.root).unwrap_or(&program).display().to_string();
    let mut child = command.spawn().with_context(|| format!("cannot start {shown}"))?;
    let stdout = child.stdout.take().context("it was piped")?;
    let (mut count, mut printed, mut has_ended) = (Count::default(), Vec::new(), false);
    for line in BufReader::new(stdout).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        progress.take(&line)?;
        if let Some(part) = counted(&line) {
            count += part;
            has_ended = true;
        }
        printed.push(line);
    }
    let status = child.wait()?;
    if !status.success() {
        let from = printed.iter().position(|line| line == "failures:").unwrap_or(0);
        printed[from..].iter().try_for_each(|line| say(line))?;
        if !has_ended || count.failed == 0 {
            say(&format!("   {shown} ended with {status}"))?;
            count += Count::FAILED;
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libtest_s_lines_are_understood() {
        assert_eq!(ended("test reload::k02_x ... ok"), Some(("reload::k02_x", "ok")));
        assert_eq!(ended("test a ... ignored, writes a file"), Some(("a", "ignored")));
        assert_eq!(ended("test a - should panic ... FAILED"), Some(("a - should panic", "FAILED")));
        assert_eq!(ended("test result: ok. 1 passed"), None);
        assert_eq!(ended("running 3 tests"), None);
        let line = "test result: FAILED. 12 passed; 1 failed; 3 ignored; 0 measured; 4 filtered out; \
                    finished in 0.00s";
        assert_eq!(counted(line), Some(Count { passed: 12, failed: 1, skipped: 3 }));
        assert_eq!(counted("running 3 tests"), None);
    }

    #[test]
    fn directories_of_processes_that_are_gone_are_removed() {
        let parent = tempfile::tempdir().expect("a directory");
        let make = |name: String| {
            let dir = parent.path().join(name);
            fs::create_dir(&dir).expect("a directory");
            dir
        };
        let ours = make(format!("{HOME_PREFIX}{}-a", std::process::id()));
        // No system counts that far.
        let gone = make(format!("{HOME_PREFIX}{}-a", u32::MAX));
        let other = make("something-else".to_owned());
        sweep(parent.path());
        assert_eq!([ours, gone, other].map(|dir| dir.exists()), [true, false, true]);
    }
}
