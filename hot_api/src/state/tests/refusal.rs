//! Old values that only the new type's own `Deserialize` can refuse, few and many.

use super::reload;
use crate::state::{Report, Restored, Tree, capture, restore};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Accepts only texts that begin with `2`, as a date type would.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Date(String);

impl TryFrom<String> for Date {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if text.starts_with('2') { Ok(Self(text)) } else { Err(format!("`{text}` is not a date")) }
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.0
    }
}

#[test]
fn values_that_a_type_refuses_are_replaced_or_else_left_out() {
    #[derive(Serialize)]
    struct Old {
        start: &'static str,
        days: Vec<&'static str>,
        by_day: BTreeMap<&'static str, u8>,
        size: u8,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct New {
        start: Date,
        days: Vec<Date>,
        by_day: BTreeMap<OrdDate, u8>,
        size: std::num::NonZeroU8,
    }
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    #[serde(try_from = "Date")]
    struct OrdDate(String);
    impl From<Date> for OrdDate {
        fn from(date: Date) -> Self {
            Self(date.0)
        }
    }
    impl Default for New {
        fn default() -> Self {
            let size = std::num::NonZeroU8::MIN;
            Self { start: Date("2000".into()), days: vec![], by_day: BTreeMap::new(), size }
        }
    }
    let by_day = BTreeMap::from([("2026", 1), ("never", 2)]);
    let old = Old { start: "x", days: vec!["2024", "y", "2025"], by_day, size: 0 };
    let (new, notes) = reload::<_, New>(&old);
    assert_eq!(new.start, Date("2000".into()));
    assert_eq!(new.days, [Date("2024".into()), Date("2025".into())]);
    assert_eq!(new.by_day, BTreeMap::from([(OrdDate("2026".into()), 1)]));
    assert_eq!(new.size.get(), 1);
    let expected = [
        "start: `x` is not a date; took its default",
        "size: invalid value: integer `0`, expected a nonzero u8; took its default",
        // The least text, `""`, is not a date either.
        "days[1]: `` is not a date; dropped",
        "by_day[\"never\"]: `never` is not a date; dropped",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn keys_of_another_type_never_fall_together() {
    let old = BTreeMap::from([("a", 1_u8), ("b", 2)]);
    let (new, notes) = reload::<_, BTreeMap<u32, u8>>(&old);
    assert_eq!(new, BTreeMap::new());
    assert_eq!(notes, ["[]: expected u32, found string; dropped"]);

    let old = BTreeMap::from([((1_u8, Some("a")), 1_u8), ((1, None), 2), ((1, Some("b")), 3)]);
    let (new, notes) = reload::<_, BTreeMap<(u8, Option<u32>), u8>>(&old);
    assert_eq!(new, BTreeMap::from([((1, None), 2)]));
    assert_eq!(notes, ["[]: expected u32, found string; dropped"]);
}

/// A default that is itself refused leaves only `T::default()`.
#[test]
fn a_type_that_cannot_read_itself_takes_its_default() {
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct State {
        count: u32,
        date: Date,
    }
    let (new, notes) = reload::<_, State>(&State { count: 3, date: Date("1999".into()) });
    assert_eq!(new, State::default());
    let expected = [
        "(root): cannot read `date`: `` is not a date; took its default",
        "count: the whole state took its default; dropped",
        "date: the whole state took its default; dropped",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn a_default_that_contains_itself_ends() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Expr {
        Not(Box<Expr>),
        Value(u8),
    }
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct State {
        count: u32,
        exprs: Vec<Expr>,
    }
    #[derive(Serialize)]
    struct Old {
        count: u32,
        exprs: Vec<u8>,
    }
    let (new, notes) = reload::<_, State>(&Old { count: 3, exprs: vec![1] });
    assert_eq!(new, State { count: 3, exprs: vec![] });
    assert_eq!(notes, ["exprs[0]: nested too deep; dropped"]);
}

mod many {
    use super::*;

    const COUNT: usize = if cfg!(miri) { 40 } else { 10_000 };

    #[derive(Serialize)]
    struct Old {
        text: String,
        date: String,
        rank: u8,
        gone: bool,
    }
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct New {
        text: String,
        date: Dated,
        rank: String,
        added: u32,
    }
    /// Refuses nothing that its default is.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(try_from = "String", into = "String")]
    struct Dated(String);
    impl TryFrom<String> for Dated {
        type Error = &'static str;
        fn try_from(text: String) -> Result<Self, &'static str> {
            if text == "bad" { Err("bad date") } else { Ok(Self(text)) }
        }
    }
    impl From<Dated> for String {
        fn from(date: Dated) -> Self {
            date.0
        }
    }

    /// Restores elements, of which every `one_in`th has a date that is refused.
    fn restored(one_in: usize) -> Restored<Vec<New>> {
        let old = |n: usize| Old {
            text: n.to_string(),
            date: if n.is_multiple_of(one_in) { "bad" } else { "good" }.into(),
            rank: 1,
            gone: true,
        };
        let old: Vec<Old> = (0..COUNT).map(old).collect();
        let restored = restore::<Vec<New>>(&capture(&old).expect("captured"));
        assert_eq!(restored.value.len(), COUNT);
        for (n, new) in restored.value.iter().enumerate() {
            assert_eq!((&new.text, new.added, &*new.rank), (&n.to_string(), 0, ""));
        }
        restored
    }

    #[test]
    fn ten_thousand_elements_report_in_a_few_lines() {
        let Restored { value, report } = restored(COUNT / 10);
        assert_eq!(value.iter().filter(|new| new.date.0 == "good").count(), COUNT - 10);
        let mut lines = report.to_string();
        lines.retain(|c| c != ' ');
        let count = COUNT as u64;
        assert_eq!(report.kept, 2 * count - 10, "{report}");
        assert_eq!(report.defaulted.total, 2 * count + 10, "{report}");
        assert_eq!(report.defaulted.listed.len(), 3, "{report}");
        assert_eq!(report.dropped.lines(), ["[].gone: not in the new type, dropped"]);
        assert_eq!((report.dropped.total, report.lost), (count, 2 * count + 10));
    }

    /// Ten thousand passes over ten thousand elements would take minutes.
    #[test]
    fn ten_thousand_refused_elements_are_replaced_one_by_one() {
        for one_in in [1, 2] {
            let Restored { value, report } = restored(one_in);
            for (n, new) in value.iter().enumerate() {
                assert_eq!(new.date.0, if n.is_multiple_of(one_in) { "" } else { "good" }, "{n}");
            }
            assert_eq!(report.defaulted.total, (2 * COUNT + COUNT / one_in) as u64);
            let line = "[].date: bad date; took its default";
            assert!(report.defaulted.lines().iter().any(|l| l == line), "{report}");
        }
    }

    /// A list that cannot do with fewer elements, as probing would give it.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(try_from = "Vec<Dated>")]
    struct Full(Vec<Dated>);
    impl Default for Full {
        fn default() -> Self {
            Self((0..COUNT).map(|n| Dated(n.to_string())).collect())
        }
    }
    impl TryFrom<Vec<Dated>> for Full {
        type Error = String;
        fn try_from(items: Vec<Dated>) -> Result<Self, String> {
            if items.len() == COUNT {
                Ok(Self(items))
            } else {
                Err(format!("only {}", items.len()))
            }
        }
    }

    #[test]
    fn ten_thousand_refused_values_of_a_map_are_replaced_one_by_one() {
        let old: BTreeMap<usize, &str> = (0..COUNT).map(|n| (n, "bad")).collect();
        let (new, notes) = reload::<_, BTreeMap<usize, Dated>>(&old);
        assert!(new.len() == COUNT && new.values().all(|date| date.0.is_empty()));
        assert_eq!(notes, ["[]: bad date; took its default"]);
    }

    #[test]
    fn a_list_that_must_be_whole_is_read_whole() {
        let old = |bad: usize| -> Vec<&str> {
            (0..COUNT).map(|n| if n < bad { "bad" } else { "good" }).collect()
        };
        let (new, notes) = reload::<_, Full>(&old(3));
        assert_eq!(new.0.iter().filter(|date| date.0.is_empty()).count(), 3);
        assert_eq!(new.0.iter().filter(|date| date.0 == "good").count(), COUNT - 3);
        assert_eq!(notes, ["[]: bad date; took its default"]);
    }

    #[test]
    fn texts_may_become_an_enum() {
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        enum Tag {
            #[default]
            Other,
            Home,
        }
        let old: Vec<String> = (0..COUNT)
            .map(|n| if n % 2 == 0 { "Home".into() } else { format!("tag {n}") })
            .collect();
        let restored = restore::<Vec<Tag>>(&capture(&old).expect("captured"));
        let homes = restored.value.iter().filter(|tag| **tag == Tag::Home).count();
        assert_eq!((restored.value.len(), homes), (COUNT, COUNT / 2));
        assert_eq!(restored.report.converted.total, COUNT as u64 / 2);
        assert_eq!(restored.report.defaulted.total, COUNT as u64 / 2);
    }

    #[test]
    fn the_list_of_notes_is_bounded_and_says_so() {
        #[derive(Default, Serialize, Deserialize)]
        struct Narrow {}
        let wide = (0..300).map(|n| (format!("field{n}").into(), 1_u8.into())).collect();
        let report = restore::<Narrow>(&Tree::Struct(wide)).report;
        assert_eq!((report.dropped.listed.len(), report.dropped.total), (100, 300));
        assert_eq!(report.dropped.lines().last().map(String::as_str), Some("… and 200 more"));
        let text = serde_json::to_string(&report).expect("a report is plain data");
        assert_eq!(serde_json::from_str::<Report>(&text).expect("read back"), report);
    }
}
