//! Where cargo keeps what belongs to no project.

use std::env;
use std::path::PathBuf;

/// Cargo's own directory (<https://doc.rust-lang.org/cargo/guide/cargo-home.html>); `None` where nobody has a home.
#[must_use]
pub fn cargo_home() -> Option<PathBuf> {
    let set = env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}
