//! New code is tried in a process of its own before anything of it runs in the host.

use crate::fault::last_rejection;
use crate::{REJECTED, RELOADED, UNCHANGED};
use host::journal::event::{Event, Stage};
use host::journal::status::ModuleHealth;
use pitstop_tests::processes::{command_of, descriptors_of, mapped_by, started_by};
use pitstop_tests::{HostOptions, HostProcess, Project, wait_until};
use rustix::process::Signal;
use std::collections::BTreeSet;

/// A function of the library that runs while it is loaded.
fn at_load(code: &str) -> String {
    format!(
        "#[used] #[unsafe(link_section = \".init_array\")]
         static AT_LOAD: extern \"C\" fn() = at_load;
         extern \"C\" fn at_load() {{ {code} }}"
    )
}

fn at_drop(code: &str) -> String {
    format!("impl Drop for Ui {{ fn drop(&mut self) {{ {code} }} }}")
}

/// Where code goes that fails, and at which stage it is refused then.
#[derive(Clone, Copy)]
struct Place {
    file: &'static str,
    /// What it takes the place of.
    mark: &'static str,
    stage: Stage,
    words: &'static str,
}

const UI: &str = "ui/src/lib.rs";
const DATA: &str = "data/src/lib.rs";

const LOAD: Place = Place {
    file: UI,
    mark: "// at the end",
    stage: Stage::Load,
    words: "while its library was loaded",
};
const CREATE: Place = Place {
    file: UI,
    mark: "// in create",
    stage: Stage::Restore,
    words: "while restoring its state",
};
const LOGIC: Place = Place {
    file: UI,
    mark: "// in logic",
    stage: Stage::FirstFrame,
    words: "while running its logic",
};
const DRAW: Place =
    Place { file: UI, mark: "// in ui", stage: Stage::FirstFrame, words: "while drawing \"main\"" };
const DROP: Place =
    Place { file: UI, mark: "// at the end", stage: Stage::Drop, words: "while dropping it" };
/// In the way of a field through serde.
const FIELD: &str = "    /// How often `logic` ran.\n";

/// Has the state's field `ticks` pass through a function.
fn through(project: &Project, attribute: &str, function: &str) {
    project.edit(DATA, |text| {
        let text =
            text.replace(FIELD, &format!("{FIELD}    #[serde({attribute} = \"through\")]\n"));
        text.replace("// at the end", function)
    });
}

/// What was written before the end.
const WORDS: &str = "eprintln!(\"these are the last words\");";

/// Saves code that ends or hangs its process, and expects that nothing but a refusal comes of it.
#[track_caller]
fn refused(host: &mut HostProcess, place: Place, how: &str, edit: impl FnOnce()) {
    let ticks = host.state("ui")["ticks"].as_u64();
    host.check(edit, &REJECTED);
    let (stage, reason, detail) = last_rejection(host);
    assert_eq!(stage, place.stage, "{}", host.words());
    assert!(reason.contains(how) && reason.contains(place.words), "{reason}");
    assert!(detail.contains("these are the last words"), "{detail}");
    let status = host.status().modules.remove(0);
    assert_eq!(status.status, ModuleHealth::Failed);
    let told = status.last_error.expect("the status tells the reason");
    assert!(told.contains(how) && told.contains("these are the last words"), "{told}");
    wait_until("the old code runs on", || {
        (host.state("ui")["ticks"].as_u64() > ticks).then_some(())
    });
}

/// The newest verdict: stage, signal.
fn last_failure(host: &mut HostProcess) -> (String, Option<i32>) {
    let failed = host.journal().iter().rev().find_map(|entry| match &entry.event {
        Event::TrialFailed { stage, signal, stderr, .. } => {
            assert!(stderr.contains("these are the last words"), "{stderr}");
            Some((stage.clone(), *signal))
        }
        _ => None,
    });
    failed.expect("a trial has failed")
}

#[test]
fn k07_v01_new_code_that_would_end_the_host_is_refused_and_the_old_code_runs_on() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let first = host.status().modules[0].generation;
    let sources = [UI, DATA].map(|file| (file, project.read(file)));
    let abort = format!("{WORDS} std::process::abort();");
    let null = format!(
        "{WORDS} unsafe {{ std::ptr::with_exposed_provenance_mut::<u8>(8).write_volatile(1) }};"
    );
    let exit = format!("{WORDS} std::process::exit(7);");
    let deep = "fn deep(n: u64) -> u64 {
                    let frame = std::hint::black_box([n; 64]);
                    if n == u64::MAX { 0 } else { deep(n + 1) + frame[3] }
                }";
    let endless =
        format!("{WORDS} loop {{ std::mem::forget(Vec::<u8>::with_capacity(1 << 30)); }}");
    let restore = format!(
        "{deep} fn through<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {{
             // What traces the type has other numbers than the state.
             let ticks = u64::deserialize(from)?;
             if ticks > 3 {{ {WORDS} return Ok(deep(0)); }}
             Ok(ticks)
         }}"
    );
    let capture = format!(
        "// What is written while the state is restored is that of before.
         static SEEN: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(u64::MAX);
         fn through<S: serde::Serializer>(ticks: &u64, to: S) -> Result<S::Ok, S::Error> {{
             if *ticks > SEEN.swap(*ticks, std::sync::atomic::Ordering::Relaxed) {{ {abort} }}
             to.serialize_u64(*ticks)
         }}"
    );
    let mut check = |place: Place, how: &str, signal: Option<i32>, edit: &dyn Fn()| {
        refused(&mut host, place, how, edit);
        assert_eq!(last_failure(&mut host), (place.stage.to_string(), signal));
        assert_eq!(host.status().modules[0].generation, first);
        let (file, text) = sources
            .iter()
            .find(|(file, text)| project.read(file) != *text)
            .expect("a file was changed");
        host.check(|| project.save(file, text), &UNCHANGED);
    };
    let (segv, aborted) = (Signal::SEGV.as_raw(), Signal::ABORT.as_raw());
    let replace = |place: Place, code: String| {
        let project = &project;
        move || project.replace(place.file, place.mark, &code)
    };
    check(LOAD, "SIGABRT", Some(aborted), &replace(LOAD, at_load(&abort)));
    check(CREATE, "SIGABRT (out of memory)", Some(aborted), &replace(CREATE, endless));
    check(CREATE, "SIGABRT (stack overflow)", Some(aborted), &|| {
        through(&project, "deserialize_with", &restore);
    });
    check(LOGIC, "it called `exit` with code 7", None, &replace(LOGIC, exit));
    check(DRAW, "SIGSEGV (write to 0x8)", Some(segv), &replace(DRAW, null));
    let captured = Place { stage: Stage::Capture, words: "while capturing its state", ..DRAW };
    check(captured, "SIGABRT", Some(aborted), &|| through(&project, "serialize_with", &capture));
    check(DROP, "SIGABRT", Some(aborted), &replace(DROP, at_drop(&abort)));
    host.check(|| project.rename("ui", "two"), &RELOADED);
    assert_eq!(host.seen_by("ui"), ["one", "two"], "the old code ran on with its state");
}

#[test]
fn k07_v01_new_code_that_never_returns_is_refused_and_the_old_code_runs_on() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let ui = project.read(UI);
    let hang = format!("{WORDS} loop {{ std::thread::park(); }}");
    let still = Place { words: "after 5 s it was still drawing \"main\"", ..DRAW };
    let unloaded = Place { words: "its library was not loaded", ..LOAD };
    for (place, code) in [(unloaded, at_load(&hang)), (still, hang)] {
        let edit = || project.save(UI, &ui.replace(place.mark, &code));
        refused(&mut host, place, "it would have hung the application", edit);
        assert_eq!(last_failure(&mut host), (place.stage.to_string(), None));
    }
    host.check(|| project.save(UI, &pitstop_tests::project::renamed(&ui, "two")), &RELOADED);
    assert_eq!(host.seen_by("ui"), ["one", "two"], "the old code ran on with its state");
}

#[test]
fn v01_a_first_load_that_would_end_the_host_leaves_it_running_and_the_fix_starts_the_application() {
    let project = Project::new();
    project.replace(UI, LOGIC.mark, "std::process::abort();");
    let mut host = HostProcess::launch(&project, HostOptions::default());
    host.wait_for_kind("rejected");
    let (stage, reason, _) = last_rejection(&mut host);
    assert_eq!(stage, Stage::FirstFrame);
    assert!(reason.contains("SIGABRT while running its logic"), "{reason}");
    project.replace(UI, "std::process::abort();", LOGIC.mark);
    host.wait_for_commit("ui");
    assert_eq!(host.seen_by("ui"), ["one"]);
}

#[test]
fn v01_a_checkpoint_that_would_end_the_host_is_set_aside() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    host.wait_for_kind("checkpoint");
    assert!(host.stop().0.success());
    let aborts = "if data.ticks > 0 && frame.host().on_trial() { std::process::abort(); }";
    project
        .edit(UI, |code| code.replace(LOGIC.mark, aborts).replace("_frame: &mut", "frame: &mut"));
    let mut host = HostProcess::launch(&project, HostOptions::default());
    host.wait_for_commit("ui");
    let told = host.words();
    assert!(told.contains("the code refused the state") && told.contains("SIGABRT"), "{told}");
    assert_eq!(host.count("trial_passed"), 1, "with the default state: {told}");
    assert_eq!(host.count("restored"), 0, "{told}");
}

/// Writes what the code sees, and ends the process where that is read.
fn tells(project: &Project) {
    let side = "const VIEWS: &'static [hot_api::View<Self>] = &[
            hot_api::View { name: \"side\", ui: Ui::side }, hot_api::View { name: \"unseen\", ui: Ui::unseen },
        ];";
    let views = "impl Ui {
            fn side(&mut self, _: &mut Data, ui: &mut egui::Ui, _: &mut ModuleFrame<'_>) {
                eprintln!(\"side is {:?}\", ui.ctx().content_rect().size());
            }
            fn unseen(&mut self, _: &mut Data, _: &mut egui::Ui, _: &mut ModuleFrame<'_>) {
                eprintln!(\"unseen was drawn\");
            }
        }
        impl Drop for Ui { fn drop(&mut self) { std::process::abort(); } }";
    project.edit(UI, |code| {
        let code = code.replace("_frame: &mut", "frame: &mut");
        let code = code.replace("_cc: &Create", "cc: &Create");
        let code = code.replace("type State = Data;", &format!("type State = Data;\n{side}"));
        let code =
            code.replace(CREATE.mark, "if cc.host.on_trial() { eprintln!(\"created on trial\"); }");
        let code = code.replace(
            DRAW.mark,
            "eprintln!(\"main of {:?} is {:?}, on trial: {}\", data.seen_by, \
             ui.ctx().content_rect().size(), frame.host().on_trial());",
        );
        let code = code.replace(LOGIC.mark, "let _ = &frame;");
        code.replace("// at the end", views)
    });
}

#[test]
fn v02_the_trial_has_the_state_of_now_and_draws_every_visible_view() {
    let project = Project::new();
    project.edit("pitstop.toml", |text| format!("{text}views = [\"side\"]\n"));
    let mut host = HostProcess::start(&project);
    host.check(|| project.rename("ui", "two"), &RELOADED);
    host.check(|| tells(&project), &REJECTED);
    let (stage, _, detail) = last_rejection(&mut host);
    assert_eq!(stage, Stage::Drop, "{}", host.words());
    let size = "[1280.0 720.0]";
    for line in [
        "created on trial".to_owned(),
        format!("main of [\"one\", \"two\"] is {size}, on trial: true"),
        format!("side is {size}"),
    ] {
        assert!(detail.lines().any(|found| found == line), "{line:?} is not in:\n{detail}");
    }
    assert!(!detail.contains("unseen was drawn"), "{detail}");
}

#[test]
fn v02_code_outside_of_a_trial_is_told_so() {
    let project = Project::new();
    project.edit(UI, |code| {
        code.replace("_frame: &mut", "frame: &mut")
            .replace(DRAW.mark, "data.text = format!(\"on trial: {}\", frame.host().on_trial());")
            .replace(LOGIC.mark, "let _ = &frame;")
    });
    let host = HostProcess::start(&project);
    assert_eq!(host.state("ui")["text"], "on trial: false");
}

/// The processes that try code for this one.
fn trials_of(host: u32) -> BTreeSet<u32> {
    let started = started_by(host).into_iter();
    started.filter(|pid| command_of(*pid).iter().any(|arg| arg == "--on-trial")).collect()
}

fn the_one_of(host: u32) -> u32 {
    wait_until("a process for trials", || trials_of(host).pop_first())
}

fn wait_for_the_end_of(pid: u32) {
    // One that has ended and that nobody has asked for has no descriptors any more.
    wait_until("its end", || (descriptors_of(pid).unwrap_or_default() == 0).then_some(()));
}

#[test]
fn v03_nothing_of_new_code_is_in_the_host_until_its_trial_has_passed() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let trial = the_one_of(host.pid());
    let go = project.path("ignored/go");
    let waits =
        format!("while !std::path::Path::new({go:?}).exists() {{ std::thread::yield_now(); }}");
    host.take_in();
    project.edit(UI, |code| {
        code.replace("// at the end", &at_load(&waits)).replace("\"one\"", "\"two\"")
    });
    let has_it = |pid: u32| mapped_by(pid).iter().any(|file| file.contains("-g2."));
    wait_until("the library is on trial", || has_it(trial).then_some(()));
    let ticks = |host: &HostProcess| host.state("ui")["ticks"].as_u64().expect("a number");
    let before = ticks(&host);
    wait_until("frames", || (ticks(&host) > before + 20).then_some(()));
    assert!(has_it(trial) && !has_it(host.pid()), "{}", host.words());
    project.save("ignored/go", "");
    host.wait_for_commit("ui");
    assert!(has_it(host.pid()));
    wait_for_the_end_of(trial);
    assert_ne!(the_one_of(host.pid()), trial, "the next one waits");
}

#[test]
fn v03_no_process_for_trials_is_left_however_the_host_ends() {
    let project = Project::new();
    let host = HostProcess::start(&project);
    let idle = the_one_of(host.pid());
    assert!(host.stop().0.success());
    wait_for_the_end_of(idle);

    let mut host = HostProcess::start(&project);
    let idle = the_one_of(host.pid());
    host.signal(Signal::KILL);
    host.wait_for_end();
    wait_for_the_end_of(idle);

    let mut host = HostProcess::start(&project);
    let busy = the_one_of(host.pid());
    project.replace(UI, LOGIC.mark, "loop { std::thread::park(); }");
    let has_it = |pid: u32| mapped_by(pid).iter().any(|file| file.contains("/generations/"));
    wait_until("the code is on trial", || has_it(busy).then_some(()));
    host.signal(Signal::KILL);
    host.wait_for_end();
    wait_for_the_end_of(busy);
}

#[test]
fn v03_the_end_of_the_host_is_that_of_a_trial() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let trial = the_one_of(host.pid());
    host.take_in();
    project.replace(UI, LOGIC.mark, "loop { std::thread::park(); }");
    let has_it = |pid: u32| mapped_by(pid).iter().any(|file| file.contains("/generations/"));
    wait_until("the code is on trial", || has_it(trial).then_some(()));
    host.signal(Signal::TERM);
    let status = host.wait_for_end();
    assert_eq!(status.code(), Some(0), "{}", host.words());
    wait_for_the_end_of(trial);
    assert_eq!(host.count("trial_failed"), 0, "{}", host.words());
}

#[test]
fn v04_without_trials_no_process_waits_for_code() {
    let project = Project::new();
    project.without_trials();
    let mut host = HostProcess::start(&project);
    assert_eq!(trials_of(host.pid()), BTreeSet::new());
    host.check(|| project.rename("ui", "two"), &RELOADED);
    assert_eq!((host.count("trial_passed"), host.count("trial_failed")), (0, 0));
}

#[test]
fn v04_code_that_fails_for_being_confined_is_shown_and_runs() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let file = project.path("ignored/written");
    project.save("ignored/empty", "");
    let listens = format!(
        "std::fs::write({file:?}, std::process::id().to_string()).expect(\"the file can be written\");"
    );
    host.check(|| project.replace(UI, CREATE.mark, &listens), &RELOADED);
    let writer = project.read("ignored/written");
    assert_eq!(writer, host.pid().to_string(), "the host alone has written");
    let words = host.words();
    assert!(words.contains("its trial failed at restore: the file can be written"), "{words}");
    assert_eq!(host.status().modules[0].status, ModuleHealth::Ok);
}

#[test]
fn v04_code_that_needs_a_port_is_not_refused_because_the_old_code_has_it() {
    let project = Project::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    let address = port.expect("a free port").to_string();
    let listen = format!(
        "*SOCKET.lock().unwrap() = Some(std::net::TcpListener::bind({address:?}).unwrap());"
    );
    let statics = "static SOCKET: std::sync::Mutex<Option<std::net::TcpListener>> = std::sync::Mutex::new(None);";
    let methods = format!(
        "fn suspend(&mut self, _: &mut Data) {{ *SOCKET.lock().unwrap() = None; }}
         fn resume(&mut self, _: &mut Data) {{ {listen} }}
         fn logic("
    );
    project.edit(UI, |code| {
        code.replace("fn logic(", &methods)
            .replace(CREATE.mark, &listen)
            .replace("// at the end", statics)
    });
    let mut host = HostProcess::start(&project);
    host.check(|| project.rename("ui", "two"), &RELOADED);
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
    assert_eq!(
        (host.count("trial_failed"), host.count("trial_passed")),
        (2, 0),
        "{}",
        host.words()
    );
}

#[test]
fn v04_the_process_of_a_trial_can_reach_nothing_outside() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let beside = project.path("ignored/made");
    project.save("ignored/empty", "");
    let tries = format!(
        "let refused = |what: &str, error: Option<std::io::Error>| \
             eprintln!(\"{{what}}: {{:?}}\", error.map(|error| error.kind()));
         refused(\"file\", std::fs::write({beside:?}, \"\").err());
         refused(\"program\", std::process::Command::new(\"true\").status().err());
         refused(\"tcp\", std::net::TcpStream::connect(\"127.0.0.1:9\").err());
         refused(\"udp\", std::net::UdpSocket::bind(\"127.0.0.1:0\").err());
         refused(\"path\", std::os::unix::net::UnixDatagram::unbound().err());
         refused(\"sink\", std::fs::write(\"/dev/null\", \"x\").err());
         let open = std::fs::read_dir(\"/proc/self/fd\").unwrap().flatten();
         let open = open.filter_map(|fd| std::fs::read_link(fd.path()).ok());
         eprintln!(\"files: {{:?}}\", open.filter(|to| !to.starts_with(\"/proc\") && to.is_absolute()).collect::<Vec<_>>());
         std::process::abort();"
    );
    host.check(|| project.replace(UI, CREATE.mark, &tries), &REJECTED);
    let (_, _, detail) = last_rejection(&mut host);
    for line in [
        "file: Some(PermissionDenied)",
        "program: Some(PermissionDenied)",
        "tcp: Some(PermissionDenied)",
        "udp: Some(PermissionDenied)",
        "path: Some(PermissionDenied)",
        "sink: None",
        "files: [\"/dev/null\"]",
    ] {
        assert!(detail.lines().any(|found| found == line), "{line:?} is not in:\n{detail}");
    }
    assert!(!beside.exists());
}

#[test]
fn v03_a_trial_adds_at_most_25_ms_to_a_reload_soak() {
    const RELOADS: usize = 21;
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let trial = |entry: &host::journal::event::Entry| match &entry.event {
        Event::Committed { stages_us, .. } => Some(*stages_us),
        _ => None,
    };
    for round in 0..RELOADS {
        host.check(|| project.rename("ui", &format!("round {round}")), &RELOADED);
    }
    let mut stages: Vec<_> = host.journal().iter().filter_map(trial).skip(1).collect();
    stages.sort_by_key(|stages| stages.trial);
    let median = stages[RELOADS / 2];
    println!(
        "trial {}..{} us; with the median: {median:?}",
        stages[0].trial,
        stages[RELOADS - 1].trial
    );
    assert!(median.trial <= 25_000, "{median:?}");
}
