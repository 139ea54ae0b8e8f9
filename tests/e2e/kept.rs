//! Buffers that are too large to be carried over.

use crate::codec::reload;
use crate::{REJECTED, RELOADED};
use host::journal::event::Event;
use pitstop_tests::project::renamed;
use pitstop_tests::{HostOptions, HostProcess, Project};
use serde_json::Value;

/// Larger than anything else in a state, by far.
const LENGTH: usize = 64 << 20;

/// Has each version of the code note where the buffer is and what is in it; the first one makes it.
fn project(make: &str) -> Project {
    let project = Project::new();
    let fields = "    pub buffer: hot_api::KeptBytes,\n    pub addresses: Vec<usize>,\n    \
                  pub first_bytes: Vec<u8>,\n    /// How often `logic` ran.\n";
    project.replace("data/src/lib.rs", "    /// How often `logic` ran.\n", fields);
    let note = format!(
        "if self.buffer.is_empty() {{
            self.buffer = {make};
            self.buffer.make_mut()[0] = 42;
        }}
        if self.addresses.len() < self.seen_by.len() {{
            self.addresses.push(self.buffer.as_ptr() as usize);
            self.first_bytes.push(self.buffer[0]);
            // in note
        }}"
    );
    project.replace("data/src/lib.rs", "// in sign", &note);
    project
}

fn unsaved() -> Project {
    project(&format!("hot_api::KeptBytes::zeroed({LENGTH})"))
}

#[track_caller]
fn numbers(state: &Value, field: &str) -> Vec<u64> {
    let numbers = state[field].as_array().unwrap_or_else(|| panic!("no {field} in {state}"));
    numbers.iter().map(|number| number.as_u64().expect("a number")).collect()
}

#[test]
fn kept_bytes_stay_where_they_are_whatever_the_codec() {
    let project = unsaved();
    let mut host = HostProcess::start(&project);
    let report = reload(&mut host, || project.rename("ui", "two"));
    assert_eq!(report.codec, "binary", "{}", host.words());
    assert!(report.bytes < 100_000, "the snapshot has {} bytes", report.bytes);

    let field = "    /// What was typed.\n";
    let added = format!("    pub due: Option<u32>,\n{field}");
    let report = reload(&mut host, || project.replace("data/src/lib.rs", field, &added));
    assert_eq!(report.codec, "named", "{}", host.words());
    assert!(report.bytes < 100_000, "the snapshot has {} bytes", report.bytes);
    assert!(report.dropped.is_empty() && report.defaulted.len() == 1, "{report:?}");

    host.check(|| project.rename("ui", "three"), &RELOADED);
    let state = host.state("ui");
    let addresses = numbers(&state, "addresses");
    assert_eq!(addresses, [addresses[0]; 3], "{state}");
    assert_eq!(numbers(&state, "first_bytes"), [42; 3], "{state}");
}

#[test]
fn kept_bytes_that_new_code_changed_are_as_before_when_it_is_rolled_back() {
    let project = unsaved();
    let mut host = HostProcess::start(&project);
    let sign = "data.sign(NAME);";
    let panics =
        format!("{sign}\n        data.buffer.make_mut()[0] = 7;\n        panic!(\"broken\");");
    let edit = |name: &str, old: &str, new: &str| {
        project.edit("ui/src/lib.rs", |code| renamed(code, name).replace(old, new));
    };
    host.check(|| edit("two", sign, &panics), &REJECTED);
    assert_eq!(host.seen_by("ui"), ["one"], "{}", host.words());
    let writes = format!("{sign}\n        data.buffer.make_mut()[0] = 43;");
    host.check(|| edit("three", &panics, &writes), &RELOADED);
    host.check(|| project.rename("ui", "four"), &RELOADED);
    let state = host.state("ui");
    assert_eq!(numbers(&state, "first_bytes"), [42, 42, 43], "{state}");
}

#[test]
fn kept_bytes_come_back_from_a_checkpoint_where_they_are_to_be_saved() {
    for (make, back) in [
        ("hot_api::KeptBytes::zeroed(5_000).saved()", "0x2a00"),
        ("hot_api::KeptBytes::zeroed(5_000)", "0x"),
    ] {
        let project = project(make);
        let mut host = HostProcess::start(&project);
        host.wait_for_kind("checkpoint");
        assert!(host.stop().0.success());
        // It would make a new one.
        project.replace("data/src/lib.rs", "if self.buffer.is_empty() {", "if false {");
        let mut host = HostProcess::launch(&project, HostOptions::default());
        let restored = host.wait_for_kind("restored");
        host.wait_for_commit("ui");
        let Event::Restored { state, .. } = restored.event else { unreachable!("as waited for") };
        let content = host.state("ui")["buffer"]["content"].clone();
        let is_lost = state
            .defaulted
            .iter()
            .any(|line| line.starts_with("buffer") && line.contains("5000 bytes were not saved"));
        assert_eq!(is_lost, back == "0x", "{state:?}");
        let content = content.as_str().expect("bytes are shown as hexadecimal");
        assert!(content.starts_with(back), "{content:.20}");
        assert_eq!(content.len() > 2, back.len() > 2, "{content:.20}");
    }
}
