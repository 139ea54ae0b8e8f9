//! A display of the test's own, with software OpenGL.
//!
//! Owns: the X server. Produces: its name for `DISPLAY`. Never: outlives the test, or uses the
//! display of whoever runs it.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// When this is set, a machine without a display server fails the window tests.
const REQUIRED: &str = "PITSTOP_REQUIRE_WINDOW";

const INSTALL: &str = "install with `apt-get install xvfb libgl1-mesa-dri`";

/// A running X server; dropping it ends it.
#[derive(Debug)]
pub struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Starts a server on a free display and waits until it takes connections. `None` when this
    /// machine has none, which has then been said.
    ///
    /// # Panics
    /// When there is none and `PITSTOP_REQUIRE_WINDOW` is 1.
    #[must_use]
    #[track_caller]
    pub fn start() -> Option<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "+extension", "GLX"]);
        command.args(["-nolisten", "tcp"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = match command.spawn() {
            Ok(server) => server,
            Err(error) => {
                skip(&format!("Xvfb: {error}"));
                return None;
            }
        };
        // The number is written when the display can be used; a server that ends writes none.
        let mut number = String::new();
        let stdout = server.stdout.take().expect("it was piped");
        let read = BufReader::new(stdout).read_line(&mut number);
        let display = Self { server, name: format!(":{}", number.trim()) };
        match read {
            Ok(1..) => Some(display),
            _ => {
                skip("Xvfb opens no display");
                None
            }
        }
    }

    /// What a process needs to open its window here.
    #[must_use]
    pub fn env(&self) -> Vec<(OsString, OsString)> {
        let set = |name: &str, value: &str| (name.into(), value.into());
        vec![
            set("DISPLAY", &self.name),
            set("WAYLAND_DISPLAY", ""),
            set("LIBGL_ALWAYS_SOFTWARE", "1"),
        ]
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // A server that has ended by itself is as good as one that was killed.
        let _gone = self.server.kill();
        let _reaped = self.server.wait();
    }
}

/// Says why a window test does nothing.
///
/// # Panics
/// When `PITSTOP_REQUIRE_WINDOW` is 1.
#[track_caller]
#[expect(clippy::print_stderr, reason = "a test that does nothing has to say so")]
pub fn skip(reason: &str) {
    let required = std::env::var_os(REQUIRED).is_some_and(|value| value == "1");
    assert!(!required, "{reason}; {INSTALL}");
    eprintln!("skipped: {reason}; {INSTALL}");
}
