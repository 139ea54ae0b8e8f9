//! Libraries that rustc makes in a fraction of a second, for what needs no egui.
//!
//! Owns: `fixtures/tiny.rs` and how it is compiled. Produces: library files.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A module whose functions must not be called.
pub const TINY: &str = include_str!("../fixtures/tiny.rs");

/// Compiles `code` to a `cdylib` in `dir`.
///
/// # Panics
/// When it does not compile.
#[must_use]
#[track_caller]
pub fn compile(dir: &Path, name: &str, code: &str, flags: &[&str]) -> PathBuf {
    let source = dir.join(format!("{name}.rs"));
    let library = dir.join(format!("{name}.{}", std::env::consts::DLL_EXTENSION));
    std::fs::write(&source, code).expect("a temporary directory takes files");
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--crate-type=cdylib", "--edition=2024", "-Cstrip=symbols"]).args(flags);
    let output = rustc.arg("-o").arg(&library).arg(&source).output().expect("rustc can be run");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} does not compile:\n{words}");
    library
}
