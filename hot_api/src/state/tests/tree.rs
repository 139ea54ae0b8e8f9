//! Looking into trees.

use crate::state::{Int, Path, Segment, Tree, capture};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Todo {
    title: &'static str,
    due: Option<u32>,
}

#[derive(Serialize)]
struct State {
    todos: Vec<Todo>,
    ages: BTreeMap<&'static str, u8>,
    grid: BTreeMap<(i8, i8), Shape>,
    size: (f32, f64),
    unit: (),
}

#[derive(Serialize)]
enum Shape {
    Dot,
    Circle(f32),
    Line(i32, i32),
    Rect { w: u64, h: u64 },
}

fn state() -> Tree {
    let state = State {
        todos: vec![Todo { title: "a", due: None }, Todo { title: "b", due: Some(7) }],
        ages: BTreeMap::from([("ann", 30)]),
        grid: BTreeMap::from([
            ((0, 0), Shape::Dot),
            ((0, 1), Shape::Circle(0.5)),
            ((0, 2), Shape::Line(1, -1)),
            ((1, 0), Shape::Rect { w: 1, h: u64::MAX }),
        ]),
        size: (0.1, f64::NEG_INFINITY),
        unit: (),
    };
    capture(&state).expect("captured")
}

#[test]
fn json_reads_as_people_write_it() {
    let expected = json!({
        "todos": [{"title": "a", "due": null}, {"title": "b", "due": 7}],
        "ages": {"ann": 30},
        "grid": [
            [[0, 0], "Dot"],
            [[0, 1], {"Circle": 0.5}],
            [[0, 2], {"Line": [1, -1]}],
            [[1, 0], {"Rect": {"w": 1, "h": u64::MAX}}],
        ],
        "size": [0.1, "-inf"],
        "unit": null,
    });
    assert_eq!(state().to_json(), expected);
}

#[test]
fn json_has_a_text_where_it_has_no_number() {
    let cases = [
        (Tree::from(f32::NAN), json!("NaN")),
        (Tree::from(f64::INFINITY), json!("inf")),
        (Tree::from(u128::MAX), json!(u128::MAX.to_string())),
        (Tree::from(i128::MIN), json!(i128::MIN.to_string())),
        (Tree::from(i64::MIN), json!(i64::MIN)),
        (Tree::Bytes(vec![0, 0xab]), json!("0x00ab")),
        (Tree::Char('ß'), json!("ß")),
    ];
    for (tree, expected) in cases {
        assert_eq!(tree.to_json(), expected, "{tree:?}");
    }
}

#[test]
fn paths_lead_to_values_and_read_well() {
    let at = Path::root;
    let cases = [
        (at(), "(root)", None),
        (at().field("todos").item(1).field("title"), "todos[1].title", Some(Tree::from("b"))),
        (at().field("todos").item(1).field("due"), "todos[1].due", None),
        (
            at().field("ages").then(Segment::Key("\"ann\"".into())),
            "ages[\"ann\"]",
            Some(30_u8.into()),
        ),
        (
            at().field("grid")
                .then(Segment::Key("[1,0]".into()))
                .then(Segment::Variant("Rect".into()))
                .field("w"),
            "grid[[1,0]].Rect.w",
            Some(1_u64.into()),
        ),
        (at().field("size").then(Segment::Slot(0)), "size[0]", Some(0.1_f32.into())),
    ];
    let state = state();
    for (path, shown, value) in cases {
        assert_eq!(path.to_string(), shown);
        let found = state.get(&path).unwrap_or_else(|| panic!("{shown} is there"));
        assert!(value.is_none_or(|value| *found == value), "{shown}: {found:?}");
    }
    for missing in [at().field("todo"), at().field("todos").item(2), at().field("unit").item(0)] {
        assert_eq!(state.get(&missing), None, "{missing}");
    }
    let wild = at().field("todos").item(1).field("due").wild();
    assert_eq!(wild.to_string(), "todos[].due");
}

#[test]
fn retained_fields_are_top_level_ones() {
    let mut state = state();
    state.retain_fields(&["todos".into(), "unit".into(), "title".into()]);
    let expected = json!({
        "todos": [{"title": "a", "due": null}, {"title": "b", "due": 7}],
        "unit": null,
    });
    assert_eq!(state.to_json(), expected);
}

#[test]
fn nodes_are_counted() {
    assert_eq!(Tree::Unit.node_count(), 1);
    // The struct, the list, two structs, two titles, two options and one content; 2 + 2 keys…
    assert_eq!(
        state().node_count(),
        1 + (1 + 2 + 2 + 2 + 1) + (1 + 2) + (1 + 4 * 3 + 4 + 1 + 3 + 3) + 3 + 1
    );
}

#[test]
fn fields_can_be_changed() {
    let mut state = state();
    *state.field_mut("unit").expect("a field") = Tree::from(3_u8);
    *state.field_mut("ages").and_then(|ages| ages.field_mut("ann")).expect("a key") = true.into();
    assert_eq!(state.field("unit"), Some(&Tree::from(3_u8)));
    assert_eq!(state.field("ages").and_then(|ages| ages.field("ann")), Some(&true.into()));
}

#[test]
fn integers_convert_only_exactly() {
    assert_eq!(Int::from(255_u8).to::<i16>(), Some(255));
    assert_eq!(Int::from(-1_i8).to::<u64>(), None);
    assert_eq!(Int::from(u128::MAX).to::<i128>(), None);
    assert_eq!(Int::from(u64::MAX).to::<i128>(), Some(u64::MAX.into()));
    assert_eq!(Int::from(1_u64 << 53).to_f64(), Some(9_007_199_254_740_992.0));
    assert_eq!(Int::from((1_u64 << 53) + 1).to_f64(), None);
    assert_eq!(Int::from(i128::MIN).to_f32(), Some(-(2_f32.powi(127))));
    assert_eq!(Int::from(16_777_217_i32).to_f32(), None);
    assert_eq!(Int::from(0_u8).to_f32(), Some(0.0));
}
