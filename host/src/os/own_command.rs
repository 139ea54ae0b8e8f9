//! What the user types to reach this program.

use once_cell::sync::OnceCell;

static COMMAND: OnceCell<&str> = OnceCell::new();

/// Told by `main`, before anything else: `cargo pitstop` where the tool is installed.
pub fn set_own_command(command: &'static str) {
    let _ = COMMAND.set(command); // the first one stays
}

/// For messages: `cargo xtask`, unless `main` has said otherwise.
#[must_use]
pub fn own_command() -> &'static str {
    COMMAND.get().copied().unwrap_or("cargo xtask")
}
