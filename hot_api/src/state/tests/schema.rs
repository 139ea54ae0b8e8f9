//! Schemas of types: complete, stable, told apart, and never in the way.

use crate::state::schema::Schema;
use crate::state::{Section, from_tree};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU32;
use std::ops::Range;

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its type is looked at")]
struct Board {
    columns: Vec<Column>,
    editing: Option<u64>,
    span: Range<u8>,
    spans: (Range<f32>, [bool; 2]),
    tags: BTreeMap<String, Shape>,
    count: NonZeroU32,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its type is looked at")]
struct Column {
    title: String,
    samples: VecDeque<f32>,
    parent: Option<Box<Column>>,
    inner: Vec<Column>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its type is looked at")]
enum Shape {
    Group(Vec<Shape>),
    Pair(Box<Shape>, Box<Shape>),
    Circle { radius: f32, colour: Option<[u8; 3]> },
    Named(String),
    Nothing,
}

#[track_caller]
fn schema<T: DeserializeOwned>() -> Schema {
    Schema::of::<T>().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_part_is_seen_once_and_recursion_is_named() {
    let board = schema::<Board>();
    let shape = "enum {Group list<outer 0> | Pair (outer 0, outer 0) | \
                 Circle {radius: f32, colour: Option<(u8, u8, u8)>} | Named string | Nothing}";
    let expected = format!(
        "columns[].title: string\ncolumns[].samples: list<f32>\n\
         columns[].parent: Option<outer 0>\ncolumns[].inner: list<outer 0>\nediting: Option<u64>\n\
         span.start: u8\nspan.end: u8\n\
         spans: ({{start: f32, end: f32}}, (bool, bool))\ntags: map<string, {shape}>\ncount: u32"
    );
    assert_eq!(board.to_string(), expected);
}

#[test]
fn fingerprints_are_the_same_in_every_build() {
    // If this number changes, the fingerprints in everybody's snapshots no longer count.
    assert_eq!(format!("{:#x}", schema::<(u8, Vec<String>)>().fingerprint()), PINNED);
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its type is looked at")]
    struct Renamed(f32);
    assert_eq!(schema::<Vec<Renamed>>(), schema::<Vec<f32>>(), "names of types do not count");
    assert_ne!(schema::<Vec<f64>>().fingerprint(), schema::<Vec<f32>>().fingerprint());
}

const PINNED: &str = "0xff35b5a8fd348aea";

#[test]
fn a_schema_survives_in_a_snapshot() {
    let board = schema::<Board>();
    let section = Section::capture("schema", &board).expect("captured");
    let back: Schema = from_tree(&section.tree().expect("read")).expect("a schema");
    assert_eq!(back, board);
}

#[test]
fn a_diff_names_what_was_added_removed_and_changed() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its type is looked at")]
    struct Old {
        tasks: Vec<OldTask>,
        gone: bool,
        kind: OldKind,
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its type is looked at")]
    struct OldTask {
        title: String,
        cost: u32,
    }
    #[derive(Deserialize)]
    enum OldKind {
        A,
        B,
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its type is looked at")]
    struct New {
        kind: NewKind,
        tasks: Vec<NewTask>,
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its type is looked at")]
    struct NewTask {
        title: String,
        cost: u64,
        due: Option<u32>,
    }
    #[derive(Deserialize)]
    enum NewKind {
        A,
        C,
    }
    let diff = schema::<New>().diff(&schema::<Old>());
    assert_eq!(
        diff,
        [
            "~ tasks[].cost: u32 → u64",
            "+ tasks[].due: Option<u32>",
            "- gone: bool",
            "- kind.B: variant",
            "+ kind.C: variant",
        ]
    );
    assert!(schema::<Old>().diff(&schema::<Old>()).is_empty());
    let reordered = schema::<(u8, Swapped)>().diff(&schema::<(u8, Straight)>());
    assert_eq!(reordered, ["~ the order of fields or variants"]);
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its type is looked at")]
struct Straight {
    a: u8,
    b: u8,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its type is looked at")]
struct Swapped {
    b: u8,
    a: u8,
}

#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its type is looked at")]
enum Untagged {
    Number(u8),
    Text(String),
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its type is looked at")]
struct Flat {
    #[serde(flatten)]
    inner: Straight,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its type is looked at")]
struct Aliased {
    #[serde(alias = "old")]
    new: u8,
}

struct Picky;

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "only this" => Ok(Self),
            _ => Err(serde::de::Error::custom("not this")),
        }
    }
}

struct Bomb;

impl<'de> Deserialize<'de> for Bomb {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("it broke")
    }
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its type is looked at")]
struct Endless {
    next: Box<Endless>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its type is looked at")]
struct With<T> {
    fields: Vec<T>,
}

#[test]
fn what_cannot_be_traced_has_no_schema_and_a_reason() {
    fn reason<T: DeserializeOwned>() -> String {
        Schema::of::<With<T>>().expect_err("it has no schema").to_string()
    }
    let table = [
        (reason::<Untagged>(), "untagged"),
        (reason::<Flat>(), "fields[]"),
        (reason::<Aliased>(), "aliases"),
        (reason::<Picky>(), "not this"),
        (reason::<Endless>(), "without end"),
        (reason::<serde_json::Value>(), "looks at the data"),
        (reason::<[Box<[Box<[Box<[u8; 32]>; 32]>; 32]>; 32]>(), "too many parts"),
    ];
    for (message, expected) in table {
        assert!(message.contains(expected), "{message:?} lacks {expected:?}");
        assert!(message.starts_with("`fields"), "{message}");
    }
    let message = reason::<Bomb>();
    assert!(message.contains("panics within") && message.contains("With<"), "{message}");
}
