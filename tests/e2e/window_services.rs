//! Services in a window: their page, what it says of a broken file, and an application that runs without a host.

use crate::served::{SETTINGS, Served, get, project_with};
use crate::window::Bench;
use pitstop_tests::host_binary::target_dir;
use pitstop_tests::inspect::{Address, Window};
use pitstop_tests::xvfb::Display;
use pitstop_tests::{clean, repo, temp_dir, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const APP: &str = "greeting = \"hello\"\n";

#[test]
fn h29_window_shows_services_their_values_and_a_file_that_cannot_be_used() {
    let project = project_with(SETTINGS, APP);
    project.save(".env", "SERVED_TOKEN=secret\n");
    let Some(mut bench) = Bench::with(project, Vec::new()) else { return };
    let address = Served::address(&bench.host);
    bench.window.click("Services");
    for text in ["http", "running", "other", "inactive", "greeting", "\"hello\"", "app.toml:1"] {
        bench.window.find(text);
    }
    bench.window.find("env SERVED_TOKEN");
    let says_secret = bench.window.widgets().iter().any(|widget| widget.says("secret"));
    assert!(!says_secret, "a value of .env is masked");
    bench.window.click("Stop http");
    bench.host.wait_for_kind("service_stopped");
    bench.window.find("stopped");
    bench.window.click("Start http");
    bench.host.wait_for_kind("service_started");
    assert_eq!(get(&address).expect("an answer"), "one hello secret");
    // A file that cannot be used is told below the dashboard, until it is corrected.
    let message = "app.toml:1: greeting: invalid type: integer `5`, expected a string";
    bench.project.save("app.toml", "greeting = 5\n");
    bench.window.find("Configuration error");
    bench.window.find_by("where and why", |text| (text == message).then_some(()));
    bench.window.find_by("what runs", |text| {
        text.starts_with("Services run with the last good values").then_some(())
    });
    assert_eq!(get(&address).expect("an answer"), "one hello secret");
    bench.window.click("Close");
    bench.window.wait_without("Configuration error");
    bench.project.save("app.toml", "greeting = 6\n");
    bench.window.find("Configuration error");
    bench.project.save("app.toml", "greeting = \"better\"\n");
    bench.window.wait_without("Configuration error");
    bench.window.find("\"better\"");
    assert_eq!(get(&address).expect("an answer"), "one better secret");
}

/// `tests/http_service` as its users have it: without a host.
struct Application {
    window: Window,
    child: Child,
}

impl Application {
    #[track_caller]
    fn start(display: &Display, dir: &Path, args: &[&str]) -> Self {
        let address = Address::free();
        let mut command = application(display, dir);
        command.args(args);
        let (name, value) = address.env();
        let child = command.env(name, value).spawn().expect("it starts");
        Self { window: Window::open(address), child }
    }

    /// Where its endpoint listens.
    #[track_caller]
    fn address(&mut self) -> String {
        self.window.find_by("the address", |text| {
            Some(text.strip_prefix("http://127.0.0.1:")?.strip_suffix('/')?.to_owned())
        })
    }

    #[track_caller]
    fn wait_for_end(&mut self) -> ExitStatus {
        wait_until("the end of the application", || self.child.try_wait().expect("our child"))
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Builds it; what of it the tests have compiled already is used.
#[track_caller]
fn build() -> PathBuf {
    let mut cargo = clean::command(env!("CARGO"));
    cargo.args(["build", "--quiet", "--offline", "--workspace", "--bin", "http_service"]);
    cargo.args(["--features", "http_service/app"]).current_dir(repo());
    let output = cargo.env("CARGO_TARGET_DIR", target_dir()).output().expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target_dir().join("debug").join("http_service")
}

fn application(display: &Display, dir: &Path) -> Command {
    let mut command = clean::command(target_dir().join("debug").join("http_service"));
    command.envs(display.env()).env("XDG_DATA_HOME", dir).current_dir(dir);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

#[test]
fn h8_h26_an_application_without_a_host_has_services_and_configuration_endurance() {
    let Some(display) = Display::start() else { return };
    build();
    let dir = temp_dir();
    let app = dir.path().join("app.toml");
    std::fs::write(&app, "greeting = \"alone\"\n").expect("write a file");
    let mut running = Application::start(&display, dir.path(), &[]);
    let address = format!("127.0.0.1:{}", running.address());
    assert_eq!(get(&address).expect("an answer"), "one alone");
    running.window.find("1 answers");
    // It is read once: who wants more asks for it.
    std::fs::write(&app, "greeting = \"later\"\n").expect("write a file");
    // Longer than watching would take.
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(2) {
        assert_eq!(get(&address).expect("an answer"), "one alone");
    }
    kill_process(Pid::from_child(&running.child), Signal::TERM).expect("it runs");
    assert_eq!(running.wait_for_end().code(), Some(0));
    // The next start has the new values, and one that cannot be used ends it.
    let mut running = Application::start(&display, dir.path(), &["--watch"]);
    let address = format!("127.0.0.1:{}", running.address());
    assert_eq!(get(&address).expect("an answer"), "one later");
    // This one has asked for more: a file that cannot be used costs nothing, and the next one is taken up.
    std::fs::write(&app, "greeting = 1\n").expect("write a file");
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(2) {
        assert_eq!(get(&address).expect("an answer"), "one later");
    }
    std::fs::write(&app, "greeting = \"now\"\n").expect("write a file");
    wait_until("the new values", || get(&address).is_ok_and(|it| it == "one now").then_some(()));
    display.close_windows();
    assert_eq!(running.wait_for_end().code(), Some(0));
    for (text, says) in [
        ("greeting = 1\n", "app.toml:1: greeting: invalid type: integer `1`, expected a string"),
        ("address = \"nowhere\"\n", "service `http` did not start: cannot listen at nowhere: "),
    ] {
        std::fs::write(&app, text).expect("write a file");
        let output = application(&display, dir.path()).output().expect("it starts");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(says), "{error}");
    }
}
