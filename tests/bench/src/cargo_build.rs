//! `cargo build` of the same edit, in a copy of the workspace: what a reload replaces.
//!
//! Owns: the copy's target directory, below `<target>/pitstop-bench`.

use anyhow::{Context as _, ensure};
use pitstop_tests::Project;
use pitstop_tests::host_binary::target_dir;
use pitstop_tests::shell_env::without_our_cargo;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Everything that benchmarks build lies below this directory.
#[must_use]
pub fn bench_dir() -> PathBuf {
    target_dir().join("pitstop-bench")
}

/// `cargo build` in the directory `root`, as a user would run it.
#[must_use]
pub fn command(root: &Path, build_dir: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    without_our_cargo(&mut command);
    command.args(["build", "--offline", "--target-dir"]).arg(build_dir).current_dir(root);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Runs it to its end. Returns how long it took, and what it said.
///
/// # Errors
/// When something does not compile.
pub fn timed(mut cargo: Command) -> anyhow::Result<(Duration, String)> {
    let began = Instant::now();
    let output = cargo.output().context("cargo does not run")?;
    let elapsed = began.elapsed();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "cargo fails:\n{said}");
    Ok((elapsed, said))
}

/// A workspace of its own, with the same sources, that cargo builds.
#[derive(Debug)]
pub struct CargoBuild {
    /// The copy, to make the same edits in.
    pub project: Project,
}

impl CargoBuild {
    /// Builds everything once, so that the next build is incremental.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn new(project: Project) -> anyhow::Result<Self> {
        let this = Self { project };
        this.run("ui")?;
        Ok(this)
    }

    /// Builds the module in `dir`. Returns the time from the start of cargo to its end.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn run(&self, dir: &str) -> anyhow::Result<Duration> {
        let package = self.project.package(dir);
        let mut cargo = command(self.project.root(), &Self::target_dir());
        cargo.args(["--lib", "--package", &package]);
        let (elapsed, said) = timed(cargo)?;
        ensure!(said.contains("Compiling"), "the edit left cargo nothing to do:\n{said}");
        Ok(elapsed)
    }

    /// Where cargo builds the copies, all into one directory, so that egui is compiled once.
    #[must_use]
    pub fn target_dir() -> PathBuf {
        bench_dir().join("cargo")
    }
}

impl Drop for CargoBuild {
    fn drop(&mut self) {
        self.project.remove_from(&Self::target_dir());
    }
}
