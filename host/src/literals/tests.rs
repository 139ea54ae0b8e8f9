//! What counts as a change of literals alone, and where the compiler says that literals are.

mod sample;

use super::Baseline;
use super::compare::{Change, changes};
use super::marks::Marks;
use super::uses::uses;
use crate::journal::event::Generation;
use crate::literals::Ledger;
use crate::module::LiteralValue;
use hot_api::abi::{LITERAL_MARK, literal_kind};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Compares two texts; `expected` are index, compiled text and value of each change.
#[track_caller]
fn check(compiled: &str, now: &str, expected: Option<&[(u32, &str, &str)]>) {
    let found = changes(compiled, now);
    let found = found.as_ref().map(|changes| {
        let parts = |change: &Change| (change.index, change.compiled.clone(), change.value.clone());
        changes.iter().map(parts).collect::<Vec<_>>()
    });
    let expected = expected.map(|changes| {
        let owned = |&(n, old, new): &(u32, &str, &str)| (n, old.to_owned(), new.to_owned());
        changes.iter().map(owned).collect::<Vec<_>>()
    });
    assert_eq!(found, expected, "{compiled}\n{now}");
}

#[test]
fn every_kind_of_literal_is_read_as_the_compiler_reads_it() {
    let table = [
        ("4", "50_000", "50000"),
        ("4", "0xff", "255"),
        ("4u8", "0b11u8", "3"),
        ("4", "-4", "-4"),
        ("-4", "- 5", "-5"),
        ("4.0", "1_0.5e3", "10.5e3"),
        ("4.0", "4.", "4."),
        ("4f32", "5f32", "5"),
        ("true", "false", "false"),
        ("'c'", "'\\u{e9}'", "é"),
        ("\"a\"", "\"b\\n\\\"é\\\"\"", "b\n\"é\""),
        ("\"a\"", "r#\"b\\n\"#", "b\\n"),
        ("\"a\"", "\"two \\\n          lines\"", "two lines"),
    ];
    for (old, new, value) in table {
        let text = |literal: &str| format!("fn f() {{ g(tweak!({literal})); }}");
        check(&text(old), &text(new), Some(&[(0, old, value)]));
    }
}

#[test]
fn literals_of_a_call_are_counted_from_0() {
    let text = |r, b| format!("let c = tweak!(egui::Color32::from_rgb({r}, 40, {b},));");
    check(&text("200", "41"), &text("20", "-4"), Some(&[(0, "200", "20"), (2, "41", "-4")]));
    check(&text("200", "41"), &text("200", "41"), Some(&[]));
}

#[test]
fn anything_else_that_is_different_takes_a_build() {
    let compiled = "fn f() { a(tweak!(4)); /* b */ c(1) }";
    let table = [
        ("another literal", "fn f() { a(tweak!(5)); /* b */ c(2) }"),
        ("a comment", "fn f() { a(tweak!(5)); /* d */ c(1) }"),
        ("a blank", "fn f() { a(tweak!( 5)); /* b */ c(1) }"),
        ("the end", "fn f() { a(tweak!(5)); /* b */ c(1) }\n"),
        ("another kind", "fn f() { a(tweak!(4.0)); /* b */ c(1) }"),
        ("another type", "fn f() { a(tweak!(5u8)); /* b */ c(1) }"),
        ("no literal", "fn f() { a(tweak!(X)); /* b */ c(1) }"),
        ("a call", "fn f() { a(tweak!(f(4))); /* b */ c(1) }"),
        ("one use more", "fn f() { a(tweak!(5)); tweak!(5); /* b */ c(1) }"),
        ("no use at all", "fn f() { a(5); /* b */ c(1) }"),
        ("no Rust", "fn f() { a(tweak!(5)); /* b */ c(1) "),
    ];
    for (what, now) in table {
        assert_eq!(changes(compiled, now), None, "{what}");
    }
    check(compiled, "fn f() { a(tweak!(5)); /* b */ c(1) }", Some(&[(0, "4", "5")]));
}

#[test]
fn what_only_looks_like_a_use_is_text_like_any_other() {
    for text in [
        "// tweak!(4)\n",
        "/// tweak!(4)\nfn f() {}",
        "const A: &str = \"tweak!(4)\";",
        "macro_rules! tweak { (4) => {} }",
        "fn f() -> bool { tweak != (4) }",
        "fn f() { tweak!(x); tweak!(f(x)); tweak!(f(1, 2, 3, 4, 5)); tweak!(f()(4)); tweak!(b'a') }",
        "fn f() { tweak!(-\"a\"); tweak!(\"two\r\nlines\") }",
    ] {
        let found = uses(text).expect("it is Rust");
        assert_eq!(found, Vec::new(), "{text}");
    }
    assert_eq!(uses("\u{feff}fn f() { tweak!(4) }"), None, "a byte order mark");
}

/// The workspace: the compiler's names of files are relative to it.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the host is a member of a workspace")
}

#[test]
fn uses_are_where_the_compiler_says_they_are() {
    sample::run();
    let library = fs::read(std::env::current_exe().expect("a running test")).expect("its file");
    let marks = Marks::find(&library, root());
    let file = fs::canonicalize(root().join("host/src/literals/tests/sample.rs")).expect("a file");
    let found = uses(&fs::read_to_string(&file).expect("a text")).expect("it compiles");
    let missing: Vec<_> = found
        .iter()
        .filter(|found| marks.place(&file, found.line, found.column).is_none())
        .map(|found| found.literals[0].text.as_str())
        .collect();
    assert_eq!(missing, ["\"in a macro\"", "\"left out\""], "{marks:?}");
    assert_eq!(found.len(), 12);
}

#[test]
fn marks_without_sense_are_none() {
    let whole = format!("{LITERAL_MARK}a.rs:12:5\n");
    let library = [
        "\0",
        LITERAL_MARK,
        "a.rs:1\n",
        LITERAL_MARK,
        LITERAL_MARK,
        "x:y:z\n",
        &whole,
        "\u{ff}",
        LITERAL_MARK,
        "a.rs:1:2",
    ];
    let mut bytes = library.concat().into_bytes();
    bytes.extend([0xff, b'\n']);
    let marks = Marks::find(&bytes, Path::new("/nowhere"));
    assert_eq!(marks.place(Path::new("/nowhere/a.rs"), 12, 5), Some(whole.as_str()));
    assert_eq!(marks.place(Path::new("/nowhere/a.rs"), 1, 2), None);
}

/// A source file and the library that it was compiled to.
struct Compiled {
    _temp: tempfile::TempDir,
    root: PathBuf,
    source: PathBuf,
    started: SystemTime,
}

const SOURCE: &str = "fn f() { tweak!(4); tweak!(\"a\"); }";

impl Compiled {
    fn new() -> Self {
        let temp = tempfile::tempdir().expect("a directory");
        let root = fs::canonicalize(temp.path()).expect("it was just made");
        let source = root.join("a.rs");
        fs::write(&source, SOURCE).expect("a file");
        let marks = format!("\0{LITERAL_MARK}a.rs:1:10\n..{LITERAL_MARK}a.rs:1:21\n");
        fs::write(root.join("library"), marks).expect("a file");
        let started = SystemTime::now() + Duration::from_secs(60);
        Self { _temp: temp, root, source, started }
    }

    fn baseline(&self) -> Baseline {
        let inputs = BTreeSet::from([self.source.clone(), self.root.join("gone.rs")]);
        Baseline::read(&inputs, self.started, self.root.join("library"), self.root.clone())
    }

    fn save(&self, text: &str) {
        fs::write(&self.source, text).expect("the file can be written");
    }
}

#[test]
fn values_name_the_mark_of_their_literal() {
    let compiled = Compiled::new();
    let baseline = compiled.baseline();
    compiled.save("fn f() { tweak!(4); tweak!(\"b\"); }");
    let value = LiteralValue {
        place: format!("{LITERAL_MARK}a.rs:1:21\n"),
        index: 0,
        compiled: "\"a\"".to_owned(),
        kind: literal_kind::TEXT,
        value: "b".to_owned(),
    };
    assert_eq!(baseline.values(&compiled.source), Some(vec![value]));
    fs::remove_file(&compiled.source).expect("it is there");
    assert_eq!(baseline.values(&compiled.source), None, "gone");
}

#[test]
fn a_literal_that_the_library_does_not_have_takes_a_build() {
    let compiled = Compiled::new();
    fs::write(compiled.root.join("library"), "no marks").expect("a file");
    let baseline = compiled.baseline();
    compiled.save("fn f() { tweak!(4); tweak!(\"b\"); }");
    assert_eq!(baseline.values(&compiled.source), None);
}

#[test]
fn a_file_that_was_touched_since_the_build_began_has_no_baseline() {
    let compiled = Compiled { started: SystemTime::now(), ..Compiled::new() };
    // A new name for old content: what counts is when it was put there.
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    compiled.save(SOURCE);
    let file = fs::File::options().write(true).open(&compiled.source).expect("it is there");
    file.set_modified(long_ago).expect("ours to date");
    let before = compiled.started - Duration::from_secs(60);
    let early = Compiled { started: before, ..compiled };
    assert_eq!(early.baseline().values(&early.source), None);
}

#[test]
fn a_ledger_counts_what_changes_and_offers_nothing_for_other_generations() {
    let compiled = Compiled::new();
    let files = BTreeSet::from([compiled.source.clone()]);
    let mut ledger = Ledger::default();
    let (one, two) = (Generation(1), Generation(2));
    assert!(ledger.takeover("ui", one, &files).is_none(), "nothing is known");
    ledger.built("ui", one, compiled.baseline(), |_| true);
    assert!(ledger.takeover("ui", two, &files).is_none(), "not what the newest build has made");

    compiled.save("fn f() { tweak!(5); tweak!(\"b\"); }");
    let takeover = ledger.takeover("ui", one, &files).expect("literals alone");
    assert_eq!((takeover.changed, takeover.values().len()), (2, 2));
    assert!(ledger.shown("ui", one).is_empty(), "offered, not taken");
    ledger.taken("ui", takeover);
    assert_eq!(ledger.shown("ui", one).len(), 2);

    compiled.save("fn f() { tweak!(5); tweak!(\"a\"); }");
    let takeover = ledger.takeover("ui", one, &files).expect("literals alone");
    assert_eq!((takeover.changed, takeover.values().len()), (1, 1), "one is as compiled again");
    ledger.taken("ui", takeover);

    ledger.building("ui");
    assert!(ledger.takeover("ui", one, &files).is_none(), "something newer is tried");
    let rebuilt = Compiled::new();
    ledger.built("ui", two, rebuilt.baseline(), |_| true);
    assert_eq!(ledger.shown("ui", one).len(), 1, "for when it is gone back to");
    ledger.built("ui", two, rebuilt.baseline(), |generation| generation == two);
    assert!(ledger.shown("ui", one).is_empty(), "it cannot come back");
}
