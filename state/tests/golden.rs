//! States of every version that was ever merged, as files, in today's code.

use hot_api::state::golden::Golden;
use hot_api::state::{Restored, Snapshot};
use state::{App, Page, STATE, SortColumn};

fn golden() -> Golden<App> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/golden");
    Golden { dir: dir.into(), spec: &STATE }
}

/// A state with something in every part of it.
fn example() -> App {
    let mut app = App { page: Page::Table, ..App::default() };
    app.board.columns[1].cards[0].notes = "kept since version 1".to_owned();
    let gone = app.board.columns[2].cards[1].id;
    app.board.delete(gone);
    app.board.editing = Some(app.board.columns[1].cards[0].id);
    app.board.filter = "try".to_owned();
    app.signals.advance(0.2);
    app.table.filter = "eu-west".to_owned();
    app.table.selected = Some(4711);
    app.table.sort_by(SortColumn::Latency);
    app.table.sort_by(SortColumn::Latency);
    app
}

#[track_caller]
fn read(version: u32) -> App {
    let Restored { value, report } =
        golden().read(version).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.lost, 0, "version {version}: {report}");
    assert!(report.defaulted.is_empty(), "version {version}: {report}");
    assert_eq!(report.migrated.len() as u32, STATE.schema_version() - version, "{report}");
    value
}

#[test]
fn m16_version_1_is_read_by_todays_code() {
    assert_eq!(read(1), example(), "text became notes, -Latency became a column and a direction");
}

#[test]
fn m16_version_2_is_read_by_todays_code() {
    assert_eq!(read(2), example(), "-Latency became a column and a direction");
}

#[test]
fn m16_version_3_is_read_by_todays_code() {
    assert_eq!(read(3), example());
}

#[test]
fn m16_every_version_has_its_file_and_the_schema_its_version() {
    golden().check().unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn m11_every_changed_bit_and_every_truncation_of_a_golden_file_is_an_error() {
    for version in 1..=STATE.schema_version() {
        let mut bytes = std::fs::read(golden().path(version)).expect("the file is there");
        assert!(Snapshot::decode(&bytes).is_ok());
        for length in 0..bytes.len() {
            assert!(Snapshot::decode(&bytes[..length]).is_err(), "{length} bytes of {version}");
        }
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(Snapshot::decode(&bytes).is_err(), "bit {bit} of version {version}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
#[ignore = "writes a file: cargo xtask snapshot --golden"]
fn write_the_golden_file() {
    match golden().write(&example()) {
        Ok(path) => println!("written: {}", path.display()),
        Err(error) => panic!("{error}"),
    }
}
