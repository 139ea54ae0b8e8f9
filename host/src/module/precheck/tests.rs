//! Files of every kind: no panic, and each with its reason.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::fs;

/// A real library, no matter which: the smallest that this process has loaded.
#[cfg(target_os = "linux")]
fn real() -> Vec<u8> {
    let maps = fs::read_to_string("/proc/self/maps").expect("Linux tells");
    let paths = maps.lines().filter_map(|line| Some(&line[line.find('/')?..]));
    let libraries = paths.filter(|path| path.contains(".so"));
    let smallest =
        libraries.min_by_key(|path| fs::metadata(path).map_or(u64::MAX, |meta| meta.len()));
    fs::read(smallest.expect("the C library is one")).expect("its bytes")
}

/// What the check says about a file with these bytes.
fn check(bytes: &[u8]) -> Result<(), PrecheckError> {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("libmodule.so");
    fs::write(&path, bytes).expect("a file");
    let outcome = precheck(&path);
    if let Err(error) = &outcome {
        let message = error.to_string();
        assert!(message.starts_with(&path.display().to_string()), "{message}");
    }
    outcome
}

#[test]
fn k08_what_is_no_file_or_no_library_says_so() {
    let missing = precheck(Path::new("/nowhere/libmodule.so")).expect_err("it is missing");
    assert!(matches!(missing, PrecheckError::Unreadable { .. }), "{missing}");
    assert!(missing.to_string().contains("/nowhere/libmodule.so: cannot be read"), "{missing}");
    let empty = check(b"").expect_err("it is empty");
    assert!(empty.to_string().contains("the file is empty"), "{empty}");
    for bytes in [&b"\x7f"[..], b"\x7fELF", b"#!/bin/sh\nexit 0\n", &[0; 4096], b"!<arch>\n"] {
        let refused = check(bytes).expect_err("it is no library");
        assert!(matches!(refused, PrecheckError::NotALibrary { .. }), "{refused}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_whole_file_passes() {
    check(&real()).unwrap_or_else(|error| panic!("{error}"));
}

#[cfg(target_os = "linux")]
#[test]
fn k08_a_file_that_was_cut_anywhere_is_refused_and_its_lengths_are_named() {
    let whole = real();
    let length = whole.len();
    // The ends of what is written first and last, and steps between.
    let near = (0..64).chain(length - 64..length);
    let steps = (0..length).step_by(length / 40);
    for end in near.chain(steps) {
        let refused = check(&whole[..end]).expect_err("it was cut");
        match refused {
            PrecheckError::Truncated { length, needed, .. } => {
                assert_eq!(length, end as u64);
                assert!(needed > length && needed <= whole.len() as u64, "{end}: {needed}");
            }
            // Without a whole header nothing says how long it should be.
            PrecheckError::Empty { .. } | PrecheckError::NotALibrary { .. } => {
                assert!(end < 64, "{end}: {refused}");
            }
            other => panic!("{end}: {other}"),
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn k08_a_library_for_another_processor_says_so() {
    let mut other = real();
    // `e_machine`: IBM S/390, which nothing here runs on.
    other[18..20].copy_from_slice(&22_u16.to_le_bytes());
    let refused = check(&other).expect_err("it is for another processor");
    let ours = std::env::consts::ARCH;
    assert!(refused.to_string().contains(&format!("S390x, this host runs on {ours}")), "{refused}");
}

/// As many cases as take a second or so: each writes a file.
fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

#[test]
fn no_bytes_make_it_panic() {
    let magic = prop::sample::select(vec![
        &b""[..],
        b"\x7fELF\x02\x01\x01",
        b"\x7fELF\x01\x02\x01",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbf",
        b"MZ",
    ]);
    let bytes = prop::collection::vec(any::<u8>(), 0..600);
    let outcome = TestRunner::new(config(400)).run(&(magic, bytes), |(magic, rest)| {
        let bytes = [magic, &rest[..]].concat();
        prop_assert!(check(&bytes).is_err());
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// The loader believes the tables; whatever stands in them, the check must come to an end.
#[cfg(target_os = "linux")]
#[test]
fn no_change_of_the_tables_makes_it_panic() {
    let whole = real();
    // The header and what follows it; the section table is at the end.
    let head = 0..1024_usize;
    let tail = whole.len() - 4096..whole.len();
    let place = prop_oneof![head, tail];
    let changes = prop::collection::vec((place, any::<u8>()), 1..8);
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("libmodule.so");
    let outcome = TestRunner::new(config(60)).run(&changes, |changes| {
        let mut bytes = whole.clone();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        fs::write(&path, &bytes).expect("a file");
        let _whatever = precheck(&path);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
