//! Old values of another type than the new schema's.

use super::merge::{old, state};
use super::reload;
use crate::state::{Tree, capture, restore};
use serde::{Deserialize, Serialize};

mod m05 {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct State {
        pub(super) title: u32,
        pub(super) count: u32,
        pub(super) todos: Vec<Todo>,
        pub(super) by_name: Vec<u8>,
        pub(super) view: (f32, bool),
        pub(super) mode: Option<u8>,
    }
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    pub(super) struct Todo {
        pub(super) text: String,
        pub(super) done: Done,
    }
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    pub(super) enum Done {
        #[default]
        Open,
        At(u64),
    }
    impl Default for State {
        fn default() -> Self {
            let (by_name, mode) = (vec![7], Some(9));
            Self { title: 42, count: 0, todos: vec![], by_name, view: (2.0, true), mode }
        }
    }
}

#[test]
fn m05_changed_types_take_their_default_and_the_rest_is_kept() {
    let (new, notes) = reload::<_, m05::State>(&state());
    let todo = |text: &str| m05::Todo { text: text.into(), done: m05::Done::Open };
    let todos = vec![todo("a"), todo("b"), todo("c")];
    assert_eq!(new, m05::State { count: 3, todos, ..m05::State::default() });
    let expected = [
        "title: expected u32, found string; took its default",
        "todos[].done: expected enum Done, found bool; took its default",
        "by_name: expected list, found map; took its default",
        "view: expected tuple of 2, found struct; took its default",
        "mode: expected option of u8, found variant Board; took its default",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn m05_one_bad_element_is_named_by_its_index() {
    let mut tree = capture(&state()).expect("captured");
    let Some(Tree::Seq(todos)) = tree.field_mut("todos") else { panic!("todos is a list") };
    *todos[1].field_mut("done").expect("a field") = Tree::from("yes");
    let restored = restore::<old::State>(&tree);
    assert_eq!(restored.value, state());
    let notes = restored.report.defaulted.lines();
    assert_eq!(notes, ["todos[1].done: expected bool, found string; took its default"]);
}

#[test]
fn m05_numbers_and_options_convert_where_nothing_is_lost() {
    #[derive(Serialize)]
    struct Old {
        wider: u8,
        signed: u32,
        narrower: u64,
        too_large: u64,
        negative: i8,
        float: f32,
        exact: u64,
        inexact: u64,
        wrapped: u16,
        unwrapped: Option<u16>,
        gone: Option<u16>,
        both: Vec<Option<u8>>,
        text: char,
        bytes: Vec<u8>,
    }
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct New {
        wider: u64,
        signed: i128,
        narrower: u8,
        too_large: u8,
        negative: u8,
        float: f64,
        exact: f64,
        inexact: f32,
        wrapped: Option<u32>,
        unwrapped: u16,
        gone: u16,
        both: Vec<u16>,
        text: String,
        bytes: Vec<u16>,
    }
    let old = Old {
        wider: 255,
        signed: 7,
        narrower: 200,
        too_large: 300,
        negative: -1,
        float: 0.1,
        exact: 1 << 60,
        inexact: (1 << 24) + 1,
        wrapped: 5,
        unwrapped: Some(6),
        gone: None,
        both: vec![Some(1), Some(2)],
        text: 'ß',
        bytes: vec![1, 2],
    };
    let (new, notes) = reload::<_, New>(&old);
    let expected = New {
        wider: 255,
        signed: 7,
        narrower: 200,
        float: f64::from(0.1_f32),
        exact: (1_u64 << 60) as f64,
        wrapped: Some(5),
        unwrapped: 6,
        both: vec![1, 2],
        text: "ß".into(),
        bytes: vec![1, 2],
        ..New::default()
    };
    assert_eq!(new, expected);
    let expected = [
        "too_large: expected a number that fits u8, found u64; took its default",
        "negative: expected a number that fits u8, found i8; took its default",
        "inexact: expected f32, found u64; took its default",
        "gone: expected u16, found none; took its default",
        "wider: u8 became u64",
        "signed: u32 became i128",
        "narrower: u64 became u8",
        "float: f32 became f64",
        "exact: u64 became f64",
        "wrapped: u16 became u32",
        "wrapped: u16 became option of u16",
        "unwrapped: option of u16 became u16",
        "both[]: option of u8 became u16",
        "text: char became string",
        "bytes[]: u8 became u16",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn m05_a_state_that_became_something_else_is_the_default() {
    let (new, notes) = reload::<_, (u8, String)>(&state());
    assert_eq!(new, (0, String::new()));
    assert_eq!(notes, ["(root): expected tuple of 2, found struct; took its default"]);
    let (new, notes) = reload::<_, old::State>(&vec![1_u8]);
    assert_eq!(new, old::State::default());
    assert_eq!(notes, ["(root): expected struct State, found list; took its default"]);
}
