//! The application's own executable, and the arguments that reach an application.

use egui::accesskit::Role;
use pitstop_tests::host_binary::{host_binary, target_dir, xtask_binary};
use pitstop_tests::inspect::{Address, Window};
use pitstop_tests::shell_env::as_from_a_shell;
use pitstop_tests::xvfb::Display;
use pitstop_tests::{HostOptions, HostProcess, Project, processes, repo, wait_until};
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

/// `cargo xtask run` of the demo, with its window and with a directory of its own to keep its state.
struct Application {
    window: Window,
    child: Child,
    /// What tells its processes from all others.
    mark: String,
}

/// A command that runs in this repository as a user would run it.
fn in_repo(program: &Path) -> Command {
    let mut command = Command::new(program);
    as_from_a_shell(&mut command);
    command.env("CARGO_TARGET_DIR", target_dir()).env("CARGO_NET_OFFLINE", "true");
    command.current_dir(repo()).stdin(Stdio::null());
    command
}

impl Application {
    #[track_caller]
    fn start(display: &Display, data: &Path) -> Self {
        let address = Address::free();
        let mut command = in_repo(xtask_binary());
        command.arg("run").envs(display.env()).env("XDG_DATA_HOME", data);
        let (name, value) = address.env();
        command.env(name, value).stdout(Stdio::null()).process_group(0);
        let child = command.spawn().expect("xtask starts");
        let window = Window::open(address);
        Self { window, child, mark: format!("XDG_DATA_HOME={}", data.display()) }
    }

    /// Closes the window as its user does, and waits for the end of the command.
    #[track_caller]
    fn close(mut self, display: &Display) -> ExitStatus {
        display.close_windows();
        wait_until("the end of the application", || self.child.try_wait().expect("our child"))
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        // Both are gone when the test has closed the window.
        let _gone = kill_process_group(Pid::from_child(&self.child), Signal::TERM);
        let _reaped = self.child.wait();
    }
}

/// Builds the demo's executable; the first time this compiles eframe once more.
#[track_caller]
fn build() {
    let mut cargo = in_repo(Path::new(env!("CARGO")));
    cargo.args(["build", "--quiet", "--workspace", "--bin", "hot_ui", "--features", "hot_ui/app"]);
    let output = cargo.output().expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// When a file was written, and how long it is.
fn stamp(file: &Path) -> (std::time::SystemTime, u64) {
    let found = fs::metadata(file).expect("it was built");
    (found.modified().expect("this system knows"), found.len())
}

#[test]
fn g31_run_is_the_application_alone_endurance() {
    let Some(display) = Display::start() else { return };
    build();
    let data = pitstop_tests::temp_dir();
    let pitstop = repo().join("target/pitstop");
    let existed = pitstop.exists();

    let mut application = Application::start(&display, data.path());
    application.window.find("Add task");
    let shown = application.window.widgets();
    for of_the_host in ["Hot Reload", "Auto reload", "Reload status"] {
        assert!(!shown.iter().any(|widget| widget.says(of_the_host)), "{of_the_host} is shown");
    }
    // The other view has a tab, as in the host.
    application.window.click("stats");
    application.window.find("RMS");
    application.window.click("main");
    let field = application.window.find_role(Role::TextInput);
    application.window.click_on(&field);
    application.window.type_text("buy bread");
    application.window.find("buy bread");
    for pid in processes::with_environment(&application.mark) {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        for file in open.filter_map(|entry| fs::read_link(entry.path()).ok()) {
            assert!(!file.starts_with(&pitstop), "{pid} has {} open", file.display());
        }
    }
    assert_eq!(pitstop.exists(), existed, "it has made a directory of the host");
    // A host that somebody runs here while they test would take the command.
    if host::control::Client::connect(repo()).is_err() {
        let reload = in_repo(xtask_binary()).arg("reload").output().expect("xtask starts");
        let error = String::from_utf8_lossy(&reload.stderr).into_owned();
        assert_eq!(reload.status.code(), Some(1), "{error}");
        assert!(error.contains("no Pitstop host is running"), "{error}");
    }
    assert!(application.close(&display).success());

    let mut application = Application::start(&display, data.path());
    application.window.find("buy bread");
    assert!(application.close(&display).success());
}

#[test]
fn g32_run_leaves_the_program_that_dev_starts_as_it_is_endurance() {
    let Some(display) = Display::start() else { return };
    build();
    let host = stamp(host_binary());
    let data = pitstop_tests::temp_dir();
    let mut application = Application::start(&display, data.path());
    application.window.find("Add task");
    assert!(application.close(&display).success());
    assert_eq!(stamp(host_binary()), host, "the program that `dev` starts was replaced");
}

/// Writes the arguments to `ignored/args`, one a line, as numbers.
const WRITES_ARGUMENTS: &str = "use std::os::unix::ffi::OsStrExt as _;
        let lines = cc.args().iter().map(|arg| format!(\"{:?}\\n\", arg.as_bytes()));
        let file = concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../ignored/args\");
        std::fs::write(file, lines.collect::<String>()).unwrap();";

#[test]
fn g34_s14_arguments_reach_the_module_of_a_supervised_host_unharmed() {
    let project = Project::new();
    project.save("ignored/args", "");
    project.replace("ui/src/lib.rs", "_cc: &CreateContext", "cc: &CreateContext");
    project.replace("ui/src/lib.rs", "// in create", WRITES_ARGUMENTS);
    let words = ["a b", "it's \"q\"", "--watch", ""].map(OsString::from);
    let odd = OsString::from_vec(b"\xff-\xfe".to_vec());
    let all: Vec<OsString> = words.into_iter().chain([odd]).collect();
    let args = [OsString::from("--")].into_iter().chain(all.clone()).collect();
    let options = HostOptions { supervised: true, args, ..HostOptions::default() };
    let mut host = HostProcess::launch(&project, options);
    host.wait_for_commit("ui");
    let expected: String = all.into_iter().map(|arg| format!("{:?}\n", arg.into_vec())).collect();
    assert_eq!(project.read("ignored/args"), expected);
    // The next generation gets them as well.
    project.save("ignored/args", "");
    project.rename("ui", "two");
    host.wait_for_commit("ui");
    assert_eq!(project.read("ignored/args"), expected);
}
