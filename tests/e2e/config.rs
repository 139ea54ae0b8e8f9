//! The application's configuration: which change of which file does what, to a host whose module has services.

use crate::served::{
    SETTINGS, Save, Served, back_up, kinds, overwrite, project, project_with, replace,
};
use host::journal::event::Event;
use pitstop_tests::host_process::{HostOptions, kind_of};
use pitstop_tests::{HostProcess, wait_until};
use rustix::process::Signal;

const APP: &str = "greeting = \"hello\"\n";

#[test]
fn f01_h14_h15_each_file_created_changed_and_deleted_is_one_reload() {
    // Some editors save in two steps, which may take a while on a machine that is busy.
    let project = project_with(&SETTINGS.replace("debounce_ms = 60", "debounce_ms = 250"), APP);
    let mut served = Served::start(&project);
    assert_eq!(served.host.count("config_changed"), 0, "the first look is no change");
    assert_eq!(served.get(), "one hello");
    let saves: [Save; 3] = [overwrite, replace, back_up];
    for (file, saved, said, without) in [
        ("app.local.toml", "greeting = \"local\"\n", "one local", "one hello"),
        (".env", "APP__GREETING=env\n", "one env", "one hello"),
        (".env.local", "APP__GREETING=env-local\n", "one env-local", "one hello"),
    ] {
        let path = project.path(file);
        for (n, save) in saves.iter().enumerate() {
            let text = format!("{saved}# {n}\n");
            assert_eq!(served.reloads(|| save(&path, &text)), [file], "saved the {n}th time");
            assert_eq!(served.get(), said);
        }
        assert_eq!(served.reloads(|| std::fs::remove_file(&path).expect("it is there")), [file]);
        assert_eq!(served.get(), without);
    }
    let app = project.path("app.toml");
    assert_eq!(served.reloads(|| back_up(&app, "greeting = \"other\"\n")), ["app.toml"]);
    assert_eq!(served.get(), "one other");
    // What is written anew with the same content is no change, nor is any other file.
    project.save("app.toml", "greeting = \"other\"\n");
    project.save("app.other.toml", APP);
    project.save(".env.test", "APP__GREETING=test\n");
    assert_eq!(served.reloads(|| project.save("app.toml", APP)), ["app.toml"]);
    let entries = served.host.journal();
    let changes = entries.iter().filter(|entry| kind_of(entry) == "config_changed").count();
    assert_eq!(changes, 14, "one for each\n{}", served.host.words());
}

#[test]
fn f01_h16_a_burst_is_one_reload() {
    let settings = SETTINGS.replace("debounce_ms = 60", "debounce_ms = 400");
    let project = project_with(&settings, APP);
    let mut served = Served::start(&project);
    let files = served.reloads(|| {
        for n in 0..10 {
            project.save("app.toml", &format!("greeting = \"{n}\"\n"));
            project.save(".env", &format!("SERVED_TOKEN={n}\n"));
        }
    });
    assert_eq!(files, [".env", "app.toml"]);
    assert_eq!(served.get(), "one 9 9");
    assert_eq!(served.host.count("config_changed"), 1);
}

#[test]
fn f02_f07_the_real_environment_wins_and_what_is_gone_is_unset() {
    let project = project(APP);
    project.save(".env", "SERVED_TOKEN=file\nAPP__HTTP__WORK_MS=1\n");
    let mut served = Served::start_with(&project, &[("APP__GREETING", "real")]);
    assert_eq!(served.get(), "one real file");
    served.reloads(|| project.save("app.local.toml", "greeting = \"local\"\n"));
    assert_eq!(served.get(), "one real file", "the real environment wins over every file");
    served.reloads(|| project.save(".env", "OTHER=1\n"));
    assert_eq!(served.get(), "one real", "a variable that is gone is unset");
    served.host.stop();
    project.save(".env", "SERVED_TOKEN=file\n");
    let mut served = Served::start_with(&project, &[("SERVED_TOKEN", "real")]);
    assert_eq!(served.get(), "one local real");
    served.reloads(|| project.save(".env", "SERVED_TOKEN=other\n"));
    assert_eq!(served.get(), "one local real", "what was there before is never overridden");
}

#[test]
fn f03_h29_what_cannot_be_used_is_told_and_the_last_good_one_runs_on() {
    let project = project(APP);
    let mut served = Served::start(&project);
    for (text, says) in [
        ("greeting = \n", "app.toml:1: "),
        ("\ngreeting = 5\n", "app.toml:2: greeting: invalid type: integer `5`, expected a string"),
        ("other = {}\n", "missing field `greeting`"),
        (
            "greeting = \"x\"\n[http]\nwork_ms = \"long\"\n",
            "app.toml:3: http.work_ms: invalid type: string \"long\", expected u64",
        ),
    ] {
        let message = served.fails_to_reload(|| project.save("app.toml", text));
        assert!(message.starts_with(says), "{message}");
        assert_eq!(served.get(), "one hello");
        assert_eq!(served.services(), ["http running", "other inactive"]);
        let status = served.host.status();
        assert_eq!(status.config.and_then(|config| config.error).as_ref(), Some(&message));
    }
    let stopped = served.host.count("service_stopped");
    assert_eq!(stopped, 0, "nothing was stopped\n{}", served.host.words());
    served.reloads(|| project.save("app.toml", "greeting = \"better\"\n"));
    assert_eq!(served.get(), "one better");
    // A secret is not shown.
    let message = served.fails_to_reload(|| project.save(".env", "APP__HTTP__WORK_MS=hunter2\n"));
    let masked =
        ".env (APP__HTTP__WORK_MS):1: http.work_ms: invalid type: string ••••••, expected u64";
    assert_eq!(message, masked);
    served.reloads(|| project.save(".env", "\n"));
    assert_eq!(served.host.status().config.and_then(|config| config.error), None);
}

#[test]
fn h13_h29_under_stop_nothing_runs_until_the_file_is_corrected() {
    let settings = format!("on_config_error = \"stop\"\n{SETTINGS}");
    let project = project_with(&settings, APP);
    let mut served = Served::start(&project);
    let message = served.fails_to_reload(|| project.save("app.toml", "greeting = 1\n"));
    assert!(message.starts_with("app.toml:1: greeting: invalid type"), "{message}");
    served.host.wait_for_kind("services_stopped");
    assert_eq!(served.services(), ["http stopped", "other inactive"]);
    // Nor with new code.
    project.rename("ui", "two");
    served.host.wait_for_commit("ui");
    assert_eq!(served.services(), ["http stopped", "other inactive"]);
    let told = served.host.journal();
    let halted = told.iter().rposition(|entry| kind_of(entry) == "services_stopped");
    let after = &told[halted.expect("they were stopped")..];
    assert!(
        !after.iter().any(|entry| kind_of(entry) == "service_starting"),
        "{}",
        served.host.words()
    );
    served.reloads(|| project.save("app.toml", APP));
    assert_eq!(served.get(), "two hello");
}

#[test]
fn f04_h25_a_change_during_a_reload_is_exactly_one_more() {
    let project = project("greeting = \"a\"\nhttp.work_ms = 1500\n");
    let mut served = Served::start(&project);
    // Work in progress keeps the first reload going.
    let client = served.begin_request();
    project.save("app.toml", "greeting = \"b\"\n");
    served.host.wait_for_kind("service_stopping");
    project.save("app.toml", "greeting = \"c\"\n");
    project.save("app.local.toml", "greeting = \"d\"\n");
    served.host.wait_for_kind("config_reloaded");
    served.host.wait_for_kind("config_reloaded");
    client.join().expect("no panic").expect("an answer");
    assert_eq!(served.get(), "one d");
    let (status, entries) = served.host.stop();
    assert!(status.success());
    let one = ["config_changed", "services_stopped", "services_started", "config_reloaded"];
    let expected: Vec<&str> = one.into_iter().chain(one).chain(["stopped"]).collect();
    let told = kinds(&entries);
    let first = told.iter().position(|kind| kind == "config_changed").expect("a change");
    assert_eq!(told[first..], expected);
}

#[test]
fn f05_h26_a_signal_during_a_reload_stops_everything_and_starts_nothing() {
    for signal in [Signal::TERM, Signal::INT] {
        let project = project("greeting = \"a\"\nhttp.work_ms = 1000\n");
        let mut served = Served::start(&project);
        let client = served.begin_request();
        project.save("app.toml", APP);
        served.host.wait_for_kind("service_stopping");
        served.host.signal(signal);
        let status = served.host.wait_for_end();
        assert!(status.success(), "{status}\n{}", served.host.words());
        client.join().expect("no panic").expect("what was at hand is finished");
        let kinds: Vec<String> = served.host.journal().iter().map(kind_of).collect();
        let stopping = kinds.iter().position(|kind| kind == "service_stopping").expect("it stops");
        let started = kinds[stopping..].iter().any(|kind| kind.contains("start"));
        assert!(!started, "{}", served.host.words());
        assert_eq!(kinds.iter().filter(|kind| *kind == "service_stopped").count(), 1);
    }
}

#[test]
fn f06_h18_the_end_cancels_a_pending_timer() {
    let settings = "[config]\ndebounce_ms = 2500\nstop_timeout_ms = 20000\n";
    let project = project_with(settings, "greeting = \"a\"\nhttp.work_ms = 5000\n");
    let mut served = Served::start(&project);
    // The end takes longer than the timer: the work in progress is finished.
    let client = served.begin_request();
    let beat = |served: &Served| served.host.status().heartbeat_unix_ms;
    project.save("app.toml", APP);
    // By the next beat of the engine the save has been seen.
    let before = beat(&served);
    wait_until("a beat", || (beat(&served) > before).then_some(()));
    let (status, entries) = served.host.stop();
    assert!(status.success());
    client.join().expect("no panic").expect("an answer");
    let stopping = entries.iter().find(|entry| kind_of(entry) == "service_stopping");
    let stopped = entries.iter().find(|entry| kind_of(entry) == "service_stopped");
    let (stopping, stopped) = (stopping.expect("it stops").t_us, stopped.expect("it has").t_us);
    assert!(stopped - stopping > 1_500_000, "the timer has run out meanwhile");
    assert!(!kinds(&entries).contains(&"config_changed".to_owned()));
}

#[test]
fn f10_a_key_that_no_module_knows_is_told_once_with_a_suggestion() {
    let project = project("greeting = \"hello\"\n[htpp]\nwork_ms = 1\n[http]\nwork_mss = 1\n");
    let mut served = Served::start(&project);
    let notices = |host: &mut HostProcess| -> Vec<String> {
        let notices = host.journal().iter().filter_map(|entry| match &entry.event {
            Event::Notice { message } if message.contains("unknown key") => Some(message.clone()),
            _ => None,
        });
        notices.collect()
    };
    let expected = [
        "app.toml:2: htpp: unknown key; did you mean `http`?",
        "app.toml:5: http.work_mss: unknown key; did you mean `http.work_ms`?",
    ];
    assert_eq!(notices(&mut served.host), expected);
    // Not again with new code, but after the file has changed.
    project.rename("ui", "two");
    served.host.wait_for_commit("ui");
    served.host.wait_for_kind("services_started");
    assert_eq!(notices(&mut served.host), expected);
    served.reloads(|| project.save("app.toml", APP));
    assert_eq!(notices(&mut served.host).len(), 2);
}

#[test]
fn h7_h8_what_cannot_start_at_the_first_start_ends_the_host_with_exit_code_1() {
    let timeouts = "[config]\nstart_timeout_ms = 300\nstop_timeout_ms = 20000\n";
    for (app, says) in [
        ("greeting = 1\n", "app.toml:1: greeting: invalid type: integer `1`, expected a string"),
        ("greeting = \n", "app.toml:1: "),
        (
            "greeting = \"a\"\nother = { active = true, does = \"fail\" }\n",
            "service `other` did not start: it is configured to fail",
        ),
        (
            "greeting = \"a\"\nother = { active = true, does = \"hang\" }\n",
            "service `other` did not start: it was not ready within 300 ms",
        ),
        (
            "greeting = \"a\"\nhttp.address = \"nowhere\"\n",
            "service `http` did not start: cannot listen at nowhere: ",
        ),
    ] {
        let project = project_with(timeouts, app);
        let mut host = HostProcess::launch(&project, HostOptions::default());
        let status = host.wait_for_end();
        assert_eq!(status.code(), Some(1), "{app}\n{}", host.words());
        let last = host.stderr().lines().last().unwrap_or_default().to_owned();
        assert!(last.starts_with(&format!("pitstop: {says}")), "{last}");
        let count = |kind: &str, host: &mut HostProcess| {
            host.journal().iter().filter(|entry| kind_of(entry) == kind).count()
        };
        let (started, stopped) =
            (count("service_starting", &mut host), count("service_stopped", &mut host));
        assert_eq!(started, stopped, "those that had started were stopped\n{}", host.words());
    }
}

#[test]
fn without_services_there_is_no_configuration() {
    // Whatever lies in the workspace may be read by somebody else.
    let project = pitstop_tests::Project::new();
    project.save("app.toml", "this is no TOML\n");
    let mut host = HostProcess::start(&project);
    project.save("app.toml", "neither is this\n");
    host.check(|| project.rename("ui", "two"), &crate::RELOADED);
    assert_eq!(host.status().config, None);
    let (status, entries) = host.stop();
    assert!(status.success());
    assert_eq!(kinds(&entries), ["committed", "committed", "stopped"]);
}

#[test]
fn code_and_files_that_change_together_are_taken_in_either_order() {
    let project = project(APP);
    let mut served = Served::start(&project);
    let rename = |from: &str, to: &str| {
        project.edit("ui/src/lib.rs", |text| {
            let text = text.replace(&format!("    {from}: String,"), &format!("    {to}: String,"));
            text.replace(&format!("config.{from}.clone()"), &format!("config.{to}.clone()"))
        });
    };
    // The file first: the old code cannot read it, and the new one can.
    let message = served.fails_to_reload(|| project.save("app.toml", "welcome = \"hi\"\n"));
    assert!(message.ends_with("missing field `greeting`"), "{message}");
    rename("greeting", "welcome");
    served.host.wait_for_commit("ui");
    wait_until("the new value", || (served.get() == "one hi").then_some(()));
    assert_eq!(served.host.status().config.and_then(|config| config.error), None);
    // The code first: it is refused until the file has what it needs.
    served.host.take_in();
    rename("welcome", "salute");
    served.host.wait_for_kind("rejected");
    assert_eq!(served.get(), "one hi");
    project.save("app.toml", "salute = \"hey\"\n");
    served.host.wait_for_commit("ui");
    wait_until("the new value", || (served.get() == "one hey").then_some(()));
}

#[test]
fn h25_a_file_and_code_saved_at_once_start_each_service_once() {
    let project = project(APP);
    let mut served = Served::start(&project);
    for n in 0..6 {
        served.host.take_in();
        project.save("app.toml", &format!("greeting = \"{n}\"\n"));
        project.rename("ui", &format!("code{n}"));
        served.host.wait_for_kind("config_changed");
        let said = format!("code{n} {n}");
        wait_until("both", || (served.get() == said).then_some(()));
        wait_until("it is at rest", || {
            (served.services() == ["http running", "other inactive"]).then_some(())
        });
    }
    let (status, entries) = served.host.stop();
    assert!(status.success());
    // Never two at a time.
    let mut running = 0;
    for entry in &entries {
        match kind_of(entry).as_str() {
            "service_starting" => running += 1,
            "service_stopped" => running -= 1,
            _ => {}
        }
        assert!((0..=1).contains(&running), "two at a time");
    }
}

#[test]
fn code_that_has_brought_new_values_along_and_is_taken_back_gives_them_back() {
    let project = project(APP);
    let mut served = Served::start(&project);
    served.fails_to_reload(|| project.save("app.toml", "welcome = \"hi\"\n"));
    project.edit("ui/src/lib.rs", |text| {
        let text = text.replace("    greeting: String,", "    welcome: String,");
        let text = text.replace("config.greeting.clone()", "config.welcome.clone()");
        let text = text.replace("struct Ui;", "struct Ui(u32);");
        text.replace("// in ui", "self.0 += 1; assert!(self.0 < 6, \"some frames later\");")
    });
    served.host.wait_for_kind("rolled_back");
    wait_until("the old services", || {
        (crate::served::get(&served.address).is_ok_and(|it| it == "one hello")).then_some(())
    });
    let error = served.host.status().config.and_then(|config| config.error);
    assert!(error.is_none_or(|error| error.ends_with("missing field `greeting`")));
}
