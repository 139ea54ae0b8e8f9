//! The merge beside serde's own attributes, which decide much of what a type asks for.

use super::reload;
use crate::state::{capture, from_tree, restore};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[test]
fn alias_wins_over_the_default() {
    #[derive(Serialize)]
    struct Old {
        name: &'static str,
        items: Vec<OldItem>,
    }
    #[derive(Serialize)]
    struct OldItem {
        label: &'static str,
    }
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct New {
        #[serde(alias = "name")]
        title: String,
        items: Vec<NewItem>,
        #[serde(rename = "n")]
        count: u8,
    }
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct NewItem {
        size: u8,
        #[serde(alias = "label")]
        text: String,
    }
    let old = Old { name: "t", items: vec![OldItem { label: "a" }, OldItem { label: "b" }] };
    let (new, notes) = reload::<_, New>(&old);
    let item = |text: &str| NewItem { size: 0, text: text.into() };
    assert_eq!(new, New { title: "t".into(), items: vec![item("a"), item("b")], count: 0 });
    let expected = ["items[].size: added, took its default", "n: added, took its default"];
    assert_eq!(notes, expected);
}

#[test]
fn a_field_that_was_skipped_is_not_one_that_was_added() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct State {
        count: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
        #[serde(skip_serializing_if = "String::is_empty")]
        text: String,
        #[serde(skip)]
        cache: u32,
    }
    impl Default for State {
        fn default() -> Self {
            Self { count: 1, hint: Some("type here".into()), text: "text".into(), cache: 7 }
        }
    }
    let cleared = State { count: 2, hint: None, text: String::new(), cache: 9 };
    let (new, notes) = reload::<_, State>(&cleared);
    let expected = State { count: 2, hint: None, text: "text".into(), cache: 0 };
    assert_eq!(new, expected, "what its author clears stays cleared where serde has a default");
    assert_eq!(notes, ["text: was not stored, took its default"]);
}

#[test]
fn flattened_structs_merge_by_name() {
    #[derive(Serialize)]
    struct Old {
        id: u8,
        #[serde(flatten)]
        inner: OldInner,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }
    #[derive(Serialize)]
    struct OldInner {
        kept: String,
        changed: String,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct New {
        id: u8,
        added: u8,
        #[serde(flatten)]
        inner: NewInner,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct NewInner {
        kept: String,
        changed: u32,
        new: u32,
    }
    impl Default for New {
        fn default() -> Self {
            let inner = NewInner { kept: "default".into(), changed: 5, new: 6 };
            Self { id: 0, added: 4, inner, rest: BTreeMap::new() }
        }
    }
    let inner = OldInner { kept: "k".into(), changed: "c".into() };
    let rest = BTreeMap::from([("r".into(), 1)]);
    let old = Old { id: 1, inner, rest: rest.clone() };
    let (new, notes) = reload::<_, New>(&old);
    let inner = NewInner { kept: "k".into(), changed: 5, new: 6 };
    assert_eq!(new, New { id: 1, added: 4, inner, rest });
    for part in
        ["added: added", "new: added", "changed\"]: invalid type: string \"c\", expected u32"]
    {
        assert!(notes.iter().any(|note| note.contains(part)), "{part} in {notes:#?}");
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum OldShape {
    Circle { r: f32, text: String },
    Dot,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Shape {
    Circle { r: f32, text: u8, name: String, tags: Vec<u8>, open: bool },
    Dot,
}

#[test]
fn internally_tagged_elements_keep_what_they_can() {
    let circle = |r| OldShape::Circle { r, text: "t".into() };
    let old = vec![circle(1.0), OldShape::Dot, circle(2.0)];
    let (new, notes) = reload::<_, Vec<Shape>>(&old);
    let circle = |r| Shape::Circle { r, text: 0, name: String::new(), tags: vec![], open: false };
    assert_eq!(new, [circle(1.0), Shape::Dot, circle(2.0)]);
    for line in [
        "[].name: added, took its default",
        "[].tags: added, took its default",
        "[].open: added, took its default",
        "[].text: invalid type: string \"t\", expected u8; took its default",
    ] {
        assert!(notes.iter().any(|note| note == line), "{line} in {notes:#?}");
    }
}

#[test]
fn all_forms_of_tags_survive() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        Unit,
        New(u8),
        Tuple(u8, String),
        Fields { a: Option<u8>, deep: Box<Adjacent> },
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(u32),
        Negative(i64),
        Float(f64),
        Text(String),
        Plain(Plain),
        Pair(u8, Option<bool>),
        Fields { shape: Shape, plain: Vec<Plain> },
        Unit,
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Plain {
        A,
        B(u8),
        C { x: i8 },
    }
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct State {
        adjacent: Vec<Adjacent>,
        untagged: Vec<Untagged>,
        address: Vec<WithAddress>,
    }
    /// A type that serialises by `is_human_readable`, inside a buffer that always says yes.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "is")]
    enum WithAddress {
        One { address: std::net::IpAddr },
    }
    let deep = Box::new(Adjacent::Tuple(1, "t".into()));
    let shape = Shape::Circle { r: 0.5, text: 1, name: "n".into(), tags: vec![1], open: true };
    let state = State {
        adjacent: vec![Adjacent::Unit, Adjacent::New(3), Adjacent::Fields { a: Some(1), deep }],
        untagged: vec![
            Untagged::Number(7),
            Untagged::Negative(-7),
            Untagged::Float(0.5),
            Untagged::Text("x".into()),
            Untagged::Plain(Plain::B(2)),
            Untagged::Pair(1, Some(true)),
            Untagged::Fields { shape, plain: vec![Plain::A, Plain::B(1), Plain::C { x: -1 }] },
            Untagged::Unit,
        ],
        address: vec![WithAddress::One { address: std::net::Ipv4Addr::LOCALHOST.into() }],
    };
    let tree = capture(&state).expect("captured");
    assert_eq!(from_tree::<State>(&tree).expect("as it was"), state);
    let restored = restore::<State>(&tree);
    assert_eq!(restored.value, state);
    assert_eq!(restored.report.lost, 0, "{}", restored.report);
}

#[test]
fn an_untagged_value_that_fits_nothing_is_replaced_alone() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Number {
        Int(u8),
        Float(f32),
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct State {
        a: Number,
        b: Number,
    }
    impl Default for State {
        fn default() -> Self {
            Self { a: Number::Int(1), b: Number::Float(1.5) }
        }
    }
    #[derive(Serialize)]
    struct Old {
        a: u8,
        b: &'static str,
    }
    let (new, notes) = reload::<_, State>(&Old { a: 9, b: "text" });
    assert_eq!(new, State { a: Number::Int(9), b: Number::Float(1.5) });
    assert_eq!(notes.len(), 1, "{notes:#?}");
    assert!(notes[0].starts_with("b: data did not match any variant"), "{notes:#?}");
}

#[test]
fn other_takes_unknown_variants() {
    #[derive(Serialize)]
    enum Old {
        Gone,
    }
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    enum New {
        #[default]
        Known,
        #[serde(other)]
        Unknown,
    }
    assert_eq!(reload::<_, New>(&Old::Gone), (New::Unknown, vec![]));
}

#[test]
fn denied_fields_are_dropped() {
    #[derive(Serialize)]
    struct Old {
        a: u8,
        gone: u8,
    }
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct New {
        a: u8,
    }
    let (new, notes) = reload::<_, Vec<New>>(&vec![Old { a: 1, gone: 2 }, Old { a: 3, gone: 4 }]);
    assert_eq!(new, [New { a: 1 }, New { a: 3 }]);
    assert_eq!(notes, ["[].gone: not in the new type, dropped"]);
}

#[test]
fn a_default_for_the_whole_struct_wins_inside_collections() {
    #[derive(Serialize)]
    struct Old {
        a: u8,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    struct New {
        a: u8,
        b: u8,
    }
    impl Default for New {
        fn default() -> Self {
            Self { a: 1, b: 2 }
        }
    }
    let (new, notes) = reload::<_, Vec<New>>(&vec![Old { a: 9 }]);
    assert_eq!((new, notes), (vec![New { a: 9, b: 2 }], vec![]));
}

#[test]
fn structs_and_maps_with_texts_as_keys_stand_for_each_other() {
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Ages {
        ann: u8,
        bob: u8,
    }
    let ages = Ages { ann: 1, bob: 2 };
    let (map, notes) = reload::<_, BTreeMap<String, u8>>(&ages);
    assert_eq!((&map, notes), (&BTreeMap::from([("ann".into(), 1), ("bob".into(), 2)]), vec![]));
    assert_eq!(reload::<_, Ages>(&map), (ages, vec![]));
}

#[test]
fn newtypes_and_renamed_types_are_no_change() {
    #[derive(Serialize)]
    struct Old {
        a: u8,
        b: Vec<(u8, u8)>,
    }
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct New {
        a: Meters,
        b: Vec<Pair>,
    }
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Meters(u8);
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Pair(u8, u8);
    let (new, notes) = reload::<_, New>(&Old { a: 1, b: vec![(2, 3)] });
    assert_eq!((new, notes), (New { a: Meters(1), b: vec![Pair(2, 3)] }, vec![]));
}
