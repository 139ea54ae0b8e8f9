//! Checks of `hot_api` for older versions of egui: workspaces of their own, which the workspace's checks do not reach.

use crate::EFRAME_OLDER;

/// All features. eframe compiles for no window system by itself; the application chooses one.
const LINTS: [&str; 5] = ["clippy", "--all-targets", "--all-features", "--features", "eframe/x11"];

/// Whether `cargo xtask ci` checks this version; `cargo xtask test --extended` checks the others.
pub(crate) fn is_checked_by_ci(minor: u64) -> bool {
    EFRAME_OLDER.first() == Some(&minor)
}

/// What has to pass for a version, each under its name: the tests, and the code of all features.
pub(crate) fn checks(minor: u64) -> [(String, Vec<String>); 2] {
    let cargo = |command: &[&str], last: &[&str]| {
        let place = [
            "--manifest-path".to_owned(),
            format!("hot_api/versions/0.{minor}/Cargo.toml"),
            "--target-dir".to_owned(),
            "target/versions".to_owned(),
        ];
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        [words(command), place.to_vec(), words(last)].concat()
    };
    [
        (format!("hot_api for egui 0.{minor}"), cargo(&["test", "--lib"], &[])),
        (
            format!("lints of hot_api for egui 0.{minor}"),
            cargo(&LINTS, &["--", "--deny", "warnings"]),
        ),
    ]
}
