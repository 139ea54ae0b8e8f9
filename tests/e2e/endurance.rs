//! Hundreds of reloads in one process.

use crate::threads::project_with_thread;
use crate::window::Bench;
use host::compile::Artifact;
use host::journal::event::{BuildWay, Entry, Event};
use hot_api::egui::{Event as InputEvent, Pos2};
use hot_api::state::{Snapshot, Tree};
use pitstop_tests::alone::measured;
use pitstop_tests::demo::{library, window_names};
use pitstop_tests::host_process::kind_of;
use pitstop_tests::in_process::Stage;
use pitstop_tests::inspect::primary_button;
use pitstop_tests::{HostOptions, HostProcess, Project, alone, processes, wait_until};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Frames between two reloads: more than the probation of a generation, so that each is retired.
const FRAMES_BETWEEN: usize = 11;

/// A leak of one picture of this demo, or of one font atlas, is ten times as much; the allocator's
/// own moods, averaged over forty reloads, are a tenth of it.
const LEAK_BYTES_MAX: u64 = 64 * 1024;

#[test]
fn all_windows_of_egui_s_demo_swapped_two_hundred_times_leave_nothing_behind() {
    if !alone(
        "endurance::all_windows_of_egui_s_demo_swapped_two_hundred_times_leave_nothing_behind",
    ) {
        return;
    }
    let artifact = &demo_artifact();
    let mut stage = Stage::new();
    stage.reload(artifact).expect("the demo loads");
    let _few_windows = stage.frame(&[]);
    let windows = window_names();
    let all_open = with_open(&windows, &stage.snapshot());
    stage.reload_with(artifact, all_open).expect("the demo takes its state");
    let triangles = stage.frame(&[]).indices.len() / 3;
    assert!(triangles > 20_000, "{triangles} triangles are not all windows");

    let mut resident = Vec::new();
    for _ in 0..200 {
        stage.reload(artifact).expect("the demo loads again");
        for _ in 0..FRAMES_BETWEEN {
            let _picture = stage.frame(&[]);
        }
        resident.push(processes::resident_bytes());
    }
    assert_eq!(stage.state()["open"].as_array().map(Vec::len), Some(windows.len()));
    assert_eq!(stage.retired.len(), 201, "every generation but the last has ended");
    let pinned = stage.retired.iter().find(|retirement| !retirement.unmapped);
    assert_eq!(pinned, None, "every library is gone");
    let average = |range: std::ops::Range<usize>| {
        let values = &resident[range];
        values.iter().sum::<u64>() / values.len() as u64
    };
    let (early, late) = (average(20..60), average(160..200));
    let per_reload = late.saturating_sub(early) / 140;
    measured(&format!("{per_reload} bytes a reload, {early} resident early, {late} late"));
    assert!(per_reload < LEAK_BYTES_MAX, "{per_reload} bytes a reload; {resident:?}");
}

/// The demo's library, as it was built along with this test.
fn demo_artifact() -> Artifact {
    let path = library().unwrap_or_else(|error| panic!("{error:#}"));
    Artifact::read("egui_demo", path, true).unwrap_or_else(|error| panic!("{error}"))
}

/// The snapshot with these windows open.
fn with_open(windows: &[String], snapshot: &[u8]) -> Vec<u8> {
    let mut snapshot = Snapshot::decode(snapshot).expect("what was captured can be read");
    let state = snapshot.sections.iter_mut().find(|section| section.name == "state");
    let state = state.expect("every module has a state");
    let mut tree = state.tree().expect("the state was captured with its names");
    let open = tree.field_mut("open").expect("the demo keeps its open windows here");
    *open = Tree::Seq(windows.iter().cloned().map(Tree::String).collect());
    state.payload = tree.encode();
    snapshot.encode()
}

/// Signs and counts what arrives: clicks on the whole area, and characters whoever has the focus.
const COUNT_INPUT: &str = "
    data.sign(NAME);
    ui.heading(NAME);
    let area = ui.interact(ui.max_rect(), ui.id().with(\"area\"), egui::Sense::click());
    data.clicks += u32::from(area.clicked());
    ui.input(|input| {
        for event in &input.events {
            if let egui::Event::Text(text) = event {
                data.typed.push_str(text);
            }
        }
    });
    ui.ctx().request_repaint_after(FRAME_EVERY);
    return;";

/// As quick as a display shows frames, so that each swap has input before, in and after it.
const INPUT_EVERY: Duration = Duration::from_millis(16);

/// What a host must not gain with each reload: one font atlas or one picture is far more.
const HOST_LEAK_BYTES_MAX: u64 = 64 * 1024;

fn project_that_counts_input() -> Project {
    let project = Project::new();
    project.replace("data/src/lib.rs", "pub text:", "pub typed: String,\n    pub text:");
    project.edit("ui/src/lib.rs", |code| {
        code.replace("// in ui", COUNT_INPUT)
            .replace("impl Module", "#[allow(unreachable_code)]\nimpl Module")
    });
    project
}

/// What one host looks like from outside.
#[derive(Clone, Copy, Debug)]
struct Footprint {
    resident: u64,
    descriptors: usize,
}

impl Footprint {
    #[track_caller]
    fn of(pid: u32) -> Self {
        Self::of_running(pid).expect("the host runs")
    }

    /// `None` when the process has ended.
    fn of_running(pid: u32) -> Option<Self> {
        let resident = processes::resident_bytes_of(pid)?;
        let descriptors = processes::descriptors_of(pid)?;
        Some(Self { resident, descriptors })
    }
}

/// Saves new code again and again in a window, in which somebody types and clicks all the time.
struct Reloads {
    bench: Bench,
    /// What was typed, a click with each character.
    sent: String,
    names: Vec<String>,
    footprints: Vec<Footprint>,
}

/// Ends the typing however the thread that waits for reloads ends.
struct StopTyping<'a>(&'a AtomicBool);

impl Drop for StopTyping<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Reloads {
    /// `None` where there are no windows.
    #[track_caller]
    fn start() -> Option<Self> {
        let bench = Bench::with(project_that_counts_input(), Vec::new())?;
        let names = vec!["one".to_owned()];
        Some(Self { bench, sent: String::new(), names, footprints: Vec::new() })
    }

    /// The next `count` versions of the code.
    #[track_caller]
    fn run(&mut self, count: usize) {
        let Self { bench: Bench { window, host, project, .. }, sent, names, footprints } = self;
        let pos = window.find("ui").rect.center();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let _stop = StopTyping(&stop);
            let typist = scope.spawn(|| {
                let ticks = crossbeam_channel::tick(INPUT_EVERY);
                while !stop.load(Ordering::Relaxed) {
                    let character = char::from(b'a' + (sent.len() % 26) as u8);
                    window.send(click_and_type(pos, character));
                    sent.push(character);
                    ticks.recv().expect("a ticker never ends");
                }
            });
            for _ in 0..count {
                let name = format!("version {}", names.len());
                project.rename("ui", &name);
                host.wait_for_commit("ui");
                names.push(name);
                footprints.push(Footprint::of(host.pid()));
                assert!(!typist.is_finished(), "the window takes no input any more");
            }
        });
    }

    /// Everything that was typed has arrived, every version has drawn, and what it took the place of is
    /// gone from memory.
    #[track_caller]
    fn check(&mut self) {
        let host = &mut self.bench.host;
        let last = wait_until("all input has arrived", || {
            let state = host.state("ui");
            (state["typed"] == self.sent.as_str()).then_some(state)
        });
        assert_eq!(last["clicks"], self.sent.len(), "a click with each character");
        assert_eq!(last["seen_by"], serde_json::json!(self.names), "every version has drawn");
        let per_reload = self.sent.len() / self.names.len();
        assert!(per_reload > 5, "{} inputs are not one for each swap", self.sent.len());

        let reloads = self.names.len() - 1;
        let retired = wait_until("old generations end", || {
            let journal = host.journal();
            let retired = journal.iter().filter(|entry| kind_of(entry) == "retired").count();
            (retired >= reloads).then_some(retired)
        });
        assert_eq!(retired, reloads, "all but the running one");
        let mut replayed = 0;
        for entry in host.journal() {
            match &entry.event {
                Event::Retired { unmapped, why_not } => assert!(*unmapped, "{why_not:?}"),
                Event::BuildStarted { way: Some(BuildWay::Replay), .. } => replayed += 1,
                Event::Fault { .. } | Event::Rejected { .. } | Event::BuildFailed { .. } => {
                    panic!("{entry:?}")
                }
                _ => {}
            }
        }
        assert_eq!(replayed, reloads, "each of them as users get it");
        let mapped = processes::mapped_by(host.pid());
        let of_kind = |part: &str| mapped.iter().filter(|file| file.contains(part)).count();
        let (modules, shared) = (of_kind("/generations/ui-g"), of_kind("libpitstop_shared-"));
        assert_eq!((modules, shared), (1, 1), "only the running one is mapped: {mapped:#?}");

        let (early, late) = (self.average(20..60), self.average(reloads - 40..reloads));
        let growth = late.saturating_sub(early) / (reloads - 60) as u64;
        let descriptors = |at: usize| self.footprints[at].descriptors;
        let (first, last) = (descriptors(20), descriptors(reloads - 1));
        measured(&format!(
            "{reloads} reloads, {} inputs: {growth} bytes a reload ({early} resident early, \
             {late} late), {first} descriptors early, {last} late",
            self.sent.len()
        ));
        assert!(growth < HOST_LEAK_BYTES_MAX, "{growth} bytes a reload: {:?}", self.footprints);
        // One more while a client of the socket is served.
        assert!(last <= first + 3, "{first} descriptors became {last}");
    }

    fn average(&self, range: std::ops::Range<usize>) -> u64 {
        let part = &self.footprints[range];
        part.iter().map(|footprint| footprint.resident).sum::<u64>() / part.len() as u64
    }
}

#[test]
fn k12_two_hundred_reloads_in_a_window_leave_nothing_behind() {
    let Some(mut reloads) = Reloads::start() else { return };
    reloads.run(200);
    reloads.check();
}

#[test]
fn k13_a_thousand_reloads_under_continuous_input_lose_nothing_soak() {
    let Some(mut reloads) = Reloads::start() else { return };
    reloads.run(1000);
    reloads.check();
}

/// How many generations may be on their way out: the newest is on probation.
const RETIRING_MAX: usize = 3;

/// Each reload waits for a second whether its first frame is shown.
#[track_caller]
fn reload_minimised(reloads: usize) {
    let Some(mut bench) = Bench::with(Project::new(), Vec::new()) else { return };
    bench.display.minimise();
    // Nothing is asked of the window from here on: that would have it draw.
    for round in 0..reloads {
        bench.project.rename("ui", &format!("version {round}"));
        bench.host.wait_for_commit("ui");
    }
    let retired = bench.host.count("retired");
    assert!(retired + RETIRING_MAX >= reloads, "{retired} of {reloads} are retired");
    let mapped = processes::mapped_by(bench.host.pid());
    let modules = mapped.iter().filter(|file| file.contains("/generations/ui-g")).count();
    assert!(modules <= RETIRING_MAX, "{mapped:#?}");
}

#[test]
fn g12_reloads_of_a_minimised_window_retire_old_generations() {
    reload_minimised(20);
}

#[test]
fn g12_two_hundred_reloads_of_a_minimised_window_soak() {
    reload_minimised(200);
}

/// The process id of the newest host that a supervisor has started.
fn newest_host(host: &mut HostProcess) -> u32 {
    let pid = host.journal().iter().rev().find_map(|entry| match entry.event {
        Event::Started { pid, .. } => Some(pid),
        _ => None,
    });
    pid.expect("a host that has started says so")
}

/// Each generation's first thread takes a key of the process that is never given back, so the host has to
/// start again before they run out.
#[test]
fn g10_two_thousand_reloads_of_a_module_with_threads_soak() {
    const RELOADS: usize = 2_000;
    let project = project_with_thread(true);
    let options = HostOptions { supervised: true, ..HostOptions::default() };
    let mut host = HostProcess::launch(&project, options);
    host.wait_for_commit("ui");
    let mut names = vec!["one".to_owned()];
    let mut footprints = Vec::new();
    for n in 1..=RELOADS {
        let name = format!("version {n}");
        project.rename("ui", &name);
        wait_until("the new code has drawn", || {
            let state = host.try_state("ui")?;
            (state["seen_by"].as_array()?.last()? == name.as_str()).then_some(())
        });
        names.push(name);
        if n % 20 == 0 {
            // One that is about to start again may be gone before it is looked at.
            let footprint =
                wait_until("a host runs", || Footprint::of_running(newest_host(&mut host)));
            footprints.push((n, footprint));
        }
    }
    assert_eq!(host.seen_by("ui"), names, "every version has drawn, and nothing was lost");
    let words = host.words();
    let count = |kind: &str, journal: &[Entry]| {
        journal.iter().filter(|entry| kind_of(entry) == kind).count()
    };
    let journal = host.journal();
    let (hosts, asked) = (count("started", journal), count("restarting", journal));
    assert!(hosts > 1 && asked + 1 >= hosts, "{hosts} hosts, {asked} restarts\n{words}");
    for unwanted in ["fault", "rejected", "build_failed"] {
        assert_eq!(count(unwanted, journal), 0, "{unwanted}\n{words}");
    }
    measured(&format!("{RELOADS} reloads by {hosts} hosts"));
    for (n, Footprint { resident, descriptors }) in footprints.iter().step_by(10) {
        measured(&format!("after {n}: {resident} bytes resident, {descriptors} descriptors"));
    }
    let (first, last) = (footprints[0].1, footprints[footprints.len() - 1].1);
    assert!(last.descriptors <= first.descriptors + 3, "{footprints:?}");
    assert!(last.resident < first.resident + (64 << 20), "{footprints:?}");
}

fn click_and_type(pos: Pos2, character: char) -> Vec<InputEvent> {
    let button = |pressed| primary_button(pos, pressed);
    let text = InputEvent::Text(character.to_string());
    vec![InputEvent::PointerMoved(pos), button(true), button(false), text]
}

#[test]
fn typing_into_a_field_goes_on_across_swaps() {
    let project = Project::new();
    project.replace(
        "ui/src/lib.rs",
        "ui.text_edit_singleline(&mut data.text);",
        "let field = ui.text_edit_singleline(&mut data.text);
         if data.text.is_empty() && !field.has_focus() { field.request_focus(); }",
    );
    let built = project.build();
    let artifact = &built.artifacts[&project.package("ui")];
    let mut stage = Stage::new();
    stage.reload(artifact).expect("the module loads");
    for _ in 0..3 {
        let _focused = stage.frame(&[]);
    }
    let mut sent = String::new();
    for round in 0..50_u8 {
        for character in [b'a' + round % 26, b'A' + round % 26].map(char::from) {
            sent.push(character);
            let _picture = stage.frame(&[InputEvent::Text(character.to_string())]);
        }
        stage.reload(artifact).expect("it loads again");
    }
    assert_eq!(stage.state()["text"], sent);
}
