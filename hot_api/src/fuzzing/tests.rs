//! The seeds of the fuzz targets, and what fuzzing has found, with the stable toolchain.

use super::sample::{Sample, full};
use super::*;
use crate::state::{SCHEMA_SECTION, STATE_SECTION, Section, to_bytes};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    // The manifests of older versions lie deeper.
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1);
    above.find(|dir| dir.join("tests/fuzz").is_dir()).expect("this crate lies in the workspace")
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// Runs all files of a directory through a check, each whole, cut short, and with a changed byte.
#[track_caller]
fn run(dir: &Path, check: fn(&[u8])) {
    let files = files(dir);
    assert!(!files.is_empty(), "{} has no files", dir.display());
    for file in files {
        let bytes = fs::read(&file).expect("a seed can be read");
        // Shown when the test fails.
        println!("{}", file.display());
        check(&bytes);
        for part in 0..16 {
            check(&bytes[..bytes.len() * part / 16]);
        }
        for at in (0..bytes.len()).step_by(bytes.len().div_ceil(32).max(1)) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            check(&changed);
        }
    }
}

fn seeds(target: &str) -> PathBuf {
    root().join("tests/fuzz/seeds").join(target)
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn seeds_of_envelope() {
    run(&seeds("envelope"), envelope);
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn m16_golden_files_are_seeds_of_envelope() {
    run(&root().join("state/golden"), envelope);
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn seeds_of_named() {
    run(&seeds("named"), named);
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn m16_golden_files_are_seeds_of_named() {
    for file in files(&root().join("state/golden")) {
        let snapshot = Snapshot::decode(&fs::read(file).expect("a golden file")).expect("whole");
        snapshot.sections.iter().for_each(|section| named(&section.payload));
    }
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn seeds_of_binary() {
    run(&seeds("binary"), binary);
}

#[test]
#[cfg(feature = "egui")]
#[cfg_attr(miri, ignore = "reads files")]
fn seeds_of_input_items() {
    run(&seeds("input_items"), input_items);
}

#[test]
#[cfg(feature = "egui")]
#[cfg_attr(miri, ignore = "reads files")]
fn seeds_of_output_items() {
    run(&seeds("output_items"), output_items);
}

fn snapshot(value: &Sample) -> Snapshot {
    let sections = vec![
        Section::capture(STATE_SECTION, value).expect("captured"),
        Section::capture(SCHEMA_SECTION, &*SCHEMA).expect("captured"),
    ];
    let fingerprint = Some(SCHEMA.fingerprint());
    Snapshot { module: "sample".into(), schema_version: 3, fingerprint, sections }
}

#[test]
#[ignore = "writes the seeds, after the samples have changed: cargo test --workspace --lib -- --ignored write_seeds"]
fn write_seeds_of_hot_api() {
    let write = |target: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(seeds(target)).expect("a directory");
        fs::write(seeds(target).join(name), bytes).expect("a seed can be written");
    };
    for (name, value) in [("default", Sample::default()), ("full", full())] {
        write("envelope", name, &snapshot(&value).encode());
        write("named", name, &to_bytes(&value).expect("captured"));
        write("binary", name, &to_binary(&value, &SCHEMA).expect("captured"));
    }
    write("named", "schema", &to_bytes(&*SCHEMA).expect("captured"));
    #[cfg(feature = "egui")]
    {
        use crate::abi::wire::ItemWriter;
        use crate::abi::wire::tests::samples::{input_items, output_items};
        for (n, items) in input_items().chunks(24).enumerate() {
            let mut writer = ItemWriter::default();
            items.iter().for_each(|item| assert!(item.encode(&mut writer)));
            write("input_items", &format!("samples_{n}"), writer.as_bytes());
        }
        for (n, items) in output_items().chunks(12).enumerate() {
            let mut writer = ItemWriter::default();
            items.iter().for_each(|item| assert!(item.encode(&mut writer)));
            write("output_items", &format!("samples_{n}"), writer.as_bytes());
        }
    }
}
