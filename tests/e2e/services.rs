//! Services: how they start, stop, and are exchanged with the code that they are part of.

use crate::restart;
use crate::served::{Clients, SETTINGS, Served, get, in_words, kinds, project, project_with};
use host::control::Request;
use host::journal::event::{Entry, Event, Stage};
use pitstop_tests::host_process::kind_of;
use pitstop_tests::{HostOptions, HostProcess, wait_until};

const APP: &str = "greeting = \"hello\"\n";

#[test]
fn h4_h9_h11_h24_services_start_with_the_first_load_and_inactive_ones_are_left_out() {
    let project = project(APP);
    let mut served = Served::start(&project);
    assert_eq!(served.get(), "one hello");
    assert_eq!(served.services(), ["http running", "other inactive"]);
    served.reloads(|| project.save("app.local.toml", "other.active = true\n"));
    assert_eq!(served.services(), ["http running", "other running"]);
    let started = served.host.journal().iter().rev().find_map(|entry| match &entry.event {
        Event::ServicesStarted { count, names, .. } => Some((*count, names.clone())),
        _ => None,
    });
    assert_eq!(started, Some((2, vec!["http".to_owned(), "other".to_owned()])));
    // As the terminal has it.
    let stderr = served.host.stderr();
    for line in [
        "services started: 1 (http); inactive: other",
        "config change detected: app.local.toml",
        "all services stopped",
        "services started: 2 (http, other)",
    ] {
        assert!(stderr.contains(line), "{line} is missing from\n{stderr}");
    }
    let status = served.host.status();
    assert_eq!((status.services[0].restarts, status.services[1].restarts), (1, 0));
    let values = status.config.expect("it was read").values;
    let values: Vec<_> =
        values.iter().map(|it| format!("{} {} {}", it.key, it.value, it.source)).collect();
    assert_eq!(values, ["greeting \"hello\" app.toml:1", "other.active true app.local.toml:1"]);
}

#[test]
fn f08_h10_one_that_fails_in_a_reload_stops_the_others_and_the_values_before_run() {
    let project = project(APP);
    let mut served = Served::start(&project);
    let bad = "greeting = \"new\"\nother = { active = true, does = \"fail\" }\n";
    let message = served.fails_to_reload(|| project.save("app.toml", bad));
    assert_eq!(message, "service `other` did not start: it is configured to fail");
    served.host.wait_for_kind("services_started");
    assert_eq!(served.get(), "one hello");
    assert_eq!(served.services(), ["http running", "other inactive"]);
    served.reloads(|| project.save("app.toml", "greeting = \"new\"\n"));
    assert_eq!(served.get(), "one new");
    // Under "stop" nothing runs then.
    served.host.stop();
    let project = project_with(&format!("on_config_error = \"stop\"\n{SETTINGS}"), APP);
    let mut served = Served::start(&project);
    served.fails_to_reload(|| project.save("app.toml", bad));
    wait_until("nothing runs", || {
        (in_words(&served.host.status()) == ["http stopped", "other failed"]).then_some(())
    });
    served.reloads(|| project.save("app.toml", APP));
    assert_eq!(served.get(), "one hello");
}

#[test]
fn f09_h27_work_in_progress_completes_before_a_stop_returns() {
    let project = project("greeting = \"slow\"\nhttp.work_ms = 700\n");
    let mut served = Served::start(&project);
    let client = served.begin_request();
    served.reloads(|| project.save("app.toml", APP));
    assert_eq!(client.join().expect("no panic").expect("an answer"), "one slow");
    assert_eq!(served.get(), "one hello");
    let stopped = served.host.journal().iter().find_map(|entry| match &entry.event {
        Event::ServiceStopped { ms, forced: false, error: None, .. } => Some(*ms),
        _ => None,
    });
    assert!(stopped.is_some_and(|ms| ms >= 100), "the stop has waited: {stopped:?}");
}

#[test]
fn swaps_lose_no_request_and_no_message() {
    let project = project(APP);
    let mut served = Served::start(&project);
    let clients = Clients::start(&served.address);
    for name in ["two", "three", "four"] {
        project.rename("ui", name);
        served.host.wait_for_commit("ui");
        served.host.wait_for_kind("services_started");
    }
    let answers = clients.stop();
    assert!(answers > 10, "{answers}");
    // Whatever a service has sent, the logic has counted, the old code's included.
    wait_until("every answer is counted", || {
        (served.host.state("ui")["clicks"] == answers).then_some(())
    });
    assert_eq!(served.get(), "four hello");
    let retired = served
        .host
        .journal()
        .iter()
        .filter(|entry| matches!(entry.event, Event::Retired { unmapped: true, .. }));
    assert!(retired.count() >= 2, "{}", served.host.words());
}

#[test]
fn code_that_is_not_taken_interrupts_no_service() {
    let project = project(APP);
    let mut served = Served::start(&project);
    let before = |served: &mut Served| served.host.count("service_stopping");
    // It does not compile.
    project.replace("ui/src/lib.rs", "data.ticks += 1", "data.ticks += one");
    served.host.wait_for_kind("build_failed");
    project.replace("ui/src/lib.rs", "data.ticks += one", "data.ticks += 1");
    served.host.wait_for_kind("no_change");
    // Its configuration has a key that no file has.
    project.replace(
        "ui/src/lib.rs",
        "    greeting: String,",
        "    greeting: String,\n    name: u8,",
    );
    let rejected = served.host.wait_for_kind("rejected");
    let Event::Rejected { stage, reason, .. } = rejected.event else { unreachable!() };
    assert_eq!((stage, reason.as_str()), (Stage::Services, "missing field `name`"));
    assert_eq!(served.get(), "one hello");
    assert_eq!(before(&mut served), 0, "{}", served.host.words());
    // The file gets it, and the code that needs it is taken.
    served.host.take_in();
    project.save("app.toml", "greeting = \"hello\"\nname = 7\n");
    served.host.wait_for_commit("ui");
    served.host.wait_for_kind("services_started");
    assert_eq!(served.get(), "one hello");
}

#[test]
fn when_new_code_is_refused_or_taken_back_the_old_services_run_again() {
    let project = project(APP);
    let mut served = Served::start(&project);
    // Refused at its hidden frames, after the services of the old code have stopped.
    served.host.take_in();
    project.edit("ui/src/lib.rs", |text| text.replace("// in ui", "panic!(\"no\");"));
    served.host.wait_for_kind("rejected");
    served.host.wait_for_kind("services_started");
    assert_eq!(served.get(), "one hello");
    // Taken back a few frames after its commit.
    served.host.take_in();
    project.edit("ui/src/lib.rs", |text| {
        let text = text.replace("panic!(\"no\");", "// in ui");
        let text = text.replace("const NAME: &str = \"one\"", "const NAME: &str = \"two\"");
        let panics = "if self.0 > 4 { panic!(\"later\") } self.0 += 1; // in ui";
        text.replace("// in ui", panics).replace("struct Ui;", "struct Ui(u32);")
    });
    served.host.wait_for_kind("rolled_back");
    served.host.wait_for_kind("services_started");
    assert_eq!(served.get(), "one hello");
    wait_until("the refused code is gone", || {
        let journal = served.host.journal();
        let retired = journal.iter().rev().find(|entry| kind_of(entry) == "retired")?;
        matches!(retired.event, Event::Retired { unmapped: true, .. }).then_some(())
    });
}

#[test]
fn k14_a_service_that_does_not_stop_keeps_its_library_and_is_named() {
    let settings = "[config]\ndebounce_ms = 60\nstop_timeout_ms = 300\n";
    let stuck = "greeting = \"hello\"\nother = { active = true, does = \"stuck\" }\n";
    let project = project_with(settings, stuck);
    let mut served = Served::start(&project);
    project.rename("ui", "two");
    let entry = served.host.wait_for("it is left behind", |entry| {
        matches!(&entry.event, Event::ServiceStopped { name, forced: true, .. } if name == "other")
    });
    let Event::ServiceStopped { ms, .. } = entry.event else { unreachable!() };
    assert!((300..5_000).contains(&ms), "{ms}");
    served.host.wait_for_kind("services_started");
    assert_eq!(served.get(), "two hello");
    let retired = served.host.wait_for_kind("retired");
    let Event::Retired { unmapped, why_not } = retired.event else { unreachable!() };
    let why_not = why_not.unwrap_or_default();
    assert!(!unmapped && why_not.contains("its service `other` has not stopped"), "{why_not}");
    let said = "service other has not stopped within";
    assert!(served.host.stderr().contains(said), "{}", served.host.stderr());
    // At a reload of the configuration it is left behind as well, and the new one is another.
    served.host.take_in();
    project.save("app.toml", &stuck.replace("hello", "again"));
    served.host.wait_for_kind("config_reloaded");
    assert_eq!(served.get(), "two again");
    assert_eq!(served.services(), ["http running", "other running"]);
    // And the host ends all the same.
    let (status, _) = served.host.stop();
    assert!(status.success());
}

#[test]
fn h12_the_end_stops_the_services_of_the_newest_reload() {
    let project = project(APP);
    let mut served = Served::start(&project);
    served.reloads(|| project.save("app.toml", "greeting = \"new\"\nother.active = true\n"));
    let (status, entries) = served.host.stop();
    assert!(status.success());
    let ended: Vec<&str> = entries
        .iter()
        .rev()
        .filter_map(|entry| match &entry.event {
            Event::ServiceStopped { name, forced: false, .. } => Some(name.as_str()),
            _ => None,
        })
        .take(2)
        .collect();
    assert!(ended.contains(&"http") && ended.contains(&"other"), "{ended:?}");
    assert_eq!(kinds(&entries).last().map(String::as_str), Some("stopped"));
}

#[test]
fn a_module_that_loses_or_gains_services_by_an_edit() {
    let project = project(APP);
    let mut served = Served::start(&project);
    let with = project.read("ui/src/lib.rs");
    let without = with
        .replace("export_module!(Ui, services)", "export_module!(Ui)")
        .replace("data.clicks += frame", "let _ = frame");
    project.save("ui/src/lib.rs", &without);
    served.host.wait_for_commit("ui");
    wait_until("there are none", || served.services().is_empty().then_some(()));
    get(&served.address).expect_err("nobody listens");
    project.save("ui/src/lib.rs", &with);
    served.host.wait_for_commit("ui");
    served.host.wait_for_kind("services_started");
    assert_eq!(served.services(), ["http running", "other inactive"]);
}

#[test]
fn when_the_same_code_with_another_state_is_taken_back_its_services_run_again() {
    let project = project(APP);
    project.save("ignored/empty", "");
    let armed = project.path("ignored/armed");
    // An instance that is made while the file is there panics after some frames.
    project.edit("ui/src/lib.rs", |text| {
        let create = format!(
            "struct Ui(bool, u32);
             impl hot_api::Create for Ui {{
                 fn create(_: &hot_api::CreateContext<'_>) -> Self {{
                     Self(std::path::Path::new({armed:?}).exists(), 0)
                 }}
             }}"
        );
        let text = text.replace("#[derive(Default)]\nstruct Ui;", &create);
        text.replace("// in ui", "self.1 += 1; assert!(!self.0 || self.1 < 6, \"armed\");")
    });
    let mut served = Served::start(&project);
    let file = project.path("ignored/snapshot");
    let snapshot = Request::Snapshot { module: None, out: Some(file.clone()) };
    assert!(served.host.request(&snapshot).ok);
    project.save("ignored/armed", "");
    served.host.take_in();
    let reply = served.host.request(&Request::Restore { module: None, file });
    assert!(reply.ok, "{reply:?}");
    served.host.wait_for_kind("rolled_back");
    served.host.wait_for_kind("services_started");
    assert_eq!(served.get(), "one hello");
    // They are those that a reload asks to stop.
    served.reloads(|| project.save("app.toml", "greeting = \"after\"\n"));
    assert_eq!(served.get(), "one after");
    let is_forced =
        |entry: &Entry| matches!(entry.event, Event::ServiceStopped { forced: true, .. });
    assert!(!served.host.journal().iter().any(is_forced), "{}", served.host.words());
}

#[test]
fn h26_a_signal_while_services_start_is_no_failure() {
    let settings = "[config]\nstart_timeout_ms = 60000\nstop_timeout_ms = 20000\n";
    let hang = "greeting = \"a\"\nother = { active = true, does = \"hang\" }\n";
    let project = project_with(settings, hang);
    let mut host = HostProcess::launch(&project, HostOptions::default());
    host.wait_for_kind("service_started");
    let (status, entries) = host.stop();
    assert_eq!(status.code(), Some(0));
    assert_eq!(kinds(&entries), ["config_loaded", "committed", "stopped"]);
    let stopped = entries.iter().filter(|entry| kind_of(entry) == "service_stopped");
    assert_eq!(stopped.count(), 2, "both are asked, the one that hangs too");
}

#[test]
fn c13_services_end_before_the_host_starts_anew_and_go_on_in_the_next_process() {
    let project = project(APP);
    restart::add_host(&project);
    let options = HostOptions { may_restart: true, ..HostOptions::default() };
    let mut served = Served::launch(&project, options);
    let answers = |served: &Served| served.host.state("ui")["clicks"].as_u64().expect("a number");
    let client = served.begin_request();
    restart::change(&project, "two");
    restart::wait_for_restart(&mut served.host);
    client.join().expect("no panic").expect("what was at hand is finished");
    served.host.wait_for_kind("services_started");
    let entries = served.host.journal();
    let at = |kind: &str| entries.iter().rposition(|entry| kind_of(entry) == kind).expect(kind);
    assert!(at("service_stopped") < at("started") && at("started") < at("services_started"));
    let address = Served::address(&served.host);
    assert_eq!(get(&address).expect("an answer"), "one hello");
    // What the old process has answered is counted in the new one.
    wait_until("both answers", || (answers(&served) == 2).then_some(()));
    // A configuration that cannot be used then costs nothing but the services.
    served.host.take_in();
    project.save("app.toml", "greeting = 1\n");
    served.host.wait_for_kind("config_failed");
    restart::change(&project, "three");
    restart::wait_for_restart(&mut served.host);
    let error = served.host.status().config.and_then(|config| config.error);
    assert!(error.is_some_and(|error| error.starts_with("app.toml:1: greeting: invalid type")));
    assert!(served.services().is_empty());
    project.save("app.toml", APP);
    served.host.wait_for_kind("services_started");
    assert_eq!(get(&Served::address(&served.host)).expect("an answer"), "one hello");
}
