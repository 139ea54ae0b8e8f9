//! Several modules in one host, and what `pitstop.toml` says about them.

use crate::RELOADED;
use host::control::Request;
use host::engine::{ModuleOutcome, ModuleResult};
use host::journal::event::{Event, FaultSite, Generation, Trigger};
use host::journal::status::{ModuleHealth, Status};
use host::module::{CallError, HostCalls, InputPacket, LiveSnapshot, ModuleThread};
use host::slot::{FrameResult, Slot};
use hot_api::state::{Snapshot, Tree};
use pitstop_tests::engine_run::EngineRun;
use pitstop_tests::in_process::Stage;
use pitstop_tests::{DEADLINE, HostProcess, Project};
use std::fs;
use std::time::Duration;

fn module<'a>(status: &'a Status, name: &str) -> &'a host::journal::status::ModuleStatus {
    status.modules.iter().find(|module| module.name == name).expect("the module is registered")
}

fn generations(host: &HostProcess) -> [Option<Generation>; 2] {
    let status = host.status();
    ["left", "right"].map(|name| module(&status, name).generation)
}

fn numbers(left: u64, right: u64) -> [Option<Generation>; 2] {
    [left, right].map(|number| Some(Generation(number)))
}

#[test]
fn k21_one_module_is_reloaded_and_the_other_is_not_touched() {
    let project = Project::with_modules(&["left", "right"]);
    let mut host = HostProcess::start(&project);
    assert_eq!(generations(&host), numbers(1, 1));
    host.check(|| project.rename("left", "two"), &RELOADED);
    assert_eq!(generations(&host), numbers(2, 1));
    assert_eq!(host.reload_ok("right"), Generation(2));
    assert_eq!(generations(&host), numbers(2, 2));
    assert_eq!(
        (host.seen_by("left").as_slice(), host.seen_by("right").as_slice()),
        (&["one".to_owned(), "two".to_owned()][..], &["one".to_owned()][..])
    );
}

#[test]
fn k21_reload_all_reloads_all_and_a_failure_of_one_is_its_own() {
    let project = Project::with_modules(&["left", "right"]);
    let mut host = HostProcess::start(&project);
    let outcomes = host.reload(None);
    assert_eq!(outcomes.len(), 2, "{outcomes:?}");
    assert_eq!(generations(&host), numbers(2, 2));

    host.take_in();
    project.edit("left/src/lib.rs", |code| {
        code.replace("// in create", "panic!(\"left is broken\");")
    });
    project.rename("right", "two");
    host.wait_for_commit("right");
    let rejected = host.journal().iter().any(|entry| {
        entry.module.as_deref() == Some("left") && matches!(entry.event, Event::Rejected { .. })
    });
    assert!(rejected, "{}", host.words());
    let status = host.status();
    assert_eq!(module(&status, "left").status, ModuleHealth::Failed);
    assert_eq!(module(&status, "right").status, ModuleHealth::Ok);
    let outcomes = host.reload(None);
    let of = |name: &str| outcomes.iter().find(|outcome| outcome.module == name);
    assert!(
        matches!(of("left"), Some(ModuleOutcome { result: ModuleResult::Rejected { .. }, .. })),
        "{outcomes:?}"
    );
    assert!(
        matches!(of("right"), Some(ModuleOutcome { result: ModuleResult::Committed { .. }, .. })),
        "{outcomes:?}"
    );
    assert_eq!(host.seen_by("left"), ["one"], "the old code runs on");
}

#[test]
fn k21_a_module_that_does_not_compile_does_not_stop_the_other() {
    let project = Project::with_modules(&["left", "right"]);
    let mut host = HostProcess::start(&project);
    host.take_in();
    project.replace("left/src/lib.rs", "// at the end", "fn broken() -> u32 { \"text\" }");
    host.wait_for("left fails", |entry| {
        entry.module.as_deref() == Some("left") && matches!(entry.event, Event::BuildFailed { .. })
    });
    project.rename("right", "two");
    host.wait_for_commit("right");
    assert_eq!(host.seen_by("right"), ["one", "two"]);
    let status = host.status();
    assert_eq!(module(&status, "left").status, ModuleHealth::Failed, "it still does not compile");
    assert_eq!(module(&status, "right").status, ModuleHealth::Ok);
}

#[test]
fn r01_only_the_state_keys_are_carried_over() {
    let project = Project::new();
    project.edit("pitstop.toml", |toml| format!("{toml}state_keys = [\"seen_by\"]\n"));
    project.replace("ui/src/lib.rs", "// in ui", "data.text = \"forgotten\".to_owned();");
    let mut host = HostProcess::start(&project);
    assert_eq!(host.state("ui")["text"], "forgotten");
    let edit = || {
        project.edit("ui/src/lib.rs", |code| {
            code.replace("data.text = \"forgotten\".to_owned();", "").replace("\"one\"", "\"two\"")
        });
    };
    host.check(edit, &RELOADED);
    let state = host.state("ui");
    assert_eq!(
        (&state["seen_by"], &state["text"]),
        (&serde_json::json!(["one", "two"]), &"".into())
    );
}

/// Gives the module of a project a view `side`, which notes that it was drawn.
fn export_a_view(project: &Project) {
    let views = "const VIEWS: &'static [hot_api::View<Self>] = &[
            hot_api::View { name: \"side\", ui: Ui::side },
        ];";
    let side = "impl Ui {
        fn side(&mut self, data: &mut Data, ui: &mut egui::Ui, _frame: &mut ModuleFrame<'_>) {
            ui.label(\"beside\");
            data.text = \"drawn at the side\".to_owned();
        }
    }";
    project.edit("ui/src/lib.rs", |code| {
        let code = code.replace("type State = Data;", &format!("type State = Data;\n{views}"));
        code.replace("// at the end", side)
    });
}

#[test]
fn r01_every_view_that_a_module_exports_is_drawn() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    host.check(|| export_a_view(&project), &RELOADED);
    let snapshot = host.snapshot_json("ui");
    assert_eq!(snapshot["state"]["text"], "drawn at the side");
    assert!(snapshot["egui/side"].is_object(), "a view has an egui memory of its own: {snapshot}");
}

#[test]
fn m03_a_loss_of_state_is_refused_where_pitstop_toml_says_so() {
    let project = Project::new();
    project.edit("pitstop.toml", |text| format!("on_state_loss = \"reject\"\n{text}"));
    let mut host = HostProcess::start(&project);
    // A field more loses nothing.
    let more = || project.replace("data/src/lib.rs", "pub text:", "pub more: u32, pub text:");
    host.check(more, &RELOADED);
    let clicks = "    /// How often the button was clicked.\n    pub clicks: u32,\n";
    let less = || {
        project.edit("data/src/lib.rs", |code| code.replace(clicks, ""));
        project.edit("ui/src/lib.rs", |code| code.replace("data.clicks += 1;", ""));
    };
    host.take_in();
    less();
    let refused = host.wait_for_kind("rejected");
    let Event::Rejected { reason, detail, .. } = &refused.event else { unreachable!() };
    assert_eq!(reason, "1 value of the state would be lost", "{}", host.words());
    assert!(detail.contains("clicks"), "{detail}");
    assert_eq!(host.state("ui")["clicks"], 0, "the old code runs on with all of its state");
}

#[test]
fn r01_only_the_views_of_pitstop_toml_are_drawn() {
    let project = Project::new();
    project.edit("pitstop.toml", |text| format!("{text}views = [\"absent\"]\n"));
    export_a_view(&project);
    let mut host = HostProcess::start(&project);
    let is_told = host.journal().iter().any(|entry| match &entry.event {
        Event::Notice { message } => message.contains("no view called absent"),
        _ => false,
    });
    assert!(is_told, "{}", host.words());
    assert_eq!(host.state("ui")["text"], "", "the view `side` was not asked for");
}

#[test]
fn r02_a_state_is_taken_out_and_given_back() {
    let project = Project::new();
    let mut host = HostProcess::start(&project);
    let file = project.path("one.snapshot");
    let module = || Some("ui".to_owned());
    let taken = host.request(&Request::Snapshot { module: module(), out: Some(file.clone()) });
    assert!(taken.ok, "{taken:?}");
    host.check(|| project.rename("ui", "two"), &RELOADED);
    host.check(|| project.rename("ui", "one"), &RELOADED);
    assert_eq!(host.seen_by("ui"), ["one", "two", "one"]);

    let restored = host.request(&Request::Restore { module: module(), file: file.clone() });
    assert!(restored.ok, "{restored:?}");
    host.wait_for_commit("ui");
    assert_eq!(host.seen_by("ui"), ["one"], "the state from before the others drew");

    fs::write(&file, b"PITSNAP\nand then nothing").expect("the file");
    let refused = host.request(&Request::Restore { module: module(), file: file.clone() });
    let error = refused.error.expect("it is no snapshot");
    assert!(error.contains("one.snapshot") && error.contains("the state stays"), "{error}");
    assert_eq!(host.seen_by("ui"), ["one"]);
}

#[test]
fn r02_the_registry_captures_restores_and_reloads_by_name() {
    let project = Project::with_modules(&["left", "right"]);
    let run = EngineRun::start(&project, &["left", "right"]);
    let registry = run.handle().registry();
    let names: Vec<String> = registry.slots().iter().map(|slot| slot.name().to_owned()).collect();
    assert_eq!(names, ["left", "right"]);
    let (events, _) = crossbeam_channel::bounded(1);
    let again = Slot::new("left".to_owned(), "elsewhere".to_owned(), events, DEADLINE);
    assert!(!registry.register(again), "a name is taken once");
    let [left, right] = ["left", "right"].map(|name| registry.slot(name).expect("registered"));

    let generations = [left.generation(), right.generation()];
    let outcome = run.reload(Some("left"));
    assert_eq!((outcome.modules.len(), outcome.error()), (1, None));
    assert_eq!(right.generation(), generations[1], "the other is not touched");
    assert!(left.generation() > generations[0]);
    let outcome = run.reload(None);
    assert_eq!((outcome.modules.len(), outcome.error()), (2, None));
    assert!(right.generation() > generations[1]);

    let captured = left.snapshot(DEADLINE).expect("it runs");
    let edited = with_text(&captured, "from elsewhere");
    run.handle().restore_state("left", edited).expect("the state is taken");
    assert_eq!(text_of(&left.snapshot(DEADLINE).expect("it runs")), "from elsewhere");
    assert_eq!(text_of(&captured), "", "what was captured is a copy");
    assert_eq!(text_of(&right.snapshot(DEADLINE).expect("it runs")), "");
}

fn state_tree(snapshot: &[u8]) -> Tree {
    let snapshot = Snapshot::decode(snapshot).expect("what was captured can be read");
    snapshot.section("state").expect("there is a state").tree().expect("with its names")
}

fn text_of(snapshot: &[u8]) -> String {
    let tree = state_tree(snapshot);
    tree.field("text").and_then(Tree::as_str).expect("the state has a text").to_owned()
}

fn with_text(snapshot: &[u8], text: &str) -> Vec<u8> {
    let mut tree = state_tree(snapshot);
    *tree.field_mut("text").expect("the state has a text") = Tree::String(text.to_owned());
    let mut snapshot = Snapshot::decode(snapshot).expect("it was read before");
    let state = snapshot.sections.iter_mut().find(|section| section.name == "state");
    state.expect("there is a state").payload = tree.encode();
    snapshot.encode()
}

#[test]
fn r02_a_module_that_is_not_registered_cannot_be_reloaded() {
    let project = Project::with_modules(&["left", "right"]);
    let host = HostProcess::start(&project);
    let module = Some("middle".to_owned());
    let reply = host.request(&Request::Reload { module, wait: true, trigger: Trigger::Command });
    let error = reply.error.expect("there is no such module");
    assert!(error.contains("middle") && error.contains("left, right"), "{error}");
}

#[test]
fn r01_logic_runs_once_a_frame_whether_a_view_is_drawn_or_not() {
    let project = Project::new();
    let built = project.build();
    let mut stage = Stage::new();
    stage.reload(&built.artifacts[&project.package("ui")]).expect("the module loads");
    let ticks = |stage: &Stage| stage.state()["ticks"].as_u64().expect("a number");
    let before = ticks(&stage);
    for _ in 0..3 {
        let _picture = stage.frame(&[]);
    }
    assert_eq!(ticks(&stage), before + 3, "with the first view");
    let slot = stage.slot();
    assert!(slot.begin_frame());
    slot.queue_logic(InputPacket::default());
    let result = slot.finish_logic();
    slot.end_frame();
    assert!(matches!(result, Some(FrameResult::Picture { .. })), "{result:?}");
    assert_eq!(ticks(&stage), before + 4, "on its own");
}

#[test]
fn k06_logic_that_does_not_return_is_called_by_its_name() {
    let project = Project::new();
    let endless = "if data.ticks == 2 { loop { std::thread::park(); } }";
    project.replace("ui/src/lib.rs", "// in logic", endless);
    let built = project.build();
    let artifact = &built.artifacts[&project.package("ui")];
    let host_calls = HostCalls::silent();
    let mut thread = ModuleThread::load(&artifact.path, Generation(1), "ui", host_calls, DEADLINE)
        .unwrap_or_else(|error| panic!("{error}"));
    thread.create(&LiveSnapshot::default(), DEADLINE).expect("a default state");
    let input = InputPacket::default;
    for _ in 0..2 {
        thread.frame_after(Some(input()), 0, input(), DEADLINE).expect("a picture");
    }
    let limit = Duration::from_millis(100);
    let error = thread.frame_after(Some(input()), 0, input(), limit).expect_err("it hangs");
    assert!(matches!(error, CallError::Overdue { site: FaultSite::Logic, .. }), "{error:?}");
    let retirement = thread.retire(limit);
    let why_not = retirement.why_not.unwrap_or_default();
    assert!(!retirement.unmapped && why_not.contains("has not returned"), "{why_not}");
}
