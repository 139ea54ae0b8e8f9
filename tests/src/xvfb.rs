//! A display of the test's own, with software OpenGL.
//!
//! Owns: the X server. Produces: its name for `DISPLAY`. Never: outlives the test, or uses the
//! display of whoever runs it.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask};

/// When this is set, a machine without a display server fails the window tests.
const REQUIRED: &str = "PITSTOP_REQUIRE_WINDOW";

/// Everything that a window needs here: the list of `.ci/run`.
const INSTALL: &str = "install with `apt-get install xvfb libgl1 libgl1-mesa-dri libegl1 \
                       libxkbcommon-x11-0 libx11-xcb1 libxcursor1 libxi6 libxrandr2`";

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

    /// Asks every window that is open to close, as a window manager does when its user clicks on the
    /// cross.
    ///
    /// # Panics
    /// When the server does not answer, or there is no window.
    #[track_caller]
    pub fn close_windows(&self) {
        let (server, screen) = x11rb::connect(Some(&self.name)).expect("the server runs");
        let atom = |name: &[u8]| {
            let cookie = server.intern_atom(false, name).expect("the server runs");
            cookie.reply().expect("an atom has a number").atom
        };
        let (protocols, delete) = (atom(b"WM_PROTOCOLS"), atom(b"WM_DELETE_WINDOW"));
        let root = server.setup().roots[screen].root;
        let tree = server.query_tree(root).expect("the server runs").reply();
        let mut asked = 0;
        for window in tree.expect("a root has windows").children {
            let property = server.get_property(false, window, protocols, AtomEnum::ATOM, 0, 16);
            let property = property.expect("the server runs").reply();
            // A window may be gone by now.
            let Ok(property) = property else { continue };
            if property.value32().is_some_and(|mut atoms| atoms.any(|atom| atom == delete)) {
                let data = [delete, x11rb::CURRENT_TIME, 0, 0, 0];
                let event = ClientMessageEvent::new(32, window, protocols, data);
                let sent = server.send_event(false, window, EventMask::NO_EVENT, event);
                sent.and_then(|_| server.flush()).expect("the server runs");
                asked += 1;
            }
        }
        assert!(asked > 0, "there is no window");
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
