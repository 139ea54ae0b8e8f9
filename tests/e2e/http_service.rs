//! An HTTP endpoint on a runtime of its own, while configuration and code are exchanged.

use crate::served::{Clients, get};
use host::journal::event::Event;
use pitstop_tests::alone::measured;
use pitstop_tests::processes::descriptors_of;
use pitstop_tests::{HostOptions, HostProcess, Project, wait_until};

/// An endpoint of hyper on a runtime of tokio's: see `tests/http_service`.
fn http_project() -> Project {
    let project = Project::new();
    project.save("ui/src/lib.rs", include_str!("../http_service/src/lib.rs"));
    project.edit("ui/Cargo.toml", |text| {
        format!(
            "{text}http-body-util = \"0.1\"\n\
             hyper = {{ version = \"1\", features = [\"http1\", \"server\"] }}\n\
             hyper-util = {{ version = \"0.1\", features = [\"tokio\"] }}\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\n\
             tokio = {{ version = \"1\", features = [\"macros\", \"net\", \"rt\", \"time\"] }}\n"
        )
    });
    project.edit("pitstop.toml", |text| format!("{text}[config]\ndebounce_ms = 10\n"));
    project.save("app.toml", "greeting = \"0\"\n");
    project
}

#[test]
fn h2_200_reloads_and_swaps_answer_every_request_and_leave_nothing_endurance() {
    const RELOADS: u32 = 200;
    const SWAP_EVERY: u32 = 20;
    let project = http_project();
    let mut host = HostProcess::launch(&project, HostOptions::default());
    host.wait_for_kind("services_started");
    let address = wait_until("the endpoint's address", || {
        let state = host.try_state("ui")?;
        state["address"].as_str().filter(|it| !it.is_empty()).map(str::to_owned)
    });
    let left = |host: &HostProcess| {
        let threads = std::fs::read_dir(format!("/proc/{}/task", host.pid())).expect("it runs");
        (threads.count(), descriptors_of(host.pid()).expect("it runs"))
    };
    let clients = Clients::start(&address);
    let mut early = None;
    for reload in 1..=RELOADS {
        project.save("app.toml", &format!("greeting = \"{reload}\"\n"));
        host.wait_for_kind("config_reloaded");
        if reload % SWAP_EVERY == 0 {
            let name = format!("const NAME: &str = \"after {reload}\"");
            project.edit("ui/src/lib.rs", |text| {
                let line =
                    text.lines().find(|line| line.starts_with("const NAME")).expect("a name");
                text.replace(line.trim_end_matches(';'), &name)
            });
            host.wait_for_commit("ui");
            host.wait_for_kind("services_started");
        }
        if reload == SWAP_EVERY {
            early = Some(left(&host));
        }
    }
    let answers = clients.stop();
    wait_until("every answer is counted", || {
        (host.state("ui")["answers"] == u64::from(answers)).then_some(())
    });
    assert_eq!(get(&address).expect("an answer"), format!("after {RELOADS} {RELOADS}"));
    // A generation ends some frames after the one that has taken its place.
    let early = early.expect("it was counted");
    let late = wait_until("nothing is left", || {
        let late = left(&host);
        (late.0 <= early.0 + 1 && late.1 <= early.1 + 2).then_some(late)
    });
    measured(&format!(
        "{RELOADS} reloads of the configuration, {} swaps: {answers} requests, all answered; {} threads and {} \
         descriptors early, {} and {} late",
        RELOADS / SWAP_EVERY,
        early.0,
        early.1,
        late.0,
        late.1
    ));
    let failed = ["config_failed", "services_failed", "rejected", "fault"];
    let failed: usize = failed.iter().map(|kind| host.count(kind)).sum();
    assert_eq!(failed, 0, "{}", host.words());
    let forced = host
        .journal()
        .iter()
        .any(|entry| matches!(entry.event, Event::ServiceStopped { forced: true, .. }));
    assert!(!forced, "{}", host.words());
}
