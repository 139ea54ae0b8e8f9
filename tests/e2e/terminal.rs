//! `cargo xtask watch` in a terminal multiplexer: one pane runs it, another edits.

use pitstop_tests::clean;
use pitstop_tests::host_binary::xtask_binary;
use pitstop_tests::wait_until;
use pitstop_tests::xvfb::skip;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A program that takes the whole screen and every key, and restores nothing when it is ended.
const FULL_SCREEN: &str = r#"#!/bin/sh
stty raw -echo
printf '\033[?1049h\033[?25l\033[2J\033[HVERSION one\r\n'
while key=$(dd bs=1 count=1 2>/dev/null); do
    test "$key" = x && exit 3
    printf 'key %s\r\n' "$key"
done
"#;

/// Its build, which fails while there is a file called `broken`.
const BUILD: &str = "test ! -e broken || { echo error: it is broken; exit 1; }; \
                     install -m 755 source .next && mv .next program";

/// A server of its own with one pane of 80 columns; dropping it ends both.
struct Tmux {
    server: Child,
    dir: TempDir,
}

impl Tmux {
    /// `None` when there is no tmux; the test is skipped then.
    fn start() -> Option<Self> {
        if !clean::is_installed("tmux") {
            skip("there is no tmux");
            return None;
        }
        let dir = clean::temp_dir();
        let mut server = clean::command("tmux");
        // In the foreground, so that it ends with the test, however that ends.
        server.arg("-S").arg(dir.path().join("socket")).args(["-f", "/dev/null", "-D"]);
        server.env_remove("TMUX").stdin(Stdio::null());
        let tmux = Self { server: server.spawn().expect("tmux starts"), dir };
        let home = tmux.dir.path().to_str().expect("a plain path");
        wait_until("the server listens", || tmux.path("socket").exists().then_some(()));
        tmux.run(&["new-session", "-d", "-x", "80", "-y", "24", "-c", home, "sh"]);
        Some(tmux)
    }

    fn run(&self, args: &[&str]) -> String {
        let mut tmux = Command::new("tmux");
        tmux.arg("-S").arg(self.dir.path().join("socket")).args(args).env_remove("TMUX");
        let output = tmux.output().expect("tmux starts");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn keys(&self, keys: &[&str]) {
        self.run(&[&["send-keys"], keys].concat());
    }

    /// Waits until the screen shows this.
    #[track_caller]
    fn shows(&self, text: &str) -> String {
        wait_until(&format!("the screen shows `{text}`"), || {
            Some(self.run(&["capture-pane", "-p", "-J"])).filter(|screen| screen.contains(text))
        })
    }

    /// Whether a full-screen program has the screen.
    fn is_full_screen(&self) -> bool {
        self.run(&["display-message", "-p", "#{alternate_on}"]).trim() == "1"
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn settings(&self, name: &str) -> String {
        self.shell_is_back();
        self.keys(&[&format!("stty -a > {name}.new && mv {name}.new {name}"), "Enter"]);
        wait_until("the settings are written", || fs::read_to_string(self.path(name)).ok())
    }

    /// The process id of the shell in the pane.
    fn shell(&self) -> i32 {
        let pid = self.run(&["display-message", "-p", "#{pane_pid}"]);
        pid.trim().parse().expect("a process id")
    }

    /// The process that the shell runs, if it runs one.
    fn child(&self) -> Option<Pid> {
        let shell = self.shell();
        let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"));
        Pid::from_raw(children.ok()?.trim().parse().ok()?)
    }

    /// The process group that has the terminal.
    fn foreground(&self) -> i32 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.shell())).expect("a shell");
        // proc(5): state, ppid, pgrp, session, tty and tpgid follow the name.
        let fields = stat.rsplit(')').next().expect("a name");
        fields.split_whitespace().nth(5).and_then(|it| it.parse().ok()).expect("a number")
    }

    /// Waits until the shell reads again: what is typed before may be read by whoever ends.
    fn shell_is_back(&self) {
        wait_until("the shell has the terminal", || {
            (self.foreground() == self.shell()).then_some(())
        });
    }

    /// Waits until the program that is watched has the terminal.
    fn program_has_the_terminal(&self) {
        wait_until("the program has the terminal", || {
            let watch = self.child()?.as_raw_nonzero().get();
            (![watch, self.shell()].contains(&self.foreground())).then_some(())
        });
    }

    fn watch(&self) {
        self.watch_this(FULL_SCREEN);
    }

    fn watch_this(&self, program: &str) {
        self.watch_with(program, "");
    }

    fn watch_with(&self, program: &str, more: &str) {
        fs::write(self.path("source"), program).expect("a source");
        fs::write(self.path("build.sh"), BUILD).expect("a build");
        let xtask = quoted(xtask_binary());
        let build = "--build 'sh build.sh' --restart-delay 1";
        let line = format!("{xtask} watch --cmd ./program {build} {more}");
        self.keys(&[&line, "Enter"]);
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let mut tmux = Command::new("tmux");
        tmux.arg("-S").arg(self.dir.path().join("socket")).arg("kill-server");
        let _ = tmux.output(); // the test has failed for another reason
        let _ = self.server.kill(); // as above
        let _ = self.server.wait(); // as above
    }
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display())
}

#[test]
fn s13_p36_a_full_screen_program_has_the_terminal_and_leaves_it_as_it_was() {
    let Some(tmux) = Tmux::start() else { return };
    let before = tmux.settings("before");
    tmux.watch();
    tmux.shows("VERSION one");
    assert!(tmux.is_full_screen());
    // Keys are for the program.
    tmux.keys(&["a"]);
    tmux.shows("key a");

    // It is restarted, by a signal that it does not expect.
    fs::write(tmux.path("source"), FULL_SCREEN.replace("VERSION one", "VERSION two"))
        .expect("a new version");
    tmux.shows("VERSION two");
    tmux.keys(&["b"]);
    tmux.shows("key b");

    // It fails: the terminal is as it was, and says why once.
    tmux.keys(&["x"]);
    let screen = tmux.shows("ended by itself (exit status: 3)");
    assert!(!tmux.is_full_screen(), "{screen}");
    fs::write(tmux.path("broken"), "").expect("a file");
    let screen = tmux.shows("the build failed");
    assert_eq!(screen.matches("the build failed").count(), 1, "{screen}");
    fs::remove_file(tmux.path("broken")).expect("it is mended");
    tmux.shows("VERSION two");

    // Ctrl+C is a key like any other to a program in raw mode, so the end is asked for from elsewhere.
    kill_process(tmux.child().expect("it runs one program"), Signal::TERM).expect("it is there");
    wait_until("the shell has the screen again", || (!tmux.is_full_screen()).then_some(()));
    assert_eq!(tmux.settings("after"), before);
}

#[test]
fn s13_ctrl_c_in_the_terminal_ends_all_of_it() {
    let Some(tmux) = Tmux::start() else { return };
    let before = tmux.settings("before");
    tmux.watch();
    tmux.shows("VERSION one");
    let plain = "#!/bin/sh\necho plain; exec sleep 1000\n";
    fs::write(tmux.path("source"), plain).expect("a new version");
    tmux.shows("plain");
    tmux.keys(&["C-c"]);
    // The shell reads again: xtask has ended.
    assert_eq!(tmux.settings("after"), before);
}

#[test]
fn s13_ctrl_z_gives_the_terminal_to_the_shell_until_it_is_resumed() {
    let Some(tmux) = Tmux::start() else { return };
    let before = tmux.settings("before");
    let plain = "#!/bin/sh\nwhile read -r word; do echo \"heard $word\"; done\n";
    tmux.watch_this(plain);
    tmux.keys(&["one", "Enter"]);
    tmux.shows("heard one");
    tmux.keys(&["C-z"]);
    tmux.shows("Stopped");
    assert_eq!(tmux.settings("meanwhile"), before, "the shell reads again");
    tmux.keys(&["fg", "Enter"]);
    tmux.program_has_the_terminal();
    tmux.keys(&["two", "Enter"]);
    tmux.shows("heard two");
    tmux.keys(&["C-c"]);
    assert_eq!(tmux.settings("after"), before);
}

#[test]
fn p13_ctrl_c_ends_all_of_it_whatever_the_program_makes_of_it() {
    let Some(tmux) = Tmux::start() else { return };
    let before = tmux.settings("before");
    // It takes the signal for a reason to end in order, or for none at all.
    for (number, trap) in ["exit 0", "exit 1", ":"].into_iter().enumerate() {
        let program = format!(
            "#!/bin/sh\ntrap 'echo heard {number}; {trap}' INT\necho \"runs {number}\"\nwhile :; do sleep 0.02; done\n"
        );
        tmux.watch_with(&program, "--restart-on-failure --stop-timeout 60000");
        tmux.shows(&format!("runs {number}"));
        tmux.program_has_the_terminal();
        tmux.keys(&["C-c"]);
        tmux.shows(&format!("heard {number}"));
        if trap == ":" {
            // Who insists does not wait for the minute.
            tmux.shows("SIGINT to pid");
            tmux.keys(&["C-c"]);
        }
        assert_eq!(tmux.settings(&format!("after{number}")), before);
        tmux.keys(&["clear", "Enter"]);
    }
}

#[test]
fn s13_in_the_background_the_terminal_stays_with_the_shell() {
    let Some(tmux) = Tmux::start() else { return };
    let before = tmux.settings("before");
    // It starts nothing once it waits: a Ctrl+Z that stops what a shell is about to start (vfork) stops that shell
    // only once somebody lets both go on.
    let plain = "#!/bin/sh\nmkdir -p target; test -p target/go || mkfifo target/go\necho version one\n\
                 read -r _ < target/go\nread -r word\n";
    tmux.watch_this(plain);
    tmux.shows("version one");
    tmux.program_has_the_terminal();
    tmux.keys(&["C-z"]);
    tmux.shows("Stopped");
    tmux.shell_is_back();
    tmux.keys(&["bg", "Enter"]);
    // It is restarted there, and the shell reads on.
    fs::write(tmux.path("source"), plain.replace("version one", "version two"))
        .expect("a new version");
    tmux.shows("version two");
    assert_eq!(tmux.settings("meanwhile"), before);
    // What wants to read has to wait, and all of it with it.
    fs::write(tmux.path("target/go"), "\n").expect("a pipe");
    tmux.keys(&["Enter"]);
    wait_until("the program waits for the terminal", || {
        let stat =
            fs::read_to_string(format!("/proc/{}/stat", tmux.child()?.as_raw_nonzero())).ok()?;
        stat.rsplit(')').next()?.starts_with(" T").then_some(())
    });
    tmux.keys(&["fg", "Enter"]);
    tmux.program_has_the_terminal();
    tmux.keys(&["C-c"]);
    assert_eq!(tmux.settings("after"), before);
}
