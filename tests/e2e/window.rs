//! The real window: keys, buttons, what can be read in it and what it looks like.

use crate::{RELOADED, restart};
use egui::accesskit::Role;
use egui::{Event as InputEvent, Key, Modifiers};
use host::journal::event::{Entry, Event, FaultSite, NoChange, Trigger};
use host::journal::status::ModuleHealth;
use image::{GenericImageView, RgbaImage};
use pitstop_tests::alone::measured;
use pitstop_tests::inspect::{Address, Window, primary_button};
use pitstop_tests::xvfb::{self, Display};
use pitstop_tests::{HostOptions, HostProcess, Project, wait_until};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

/// A host with its window, on a display of its own.
pub(crate) struct Bench {
    // Ended in this order: the host before its display.
    pub(crate) window: Window,
    address: Address,
    pub(crate) host: HostProcess,
    pub(crate) project: Project,
    pub(crate) display: Display,
}

impl Bench {
    /// `None` where there are no windows.
    #[track_caller]
    pub(crate) fn start() -> Option<Self> {
        Self::with(Project::new(), Vec::new())
    }

    /// The window of this project, with more in its environment.
    #[track_caller]
    pub(crate) fn with(project: Project, more: Vec<(OsString, OsString)>) -> Option<Self> {
        Self::with_options(project, HostOptions { env: more, ..HostOptions::default() })
    }

    /// The window of this project.
    #[track_caller]
    fn with_options(project: Project, options: HostOptions) -> Option<Self> {
        let display = Display::start()?;
        let address = Address::free();
        let mut env = display.env();
        env.push(address.env());
        env.extend(options.env);
        let options = HostOptions { window: true, env, ..options };
        let mut host = HostProcess::launch(&project, options);
        let started = host.wait_for_kind("started");
        if matches!(started.event, Event::Started { headless: true, .. }) {
            xvfb::skip(&format!("there is no OpenGL: {}", host.stderr()));
            return None;
        }
        host.wait_for_commit("ui");
        let mut window = Window::open(address);
        window.find("one");
        host.take_in();
        Some(Self { window, address, host, project, display })
    }

    /// Drags the tab of [the other view](export_another_view) to the right half, so that both are to be seen.
    #[track_caller]
    pub(crate) fn put_the_other_view_beside(&mut self) {
        let tab = self.window.find("ui: other");
        let screen = self.window.screenshot();
        let right = egui::vec2(screen.width() as f32 * 0.75, screen.height() as f32 * 0.4);
        self.window.drag(&tab, tab.rect.center() + right);
    }

    /// Waits for the commit, and for nothing that was not asked for.
    #[track_caller]
    fn committed_by(&mut self, wanted: Trigger) {
        let entry = self.host.wait_for_kind("committed");
        let by = matches!(&entry.event, Event::Committed { trigger, .. } if *trigger == wanted);
        assert!(by, "{}", self.host.words());
    }

    /// The picture of the module's area, which the dashboard is not part of.
    #[track_caller]
    fn picture(&mut self) -> RgbaImage {
        let top = self.window.find("ui").rect.min.y.round() as u32;
        let all = self.window.screenshot();
        all.view(0, top, all.width(), all.height() - top).to_image()
    }

    /// The picture once nothing moves in it: two in a row are the same.
    #[track_caller]
    pub(crate) fn still_picture(&mut self) -> RgbaImage {
        self.window.leave();
        let mut last = self.picture();
        wait_until("the picture stands still", || {
            let next = self.picture();
            let still = next == last;
            last = next;
            still.then_some(())
        });
        last
    }

    /// Saves a new version that does `what` once the button was clicked, and clicks it.
    #[track_caller]
    fn click_on_code_that(&mut self, what: &str) {
        let code = format!("if data.clicks > 0 {{ {what} }} // in ui");
        let edit = || {
            self.project.edit("ui/src/lib.rs", |text| {
                text.replace("// in ui", &code).replace("\"one\"", "\"two\"")
            });
        };
        self.host.check(edit, &RELOADED);
        self.window.find("two");
        // On probation a fault would go back by itself.
        wait_until("the first generation has ended", || {
            (self.host.count("retired") > 0).then_some(())
        });
        self.window.click("Click");
    }
}

/// Gives the module a view beside its main one.
pub(crate) fn export_another_view(project: &Project) {
    project.edit("ui/src/lib.rs", |code| {
        let view = "const VIEWS: &'static [hot_api::View<Self>] = &[hot_api::View {
            name: \"other\",
            ui: |_, _, ui, _| _ = ui.heading(\"beside it\"),
        }];

        fn logic(";
        code.replacen("fn logic(", view, 1)
    });
}

/// The share of red in a picture's light.
pub(crate) fn redness(picture: &RgbaImage) -> f64 {
    let sum = |channel: usize| {
        picture.pixels().map(|pixel| u64::from(pixel.0[channel])).sum::<u64>() as f64
    };
    sum(0) / (sum(0) + sum(1) + sum(2))
}

#[test]
fn x5_ctrl_alt_r_reloads() {
    let Some(mut bench) = Bench::start() else { return };
    bench.window.key(Modifiers::CTRL | Modifiers::ALT, Key::R);
    bench.committed_by(Trigger::Hotkey);
}

#[test]
fn x5_button_reloads() {
    let Some(mut bench) = Bench::start() else { return };
    bench.window.click("Hot Reload");
    bench.committed_by(Trigger::Button);
}

/// Ten requests in one frame: the keys go down and up five times, the button is clicked five times.
#[track_caller]
fn ten_requests(window: &mut Window) {
    let button = window.find("Hot Reload").rect.center();
    let key = |pressed| InputEvent::Key {
        key: Key::R,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::CTRL | Modifiers::ALT,
    };
    let click = |pressed| primary_button(button, pressed);
    let mut events = vec![InputEvent::PointerMoved(button)];
    for _ in 0..5 {
        events.extend([key(true), key(false), click(true), click(false)]);
    }
    window.send(events);
}

#[test]
fn k11_ten_key_presses_and_clicks_in_one_frame_are_one_build() {
    let Some(mut bench) = Bench::start() else { return };
    ten_requests(&mut bench.window);
    let entry = bench.host.wait_for_kind("committed");
    let trigger = match entry.event {
        Event::Committed { trigger, .. } => trigger,
        other => panic!("{other:?}"),
    };
    assert!(matches!(trigger, Trigger::Hotkey | Trigger::Button), "{trigger:?}");
    // With a save in the same moment, which the watcher sees at a time of its own.
    bench.project.rename("ui", "two");
    ten_requests(&mut bench.window);
    bench.host.wait_for_commit("ui");
    bench.host.check(|| bench.project.rename("ui", "fence"), &RELOADED);
    assert_eq!(bench.host.seen_by("ui"), ["one", "two", "fence"]);
    let words = bench.host.words();
    assert_eq!(bench.host.count("build_finished"), 4, "start, two times ten, fence\n{words}");
    assert_eq!(bench.host.count("committed"), 4, "{words}");
}

#[test]
fn x5_without_auto_reload_a_save_waits_for_the_button() {
    let Some(mut bench) = Bench::start() else { return };
    bench.window.click("Auto reload");
    bench.host.check(|| bench.project.rename("ui", "two"), &["change"]);
    bench.window.find("one");
    bench.window.click("Hot Reload");
    bench.committed_by(Trigger::Button);
    bench.window.find("two");
    assert_eq!(bench.host.count("build_started"), 2, "{}", bench.host.words());
}

#[test]
fn k02_window_shows_what_was_saved_and_keeps_what_was_typed() {
    let Some(mut bench) = Bench::start() else { return };
    let pid = bench.host.status().pid;
    bench.window.click("Click");
    let field = bench.window.find_role(Role::TextInput);
    bench.window.click_on(&field);
    bench.window.type_text("half a thou");
    bench.window.find("half a thou");
    bench.project.rename("ui", "two");
    bench.committed_by(Trigger::Save);
    bench.window.find("two");
    // Focus and text cursor are where they were.
    bench.window.type_text("ght");
    bench.window.find("half a thought");
    assert_eq!(bench.host.state("ui")["clicks"], 1);
    assert_eq!(bench.host.status().pid, pid);
}

#[test]
fn k04_window_says_what_is_wrong_until_it_is_fixed() {
    let dir = pitstop_tests::temp_dir();
    // An editor that notes how it was called.
    let (editor, called) = (dir.path().join("editor"), dir.path().join("called"));
    fs::write(
        &editor,
        format!("#!/bin/sh\necho \"$@\" > {called:?}.new\nmv {called:?}.new {called:?}\n"),
    )
    .and_then(|()| fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)))
    .expect("a program");
    let env = vec![("VISUAL".into(), OsString::new()), ("EDITOR".into(), editor.into())];
    let Some(mut bench) = Bench::with(Project::new(), env) else { return };
    let before = bench.still_picture();
    bench.project.replace("ui/src/lib.rs", "// in ui", "let wrong: u32 = \"text\"; // in ui");
    bench.host.wait_for_kind("build_failed");
    bench.window.find("Reload error");
    let tinted = bench.still_picture();
    assert!(redness(&tinted) > redness(&before) + 0.01, "there is no red tint");
    let place = bench.window.find_by("file and line", |text| {
        text.starts_with("ui/src/lib.rs:").then(|| text.to_owned())
    });
    bench.window.click(&place);
    let told = wait_until("the editor is called", || fs::read_to_string(&called).ok());
    assert!(told.contains("ui/src/lib.rs"), "{told}");

    // The module can be used under its tint once the panel is closed.
    bench.window.click("Close window");
    bench.window.wait_without("Reload error");
    bench.window.click("Click");
    wait_until("the click", || (bench.host.state("ui")["clicks"] == 1).then_some(()));
    bench.project.replace("ui/src/lib.rs", "let wrong: u32 = \"text\"; // in ui", "// in ui");
    bench.host.wait_for("the end of the failure", |entry| {
        matches!(
            entry.event,
            Event::Committed { .. } | Event::NoChange { reason: NoChange::SameArtifact }
        )
    });
    wait_until("the picture is as it was", || (bench.still_picture() == before).then_some(()));
}

#[test]
fn x5_reload_that_changes_nothing_does_not_change_a_pixel() {
    let Some(mut bench) = Bench::start() else { return };
    let before = bench.still_picture();
    for round in 0..3 {
        bench.window.key(Modifiers::CTRL | Modifiers::ALT, Key::R);
        let mut commits = 0;
        // Every frame from the key press to well behind the commit.
        for _ in 0..30 {
            while commits == 0 {
                assert!(bench.picture() == before, "round {round}: flicker during the reload");
                commits = bench.host.count("committed") - 1 - round;
            }
            assert!(bench.picture() == before, "round {round}: flicker after the reload");
        }
    }
}

#[test]
fn k06_window_offers_the_generation_before_when_code_panics() {
    let Some(mut bench) = Bench::start() else { return };
    bench.click_on_code_that("panic!(\"it broke {} times\", 7);");
    bench.host.wait_for_kind("fault");
    bench.window.find("Reload error");
    bench.window.find("it broke 7 times");
    bench.window.click("Retry");
    bench.host.wait_for_kind("fault");
    bench.window.click("Previous generation");
    bench.host.wait_for_kind("rolled_back");
    bench.window.find("one");
    bench.window.wait_without("Reload error");
    assert_eq!(bench.host.state("ui")["clicks"], 1, "with the state of the newer code");
}

#[test]
fn k06_window_goes_on_when_code_does_not_come_back() {
    let project = Project::new();
    project.replace("pitstop.toml", "20_000", "1_000");
    let Some(mut bench) = Bench::with(project, Vec::new()) else { return };
    bench.click_on_code_that("loop { std::thread::park() }");
    let fault = bench.host.wait_for_kind("fault");
    let overdue = matches!(fault.event, Event::Fault { r#where: FaultSite::Overdue, .. });
    assert!(overdue, "{}", bench.host.words());
    bench.window.find("Reload error");
    // The last picture is still there, and the window answers.
    let shown = bench.picture();
    assert!(shown.pixels().any(|pixel| pixel != shown.get_pixel(0, 0)), "the picture is gone");
    bench.window.click("Previous generation");
    bench.host.wait_for_kind("rolled_back");
    bench.window.find("one");
    let (status, _) = bench.host.stop();
    assert!(status.success(), "a thread that never ends does not keep the host: {status}");
}

#[test]
fn k06_window_forgives_a_frame_that_was_slow() {
    let project = Project::new();
    project.replace("pitstop.toml", "20_000", "1_000");
    let Some(mut bench) = Bench::with(project, Vec::new()) else { return };
    bench.click_on_code_that(
        "if data.clicks == 1 { std::thread::sleep(std::time::Duration::from_secs(3)); } \
         data.clicks = 5;",
    );
    bench.host.wait_for_kind("fault");
    bench.window.find("Reload error");
    bench.window.wait_without("Reload error");
    wait_until("it goes on", || (bench.host.state("ui")["clicks"] == 5).then_some(()));
    let status = bench.host.status().modules.remove(0);
    assert_eq!((status.status, status.last_error), (ModuleHealth::Ok, None));
}

#[test]
fn r1_each_module_has_a_tab_with_its_widgets() {
    let Some(mut bench) = Bench::with(Project::with_modules(&["ui", "more"]), Vec::new()) else {
        return;
    };
    bench.host.wait_for("both modules", |entry| {
        entry.module.as_deref() == Some("more") && matches!(entry.event, Event::Committed { .. })
    });
    bench.window.click("Click");
    wait_until("the click", || (bench.host.state("ui")["clicks"] == 1).then_some(()));
    bench.window.click("more");
    bench.window.click("Click");
    wait_until("the click", || (bench.host.state("more")["clicks"] == 1).then_some(()));
    assert_eq!(bench.host.state("ui")["clicks"], 1, "the click was for one of them");
}

#[test]
fn m03_window_asks_before_some_of_the_state_is_lost() {
    let project = Project::new();
    project.edit("pitstop.toml", |text| format!("on_state_loss = \"ask\"\n{text}"));
    let Some(mut bench) = Bench::with(project, Vec::new()) else { return };
    let edit = |bench: &mut Bench, name: &str| {
        bench
            .project
            .edit("data/src/lib.rs", |code| code.replace("pub ticks: u64", "pub beats: u64"));
        bench.project.edit("ui/src/lib.rs", |code| {
            let code = pitstop_tests::project::renamed(code, name);
            code.replace("data.ticks", "data.beats")
        });
        bench.host.wait_for_kind("rejected");
    };
    edit(&mut bench, "two");
    bench.window.find("Reload error");
    bench.window.find("1 value of the state would be lost");
    bench.window.click("Keep old code");
    bench.window.wait_without("Reload error");
    bench.window.find("one");
    bench.window.key(Modifiers::CTRL | Modifiers::ALT, Key::R);
    bench.host.wait_for_kind("rejected");
    bench.window.click("Accept");
    bench.committed_by(Trigger::Button);
    bench.window.find("two");
    let state = bench.host.state("ui");
    assert!(state["beats"].is_u64() && state["ticks"].is_null(), "{state}");
}

#[test]
fn r14_window_shows_the_state_and_changes_a_value_that_is_typed_in() {
    let Some(mut bench) = Bench::start() else { return };
    bench.window.click("ui g1 ⏷");
    bench.window.click("Inspect state");
    bench.window.find("State of ui");
    bench.window.click("Search");
    bench.window.type_text("clicks");
    bench.window.find("clicks");
    bench.window.click("0");
    bench.window.key(Modifiers::NONE, Key::End);
    bench.window.key(Modifiers::NONE, Key::Backspace);
    bench.window.type_text("7");
    bench.window.key(Modifiers::NONE, Key::Enter);
    bench.committed_by(Trigger::Command);
    let state = bench.host.state("ui");
    assert_eq!((&state["clicks"], &state["seen_by"]), (&7.into(), &serde_json::json!(["one"])));
    bench.window.find("7");
}

/// Writes into the state which text has been shown since when, in microseconds of the wall clock.
const SHOWN_SINCE: &str = "let shown = hot_api::tweak!(\"value 0\");
        if data.text.split('@').next() != Some(shown) {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            data.text = format!(\"{shown}@{}\", now.unwrap_or_default().as_micros());
        }";

#[test]
fn a_saved_literal_is_drawn_by_an_idle_window_without_a_build() {
    let project = Project::new();
    project.edit("ui/src/lib.rs", |code| {
        let idle = code.replace("ui.ctx().request_repaint_after(FRAME_EVERY);", "");
        idle.replace("// in ui", SHOWN_SINCE)
    });
    let Some(mut bench) = Bench::with(project, Vec::new()) else { return };
    for n in 0..10 {
        let next = format!("value {}", n + 1);
        let saved = SystemTime::now();
        bench.project.replace("ui/src/lib.rs", &format!("\"value {n}\""), &format!("{next:?}"));
        let taken = bench.host.wait_for_kind("literals");
        let since = wait_until("the value in a frame", || {
            let state = bench.host.state("ui");
            let (shown, since) = state["text"].as_str()?.split_once('@')?;
            (shown == next).then(|| since.parse().ok().map(Duration::from_micros))?
        });
        let saved = saved.duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970");
        println!("{next}: in a frame after {:?}; {:?}", since.saturating_sub(saved), taken.event);
    }
    let told = |text: &str| text.contains("1 literal taken over in").then_some(());
    bench.window.find_by("the headline says so", told);
    assert_eq!(bench.host.count("build_started"), 1, "{}", bench.host.words());
}

#[test]
fn p15_window_shows_the_programs_and_stops_and_starts_them() {
    let project = Project::new();
    project.edit("pitstop.toml", |toml| {
        let program = |name: &str, command: &str| {
            format!(
                "[[auto_run]]\nname = {name:?}\ncommand = {command:?}\nargs = [\"600\"]\nenabled = true\n"
            )
        };
        toml.to_owned() + &program("napper", "sleep") + &program("broken", "no-such-program")
    });
    let Some(mut bench) = Bench::with(project, Vec::new()) else { return };
    let is_started = |entry: &Entry| matches!(entry.event, Event::ProcessStarted { .. });
    if !bench.host.status().processes.iter().any(|process| process.pid.is_some()) {
        bench.host.wait_for("a program runs", is_started);
    }
    let trouble = "broken: cannot be started: no-such-program";
    bench.window.find_by("the trouble in the status", |text| text.contains(trouble).then_some(()));
    bench.window.click("2 programs ⏷");
    let says = |part: &'static str| move |text: &str| text.starts_with(part).then_some(());
    bench.window.find_by("it runs", says("napper runs (pid "));
    bench.window.find_by("for how long", says("Up "));
    bench.window.click("Stop napper");
    bench.host.wait_for_kind("process_stopped");
    bench.window.click("2 programs ⏷");
    bench.window.find("napper does not run");
    bench.window.find("Last exit: signal: 2");
    bench.window.click("Start napper");
    bench.host.wait_for("it runs again", is_started);
}

#[test]
fn w2_w5_w11_the_new_host_goes_on_where_the_window_was_and_in_the_middle_of_a_word() {
    let options = HostOptions { may_restart: true, ..HostOptions::default() };
    let Some(mut bench) = Bench::with_options(restart::project(), options) else { return };
    bench.window.click("Click");
    bench.window.click("ui g1 ⏷");
    bench.window.click("Inspect state");
    bench.window.find("State of ui");
    let field = bench.window.find_role(Role::TextInput);
    bench.window.click_on(&field);
    bench.window.type_text("half a thou");
    bench.window.find("half a thou");
    let place = [60, 40, 900, 600];
    bench.display.place(place);
    wait_until("the window has moved", || (bench.display.placed() == Some(place)).then_some(()));
    // It has been told, and has drawn there.
    wait_until("a frame of that size", || {
        let picture = bench.window.screenshot();
        ([picture.width(), picture.height()] == [900, 600]).then_some(())
    });
    bench.host.take_in();
    restart::change(&bench.project, "two");
    let built = bench.host.wait_for_kind("build_finished");
    let drawn = restart::wait_for_restart(&mut bench.host);
    let took = (drawn.t_us - built.t_us) / 1_000;
    measured(&format!("from the end of the build to the first frame of the new host: {took} ms"));
    bench.window = Window::open(bench.address);
    bench.window.find("half a thou");
    bench.window.find("State of ui");
    assert_eq!(bench.display.placed(), Some(place));
    // Focus and text cursor are where they were.
    bench.window.type_text("ght");
    bench.window.find("half a thought");
    assert_eq!(bench.host.state("ui")["clicks"], 1);
}

#[test]
fn w2_window_says_what_becomes_of_the_host() {
    let options = HostOptions { may_restart: true, ..HostOptions::default() };
    let Some(mut bench) = Bench::with_options(restart::project(), options) else { return };
    bench.project.save(restart::MAIN, "fn main() { no such thing }");
    let says = |text: &str| text.contains("the new host: host/src/main.rs:1:").then_some(());
    bench.window.find_by("what is wrong", says);
    // The module is not what is wrong.
    assert!(redness(&bench.still_picture()) < 0.35);
    bench.project.rename("ui", "two");
    bench.window.find("two");
    bench.window.find_by("what is wrong", says);
}

#[test]
fn w2_the_new_host_keeps_views_where_the_user_has_put_them() {
    let project = restart::project();
    export_another_view(&project);
    let options = HostOptions { may_restart: true, ..HostOptions::default() };
    let Some(mut bench) = Bench::with_options(project, options) else { return };
    bench.put_the_other_view_beside();
    // A tab hides the other view; beside each other both are seen.
    let beside = bench.window.find("beside it").rect.min;
    bench.window.find("one");
    bench.host.take_in();
    restart::change(&bench.project, "two");
    restart::wait_for_restart(&mut bench.host);
    bench.window = Window::open(bench.address);
    assert_eq!(bench.window.find("beside it").rect.min, beside);
    bench.window.find("one");
}

#[test]
fn v02_a_trial_draws_as_large_as_the_window_shows_it() {
    let project = Project::new();
    let size = "let size = format!(\"{:?}\", ui.ctx().content_rect().size()); // the size";
    project.replace("ui/src/lib.rs", "// in ui", &format!("{size}\n data.text = size;"));
    let Some(mut bench) = Bench::with(project, Vec::new()) else { return };
    let shown = bench.host.state("ui")["text"].as_str().expect("a text").to_owned();
    assert!(shown != "[1280.0 720.0]", "what a module has without a window: {shown}");
    let tells = format!(
        "{size}
         if hot_api::current_host().unwrap().on_trial() {{
             eprintln!(\"{{size}} on trial, {{}} in the window\", data.text);
             std::process::abort();
         }}"
    );
    bench.host.check(|| bench.project.replace("ui/src/lib.rs", size, &tells), &crate::REJECTED);
    let (_, _, detail) = crate::fault::last_rejection(&mut bench.host);
    assert!(detail.contains(&format!("{shown} on trial, {shown} in the window")), "{detail}");
}
