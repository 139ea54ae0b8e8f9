//! The seeds of the fuzz targets, and what fuzzing has found, with the stable toolchain.

use super::*;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in the workspace")
}

/// Runs all files of a directory through a check, each whole, cut short, and with a changed byte.
#[track_caller]
fn run(dir: &Path, check: fn(&[u8])) {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
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
fn seeds_of_control_lines() {
    run(&seeds("control_lines"), control_lines);
}

#[test]
fn seeds_of_checkpoint_file() {
    run(&seeds("checkpoint_file"), checkpoint_file);
}

#[test]
fn m16_golden_files_are_seeds_of_checkpoint_file() {
    for version in 1..=3 {
        let golden = root().join(format!("state/golden/v{version}.snapshot"));
        let mut bytes = b"ui-00000007.snapshot\n".to_vec();
        bytes.extend(fs::read(golden).expect("a golden file"));
        checkpoint_file(&bytes);
    }
}

#[test]
fn seeds_of_crash_ledger() {
    run(&seeds("crash_ledger"), crash_ledger);
}

#[test]
fn seeds_of_pitstop_toml() {
    run(&seeds("pitstop_toml"), pitstop_toml);
    pitstop_toml(&fs::read(root().join("pitstop.toml")).expect("the workspace's own"));
}
