//! A display of the test's own, with software OpenGL.
//!
//! Owns: the X server. Produces: its name for `DISPLAY`. Never: outlives the test, or uses the
//! display of whoever runs it.

use crate::clean;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, EventMask, MapState,
    PropMode,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// When this is set, a machine without a display server fails the window tests.
const REQUIRED: &str = "PITSTOP_REQUIRE_WINDOW";

/// Everything that a window, a test in a terminal or one in Python needs here: the list of `.ci/run`.
const INSTALL: &str = "install with `apt-get install xvfb libgl1 libgl1-mesa-dri libegl1 \
                       libxkbcommon-x11-0 libx11-xcb1 libxcursor1 libxi6 libxrandr2 tmux python3`";

/// A file in which `cargo xtask test` wants to read why a test did nothing.
const SKIPPED_TO: &str = "PITSTOP_SKIPPED_TO";

/// How long the server may take to end before it is killed.
const END_LIMIT: Duration = Duration::from_secs(5);

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
        if !clean::is_installed("Xvfb") {
            skip("there is no Xvfb");
            return None;
        }
        let mut command = clean::command("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "+extension", "GLX"]);
        command.args(["-nolisten", "tcp"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = match command.spawn() {
            Ok(server) => server,
            Err(error) => {
                skip(&format!("Xvfb cannot be started: {error}"));
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
        // A connection that ends with an answer still unread takes its last requests with it.
        let answer = server.get_input_focus().expect("the server runs").reply();
        answer.expect("the server has seen all of it");
    }

    /// Marks all windows as minimised, as a window manager does; there is none here.
    ///
    /// # Panics
    /// When the server does not take it.
    #[track_caller]
    pub fn minimise(&self) {
        self.try_minimise().unwrap_or_else(|error| panic!("{}: {error}", self.name));
    }

    fn try_minimise(&self) -> Result<(), Box<dyn std::error::Error>> {
        let (connection, screen) = x11rb::connect(Some(&self.name))?;
        let root = connection.setup().roots[screen].root;
        let atom = |name: &str| {
            Ok::<_, Box<dyn std::error::Error>>(
                connection.intern_atom(false, name.as_bytes())?.reply()?.atom,
            )
        };
        let (state, hidden) = (atom("_NET_WM_STATE")?, atom("_NET_WM_STATE_HIDDEN")?);
        for window in connection.query_tree(root)?.reply()?.children {
            let mode = PropMode::REPLACE;
            connection
                .change_property32(mode, window, state, AtomEnum::ATOM, &[hidden])?
                .check()?;
        }
        Ok(())
    }

    /// Moves the one window, as its user does: left, top, width, height in pixels.
    ///
    /// # Panics
    /// When the server does not take it.
    #[track_caller]
    pub fn place(&self, [x, y, width, height]: [i32; 4]) {
        let placed = || -> Result<(), Box<dyn std::error::Error>> {
            let (connection, window) = self.the_window()?;
            let (width, height) = (u32::try_from(width)?, u32::try_from(height)?);
            let place = ConfigureWindowAux::new().x(x).y(y).width(width).height(height);
            connection.configure_window(window, &place)?.check()?;
            Ok(())
        };
        placed().unwrap_or_else(|error| panic!("{}: {error}", self.name));
    }

    /// Where the one window is, as for [`Self::place`]; `None` when there is none.
    #[must_use]
    pub fn placed(&self) -> Option<[i32; 4]> {
        let (connection, window) = self.the_window().ok()?;
        let at = connection.get_geometry(window).ok()?.reply().ok()?;
        Some([at.x.into(), at.y.into(), at.width.into(), at.height.into()])
    }

    /// The title of the one window; `None` when there is none.
    #[must_use]
    pub fn title(&self) -> Option<String> {
        let (connection, window) = self.the_window().ok()?;
        let atom = |name: &str| {
            Some(connection.intern_atom(false, name.as_bytes()).ok()?.reply().ok()?.atom)
        };
        let (name, kind) = (atom("_NET_WM_NAME")?, atom("UTF8_STRING")?);
        let title =
            connection.get_property(false, window, name, kind, 0, 256).ok()?.reply().ok()?;
        String::from_utf8(title.value).ok()
    }

    fn the_window(&self) -> Result<(RustConnection, u32), Box<dyn std::error::Error>> {
        let (connection, screen) = x11rb::connect(Some(&self.name))?;
        let root = connection.setup().roots[screen].root;
        let windows = connection.query_tree(root)?.reply()?.children;
        for window in windows {
            let state = connection.get_window_attributes(window)?.reply()?.map_state;
            if state == MapState::VIEWABLE {
                return Ok((connection, window));
            }
        }
        Err("there is no window".into())
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
        // Asked to end, it removes its lock and its socket; killed, it would leave them in `/tmp`.
        let _gone = kill_process(Pid::from_child(&self.server), Signal::TERM);
        let ticks = crossbeam_channel::tick(Duration::from_millis(5));
        let asked = Instant::now();
        while asked.elapsed() < END_LIMIT {
            if let Ok(Some(_)) = self.server.try_wait() {
                return;
            }
            let _tick = ticks.recv();
        }
        let _gone = self.server.kill();
        let _reaped = self.server.wait();
    }
}

/// Says why a window test does nothing.
///
/// # Panics
/// When `PITSTOP_REQUIRE_WINDOW` is 1.
#[track_caller]
pub fn skip(reason: &str) {
    let required = std::env::var_os(REQUIRED).is_some_and(|value| value == "1");
    assert!(!required, "{reason}; {INSTALL}");
    skip_without(reason, INSTALL);
}

/// Says why a test does nothing, and how what it lacks is installed.
///
/// # Panics
/// When the line cannot be written for `cargo xtask test`.
#[expect(clippy::print_stderr, reason = "a test that does nothing has to say so")]
pub fn skip_without(reason: &str, install: &str) {
    eprintln!("skipped: {reason}; {install}");
    if let Some(path) = std::env::var_os(SKIPPED_TO) {
        let name = std::thread::current().name().unwrap_or("a test").to_owned();
        let file = File::options().create(true).append(true).open(path);
        // One write, so that lines of several tests do not mix.
        let line = format!("{name}: {reason}; {install}\n");
        let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
        written.expect("`cargo xtask test` made its directory");
    }
}
