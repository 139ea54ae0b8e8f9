//! Steps in order, and every way in which they fail.

use crate::state::migrate::is_complete;
use crate::state::{MigrateError, Migration, Tree, capture, migrate};
use serde_json::json;

const STEPS: [Migration; 2] = [
    Migration::new(1, "a is called b", |tree| tree.rename("a", "b")),
    Migration::new(2, "b counts double", |tree| tree.map("b", |b: u32| b * 2)),
];

fn first() -> Tree {
    capture(&std::collections::BTreeMap::from([("a", 4_u32)])).expect("captured")
}

#[test]
fn m09_steps_run_in_order_from_the_version_of_the_state() {
    let mut tree = first();
    let ran = migrate(&mut tree, 1, &STEPS).expect("migrated");
    assert_eq!(tree.to_json(), json!({"b": 8}));
    assert_eq!(ran, ["1→2: a is called b", "2→3: b counts double"]);
    let ran = migrate(&mut tree, 2, &STEPS).expect("migrated");
    assert_eq!((tree.to_json(), ran.len()), (json!({"b": 16}), 1));
    assert_eq!(migrate(&mut tree, 3, &STEPS), Ok(Vec::new()));
}

#[test]
fn m09_a_newer_state_is_refused_with_both_versions() {
    let error = migrate(&mut first(), 4, &STEPS).expect_err("newer");
    assert_eq!(error, MigrateError::Newer { found: 4, known: 3 });
    let message = error.to_string();
    assert!(message.contains("version 4") && message.contains("up to 3"), "{message}");
    let error = migrate(&mut first(), 0, &STEPS).expect_err("there is no version 0");
    assert_eq!(error, MigrateError::NoStep { found: 0, known: 3 });
}

#[test]
fn m10_a_step_that_fails_or_panics_is_named() {
    let steps = [STEPS[0], Migration::new(2, "c is gone", |tree| tree.remove("c"))];
    let message = migrate(&mut first(), 1, &steps).expect_err("no c").to_string();
    assert_eq!(
        message,
        "migration 2→3: c is gone failed: there is no `c`; the fields there are: b"
    );
    let steps = [Migration::new(1, "breaks", |tree| panic!("it has {} nodes", tree.node_count()))];
    let message = migrate(&mut first(), 1, &steps).expect_err("it panics").to_string();
    assert_eq!(message, "migration 1→2: breaks panicked: it has 3 nodes");
}

#[test]
fn a_table_has_one_step_for_each_version() {
    assert!(is_complete(&[]) && is_complete(&STEPS));
    let (gap, twice) = ([STEPS[1]], [STEPS[0], STEPS[0]]);
    assert!(!is_complete(&gap) && !is_complete(&twice));
}
