//! Old states in types whose schema has changed.

use super::reload;
use crate::state::{capture, restore};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A module with the types of one version of a schema.
macro_rules! version {
    ($name:ident { $($item:item)* }) => {
        pub(super) mod $name {
            use super::*;
            $(
                #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
                $item
            )*
        }
    };
}

version!(old {
    pub(in crate::state::tests) struct State {
        pub(in crate::state::tests) title: String,
        pub(in crate::state::tests) count: u32,
        pub(in crate::state::tests) todos: Vec<Todo>,
        pub(in crate::state::tests) by_name: BTreeMap<String, Todo>,
        pub(in crate::state::tests) view: View,
        pub(in crate::state::tests) mode: Mode,
    }
    pub(in crate::state::tests) struct Todo {
        pub(in crate::state::tests) text: String,
        pub(in crate::state::tests) done: bool,
    }
    pub(in crate::state::tests) struct View {
        pub(in crate::state::tests) zoom: f32,
        pub(in crate::state::tests) open: bool,
    }
    pub(in crate::state::tests) enum Mode {
        #[default]
        List,
        Board { columns: u8 },
        Calendar(u16),
    }
});

pub(super) fn state() -> old::State {
    let todo = |text: &str, done| old::Todo { text: text.into(), done };
    old::State {
        title: "mine".into(),
        count: 3,
        todos: vec![todo("a", true), todo("b", false), todo("c", true)],
        by_name: BTreeMap::from([("x".into(), todo("d", true))]),
        view: old::View { zoom: 1.5, open: true },
        mode: old::Mode::Board { columns: 4 },
    }
}

#[test]
fn an_unchanged_type_keeps_everything() {
    let restored = restore::<old::State>(&capture(&state()).expect("captured"));
    assert_eq!(restored.value, state());
    // title, count, three todos of two, one more, zoom, open, the mode and its columns.
    assert_eq!(restored.report.kept, 2 + 6 + 2 + 2 + 2);
    assert_eq!(restored.report.to_string(), "14 kept, 0 defaulted, 0 dropped, 0 converted");
}

mod m02 {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct State {
        pub(super) title: String,
        pub(super) count: u32,
        pub(super) limit: u32,
        #[serde(default)]
        pub(super) filter: String,
        pub(super) hint: Option<String>,
        pub(super) view: View,
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct View {
        pub(super) zoom: f32,
        pub(super) open: bool,
        pub(super) columns: Vec<u8>,
    }
    impl Default for State {
        fn default() -> Self {
            let view = View { zoom: 1.0, open: false, columns: vec![1, 2] };
            let (filter, hint) = ("all".into(), Some("type here".into()));
            Self { title: "untitled".into(), count: 0, limit: 10, filter, hint, view }
        }
    }
}

#[test]
fn m02_added_fields_take_the_default_of_the_state() {
    let (new, notes) = reload::<_, m02::State>(&state());
    let view = m02::View { zoom: 1.5, open: true, columns: vec![1, 2] };
    let expected = m02::State { title: "mine".into(), count: 3, view, ..m02::State::default() };
    assert_eq!(new, expected);
    let expected = [
        "limit: added, took its default",
        "filter: added, took its default",
        "hint: added, took its default",
        "view.columns: added, took its default",
        "todos: not in the new type, dropped",
        "by_name: not in the new type, dropped",
        "mode: not in the new type, dropped",
    ];
    let mut notes = notes;
    notes.sort();
    let mut expected = expected.map(str::to_owned);
    expected.sort();
    assert_eq!(notes, expected);
}

#[test]
fn added_fields_are_no_loss_and_dropped_ones_are() {
    let report = restore::<old::State>(&capture(&state()).expect("captured")).report;
    assert_eq!(report.lost, 0);
    let report = restore::<m02::State>(&capture(&state()).expect("captured")).report;
    assert_eq!((report.defaulted.total, report.dropped.total, report.lost), (4, 3, 3));
}

#[test]
fn m03_removed_fields_are_dropped_and_the_rest_is_kept() {
    version!(new {
        pub(super) struct State {
            pub(super) count: u32,
            pub(super) todos: Vec<Todo>,
        }
        pub(super) struct Todo {
            pub(super) text: String,
        }
    });
    let (new, notes) = reload::<_, new::State>(&state());
    let texts: Vec<_> = new.todos.iter().map(|todo| todo.text.as_str()).collect();
    assert_eq!((new.count, texts), (3, vec!["a", "b", "c"]));
    let expected = [
        "title: not in the new type, dropped",
        "todos[].done: not in the new type, dropped",
        "by_name: not in the new type, dropped",
        "view: not in the new type, dropped",
        "mode: not in the new type, dropped",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn m06_an_added_variant_changes_nothing() {
    version!(new {
        pub(super) enum Mode {
            Calendar(u16),
            #[default]
            Timeline,
            List,
            Board { columns: u8 },
        }
    });
    for (old, expected) in [
        (old::Mode::List, new::Mode::List),
        (old::Mode::Board { columns: 4 }, new::Mode::Board { columns: 4 }),
        (old::Mode::Calendar(2), new::Mode::Calendar(2)),
    ] {
        assert_eq!(reload::<_, new::Mode>(&old), (expected, vec![]));
    }
}

#[test]
fn m06_a_removed_variant_in_use_takes_the_default() {
    version!(new {
        pub(super) struct State {
            pub(super) count: u32,
            pub(super) mode: Mode,
            pub(super) recent: Vec<Mode>,
        }
        pub(super) enum Mode {
            Grid,
            #[default]
            List,
        }
    });
    #[derive(Serialize)]
    struct Old {
        count: u32,
        mode: old::Mode,
        recent: Vec<old::Mode>,
    }
    let board = || old::Mode::Board { columns: 1 };
    let mut recent = vec![old::Mode::List, old::Mode::Calendar(1), old::Mode::List];
    recent.extend((0..1000).map(|_| board()));
    let (new, notes) = reload::<_, new::State>(&Old { count: 3, mode: board(), recent });
    assert_eq!((new.count, new.mode), (3, new::Mode::List));
    assert_eq!(new.recent.len(), 1003, "elements keep their places");
    assert_eq!(new.recent[..3], [new::Mode::List, new::Mode::Grid, new::Mode::List]);
    let expected = [
        "mode: unknown variant Board; took its default",
        "recent[1]: unknown variant Calendar; took its default",
        "recent[]: unknown variant Board; took its default",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn m06_a_variant_may_change_its_form() {
    version!(new {
        pub(super) enum Mode {
            #[default]
            Other,
            List { sorted: bool },
            Board { columns: u8, rows: u8 },
            Calendar,
        }
    });
    let cases = [
        (old::Mode::List, new::Mode::List { sorted: false }, vec!["List: added, took its default"]),
        (
            old::Mode::Board { columns: 4 },
            new::Mode::Board { columns: 4, rows: 0 },
            vec!["Board.rows: added, took its default"],
        ),
        (
            old::Mode::Calendar(2),
            new::Mode::Calendar,
            vec!["Calendar: not in the new type, dropped"],
        ),
    ];
    for (old, expected, notes) in cases {
        let notes = notes.into_iter().map(str::to_owned).collect();
        assert_eq!(reload::<_, new::Mode>(&old), (expected, notes));
    }
}

#[test]
fn m07_reordered_fields_are_found_by_name() {
    version!(new {
        pub(super) struct State {
            pub(super) view: View,
            pub(super) count: u32,
            pub(super) todos: Vec<Todo>,
            pub(super) title: String,
            pub(super) mode: Mode,
            pub(super) by_name: BTreeMap<String, Todo>,
        }
        pub(super) struct Todo {
            pub(super) done: bool,
            pub(super) text: String,
        }
        pub(super) struct View {
            pub(super) open: bool,
            pub(super) zoom: f32,
        }
        pub(super) enum Mode {
            Calendar(u16),
            Board { columns: u8 },
            #[default]
            List,
        }
    });
    let (new, notes) = reload::<_, new::State>(&state());
    let (back, notes_back) = reload::<_, old::State>(&new);
    assert_eq!((back, notes, notes_back), (state(), vec![], vec![]));
}

fn urgent() -> u8 {
    5
}

#[test]
fn m08_fields_added_inside_collections_keep_the_elements() {
    version!(new {
        pub(super) struct State {
            pub(super) todos: Vec<Todo>,
            pub(super) by_name: BTreeMap<String, Todo>,
        }
        pub(super) struct Todo {
            pub(super) text: String,
            pub(super) due: u32,
            pub(super) tags: Vec<String>,
            pub(super) owner: Option<String>,
            #[serde(default = "urgent")]
            pub(super) urgency: u8,
            pub(super) place: Place,
            pub(super) kind: Kind,
            pub(super) done: bool,
        }
        pub(super) struct Place {
            pub(super) x: f32,
            pub(super) at: (u8, char, [bool; 2]),
        }
        pub(super) enum Kind {
            #[default]
            Chore,
            Project,
        }
    });
    let (new, notes) = reload::<_, new::State>(&state());
    let todo =
        |text: &str, done| new::Todo { text: text.into(), done, urgency: 5, ..Default::default() };
    assert_eq!(new.todos, [todo("a", true), todo("b", false), todo("c", true)]);
    assert_eq!(new.by_name, BTreeMap::from([("x".into(), todo("d", true))]));
    for field in ["due", "tags", "place", "kind"] {
        for list in ["todos", "by_name"] {
            let line = format!("{list}[].{field}: added, took its default");
            assert!(notes.contains(&line), "{line} in {notes:#?}");
        }
    }
    assert!(!notes.iter().any(|note| note.contains("urgency")), "serde's own default: {notes:#?}");
}
