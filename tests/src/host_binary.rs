//! The executables under test.
//!
//! Owns: building them, once in a run. `PITSTOP_HOST_BIN` and `PITSTOP_XTASK_BIN` name others to
//! test.

use crate::repo;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The target directory that this very program was built into.
///
/// # Panics
/// When it does not run from cargo's target directory.
#[must_use]
pub fn target_dir() -> PathBuf {
    let exe = std::env::current_exe().expect("the path of this program");
    let dir = exe.parent().expect("a program lies in a directory");
    // A test is <target>/<profile>/deps/<test>, another program <target>/<profile>/<program>.
    let profile = if dir.ends_with("deps") { dir.parent() } else { Some(dir) };
    let target = profile.and_then(Path::parent);
    target.expect("programs lie below cargo's target directory").to_path_buf()
}

/// The path of the host, which is built first when nobody named one.
///
/// # Panics
/// When it does not compile.
#[must_use]
pub fn host_binary() -> &'static Path {
    static HOST: OnceLock<PathBuf> = OnceLock::new();
    HOST.get_or_init(|| named_or_built("PITSTOP_HOST_BIN", "host"))
}

/// The path of `xtask`, which is built first when nobody named one.
///
/// # Panics
/// When it does not compile.
#[must_use]
pub fn xtask_binary() -> &'static Path {
    static XTASK: OnceLock<PathBuf> = OnceLock::new();
    XTASK.get_or_init(|| named_or_built("PITSTOP_XTASK_BIN", "xtask"))
}

/// The path of `cargo-pitstop`, the tool that users install, which is built first.
///
/// # Panics
/// When it does not compile.
#[must_use]
pub fn tool_binary() -> &'static Path {
    static TOOL: OnceLock<PathBuf> = OnceLock::new();
    TOOL.get_or_init(|| named_or_built("PITSTOP_TOOL_BIN", "cargo-pitstop"))
}

fn named_or_built(variable: &str, package: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| build(package), PathBuf::from)
}

fn build(package: &str) -> PathBuf {
    let target = target_dir();
    let mut command = Command::new(env!("CARGO"));
    // The packages of the test build: any other choice would compile the host once more.
    command.args(["build", "--quiet", "--offline", "--workspace", "--bin", package]);
    command.arg("--target-dir");
    let output = command.arg(&target).current_dir(repo()).output().expect("cargo can be run");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{package} does not compile:\n{words}");
    target.join("debug").join(format!("{package}{}", std::env::consts::EXE_SUFFIX))
}
