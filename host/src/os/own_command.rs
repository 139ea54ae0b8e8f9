//! How the user reaches this program.

use std::sync::atomic::{AtomicBool, Ordering};

/// Set once, by `main`, before there is another thread.
static IS_INSTALLED_TOOL: AtomicBool = AtomicBool::new(false);

/// Says that this is `cargo-pitstop`. Told by `main`, before anything else.
pub fn be_installed_tool() {
    IS_INSTALLED_TOOL.store(true, Ordering::Relaxed);
}

/// Whether this is `cargo-pitstop`, which is a host as well, and was built apart from what it works on.
#[must_use]
pub fn is_installed_tool() -> bool {
    IS_INSTALLED_TOOL.load(Ordering::Relaxed)
}

/// What the user types to reach the commands, for messages.
#[must_use]
pub fn own_command() -> &'static str {
    if is_installed_tool() { "cargo pitstop" } else { "cargo xtask" }
}
