//! Services behind the table: what a host sees of them, and of a configuration that they cannot use.

use crate::driver::{Driver, Input, Said};
use crate::script::{Script, note, play, seen};
use hot_api::Service;
use hot_api::abi::{code, service_report};
use hot_api::services::{Read, Refusal};
use std::net::TcpStream;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(30);
const GOOD: &str = r#"{"values": {"port": 1}, "env": {"PITSTOP_TEST_TOKEN": "from a file"}}"#;

/// The next thing that a service says.
#[track_caller]
fn said(driver: &Driver) -> Said {
    driver.services.recv_timeout(DEADLINE).expect("a service says something")
}

fn ready(run: u64, name: &str) -> Said {
    (service_report::READY, run, name.to_owned(), String::new())
}

fn ended(run: u64, name: &str) -> Said {
    (service_report::ENDED, run, name.to_owned(), String::new())
}

/// Starts the only service, and waits until it is ready.
#[track_caller]
fn begin(driver: &mut Driver, run: u64, name: &str) {
    driver.list_services(GOOD);
    driver.start_services("", run);
    assert_eq!(said(driver), ready(run, name));
}

/// Stops it, and waits for its end.
#[track_caller]
fn finish(driver: &Driver, run: u64, name: &str) {
    driver.stop_services("");
    assert_eq!(said(driver), ended(run, name));
}

#[test]
fn f03_a_configuration_is_read_without_an_instance() {
    let mut driver = Driver::idle();
    let (code, json) = driver.check_config(
        r#"{"values": {"port": 1, "prot": 2, "server": {"hostName": "x", "hostname": "y"}}, "env": {}}"#,
    );
    assert_eq!(code, code::OK, "{json}");
    let read: Read = serde_json::from_str(&json).expect("what was read");
    assert_eq!(read.ignored, ["prot", "server.hostname"]);
    assert_eq!(read.known, ["port", "server.hostName", "server"]);
    for (config, key, message) in [
        (
            r#"{"values": {"port": "x"}, "env": {}}"#,
            "port",
            "invalid type: string \"x\", expected u16",
        ),
        (
            r#"{"values": {"port": 70000}, "env": {}}"#,
            "port",
            "invalid value: integer `70000`, expected u16",
        ),
        (
            r#"{"values": {"port": 1, "server": {}}, "env": {}}"#,
            "server",
            "missing field `hostName`",
        ),
        (r#"{"values": {}, "env": {}}"#, ".", "missing field `port`"),
        ("nonsense", "", "the host's configuration cannot be read"),
    ] {
        let (code, json) = driver.check_config(config);
        assert_eq!(code, code::REFUSED, "{config}");
        let refusal: Refusal = serde_json::from_str(&json).expect("a refusal");
        assert_eq!(refusal.key, key, "{config}");
        assert!(refusal.message.starts_with(message), "{}", refusal.message);
    }
}

#[test]
fn services_start_say_so_and_end_when_they_are_asked() {
    play(Script {
        services: |config| {
            assert_eq!(config.port, 1);
            let wait = |cx: hot_api::ServiceContext| {
                cx.ready();
                cx.ready();
                cx.stop().wait(Duration::MAX);
            };
            vec![
                Service::new("a", wait),
                Service::new("b", wait),
                Service::new("off", wait).active(false),
            ]
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    assert_eq!(driver.start_services("", 1), code::REFUSED, "nothing is listed");
    let (code, json) = driver.list_services(GOOD);
    assert_eq!(code, code::OK);
    let listed =
        r#"[{"name":"a","active":true},{"name":"b","active":true},{"name":"off","active":false}]"#;
    assert_eq!(json, listed);
    assert_eq!(driver.start_services("", 1), code::OK);
    let mut started = [said(&driver), said(&driver)];
    started.sort();
    assert_eq!(started, [ready(1, "a"), ready(1, "b")], "once each");
    assert_eq!(driver.stop_services("b"), code::OK);
    assert_eq!(said(&driver), ended(1, "b"));
    driver.list_services(GOOD);
    assert_eq!(driver.start_services("b", 2), code::OK);
    assert_eq!(said(&driver), ready(2, "b"), "the one that is named, and no other");
    assert_eq!(driver.stop_services(""), code::OK);
    let mut all = [said(&driver), said(&driver)];
    all.sort();
    assert_eq!(all, [ended(1, "a"), ended(2, "b")]);
    assert_eq!(driver.destroy(), code::OK);
    assert_eq!(driver.stop_services(""), code::OK, "there is none any more");
}

#[test]
fn f08_errors_and_panics_of_services_are_told() {
    play(Script {
        services: |_| {
            vec![
                Service::new("error", |_| Err::<(), _>("the port is taken")),
                Service::new("panic", |cx| {
                    assert!(cx.stop().is_requested(), "no {}", "luck");
                }),
            ]
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    driver.list_services(GOOD);
    assert_eq!(driver.start_services("", 7), code::OK);
    let mut both = [said(&driver), said(&driver)];
    both.sort_by(|a, b| a.2.cmp(&b.2));
    let failed =
        |name: &str, error: &str| (service_report::FAILED, 7, name.to_owned(), error.to_owned());
    assert_eq!(
        both,
        [failed("error", "the port is taken"), failed("panic", "it panicked: no luck")]
    );
    let fault = driver.take_fault();
    assert!(fault.message == "no luck" && fault.location.contains("services.rs"), "{fault:?}");
}

#[test]
fn a_list_with_one_name_twice_or_none_is_refused_as_is_one_that_panics() {
    for (services, says) in [
        (
            (|_| vec![Service::new("a", |_| ()), Service::new("a", |_| ())])
                as fn(&crate::script::Config) -> Vec<Service>,
            "two services are called `a`",
        ),
        (|_| vec![Service::new("", |_| ())], "a service has no name"),
        (
            |_| vec![Service::new("a", |_| ()), Service::new("b\0", |_| ())],
            "is no name for a service",
        ),
    ] {
        play(Script { services, ..Script::default() });
        let mut driver = Driver::new();
        let (code, json) = driver.list_services(GOOD);
        assert_eq!(code, code::REFUSED);
        assert!(json.contains(says), "{json}");
        assert_eq!(driver.start_services("", 1), code::REFUSED, "nothing is listed");
    }
    play(Script { services: |_| panic!("no list"), ..Script::default() });
    let mut driver = Driver::new();
    assert_eq!(driver.list_services(GOOD).0, code::FAULT);
    assert_eq!(driver.take_fault().message, "no list");
}

#[test]
fn f09_what_services_send_reaches_the_logic_also_after_their_end() {
    play(Script {
        services: |_| {
            vec![Service::new("sender", |cx| {
                cx.ready();
                cx.stop().wait(Duration::MAX);
                // What was at hand is finished.
                cx.send("last".to_owned());
                cx.send(cx.env().get("PITSTOP_TEST_TOKEN"));
            })]
        },
        logic: |_, _, frame| {
            note("texts", frame.messages::<String>().join(","));
            note("tokens", format!("{:?}", frame.messages::<Option<String>>()));
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    begin(&mut driver, 1, "sender");
    finish(&driver, 1, "sender");
    driver.logic(&Input::default()).expect("logic runs");
    let token = r#"[Some("from a file")]"#;
    assert_eq!((seen("texts").as_str(), seen("tokens").as_str()), ("last", token));
}

#[test]
fn a_socket_is_the_host_s_and_connections_wait_for_the_next_service() {
    play(Script {
        services: |_| {
            vec![Service::new("http", |cx| {
                let socket = cx.listen("127.0.0.1:0").expect("a free port");
                cx.send(socket.local_addr().expect("an address"));
                cx.ready();
                cx.stop().wait(Duration::MAX);
            })]
        },
        logic: |_, _, frame| {
            let addresses = frame.messages::<std::net::SocketAddr>();
            note("address", addresses.last().expect("one was sent"));
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    let mut address_of = |run| {
        begin(&mut driver, run, "http");
        driver.logic(&Input::default()).expect("logic runs");
        finish(&driver, run, "http");
        seen("address")
    };
    let address = address_of(1);
    TcpStream::connect(&address).expect("it waits while no service runs");
    assert_eq!(address_of(2), address);
}

#[test]
fn an_address_that_cannot_be_used_is_an_error_with_the_reason() {
    play(Script {
        services: |_| vec![Service::new("http", |cx| cx.listen("nowhere").map(drop))],
        ..Script::default()
    });
    let mut driver = Driver::new();
    driver.list_services(GOOD);
    driver.start_services("", 1);
    let (report, _, _, error) = said(&driver);
    assert_eq!(report, service_report::FAILED);
    assert!(error.starts_with("cannot listen at nowhere: "), "{error}");
}

#[test]
fn k14_the_end_of_an_instance_waits_for_no_service_that_does_not_end() {
    play(Script {
        services: |_| {
            vec![Service::new("stuck", |cx| {
                cx.ready();
                // Until the test's process ends; parking may be woken by anybody.
                while cx.stop().wait(Duration::MAX) {
                    std::thread::park();
                }
            })]
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    driver.stay();
    begin(&mut driver, 1, "stuck");
    driver.stop_services("");
    assert_eq!(driver.destroy(), code::OK);
    assert!(driver.services.try_recv().is_err(), "it has not told its end");
}

#[test]
fn a_configuration_that_is_read_meanwhile_changes_nothing_for_what_runs() {
    play(Script { ui: |_, _, _, _| panic!("in ui"), ..Script::default() });
    let mut driver = Driver::new();
    assert_eq!(driver.check_config(GOOD).0, code::OK);
    assert_eq!(driver.frame_of(0, &Input::default()).err(), Some(code::FAULT));
    let fault = driver.take_fault();
    assert!(fault.message == "in ui" && fault.location.contains("services.rs"), "{fault:?}");
}

/// Tells on which thread it was woken, and panics then.
struct Woken(std::sync::mpsc::SyncSender<String>);

impl std::task::Wake for Woken {
    fn wake(self: std::sync::Arc<Self>) {
        let thread = std::thread::current();
        self.0.send(thread.name().unwrap_or("unnamed").to_owned()).expect("the test waits");
        panic!("a runtime that panics");
    }
}

thread_local! {
    static WOKEN: std::cell::RefCell<Option<std::sync::mpsc::SyncSender<String>>> =
        const { std::cell::RefCell::new(None) };
}

#[test]
fn async_code_is_woken_on_a_thread_of_the_module() {
    play(Script {
        services: |_| {
            let woken = WOKEN.with_borrow(Clone::clone).expect("the test has set it");
            vec![Service::new("async", move |cx| {
                let waker = std::task::Waker::from(std::sync::Arc::new(Woken(woken)));
                let mut requested = Box::pin(cx.stop().requested());
                let waiting = requested.as_mut().poll(&mut std::task::Context::from_waker(&waker));
                assert!(waiting.is_pending());
                cx.ready();
                cx.stop().wait(Duration::MAX);
            })]
        },
        ..Script::default()
    });
    let (woken, on) = std::sync::mpsc::sync_channel(1);
    WOKEN.set(Some(woken));
    let mut driver = Driver::new();
    begin(&mut driver, 1, "async");
    assert_eq!(driver.stop_services(""), code::OK);
    assert_eq!(on.recv_timeout(DEADLINE).expect("it is woken"), "svc-wake");
    assert_eq!(said(&driver), ended(1, "async"));
    assert_eq!(driver.destroy(), code::OK);
    assert_eq!(driver.take_fault().message, "a runtime that panics");
}

/// Panics when it is dropped.
struct Spiteful;

impl Drop for Spiteful {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[test]
fn a_message_that_nobody_takes_and_that_panics_is_contained() {
    play(Script {
        services: |_| {
            vec![Service::new("sender", |cx| {
                cx.send(Spiteful);
                cx.ready();
                cx.stop().wait(Duration::MAX);
            })]
        },
        ..Script::default()
    });
    let mut driver = Driver::new();
    begin(&mut driver, 1, "sender");
    finish(&driver, 1, "sender");
    assert_eq!(driver.destroy(), code::FAULT);
    assert_eq!(driver.take_fault().message, "dropped");
}
