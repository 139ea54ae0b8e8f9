//! What of egui survives an exchange of the library: everything the user would miss.

use hot_api::egui::{self, Event, Key, Modifiers, Pos2, pos2, vec2};
use pitstop_tests::Project;
use pitstop_tests::in_process::Stage;
use pitstop_tests::inspect::primary_button;

/// Frames after which no animation or smooth scrolling goes on any more.
const AT_REST: u32 = 40;

/// A window that can be dragged, with a header and a list in it, and a field beside it. Each frame
/// notes in the state where things are.
const WORKSPACE: &str = "
    let place = egui::Rect::from_min_size(egui::pos2(500.0, 20.0), egui::vec2(200.0, 20.0));
    let edit = egui::TextEdit::singleline(&mut data.text).id(egui::Id::unique(\"edit\"));
    let focused = ui.put(place, edit).has_focus();
    data.note(\"focused\", focused);
    let window = egui::Window::new(\"tools\").default_pos([50.0, 150.0]).default_width(200.0);
    let shown = window.show(ui.ctx(), |ui| {
        let header = ui.collapsing(\"more\", |ui| ui.label(\"the body\"));
        data.note(\"header\", format!(\"{:?}\", header.header_response.rect.center()));
        data.note(\"open\", header.openness);
        let area = egui::ScrollArea::vertical().max_height(60.0).auto_shrink(false);
        let area = area.show(ui, |ui| {
            for line in 0..40 {
                ui.label(format!(\"line {line}\"));
            }
        });
        data.note(\"scrolled\", area.state.unclamped_offset().y);
        data.note(\"in the area\", format!(\"{:?}\", area.inner_rect.center()));
    });
    let rect = shown.expect(\"it is open\").response.rect;
    data.note(\"window\", format!(\"{:?}\", rect.min));
";

const NOTE: &str = "impl Data {
    pub fn note(&mut self, name: &str, value: impl ToString) {
        self.shown.insert(name.to_owned(), value.to_string());
    }
}";

/// A stage with the workspace on it.
struct Desk {
    project: Project,
    stage: Stage,
}

impl Desk {
    #[track_caller]
    fn new() -> Self {
        let project = Project::new();
        let field = "pub shown: std::collections::BTreeMap<String, String>,\n    pub text:";
        project.replace("data/src/lib.rs", "pub text:", field);
        project.replace("data/src/lib.rs", "// at the end", NOTE);
        project.replace("ui/src/lib.rs", "// in ui", WORKSPACE);
        let mut desk = Self { project, stage: Stage::new() };
        desk.load();
        desk.rest();
        desk
    }

    /// Builds what the files say, and exchanges the library.
    #[track_caller]
    fn load(&mut self) {
        let built = self.project.build();
        let artifact = &built.artifacts[&self.project.package("ui")];
        self.stage.reload(artifact).expect("the module takes the state");
    }

    /// One frame for each event: egui wants to see a press and its release apart.
    #[track_caller]
    fn play(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            let _picture = self.stage.frame(&[event]);
        }
    }

    #[track_caller]
    fn click(&mut self, pos: Pos2) {
        self.play([
            Event::PointerMoved(pos),
            primary_button(pos, true),
            primary_button(pos, false),
        ]);
    }

    #[track_caller]
    fn rest(&mut self) {
        for _ in 0..AT_REST {
            let _picture = self.stage.frame(&[]);
        }
    }

    #[track_caller]
    fn noted(&self, name: &str) -> String {
        let state = self.stage.state();
        let text = state["shown"][name].as_str();
        text.unwrap_or_else(|| panic!("no {name:?} in {state}")).to_owned()
    }

    /// A place that was noted.
    #[track_caller]
    fn place(&self, name: &str) -> Pos2 {
        let text = self.noted(name);
        let (x, y) = text.trim_matches(['[', ']']).split_once(' ').expect("a position");
        let number = |text: &str| text.trim().parse().unwrap_or_else(|_| panic!("{text:?}"));
        pos2(number(x), number(y))
    }
}

#[test]
fn m13_positions_scroll_offsets_headers_focus_and_cursor_survive_new_code() {
    let mut desk = Desk::new();
    assert_eq!(desk.noted("open"), "0");
    desk.click(desk.place("header"));
    let title = desk.place("window") + vec2(60.0, 12.0);
    let moved = title + vec2(130.0, 70.0);
    desk.play([Event::PointerMoved(title), primary_button(title, true)]);
    desk.play([Event::PointerMoved(moved), primary_button(moved, false)]);
    desk.rest();
    let wheel = Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, -120.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    };
    desk.play([Event::PointerMoved(desk.place("in the area")), wheel]);
    desk.rest();
    desk.click(pos2(550.0, 30.0));
    desk.play([Event::Text("hello".to_owned()), left(), left(), Event::PointerGone]);
    desk.rest();
    let names = ["window", "open", "scrolled", "header", "focused"];
    let before = names.map(|name| desk.noted(name));
    assert_eq!(before[0], "[180.0 220.0]", "the window was dragged");
    assert_eq!(before[1], "1", "the header was opened");
    let scrolled: f32 = before[2].parse().expect("a number");
    assert!((scrolled - 120.0).abs() < 0.1, "the list was scrolled: {scrolled}");
    assert_eq!(before[4], "true");

    // Other code: another library, with another name in it.
    desk.project.rename("ui", "two");
    desk.load();
    for _ in 0..5 {
        let _picture = desk.stage.frame(&[]);
    }
    assert_eq!(desk.stage.state()["seen_by"], serde_json::json!(["one", "two"]));
    assert_eq!(names.map(|name| desk.noted(name)), before, "in the first frames");
    desk.play([Event::Text("X".to_owned())]);
    assert_eq!(desk.stage.state()["text"], "helXlo", "typing goes on where it stopped");
}

fn left() -> Event {
    let (key, modifiers) = (Key::ArrowLeft, Modifiers::NONE);
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
}
