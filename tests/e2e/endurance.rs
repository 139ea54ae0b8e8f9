//! Hundreds of reloads in one process.

use host::build::Artifact;
use hot_api::egui::{self, Event, PointerButton, pos2};
use hot_api::snapshot::{Snapshot, Tree};
use pitstop_tests::alone::MEASURED;
use pitstop_tests::bench::demo::{library, window_names};
use pitstop_tests::in_process::Stage;
use pitstop_tests::{Project, alone, processes};

/// Frames between two reloads: more than the probation of a generation, so that each is retired.
const FRAMES_BETWEEN: usize = 11;

/// A leak of one picture of this demo, or of one font atlas, is ten times as much; the allocator's
/// own moods, averaged over forty reloads, are a tenth of it.
const LEAK_BYTES_MAX: u64 = 64 * 1024;

#[test]
fn k12_two_hundred_reloads_of_egui_s_demo_leave_nothing_behind() {
    if !alone("endurance::k12_two_hundred_reloads_of_egui_s_demo_leave_nothing_behind") {
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
    println!("{MEASURED}{per_reload} bytes a reload, {early} resident early, {late} late");
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

/// Counts what arrives: clicks on the whole area, and characters whoever has the focus.
const COUNT_INPUT: &str = "
    let area = ui.interact(ui.max_rect(), ui.id().with(\"area\"), egui::Sense::click());
    data.clicks += u32::from(area.clicked());
    ui.input(|input| {
        for event in &input.events {
            if let egui::Event::Text(text) = event {
                data.typed.push_str(text);
            }
        }
    });
    return;";

#[test]
fn k13_a_thousand_reloads_under_continuous_input_lose_nothing() {
    let project = Project::new();
    project.replace("data/src/lib.rs", "pub text:", "pub typed: String,\n    pub text:");
    project.edit("ui/src/lib.rs", |code| {
        code.replace("// in ui", COUNT_INPUT)
            .replace("impl Module", "#[allow(unreachable_code)]\nimpl Module")
    });
    let built = project.build();
    let artifact = &built.artifacts[&project.package("ui")];
    let mut stage = Stage::new();
    stage.reload(artifact).expect("the module loads");
    let _first = stage.frame(&[]);
    let mut sent = String::new();
    for round in 0..1000_u32 {
        stage.reload(artifact).unwrap_or_else(|rejection| panic!("round {round}: {rejection:?}"));
        for frame in 0..3 {
            let character = char::from(b'a' + ((round + frame) % 26) as u8);
            sent.push(character);
            let _picture = stage.frame(&click_and_type(round, character));
        }
    }
    let state = stage.state();
    assert_eq!(state["clicks"], 3000);
    assert_eq!(state["typed"], sent);
    assert_eq!(stage.retired.len(), 999, "all but the running one and the one behind it");
    let pinned = stage.retired.iter().find(|retirement| !retirement.unmapped);
    assert_eq!(pinned, None, "every library is gone");
}

fn click_and_type(round: u32, character: char) -> Vec<Event> {
    let pos = pos2(100.0 + (round % 500) as f32, 300.0);
    let button = |pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    vec![Event::PointerMoved(pos), button(true), button(false), Event::Text(character.to_string())]
}

#[test]
fn k13_typing_into_a_field_goes_on_across_reloads() {
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
            let _picture = stage.frame(&[Event::Text(character.to_string())]);
        }
        stage.reload(artifact).expect("it loads again");
    }
    assert_eq!(stage.state()["text"], sent);
}
