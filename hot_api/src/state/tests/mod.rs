//! Tests of the state room. They touch no file and no clock, so Miri can run them.

mod binary;
mod bytes;
mod changed_types;
mod edit;
mod envelope;
mod merge;
mod migrate;
mod refusal;
mod round_trip;
mod schema;
mod serde_attributes;
mod tree;

use super::{Int, Notes, Tree, capture, restore};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Few cases under Miri, which is some hundred times slower; never a file for failed ones.
fn config() -> Config {
    let cases = if cfg!(miri) { 8 } else { 2_048 };
    Config { failure_persistence: None, cases, ..Config::default() }
}

/// Captures an old state and restores it as another type; with the report's lines.
#[track_caller]
fn reload<Old, New>(old: &Old) -> (New, Vec<String>)
where
    Old: Serialize,
    New: Default + Serialize + DeserializeOwned,
{
    let restored = restore::<New>(&capture(old).expect("the old state can be captured"));
    let report = restored.report;
    let lines = [&report.defaulted, &report.dropped, &report.converted];
    (restored.value, lines.into_iter().flat_map(Notes::lines).collect())
}

fn any_int() -> impl Strategy<Value = Int> {
    prop_oneof![
        any::<i8>().prop_map(Int::from),
        any::<i16>().prop_map(Int::from),
        any::<i32>().prop_map(Int::from),
        any::<i64>().prop_map(Int::from),
        any::<i128>().prop_map(Int::from),
        any::<u8>().prop_map(Int::from),
        any::<u16>().prop_map(Int::from),
        any::<u32>().prop_map(Int::from),
        any::<u64>().prop_map(Int::from),
        any::<u128>().prop_map(Int::from),
    ]
}

/// Few names, so that they repeat.
fn any_name() -> impl Strategy<Value = super::Name> {
    prop_oneof!["", "a", "id", "title", "größe", "\\PC{0,9}"].prop_map(Into::into)
}

fn any_tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Unit),
        Just(Tree::Skipped),
        Just(Tree::None),
        any::<bool>().prop_map(Tree::Bool),
        any_int().prop_map(Tree::Int),
        any::<u32>().prop_map(Tree::F32),
        any::<u64>().prop_map(Tree::F64),
        any::<char>().prop_map(Tree::Char),
        "\\PC{0,40}".prop_map(Tree::String),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Tree::Bytes),
        any_name().prop_map(|name| Tree::Variant(name, None)),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        let many = prop::collection::vec(inner.clone(), 0..6);
        prop_oneof![
            inner.clone().prop_map(|tree| Tree::Some(Box::new(tree))),
            many.clone().prop_map(Tree::Seq),
            many.prop_map(Tree::Tuple),
            prop::collection::vec((inner.clone(), inner.clone()), 0..4).prop_map(Tree::Map),
            prop::collection::vec((any_name(), inner.clone()), 0..6).prop_map(Tree::Struct),
            (any_name(), inner).prop_map(|(name, tree)| Tree::Variant(name, Some(Box::new(tree)))),
        ]
    })
}
