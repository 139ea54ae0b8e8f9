//! Literals in `tweak!`: saved, and shown by the running code without a build.

use crate::{NOT_COMPILED, RELOADED, UNCHANGED};
use host::control::Request;
use host::journal::event::{Event, Generation};
use pitstop_tests::{HostProcess, Project, wait_until};

/// What a host says about a save that the running code takes over.
const TAKEN: [&str; 2] = ["change", "literals"];

/// A piece of `ui` that writes what it shows into the state, with text beyond ASCII before it, on
/// several lines and inside of a macro.
const SHOWN: &str = "
        let colour = hot_api::tweak!(egui::Color32::from_rgb(200, 40, 40));
        let (gap, é): (f32, _) = (tweak!(8.0), tweak!('é')); ui.add_space(gap);
        let line = format!(\"é {} {}\", tweak!(\"text\"), tweak!(
            true
        ));
        data.text = format!(\"{line} {é} {gap} {:?} {}\", colour.to_array(), tweak!(-3i8));
";

const AS_COMPILED: &str = "é text true é 8 [200, 40, 40, 255] -3";

fn project() -> Project {
    let project = Project::new();
    project.edit("ui/src/lib.rs", |code| {
        code.replace("// in ui", SHOWN).replace("hot_api::{", "hot_api::{tweak, ")
    });
    project
}

/// Waits until the module has shown this.
#[track_caller]
fn wait_for_text(host: &HostProcess, expected: &str) {
    wait_until(expected, || (host.state("ui")["text"] == expected).then_some(()));
}

/// Replaces a piece of the module's code, and expects that to reach the running code with nothing
/// compiled. Returns how long that took, in microseconds.
#[track_caller]
fn take_over(host: &mut HostProcess, project: &Project, pairs: &[(&str, &str)]) -> u64 {
    let change = |code: &str| {
        pairs.iter().fold(code.to_owned(), |code, (old, new)| {
            assert!(code.contains(old), "{old}");
            code.replace(old, new)
        })
    };
    host.check(|| project.edit("ui/src/lib.rs", change), &TAKEN);
    let newest = host.journal().iter().rev().find_map(|entry| match &entry.event {
        Event::Literals { files, values, total_us } => {
            assert_eq!(files, &[std::path::PathBuf::from("ui/src/lib.rs")]);
            assert_eq!(*values as usize, pairs.len());
            Some(*total_us)
        }
        _ => None,
    });
    newest.expect("it was just waited for")
}

#[test]
fn literals_of_every_kind_reach_the_frame_without_a_build() {
    let project = project();
    let mut host = HostProcess::start(&project);
    wait_for_text(&host, AS_COMPILED);
    let builds = host.count("build_started");
    let steps: [(&[(&str, &str)], &str); 7] = [
        (&[("tweak!(8.0)", "tweak!(12.5)")], "é text true é 12.5 [200, 40, 40, 255] -3"),
        (&[("\"text\"", "\"a\\n{}\"")], "é a\n{} true é 12.5 [200, 40, 40, 255] -3"),
        (
            &[("            true", "            false")],
            "é a\n{} false é 12.5 [200, 40, 40, 255] -3",
        ),
        (&[("(200,", "(20,")], "é a\n{} false é 12.5 [20, 40, 40, 255] -3"),
        (&[("'é'", "'ß'"), ("-3i8", "120i8")], "é a\n{} false ß 12.5 [20, 40, 40, 255] 120"),
        // Two lines more: the places of what follows are those of the compiled text all the same.
        (&[("\"a\\n{}\"", "\"b\n\nc\"")], "é b\n\nc false ß 12.5 [20, 40, 40, 255] 120"),
        (
            &[("            false", "            true")],
            "é b\n\nc true ß 12.5 [20, 40, 40, 255] 120",
        ),
    ];
    for (pairs, expected) in steps {
        let total_us = take_over(&mut host, &project, pairs);
        println!("{pairs:?} in {total_us} us");
        wait_for_text(&host, expected);
    }
    assert_eq!(host.count("build_started"), builds, "{}", host.words());
    assert_eq!(host.status().modules[0].generation, Some(Generation(1)));

    // The next build has them compiled in, and begins without any.
    host.check(|| project.rename("ui", "two"), &RELOADED);
    wait_for_text(&host, "é b\n\nc true ß 12.5 [20, 40, 40, 255] 120");
    take_over(&mut host, &project, &[("tweak!(12.5)", "tweak!(1.5)")]);
    wait_for_text(&host, "é b\n\nc true ß 1.5 [20, 40, 40, 255] 120");
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
}

#[test]
fn a_literal_and_another_edit_in_one_save_are_built() {
    let project = project();
    let mut host = HostProcess::start(&project);
    let both =
        |code: &str| code.replace("\"one\"", "\"two\"").replace("tweak!(8.0)", "tweak!(9.0)");
    host.check(|| project.edit("ui/src/lib.rs", both), &RELOADED);
    wait_for_text(&host, "é text true é 9 [200, 40, 40, 255] -3");
    let comment = |code: &str| code.replace("// at the end", "// the end");
    host.check(|| project.edit("ui/src/lib.rs", comment), &UNCHANGED);
    // Another type, and other places for what follows on the line: another library.
    host.check(|| project.replace("ui/src/lib.rs", "tweak!(9.0)", "tweak!(9.0f32)"), &RELOADED);
}

#[test]
fn a_literal_that_is_taken_back_is_as_compiled_again() {
    let project = project();
    let mut host = HostProcess::start(&project);
    take_over(&mut host, &project, &[("\"text\"", "\"other\"")]);
    wait_for_text(&host, "é other true é 8 [200, 40, 40, 255] -3");
    take_over(&mut host, &project, &[("\"other\"", "\"text\"")]);
    wait_for_text(&host, AS_COMPILED);

    // Taken back together with something that makes the same library: nothing is swapped, and the
    // files and the running code agree again.
    take_over(&mut host, &project, &[("\"text\"", "\"other\"")]);
    let back = |code: &str| code.replace("\"other\"", "\"text\"").replace("at the end", "the end");
    host.check(|| project.edit("ui/src/lib.rs", back), &UNCHANGED);
    wait_for_text(&host, AS_COMPILED);
    assert_eq!(host.status().modules[0].generation, Some(Generation(1)));
}

#[test]
fn a_value_that_does_not_fit_is_for_the_compiler_to_refuse() {
    let project = project();
    let mut host = HostProcess::start(&project);
    wait_for_text(&host, AS_COMPILED);
    host.check(|| project.replace("ui/src/lib.rs", "(200,", "(300,"), &NOT_COMPILED);
    let Event::Notice { message } = host
        .journal()
        .iter()
        .rev()
        .find_map(|entry| matches!(entry.event, Event::Notice { .. }).then(|| entry.event.clone()))
        .expect("the module's reason is told")
    else {
        unreachable!()
    };
    assert!(message.contains("`300` is no value of type u8"), "{message}");
    wait_for_text(&host, AS_COMPILED);
    // What failed is in the files until it is built.
    host.check(|| project.replace("ui/src/lib.rs", "(300,", "(30,"), &RELOADED);
    wait_for_text(&host, "é text true é 8 [30, 40, 40, 255] -3");
    take_over(&mut host, &project, &[("(30,", "(31,")]);
}

#[test]
fn an_order_compiles_the_literals_in() {
    let project = project();
    let mut host = HostProcess::start(&project);
    take_over(&mut host, &project, &[("\"text\"", "\"other\"")]);
    assert_eq!(host.reload_ok("ui"), Generation(2));
    wait_for_text(&host, "é other true é 8 [200, 40, 40, 255] -3");
    host.take_in();
    take_over(&mut host, &project, &[("\"other\"", "\"text\"")]);
    wait_for_text(&host, AS_COMPILED);
}

#[test]
fn a_generation_that_is_gone_back_to_shows_what_it_last_showed() {
    let project = project();
    let mut host = HostProcess::start(&project);
    take_over(&mut host, &project, &[("\"text\"", "\"other\"")]);
    let next = |code: &str| code.replace("\"one\"", "\"two\"").replace("\"other\"", "\"third\"");
    host.check(|| project.edit("ui/src/lib.rs", next), &RELOADED);
    wait_for_text(&host, "é third true é 8 [200, 40, 40, 255] -3");
    let back = Request::Rollback { module: None, to: None };
    host.check_request(&back, &["committed", "rolled_back"]);
    wait_for_text(&host, "é other true é 8 [200, 40, 40, 255] -3");
    // The files are not what runs now, so they are built.
    host.check(|| project.replace("ui/src/lib.rs", "\"third\"", "\"fourth\""), &RELOADED);
    wait_for_text(&host, "é fourth true é 8 [200, 40, 40, 255] -3");
    assert_eq!(host.seen_by("ui"), ["one", "two", "one", "two"]);
}

#[test]
fn code_that_takes_over_again_after_a_fault_still_shows_its_values() {
    let project = project();
    let mut host = HostProcess::start(&project);
    take_over(&mut host, &project, &[("\"text\"", "\"other\"")]);
    let broken = "if NAME == \"two\" { panic!(\"it broke\") }";
    let next = |code: &str| code.replace("// in logic", broken).replace("\"one\"", "\"two\"");
    let taken_back =
        ["change", "build_started", "build_finished", "fault", "rolled_back", "rejected"];
    host.check(|| project.edit("ui/src/lib.rs", next), &taken_back);
    wait_for_text(&host, "é other true é 8 [200, 40, 40, 255] -3");
    // The files have more than a literal that does not run: they are built.
    let fixed = |code: &str| code.replace(broken, "").replace("\"other\"", "\"third\"");
    host.check(|| project.edit("ui/src/lib.rs", fixed), &RELOADED);
    wait_for_text(&host, "é third true é 8 [200, 40, 40, 255] -3");
}

#[test]
fn without_auto_reload_literals_wait_like_every_change() {
    let project = project();
    project.edit("pitstop.toml", |toml| format!("auto_reload = false\n{toml}"));
    let mut host = HostProcess::start(&project);
    host.check(|| project.replace("ui/src/lib.rs", "\"text\"", "\"other\""), &["change"]);
    wait_for_text(&host, AS_COMPILED);
    assert_eq!(host.reload_ok("ui"), Generation(2));
    wait_for_text(&host, "é other true é 8 [200, 40, 40, 255] -3");
}

#[test]
fn a_file_of_two_modules_is_taken_over_by_both() {
    let project = Project::with_modules(&["left", "right"]);
    project.edit("data/src/lib.rs", |code| {
        code.replace("// in sign", "self.text = hot_api::tweak!(\"text\").to_owned();")
    });
    let mut host = HostProcess::start(&project);
    let twice = ["change", "literals", "literals"];
    host.check(|| project.replace("data/src/lib.rs", "\"text\"", "\"other\""), &twice);
    for module in ["left", "right"] {
        wait_until("the text", || (host.state(module)["text"] == "other").then_some(()));
    }
}
