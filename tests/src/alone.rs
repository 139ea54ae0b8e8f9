//! Tests that need a process to themselves: they measure its memory, or might bring it down.

use std::process::Command;

/// Set in the process of such a test.
const ALONE: &str = "PITSTOP_TEST_ALONE";

/// Stands in front of numbers that are worth seeing when a test passes.
const MEASURED: &str = "measured: ";

/// Prints numbers that are worth seeing when a test passes.
pub fn measured(numbers: &str) {
    print(&format!("{MEASURED}{numbers}"));
}

/// Whether this is that process. Where it is not, the test of this name is run in one of its own
/// and passes or fails here as it does there; the caller returns.
///
/// # Panics
/// When that test fails, or there is none of this name.
#[must_use]
#[track_caller]
pub fn alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let this = std::env::current_exe().expect("the path of this test");
    let mut child = Command::new(this);
    child.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(ALONE, "1");
    let output = child.output().expect("what runs can be run again");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{test}: {}\n{out}\n{err}", output.status);
    assert!(out.contains("1 passed"), "there is no test {test}\n{out}");
    for measured in out.lines().filter_map(|line| line.find(MEASURED).map(|at| &line[at..])) {
        print(measured);
    }
    false
}

#[expect(clippy::print_stdout, reason = "this is the output of a test")]
fn print(line: &str) {
    println!("{line}");
}
