//! The vocabulary of migrations: what each edit does, and what it says when it does not fit.

use crate::state::{EditError, Tree, capture};
use serde::Serialize;
use serde_json::json;

#[derive(Serialize)]
struct State {
    title: &'static str,
    tasks: Vec<Task>,
    owner: Option<Person>,
    nobody: Option<Person>,
    shape: Shape,
    ages: std::collections::BTreeMap<&'static str, u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<u8>,
}

#[derive(Serialize)]
struct Task {
    name: &'static str,
    seconds: u32,
}

#[derive(Serialize)]
struct Person {
    name: &'static str,
}

#[derive(Serialize)]
enum Shape {
    Circle { radius: u8 },
}

fn state() -> Tree {
    let task = |name, seconds| Task { name, seconds };
    let state = State {
        title: "week",
        tasks: vec![task("sow", 60), task("reap", 180)],
        owner: Some(Person { name: "ann" }),
        nobody: None,
        shape: Shape::Circle { radius: 3 },
        ages: [("ann", 7), ("bob", 8)].into(),
        absent: None,
    };
    capture(&state).expect("captured")
}

type Edit = fn(&mut Tree) -> Result<(), EditError>;

#[test]
fn edits_reach_every_value_of_a_place_and_nothing_else() {
    let table: [(Edit, &str, serde_json::Value); 13] = [
        (|t| t.rename("title", "heading"), "/heading", json!("week")),
        (
            |t| t.rename("tasks[].name", "title"),
            "/tasks/1",
            json!({"title": "reap", "seconds": 180}),
        ),
        (|t| t.rename("owner.name", "called"), "/owner", json!({"called": "ann"})),
        (|t| t.rename("nobody.name", "called"), "/nobody", json!(null)),
        (|t| t.rename("shape.Circle.radius", "r"), "/shape", json!({"Circle": {"r": 3}})),
        (|t| t.rename("shape.Square.side", "s"), "/shape", json!({"Circle": {"radius": 3}})),
        (|t| t.rename_variant("shape", "Circle", "Disc"), "/shape", json!({"Disc": {"radius": 3}})),
        (|t| t.map("tasks[].seconds", |s: u32| s / 60), "/tasks/1/seconds", json!(3)),
        (|t| t.map("ages[]", |age: u8| age + 1), "/ages", json!({"ann": 8, "bob": 9})),
        (|t| t.map("tasks[1].seconds", |s: u32| f64::from(s)), "/tasks/1/seconds", json!(180.0)),
        (|t| t.remove("tasks[].seconds"), "/tasks", json!([{"name": "sow"}, {"name": "reap"}])),
        (|t| t.set("owner.age", &7_u8), "/owner", json!({"name": "ann", "age": 7})),
        (
            |t| t.split("tasks[].seconds", &["min", "sec"], |s: u32| (s / 60, s % 60)),
            "/tasks/0",
            json!({"name": "sow", "min": 1, "sec": 0}),
        ),
    ];
    for (index, (edit, pointer, expected)) in table.into_iter().enumerate() {
        let mut tree = state();
        edit(&mut tree).unwrap_or_else(|error| panic!("edit {index}: {error}"));
        assert_eq!(tree.to_json().pointer(pointer), Some(&expected), "edit {index}");
    }
}

#[test]
fn values_move_with_their_element_and_make_what_they_need() {
    let mut tree = state();
    tree.move_to("tasks[].seconds", "tasks[].plan.length.seconds").expect("moved");
    tree.move_to("title", "board.title").expect("moved");
    tree.move_to("owner.name", "shape.Circle.owner").expect("moved");
    tree.move_to("nobody.name", "board.nobody").expect("nothing to move");
    let json = tree.to_json();
    assert_eq!(json["tasks"][1], json!({"name": "reap", "plan": {"length": {"seconds": 180}}}));
    assert_eq!((&json["board"], &json["owner"]), (&json!({"title": "week"}), &json!({})));
    assert_eq!(json["shape"], json!({"Circle": {"radius": 3, "owner": "ann"}}));
}

#[test]
fn a_field_that_was_not_stored_is_there_and_has_no_value() {
    let mut tree = state();
    tree.map("absent", |_: u8| -> u8 { unreachable!("there is no value") }).expect("nothing to do");
    tree.rename("absent", "missing").expect("the field is known");
    assert_eq!(tree.field("missing"), Some(&Tree::Skipped));
    tree.retain_fields(&["title".to_owned()]);
    tree.rename("tasks", "jobs").expect("the name of a field that is not carried is still known");
    assert_eq!(tree.to_json(), json!({"title": "week"}));
}

#[test]
fn what_does_not_fit_is_an_error_that_names_the_place() {
    let table: [(Edit, &[&str]); 14] = [
        (|t| t.rename("tasks[].nam", "title"), &["no `tasks[0].nam`", "name, seconds"]),
        (|t| t.rename("tasks[].name", "seconds"), &["`tasks[0].seconds` is there already"]),
        (|t| t.rename("title.name", "x"), &["`title` is string", "a field `name`"]),
        (|t| t.rename("tasks[]", "x"), &["`tasks[]` is no place", "end with a field"]),
        (|t| t.rename("tasks[", "x"), &["`tasks[` is no place", "`]` is missing"]),
        (|t| t.remove("tasks..x"), &["`tasks..x` is no place"]),
        (|t| t.remove("tasks[x].name"), &["number of an element"]),
        (|t| t.remove("tasks[2].name"), &["no `tasks[2]`", "2 elements"]),
        (|t| t.map("title", |n: u32| n), &["`title`: expected u32, found string"]),
        (|t| t.try_map("title", |_: String| Err::<u8, _>("too old")), &["`title`: too old"]),
        (|t| t.move_to("tasks[].name", "names[]"), &["only fields may follow"]),
        (|t| t.move_to("title", "shape"), &["`shape` is there already"]),
        (|t| t.move_to("title", "shape.x"), &["`shape.x`", "variant Circle"]),
        (
            |t| t.split("title", &["a", "b"], |t: String| (t,)),
            &["`title`", "tuple of 1", "tuple of 2"],
        ),
    ];
    for (index, (edit, expected)) in table.into_iter().enumerate() {
        let message = edit(&mut state()).expect_err("does not fit").to_string();
        for part in expected {
            assert!(message.contains(part), "edit {index}: {message:?} lacks {part:?}");
        }
    }
}
