//! `cargo xtask watch` with real programs: what it starts, restarts and ends.
#![cfg(unix)]

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Far longer than anything takes here.
const DEADLINE: Duration = Duration::from_secs(60);

/// Puts the program in place as a compiler does: under another name first, which is a hidden one. Fails
/// while there is a file called `broken`; succeeds without a program while there is one called `gone`.
const BUILD: &str = "test ! -e broken || { echo 'error: it is broken' >&2; exit 3; }
test ! -e gone || { rm program; exit 0; }
install -m 755 source .next && mv .next program";

/// Says when it starts and ends. A file called `leave` lets it end by itself.
const PROGRAM: &str = "#!/bin/sh
trap 'echo \"end $$\"; exit 0' INT TERM
echo \"start $$\"
while ! test -e leave; do sleep 0.02; done
rm leave; echo \"left $$\"; exit 7
";

/// A directory with a program, watched.
struct Watch {
    dir: TempDir,
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

impl Watch {
    /// Starts it with this program, and waits for nothing.
    fn start(program: &str, args: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::write(dir.path().join("source"), program).expect("a source");
        let cmd = if args.contains(&"--cmd") { &[][..] } else { &["--cmd", "./program"] };
        Self::in_dir(dir, &[cmd, &["--build", BUILD], args].concat())
    }

    fn in_dir(dir: TempDir, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["watch", "--events", "-"])
            .args(args)
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("xtask starts");
        let out = lines(child.stdout.take().expect("a pipe"));
        let err = lines(child.stderr.take().expect("a pipe"));
        Self { dir, child, out, err }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    /// A new version of the source.
    fn save(&self, program: &str) {
        fs::write(self.path(".saved"), program).expect("a file");
        fs::rename(self.path(".saved"), self.path("source")).expect("in place");
    }

    /// The same program with another comment.
    fn save_again(&self, number: u32) {
        let program = fs::read_to_string(self.path("source")).expect("the source");
        self.save(&format!("{program}# {number}\n"));
    }

    /// The next line that the program prints, or the next event of this kind.
    #[track_caller]
    fn wait(&self, wanted: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let line = self.out.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            let line = line.unwrap_or_else(|_| panic!("no `{wanted}`; {}", self.said()));
            match event(&line) {
                Some(event) if event["kind"] == wanted => return line,
                None if line.starts_with(wanted) => return line,
                _ => {}
            }
        }
    }

    /// The pid in the next line of the program that begins so.
    #[track_caller]
    fn pid(&self, word: &str) -> Pid {
        let line = self.wait(word);
        let number = line.rsplit(' ').next().and_then(|pid| pid.parse().ok());
        number.and_then(Pid::from_raw).unwrap_or_else(|| panic!("{line}"))
    }

    #[track_caller]
    fn event(&self, kind: &str) -> Value {
        event(&self.wait(kind)).expect("an event")
    }

    /// The next line on standard error with this in it.
    #[track_caller]
    fn hears(&self, part: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let line = self.err.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            let line = line.unwrap_or_else(|_| panic!("nobody says `{part}`"));
            if line.contains(part) {
                return line;
            }
        }
    }

    fn said(&self) -> String {
        self.err.try_iter().collect::<Vec<_>>().join("\n")
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("xtask is there");
    }

    /// Waits for the end; the exit code, and what else was printed.
    fn end(&mut self) -> (Option<i32>, Vec<String>) {
        let mut rest = Vec::new();
        loop {
            match self.out.recv_timeout(DEADLINE) {
                Ok(line) => rest.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("somebody still holds standard output"),
            }
        }
        (self.child.wait().expect("it ends").code(), rest)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn event(line: &str) -> Option<Value> {
    serde_json::from_str::<Value>(line).ok().filter(|value| value["kind"].is_string())
}

fn is_alive(pid: Pid) -> bool {
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    let is_zombie =
        state.is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|it| it.starts_with(" Z")));
    test_kill_process(pid).is_ok() && !is_zombie
}

/// A process that has ended may take a moment to be reaped by whoever has inherited it.
#[track_caller]
fn assert_gone(pid: Pid) {
    let deadline = Instant::now() + DEADLINE;
    while is_alive(pid) {
        assert!(Instant::now() < deadline, "process {pid:?} is still there");
        std::thread::yield_now();
    }
}

#[test]
fn s02_p10_p11_each_success_is_one_start_and_never_two_are_alive() {
    let watch = Watch::start(PROGRAM, &[]);
    assert!(watch.hears("waits for its first").contains("install -m 755"), "what it waits for");
    let first = watch.pid("start");
    for number in 0..5 {
        watch.save_again(number);
        // The old one has said its last word before the new one its first.
        let ended = watch.pid("end");
        assert!(number > 0 || ended == first);
        let stopped = watch.event("process_stopped");
        assert_eq!((&stopped["code"], &stopped["forced"]), (&Value::from(0), &Value::from(false)));
        assert!(!is_alive(ended));
        // The event of the start and the first word of the program come in any order.
        assert!(is_alive(watch.pid("start")));
    }
}

#[test]
fn s03_p19_a_file_that_says_the_same_starts_nothing() {
    let watch = Watch::start(PROGRAM, &[]);
    let pid = watch.pid("start");
    let source = fs::read_to_string(watch.path("source")).expect("the source");
    watch.save(&source);
    // The next real change is the next thing that happens.
    watch.save_again(1);
    assert_eq!(watch.pid("end"), pid);
    watch.wait("start");
    watch.signal(Signal::TERM);
    let mut watch = watch;
    let (code, rest) = watch.end();
    let built =
        rest.iter().filter(|line| event(line).is_some_and(|it| it["kind"] == "build_started"));
    assert_eq!((code, built.count()), (Some(0), 0), "{rest:?}");
}

#[test]
fn s04_p12_a_failed_build_is_told_once_and_the_program_runs_on() {
    let watch = Watch::start(PROGRAM, &[]);
    let pid = watch.pid("start");
    fs::write(watch.path("broken"), "x").expect("a file");
    watch.wait("build_failed");
    watch.save_again(1);
    let failed = watch.event("build_failed");
    assert!(failed["diagnostics"][0]["message"].as_str().is_some_and(|it| it.contains("broken")));
    assert!(is_alive(pid));
    fs::remove_file(watch.path("broken")).expect("it is mended");
    assert_eq!(watch.pid("end"), pid);
    watch.wait("start");
    let said = watch.said();
    assert_eq!(said.matches("the build failed").count(), 1, "{said}");
    let line = said.lines().find(|line| line.contains("the build failed")).expect("it was told");
    for part in ["error: it is broken", "runs on", "to see all of it: test ! -e broken"] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

#[test]
fn s05_p11_what_ignores_the_signal_is_killed_at_the_deadline() {
    let stubborn = "#!/bin/sh\ntrap '' INT\necho \"start $$\"\nwhile :; do sleep 0.02; done\n";
    let watch = Watch::start(stubborn, &["--stop-timeout", "300"]);
    let pid = watch.pid("start");
    watch.save_again(1);
    let stopped = watch.event("process_stopped");
    assert_eq!((&stopped["signal"], &stopped["forced"]), (&Value::from(9), &Value::from(true)));
    assert!(stopped["ms"].as_u64().is_some_and(|ms| ms >= 300), "{stopped}");
    assert_gone(pid);
    watch.wait("start");
    watch.hears("has not ended within 300 ms and is killed");
}

#[test]
fn s05_a_compiled_program_that_ignores_the_signal_too() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let source = "use std::io::Read;
        fn main() {
            println!(\"start {}\", std::process::id());
            std::io::stdin().read_to_end(&mut Vec::new()).ok();
            loop { std::thread::park(); }
        }";
    fs::write(dir.path().join("source.rs"), source).expect("a source");
    // The disposition of a signal that is ignored is inherited.
    let run = "#!/bin/sh\ntrap '' INT\nexec ./compiled\n";
    fs::write(dir.path().join("run"), run).expect("a script");
    let build =
        "chmod 755 run && rustc --edition 2024 -o .compiled source.rs && mv .compiled compiled";
    let args = ["--cmd", "./run", "--build", build, "--stop-timeout", "300"];
    let watch = Watch::in_dir(dir, &args);
    let pid = watch.pid("start");
    fs::write(watch.path("source.rs"), format!("{source}\n// again")).expect("a source");
    assert_eq!(watch.event("process_stopped")["forced"], true);
    assert_gone(pid);
    assert_ne!(watch.pid("start"), pid);
}

#[test]
fn s06_an_end_during_the_delay_does_not_keep_it_from_starting_again() {
    let watch = Watch::start(PROGRAM, &["--restart-delay", "3000"]);
    watch.wait("start");
    watch.save_again(1);
    watch.wait("build_finished");
    fs::write(watch.path("leave"), "").expect("a file");
    watch.wait("left");
    watch.hears("it is started again");
    watch.wait("start");
}

#[test]
fn s07_a_success_while_it_is_stopping_is_one_start() {
    // Takes its time to end.
    let slow = "#!/bin/sh\ntrap 'echo \"stopping $$\"; while ! test -e leave; do sleep 0.02; done; exit 0' INT
echo \"start $$\"\nwhile :; do sleep 0.02; done\n";
    let mut watch = Watch::start(slow, &["--stop-timeout", "60000"]);
    watch.wait("start");
    watch.save_again(1);
    watch.wait("stopping");
    watch.save_again(2);
    watch.wait("build_finished");
    fs::write(watch.path("leave"), "").expect("a file");
    watch.wait("start");
    watch.signal(Signal::TERM);
    let (code, rest) = watch.end();
    assert_eq!(code, Some(0));
    assert!(!rest.iter().any(|line| line.starts_with("start")), "one start: {rest:?}");
}

#[test]
fn s08_a_program_that_ends_by_itself_waits_for_the_next_success() {
    let watch = Watch::start(PROGRAM, &[]);
    watch.wait("start");
    fs::write(watch.path("leave"), "").expect("a file");
    assert_eq!(watch.event("process_stopped")["code"], 7);
    let line = watch.hears("ended by itself");
    assert!(
        line.contains("exit status: 7") && line.contains("after the next successful"),
        "{line}"
    );
    watch.save_again(1);
    watch.wait("start");
}

#[test]
fn s09_a_program_that_is_missing_after_a_build_leaves_the_old_one_alone() {
    let watch = Watch::start(PROGRAM, &[]);
    let pid = watch.pid("start");
    fs::write(watch.path("gone"), "").expect("a file");
    let line = watch.hears("there is no ");
    assert!(line.contains("/program; what runs stays"), "{line}");
    assert!(is_alive(pid));
    fs::remove_file(watch.path("gone")).expect("it is mended");
    assert_eq!(watch.pid("end"), pid);
    watch.wait("start");
}

#[test]
fn s09_a_program_that_was_never_made_is_said_to_be_missing() {
    let watch = Watch::start(PROGRAM, &["--cmd", "./other"]);
    watch.hears("cannot be started: ");
    watch.save_again(1);
    watch.hears("cannot be started: ");
}

#[test]
fn s10_s11_a_signal_ends_the_program_and_what_it_has_started() {
    for signal in [Signal::TERM, Signal::INT] {
        let parent = "#!/bin/sh\n(trap '' TERM INT; while :; do sleep 1; done) & echo \"child $!\"
trap 'echo ended; exit 0' INT\necho \"start $$\"\nwhile :; do sleep 0.02; done\n";
        let mut watch = Watch::start(parent, &[]);
        let (child, program) = (watch.pid("child"), watch.pid("start"));
        watch.signal(signal);
        watch.wait("ended");
        assert_eq!(watch.end().0, Some(0), "{signal:?}");
        assert_gone(program);
        assert_gone(child);
    }
}

#[test]
fn s11_a_second_signal_forces() {
    let deaf =
        "#!/bin/sh\ntrap 'echo heard' INT\necho \"start $$\"\nwhile :; do sleep 0.02; done\n";
    let mut watch = Watch::start(deaf, &["--stop-timeout", "60000"]);
    let pid = watch.pid("start");
    watch.signal(Signal::TERM);
    watch.wait("heard");
    watch.signal(Signal::TERM);
    assert_eq!(watch.end().0, Some(0));
    assert_gone(pid);
}

#[test]
fn s12_a_supervisor_that_is_killed_leaves_nothing_behind() {
    let parent = "#!/bin/sh\n(trap '' TERM INT; while :; do sleep 1; done) & echo \"child $!\"
trap '' TERM\necho \"start $$\"\nwhile :; do sleep 0.02; done\n";
    let mut watch = Watch::start(parent, &[]);
    let (child, program) = (watch.pid("child"), watch.pid("start"));
    watch.child.kill().expect("it is killed");
    assert_gone(program);
    assert_gone(child);
    watch.end();
}

#[test]
fn s14_arguments_pass_byte_by_byte() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let program = "#!/bin/sh\nprintf '%s\\0' \"$@\" > words; echo \"start $$\"; sleep 60\n";
    fs::write(dir.path().join("source"), program).expect("a source");
    let odd = OsStr::from_bytes(b"\xff\xfe");
    let words = ["a b", "it's \"q\"", "--watch", "", "\n"].map(OsStr::new);
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["watch", "--cmd", "./program", "--build", BUILD, "--"])
        .args(words)
        .arg(odd)
        .current_dir(dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("xtask starts");
    let out = lines(child.stdout.take().expect("a pipe"));
    out.recv_timeout(DEADLINE).expect("it starts");
    let all = words.iter().copied().chain([odd]);
    let expected: Vec<u8> = all.flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
    assert_eq!(fs::read(dir.path().join("words")).expect("the words"), expected);
    kill_process(Pid::from_child(&child), Signal::TERM).expect("xtask is there");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn s11_a_build_that_never_ends_ends_with_watch_however_that_ends() {
    for signal in [Signal::TERM, Signal::KILL] {
        // It holds neither output.
        let build = "exec >/dev/null 2>&1; echo $$ > .pid; mv .pid pid; trap '' TERM; while :; do sleep 0.02; done";
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut watch = Watch::in_dir(dir, &["--cmd", "./program", "--build", build]);
        let deadline = Instant::now() + DEADLINE;
        let building = loop {
            let pid = fs::read_to_string(watch.path("pid")).ok();
            match pid.and_then(|pid| pid.trim().parse().ok()).and_then(Pid::from_raw) {
                Some(pid) => break pid,
                None => assert!(Instant::now() < deadline, "it does not build: {}", watch.said()),
            }
            std::thread::yield_now();
        };
        watch.signal(signal);
        watch.end();
        assert_gone(building);
    }
}

#[test]
fn d03_what_watch_and_its_build_write_themselves_is_no_change() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir(dir.path().join("real")).expect("a directory");
    std::os::unix::fs::symlink("real", dir.path().join("link")).expect("a link");
    fs::write(dir.path().join("real/source"), PROGRAM).expect("a source");
    // Never the same twice.
    let build = "cd real; { cat source; echo \"# $(date +%N)\"; } > .next; chmod 755 .next; mv .next program";
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["watch", "--events", "real/events", "--cmd", "link/program", "--build", build])
        .args(["--restart-delay", "1"])
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("xtask starts");
    let out = lines(child.stdout.take().expect("a pipe"));
    let next = || out.recv_timeout(DEADLINE).expect("the program says so");
    assert!(next().starts_with("start"));
    fs::write(dir.path().join("real/source"), format!("{PROGRAM}# again\n")).expect("a source");
    assert!(next().starts_with("end") && next().starts_with("start"));
    kill_process(Pid::from_child(&child), Signal::TERM).expect("xtask is there");
    assert!(next().starts_with("end"));
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let events = fs::read_to_string(dir.path().join("real/events")).expect("the events");
    assert_eq!(events.matches("\"build_started\"").count(), 2, "{events}");
}

#[test]
fn p14_a_program_that_fails_is_started_again_if_that_is_wanted() {
    let fails =
        "#!/bin/sh\necho \"start $$\"\ntest -e times && { sleep 60; }; touch times; exit 3\n";
    let watch = Watch::start(fails, &["--restart-on-failure"]);
    watch.wait("start");
    watch.hears("it is started again");
    watch.wait("start");
}

#[test]
fn p5_once_starts_what_there_is_and_says_when_it_is_stale() {
    let run = |dir: &Path| {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["watch", "--once", "--cmd", "./program", "--build", BUILD])
            .current_dir(dir)
            .output()
            .expect("xtask starts")
    };
    let dir = tempfile::tempdir().expect("a temporary directory");
    let source = dir.path().join("source");
    fs::write(&source, "#!/bin/sh\necho ran; exit 7\n").expect("a source");
    let output = run(dir.path());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("there is no ") && said.contains("to build it: test ! -e"), "{said}");

    let built = Command::new("sh").args(["-c", BUILD]).current_dir(dir.path()).status();
    assert!(built.expect("sh").success());
    let output = run(dir.path());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        (output.status.code(), output.stdout.as_slice()),
        (Some(7), &b"ran\n"[..]),
        "{said}"
    );
    assert!(!said.contains("older"), "{said}");

    let later = fs::File::open(&source).expect("the source");
    later.set_modified(std::time::SystemTime::now() + Duration::from_secs(5)).expect("a time");
    let output = run(dir.path());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(7), &b"ran\n"[..]));
    assert!(said.contains("is older than its sources"), "{said}");
}

#[test]
fn p5_once_ends_when_the_program_cannot_be_started() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::write(dir.path().join("program"), "no program").expect("a file");
    let args = ["--once", "--cmd", "./program", "--build", "true"];
    let mut watch = Watch::in_dir(dir, &args);
    let line = watch.hears("cannot be started");
    assert!(!line.contains("tried again"), "{line}");
    assert_eq!(watch.end().0, Some(1));
}

#[test]
fn p1_p2_p3_p6_the_help_names_options_and_defaults() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(["watch", "--help"]).output();
    let help = String::from_utf8(output.expect("xtask starts").stdout).expect("text");
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "-w, --watch Build on every change; this is the default",
        "--restart-signal <SIG> How the program is asked to end [default: SIGINT]",
        "--restart-delay <MS> Milliseconds from a successful build to the restart [default: 250]",
        "before it is killed [default: 5000]",
        "[default: cargo, for the package of the binary, or the workspace]",
    ] {
        assert!(words.contains(part), "{part}: {help}");
    }
}

/// What `cargo xtask completions` prints for a shell.
fn completions(shell: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(["completions", shell]).output();
    let output = output.expect("xtask starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn p6_a_shell_completes_commands_and_options_and_names_the_defaults() {
    let script = completions("bash");
    for (words, at, expected) in [
        ("xtask wat", 1, &["watch"][..]),
        (
            "xtask watch --restart-",
            2,
            &["--restart-signal", "--restart-delay", "--restart-on-failure"],
        ),
    ] {
        let ask = format!(
            "{script}\nCOMP_WORDS=({words}); COMP_CWORD={at}; _xtask xtask \"${{COMP_WORDS[{at}]}}\" ''
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let output = Command::new("bash").args(["--norc", "-c", &ask]).output().expect("bash");
        let found = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut found: Vec<&str> = found.lines().collect();
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{words}: {}", String::from_utf8_lossy(&output.stderr));
    }
    for shell in ["zsh", "fish"] {
        // Each has its own way to write a bracket.
        let script = completions(shell).replace('\\', "");
        for default in ["default: SIGINT", "default: 250", "default: 5000"] {
            assert!(script.contains(default), "{shell}: {default}: {script}");
        }
    }
}

#[test]
fn w1_what_a_glob_stands_for_is_watched_as_well() {
    let elsewhere = tempfile::tempdir().expect("a temporary directory");
    let data = elsewhere.path().join("data.txt");
    fs::write(&data, "one").expect("a file");
    let glob = format!("{}/*.txt", elsewhere.path().display());
    let watch = Watch::start(PROGRAM, &["--path", &glob, "--path", "later"]);
    let first = watch.pid("start");
    fs::write(&data, "two").expect("a file");
    assert_eq!(watch.pid("end"), first);
    let second = watch.pid("start");
    fs::write(watch.path("later"), "a file that was not there").expect("a file");
    assert_eq!(watch.pid("end"), second);
}

#[test]
fn w10_watching_costs_less_than_5_mb() {
    let many = || {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for name in 0..200 {
            let below = dir.path().join(format!("dir-{name}"));
            fs::create_dir(&below).expect("a directory");
            (0..20).for_each(|file| {
                fs::write(below.join(format!("{file}.rs")), "// a source\n").expect("a file");
            });
        }
        fs::write(dir.path().join("source"), PROGRAM).expect("a source");
        assert!(
            Command::new("sh")
                .args(["-c", BUILD])
                .current_dir(dir.path())
                .status()
                .expect("sh")
                .success()
        );
        dir
    };
    let args = ["--cmd", "./program", "--build", BUILD];
    let resident = |more: &[&str]| {
        let watch = Watch::in_dir(many(), &[&args, more].concat());
        watch.wait("start");
        if more.is_empty() {
            // Also after a change.
            watch.save_again(1);
            watch.wait("start");
        }
        footprint(watch.child.id()).1
    };
    let (once, watching) = (resident(&["--once"]), resident(&[]));
    println!("measured: watching 4,000 files: {watching} kB, not watching: {once} kB");
    assert!(watching < once + 5_000, "{watching} kB, {once} kB");
}

#[test]
fn p42_nothing_to_build_is_a_clear_message() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (args, says) in [
        (&["--cmd", "./program"][..], "there is nothing to build"),
        (&["--bin", "x"], "x is to be a binary of a cargo workspace"),
        (&["--cmd", "a", "--build", "true", "--path", "no-*"], "stands for no file"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("watch")
            .args(args)
            .current_dir(dir.path())
            .output()
            .expect("xtask starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(says), "{said}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("watch").output().expect("xtask");
    assert_eq!(output.status.code(), Some(2), "wrong usage");
}

/// A workspace of two packages whose binary depends on the other one.
fn workspace() -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
    };
    write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"app\", \"words\"]\n");
    let manifest = |name: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n{more}")
    };
    write("app/Cargo.toml", &manifest("app", "[dependencies]\nwords = { path = \"../words\" }\n"));
    write("words/Cargo.toml", &manifest("words", ""));
    write("words/src/lib.rs", "pub const WORD: &str = \"one\";\n");
    let main = "fn main() {
            println!(\"start {} {}\", words::WORD, std::process::id());
            loop { std::thread::park(); }
        }";
    write("app/src/main.rs", main);
    dir
}

#[test]
fn p4_p44_a_binary_of_the_workspace_is_built_by_cargo() {
    let watch = Watch::in_dir(workspace(), &["--bin", "app", "--restart-delay", "1"]);
    let waits = watch.hears("waits for its first");
    assert!(waits.contains("cargo build --package app --bin app"), "{waits}");
    assert_eq!(watch.event("build_started")["targets"], serde_json::json!(["app"]));
    assert!(watch.wait("start").starts_with("start one "));
    let library = watch.path("words/src/lib.rs");
    fs::write(&library, "pub const WORD: &str = \"two\";\n").expect("a dependency");
    assert!(watch.wait("start").starts_with("start two "));
    // A comment makes the very same program.
    fs::write(&library, "pub const WORD: &str = \"two\"; // said\n").expect("a comment");
    watch.wait("build_finished");
    fs::write(&library, "pub const WORD: &str = 3;\nfn x() { y }\n").expect("a mistake");
    let failed = watch.event("build_failed");
    assert!(failed["diagnostics"].as_array().is_some_and(|it| it.len() >= 2), "{failed}");
    let line = watch.hears("the build failed");
    for part in
        ["words/src/lib.rs:", "and 1 more", "runs on", "cargo build --package app --bin app"]
    {
        assert!(line.contains(part), "{part}: {line}");
    }
    fs::write(&library, "pub const WORD: &str = \"three\";\n").expect("it is mended");
    assert!(watch.wait("start").starts_with("start three "));
}

/// Chance that can be repeated (the generator of Knuth's MMIX).
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Open descriptors and resident kilobytes of a process.
fn footprint(pid: u32) -> (usize, u64) {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs").count();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = resident.and_then(|it| it.trim().strip_suffix(" kB")?.parse().ok());
    (descriptors, kilobytes.expect("a number"))
}

#[test]
fn s01_to_s10_a_hundred_restarts_at_random_leave_nothing_endurance() {
    const RESTARTS: u32 = 100;
    // Ends in order, or not at all, or has a child that does not.
    let program = "#!/bin/sh
case $(($$ % 3)) in
0) trap 'exit 0' INT;;
1) trap '' INT;;
2) (trap '' INT TERM; while :; do sleep 1; done) & echo \"child $!\";;
esac
echo \"start $$\"; while :; do sleep 0.02; done\n";
    let mut watch = Watch::start(program, &["--restart-delay", "20", "--stop-timeout", "100"]);
    let mut chance = Chance(7);
    let (mut started, mut alive, mut seen, mut first) = (0, Vec::new(), Vec::new(), None);
    while started < RESTARTS {
        let line = watch.out.recv_timeout(DEADLINE);
        let line = line.unwrap_or_else(|_| panic!("after {started}: {}", watch.said()));
        let pid = |text: &str| text.rsplit(' ').next().and_then(|pid| pid.parse().ok());
        let Some(event) = event(&line) else {
            if line.starts_with("start") || line.starts_with("child") {
                seen.extend(pid(&line).and_then(Pid::from_raw));
            }
            continue;
        };
        match event["kind"].as_str() {
            Some("process_started") => {
                alive.push(event["pid"].clone());
                assert_eq!(alive.len(), 1, "two at once after {started}");
                started += 1;
                if started == RESTARTS / 10 {
                    first = Some(footprint(watch.child.id()));
                }
                let running = event["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
                let running = running.and_then(Pid::from_raw).expect("a pid");
                match chance.below(4) {
                    // It dies, and the next save starts it again.
                    0 => {
                        let _ = kill_process(running, Signal::KILL);
                        watch.save_again(started);
                    }
                    // A build fails, and the next one does not.
                    1 => {
                        fs::write(watch.path("broken"), "x").expect("a file");
                        watch.save_again(started);
                    }
                    2 => (0..5).for_each(|n| watch.save_again(started * 10 + n)),
                    _ => watch.save_again(started),
                }
            }
            Some("process_stopped") => alive.retain(|pid| *pid != event["pid"]),
            Some("build_failed") => {
                let _ = fs::remove_file(watch.path("broken")); // by the failure before
                watch.save_again(1_000 + started);
            }
            _ => {}
        }
    }
    let (descriptors, kilobytes) = footprint(watch.child.id());
    let (first, before) = first.expect("there were more");
    println!(
        "measured: {RESTARTS} restarts: {first} descriptors and {before} kB early, {descriptors} and \
         {kilobytes} kB late"
    );
    // One more of each kind while a build runs.
    assert!(descriptors <= first + 6, "{first} descriptors became {descriptors}");
    assert!(kilobytes < before + 2_000, "{before} kB became {kilobytes}");
    watch.signal(Signal::TERM);
    assert_eq!(watch.end().0, Some(0));
    assert!(seen.len() > 20, "{} programs and children said so", seen.len());
    seen.into_iter().for_each(assert_gone);
}
