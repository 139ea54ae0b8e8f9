//! A wrapper of rustc that the user has, in the place that a capture needs.
//!
//! Owns: where cargo looks for one. Consumes: the environment and cargo's configuration files. Never:
//! runs it; cargo does, and then no build can be replayed.
//!
//! `build.rustc-wrapper` is in another place: cargo calls it with ours as its first argument, so what it
//! does is captured along with the rest.

use super::builder::BuildConfig;
use crate::os::cargo_home;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

const KEY: &str = "rustc-workspace-wrapper";
const VARIABLES: [&str; 2] = ["RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER"];

/// Whether cargo is told to use one.
pub(super) fn is_configured(config: &BuildConfig) -> bool {
    let is_set = |value: &OsStr| !value.is_empty();
    let of_build =
        config.env.iter().filter(|(name, _)| VARIABLES.iter().any(|known| name == known));
    let of_build = of_build.map(|(_, value)| value.clone());
    let inherited = VARIABLES.iter().filter_map(env::var_os);
    let mentions_it = |arg: &OsStr| arg.to_string_lossy().contains(KEY);
    of_build.chain(inherited).any(|value| is_set(&value))
        || config.args.iter().any(|arg| mentions_it(arg))
        || files(&config.workspace_root).any(|file| is_in(&file))
}

/// Cargo's configuration files, for a build at `root`.
fn files(root: &Path) -> impl Iterator<Item = PathBuf> {
    let dirs = root.ancestors().map(|dir| dir.join(".cargo")).chain(cargo_home());
    dirs.flat_map(|dir| ["config.toml", "config"].map(|name| dir.join(name)))
}

fn is_in(file: &Path) -> bool {
    let Ok(text) = fs::read_to_string(file) else { return false };
    // One that cannot be read is for cargo to complain about.
    let Ok(table) = text.parse::<toml::Table>() else { return false };
    let value = table.get("build").and_then(|build| build.get(KEY));
    value.and_then(toml::Value::as_str).is_some_and(|value| !value.is_empty())
}
