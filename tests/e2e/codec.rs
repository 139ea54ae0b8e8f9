//! Which codec carries a state from one generation to the next.

use crate::RELOADED;
use host::journal::event::{Event, StateReport};
use pitstop_tests::large_state::{Reloads, bytes_of_a_record};
use pitstop_tests::told::Told;
use pitstop_tests::{HostProcess, Project};
use serde_json::json;
use std::time::Duration;

/// Makes an edit that leads to new code, and returns what became of the state.
#[track_caller]
pub(crate) fn reload(host: &mut HostProcess, edit: impl FnOnce()) -> StateReport {
    host.check(edit, &RELOADED);
    let found = host.journal().iter().rev().find_map(|entry| match &entry.event {
        Event::Committed { state, .. } => Some(state.clone()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("nothing was committed\n{}", host.words()))
}

#[test]
fn m12_an_unchanged_schema_travels_binary_and_a_changed_one_by_name() {
    let project = Project::new();
    project.replace(
        "data/src/lib.rs",
        "// in sign",
        "self.text = format!(\"{} {name}\", self.text);",
    );
    let mut host = HostProcess::start(&project);
    let report = reload(&mut host, || project.rename("ui", "two"));
    assert_eq!(report.codec, "binary", "{}", host.words());
    assert_eq!(report.kept, 4, "ticks, clicks, the text, and who has signed: {report:?}");
    assert!(report.defaulted.is_empty() && report.dropped.is_empty(), "{report:?}");
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
    let text = host.state("ui")["text"].clone();
    assert!(text.as_str().is_some_and(|text| text.ends_with(" two")), "{text}");

    let field = "    /// What was typed.\n";
    let added = format!("    pub due: Option<u32>,\n{field}");
    let report = reload(&mut host, || project.replace("data/src/lib.rs", field, &added));
    assert_eq!(report.codec, "named", "{}", host.words());
    assert!(report.defaulted[0].starts_with("due: added"), "{report:?}");
    assert_eq!(report.schema, ["+ due: Option<u32>"], "{report:?}");
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
    let report = reload(&mut host, || project.rename("ui", "three"));
    assert_eq!(report.codec, "binary", "the schema is the same again");
    assert_eq!(host.seen_by("ui"), ["one", "two", "three"]);
}

#[test]
fn m12_a_field_that_is_left_out_makes_the_state_travel_by_name() {
    let project = Project::new();
    project.replace(
        "data/src/lib.rs",
        "    pub clicks: u32",
        "    #[serde(default, skip_serializing_if = \"is_zero\")]\n    pub clicks: u32",
    );
    let is_zero = "fn is_zero(number: &u32) -> bool { *number == 0 }\n// at the end";
    project.replace("data/src/lib.rs", "// at the end", is_zero);
    let mut host = HostProcess::start(&project);
    let report = reload(&mut host, || project.rename("ui", "two"));
    assert_eq!(report.codec, "named", "{}", host.words());
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
}

/// The shortest of these stalls: other programs on the machine can only make them longer.
#[track_caller]
fn shortest_stall(reloads: &[Told]) -> Duration {
    let stalls = reloads.iter().map(|told| Duration::from_micros(told.ui_stall_us));
    stalls.min().expect("there were reloads")
}

/// Bytes of state for which a swap is to fit into a frame.
const LARGE: usize = 10_000_000;
/// One frame of a display of 60 Hz.
const FRAME: Duration = Duration::from_millis(16);

#[test]
fn m12_the_pause_with_10_mb_of_an_unchanged_type_is_short_soak() {
    const LENGTH: usize = 10_000;
    let texts = format!("records::Records::with_texts({}, {LENGTH})", LARGE / LENGTH);
    let texts = Reloads::with(&texts, 7).unwrap_or_else(|error| panic!("{error:#}"));
    assert!(texts.unchanged[0].state.bytes >= LARGE as u64, "{:?}", texts.unchanged[0].state);
    let stall = shortest_stall(&texts.unchanged);
    assert!(stall <= FRAME, "10 MB in texts: the window stood still for {stall:?}");

    // Many values cost more; the same state by name is what it would cost without the fast path.
    let each = bytes_of_a_record().unwrap_or_else(|error| panic!("{error:#}"));
    let records = format!("records::Records::of({})", LARGE / each);
    let records = Reloads::with(&records, 4).unwrap_or_else(|error| panic!("{error:#}"));
    let [fast, named] = [&records.unchanged, &records.changed].map(|told| shortest_stall(told));
    assert!(fast * 2 <= named, "10 MB of records: {fast:?}, and by name {named:?}");
}

/// Written like a pair of numbers, and read like one only as long as the first is small.
const FICKLE: &str = "
#[derive(Default)]
pub struct Fickle(u8);

impl Serialize for Fickle {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (9_u8, 5_u8).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fickle {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> serde::de::Visitor<'de> for Pair {
            type Value = Fickle;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(\"a pair\")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Fickle, A::Error> {
                let first: u8 = seq.next_element()?.unwrap_or_default();
                if first < 9 {
                    let _second: Option<u8> = seq.next_element()?;
                }
                Ok(Fickle(first))
            }
        }
        deserializer.deserialize_tuple(2, Pair)
    }
}
";

#[test]
fn m12_a_state_that_is_read_otherwise_than_written_travels_by_name() {
    let project = Project::new();
    project.edit("data/src/lib.rs", |code| {
        let code = code.replace("    pub seen_by", "    pub fickle: Fickle,\n    pub seen_by");
        code.replace("// at the end", FICKLE)
    });
    let mut host = HostProcess::start(&project);
    let report = reload(&mut host, || project.rename("ui", "two"));
    assert_eq!(report.codec, "named", "{}", host.words());
    assert_eq!(host.state("ui")["fickle"], json!([9, 5]));
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
}

#[test]
fn m12_a_state_without_a_schema_travels_by_name_and_says_why() {
    let project = Project::new();
    project.edit("data/src/lib.rs", |code| {
        let code = code.replace("    pub seen_by", "    pub either: Either,\n    pub seen_by");
        let either = "#[derive(Serialize, Deserialize)]\n#[serde(untagged)]\n\
                      pub enum Either { Number(u8), Text(String) }\n\
                      impl Default for Either { fn default() -> Self { Self::Number(7) } }";
        code.replace("// at the end", either)
    });
    let mut host = HostProcess::start(&project);
    let report = reload(&mut host, || project.rename("ui", "two"));
    assert_eq!(report.codec, "named", "{}", host.words());
    assert!(
        report.schema[0].starts_with("`either` has no schema: it looks at the data"),
        "{report:?}"
    );
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
}
