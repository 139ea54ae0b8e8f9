//! Literals that run, and what the host puts in their place.

use super::{Edit, Site, forget, replace, warn_through};
use crate::abi::{LITERAL_MARK, literal_kind};
use crate::lock::lock;
use std::sync::{Mutex, MutexGuard};

/// The table is the library's: one test at a time.
static TURN: Mutex<()> = Mutex::new(());
static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A table with nothing in it.
fn turn() -> MutexGuard<'static, ()> {
    let turn = lock(&TURN);
    forget();
    lock(&WARNINGS).clear();
    warn_through(|text| lock(&WARNINGS).push(text.to_owned()));
    turn
}

/// A site as the macro makes it, with a place of its own.
fn site(line: u32, compiled: &'static str) -> &'static Site {
    let place = format!("{LITERAL_MARK}a.rs:{line}:1\n").leak();
    Box::leak(Box::new(Site::new(place, 0, compiled)))
}

fn edit<'a>(site: &'a Site, kind: u32, text: &'a str) -> Edit<'a> {
    Edit { place: site.place, index: site.index, compiled: site.compiled, kind, text }
}

/// Runs a literal, puts `text` in its place and runs it again.
macro_rules! check {
    ($compiled:expr, $kind:ident, $text:literal, $expected:expr) => {{
        let site = site(line!(), stringify!($compiled));
        assert_eq!(site.get($compiled), $compiled, "as compiled");
        let taken = replace(&[edit(site, literal_kind::$kind, $text)]);
        let expected: Option<_> = $expected;
        assert_eq!(taken.is_ok(), expected.is_some(), "{taken:?}");
        assert_eq!(site.get($compiled), expected.unwrap_or($compiled));
        replace(&[]).expect("nothing can always be taken");
        assert_eq!(site.get($compiled), $compiled, "as compiled again");
    }};
}

#[test]
fn every_type_takes_values_of_its_kind_and_range() {
    let _turn = turn();
    check!(4_i8, INTEGER, "-128", Some(-128));
    check!(4_i8, INTEGER, "128", None);
    check!(200_u8, INTEGER, "255", Some(255));
    check!(200_u8, INTEGER, "300", None);
    check!(200_u8, INTEGER, "-1", None);
    check!(4_i16, INTEGER, "-3", Some(-3));
    check!(4_u16, INTEGER, "65535", Some(65535));
    check!(4_i32, INTEGER, "70000", Some(70000));
    check!(4_u32, INTEGER, "4294967296", None);
    check!(4_i64, INTEGER, "-5000000000", Some(-5_000_000_000));
    check!(4_u64, INTEGER, "18446744073709551615", Some(u64::MAX));
    check!(4_usize, INTEGER, "5", Some(5));
    check!(4_isize, INTEGER, "-5", Some(-5));
    check!(4_i128, INTEGER, "-170141183460469231731687303715884105728", Some(i128::MIN));
    check!(4_u128, INTEGER, "340282366920938463463374607431768211455", Some(u128::MAX));
    check!(4.0_f32, FLOAT, "0.1", Some(0.1));
    check!(4.0_f32, FLOAT, "1e39", None);
    check!(4.0_f64, FLOAT, "-1e39", Some(-1e39));
    check!(4.0_f64, INTEGER, "4", None);
    check!(4_i32, FLOAT, "4.5", None);
    check!(true, BOOL, "false", Some(false));
    check!(true, TEXT, "false", None);
    check!('c', CHAR, "é", Some('é'));
    check!('c', CHAR, "ab", None);
    check!("text", TEXT, "other\n\"text\"", Some("other\n\"text\""));
    check!("text", TEXT, "", Some(""));
    check!("text", INTEGER, "4", None);
}

#[test]
fn a_set_is_taken_as_a_whole_or_not_at_all() {
    let _turn = turn();
    let (first, second) = (site(1, "1"), site(2, "2"));
    assert_eq!((first.get(1_u8), second.get(2_u8)), (1, 2));
    replace(&[edit(first, literal_kind::INTEGER, "10")]).expect("it fits");
    let both =
        [edit(first, literal_kind::INTEGER, "11"), edit(second, literal_kind::INTEGER, "256")];
    let reason = replace(&both).expect_err("256 is no u8");
    assert_eq!(reason, "a.rs:2:1: `256` is no value of type u8");
    assert_eq!((first.get(1_u8), second.get(2_u8)), (10, 2), "as before");
    replace(&[edit(second, literal_kind::INTEGER, "20")]).expect("it fits");
    assert_eq!((first.get(1_u8), second.get(2_u8)), (1, 20), "the set replaces the one before");
}

#[test]
fn a_literal_that_has_another_text_than_the_host_believes_is_refused() {
    let _turn = turn();
    let site = site(1, "4.0");
    site.get(4.0_f32);
    let stale = Edit { compiled: "3.0", ..edit(site, literal_kind::FLOAT, "5.0") };
    let reason = replace(&[stale]).expect_err("the host's text is not the library's");
    assert_eq!(reason, "a.rs:1:1: the literal there is `4.0` and not `3.0`");
}

#[test]
fn a_literal_that_has_not_run_takes_its_value_when_it_does_or_says_why_not() {
    let _turn = turn();
    let (fits, too_large) = (site(1, "4"), site(2, "5"));
    let edits =
        [edit(fits, literal_kind::INTEGER, "40"), edit(too_large, literal_kind::INTEGER, "300")];
    replace(&edits).expect("nobody knows their types yet");
    assert_eq!((fits.get(4_u8), too_large.get(5_u8)), (40, 5));
    too_large.get(5_u8);
    let warnings = lock(&WARNINGS).clone();
    assert_eq!(warnings.len(), 1, "said once: {warnings:?}");
    assert!(warnings[0].starts_with("a.rs:2:1: `300` is no value of type u8; "), "{warnings:?}");
}

#[test]
fn sites_that_a_macro_has_doubled_change_together() {
    let _turn = turn();
    let place = format!("{LITERAL_MARK}a.rs:1:1\n").leak();
    let twins = [0, 0].map(|index| -> &Site { Box::leak(Box::new(Site::new(place, index, "1"))) });
    assert_eq!(twins.map(|site| site.get(1_i32)), [1, 1]);
    replace(&[edit(twins[0], literal_kind::INTEGER, "7")]).expect("both take it");
    assert_eq!(twins.map(|site| site.get(1_i32)), [7, 7]);
}

#[test]
fn forgotten_values_are_gone_and_the_literals_are_found_again() {
    let _turn = turn();
    let site = site(1, "1");
    site.get(1_u8);
    replace(&[edit(site, literal_kind::INTEGER, "7")]).expect("it fits");
    forget();
    assert_eq!(site.get(1_u8), 1);
    assert!(replace(&[edit(site, literal_kind::INTEGER, "256")]).is_err(), "known again");
}

/// The mark of a use that stands at this column of the line after the call.
fn mark(line_before: u32, column: u32) -> String {
    format!("{LITERAL_MARK}{}:{}:{column}\n", file!(), line_before + 1)
}

fn put(place: &str, index: u32, compiled: &str, kind: u32, text: &str) {
    let edits = [Edit { place, index, compiled, kind, text }];
    replace(&edits).unwrap_or_else(|reason| panic!("{reason}"));
}

#[test]
fn a_use_is_known_by_its_place_in_the_file_and_its_text() {
    let _turn = turn();
    let line = line!();
    let run = || (crate::tweak!(-3), format!("é {}", crate::tweak!("a\tb")));
    assert_eq!(run(), (-3_i64, "é a\tb".to_owned()));
    put(&mark(line, 19), 0, "-3", literal_kind::INTEGER, "-40");
    assert_eq!(run(), (-40, "é a\tb".to_owned()));
    put(&mark(line, 54), 0, "\"a\\tb\"", literal_kind::TEXT, "c");
    assert_eq!(run(), (-3, "é c".to_owned()));
}

fn sum(a: u8, b: i32, c: f64, d: bool) -> f64 {
    f64::from(a) + f64::from(b) + c + f64::from(u8::from(d))
}

#[test]
fn every_literal_of_a_call_has_its_own_number() {
    let _turn = turn();
    let line = line!();
    let run = || crate::tweak!(self::sum(1, -2, 0.5, true));
    assert_eq!(run(), 0.5);
    let place = mark(line, 18);
    put(&place, 0, "1", literal_kind::INTEGER, "10");
    assert_eq!(run(), 9.5);
    put(&place, 1, "-2", literal_kind::INTEGER, "3");
    assert_eq!(run(), 5.5);
    put(&place, 3, "true", literal_kind::BOOL, "false");
    assert_eq!(run(), -0.5);
    assert_eq!(crate::tweak!(u8::from(true,)), 1, "a call with one literal, and a comma");
    assert_eq!(crate::tweak!(std::cmp::max(1, 2)), 2, "with two");
}

#[test]
fn without_debug_assertions_a_use_is_a_constant() {
    const TITLE: &str = crate::__plain_literal!("title");
    const CALL: i32 = crate::__plain_literal!(i32::wrapping_sub(-1, 2,));
    assert_eq!((TITLE, CALL), ("title", -3));
}
