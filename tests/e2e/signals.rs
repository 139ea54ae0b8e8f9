//! Signals: the host ends when it is told to, whatever its modules do.

use host::control::{Client, Request};
use host::journal::event::{Event, Trigger};
use pitstop_tests::{HostOptions, HostProcess, Project, wait_until};
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// More requests than the queue of an engine holds that does not read it.
fn flood(project: &Project) {
    let limit = Some(Duration::from_millis(100));
    let mut client = Client::connect(project.root()).expect("the host listens");
    let reload = Request::Reload { module: None, wait: false, trigger: Trigger::Command };
    for _ in 0..300 {
        assert!(client.call(&reload, limit).is_ok(), "whoever asks does not wait for the engine");
    }
}

#[test]
fn g27_a_second_ctrl_c_ends_a_host_whose_engine_is_stuck() {
    let project = Project::new();
    project.replace("ui/src/lib.rs", "// in create", "loop { std::thread::park() }");
    let mut host = HostProcess::launch(&project, HostOptions::default());
    // The engine now waits for `create`, for as long as a step of a swap may take.
    host.wait_for_kind("build_finished");
    wait_until("the socket", || Client::connect(project.root()).ok());
    flood(&project);
    let began = Instant::now();
    wait_until("the end of the host", || {
        host.signal(Signal::INT);
        host.has_ended().then_some(())
    });
    assert!(began.elapsed() < Duration::from_secs(5), "after {:?}", began.elapsed());
    // In order when the first signal was quick enough, else by the second.
    let code = host.wait_for_end().code();
    assert!(matches!(code, Some(0 | 130)), "{code:?}\n{}", host.words());
}

/// Takes SIGINT and SIGTERM, as `ctrlc::set_handler` does.
const TAKES_SIGNALS: &str = "extern \"C\" fn nothing(_: i32) {}
        unsafe extern \"C\" { fn signal(number: i32, handler: extern \"C\" fn(i32)) -> usize; }
        unsafe { signal(2, nothing); signal(15, nothing); }";

#[test]
fn g28_a_module_does_not_take_ctrl_c_from_the_host() {
    let project = Project::new();
    project.replace("ui/src/lib.rs", "// in create", TAKES_SIGNALS);
    let mut host = HostProcess::start(&project);
    let told = host.journal().iter().find_map(|entry| match &entry.event {
        Event::Notice { message } if message.contains("handler") => Some(message.clone()),
        _ => None,
    });
    let told = told.unwrap_or_else(|| panic!("nobody is told\n{}", host.words()));
    assert!(told.starts_with("ui installed a handler for SIGINT, SIGTERM;"), "{told}");
    host.signal(Signal::INT);
    assert!(host.ends_within(Duration::from_secs(20)), "Ctrl+C is lost\n{}", host.words());
    assert_eq!(host.wait_for_end().code(), Some(0), "it ended in order\n{}", host.words());
}
