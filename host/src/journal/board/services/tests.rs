use super::*;
use crate::journal::event::Generation;

fn board(events: &[(&str, Event)]) -> Board {
    let mut board = Board::of(["ui".to_owned()], true);
    for ((module, event), unix_ms) in events.iter().zip(1_000..) {
        let module = (!module.is_empty()).then(|| (*module).to_owned());
        let generation = module.is_some().then_some(Generation(1));
        board.apply(&Entry { t_us: 0, unix_ms, module, generation, event: event.clone() });
    }
    board
}

fn starting(name: &str) -> Event {
    Event::ServiceStarting { name: name.to_owned() }
}

fn started(name: &str) -> Event {
    Event::ServiceStarted { name: name.to_owned(), ms: 1 }
}

fn stopping(name: &str) -> Event {
    Event::ServiceStopping { name: name.to_owned() }
}

fn stopped(name: &str, forced: bool, error: Option<&str>) -> Event {
    Event::ServiceStopped { name: name.to_owned(), ms: 1, forced, error: error.map(str::to_owned) }
}

fn all(names: &[&str], inactive: &[&str]) -> Event {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let (count, names) = (names.len() as u64, owned(names));
    Event::ServicesStarted { count, names, inactive: owned(inactive) }
}

#[test]
fn a_service_is_what_was_last_said_of_it() {
    use ServiceState::{Failed, LeftBehind, Running, Starting, Stopped, Stopping};
    let no = Some("no");
    for (events, state, since, restarts, error) in [
        (vec![starting("a")], Starting, None, 0, None),
        (vec![starting("a"), started("a")], Running, Some(1_001), 0, None),
        (vec![started("a"), stopping("a")], Stopping, Some(1_000), 0, None),
        (vec![started("a"), stopped("a", false, None)], Stopped, Some(1_000), 0, None),
        (vec![started("a"), stopped("a", true, None)], LeftBehind, Some(1_000), 0, None),
        (vec![starting("a"), stopped("a", false, no)], Failed, None, 0, no),
        (vec![started("a"), stopped("a", false, no), starting("a")], Starting, Some(1_000), 0, no),
        (vec![started("a"), stopped("a", false, no), started("a")], Running, Some(1_002), 1, None),
    ] {
        let of_ui: Vec<_> = events.iter().map(|event| ("ui", event.clone())).collect();
        let board = board(&of_ui);
        let [it] = board.services.as_slice() else { panic!("one service: {:?}", board.services) };
        let said = (it.state, it.started_unix_ms, it.restarts, it.last_error.as_deref());
        assert_eq!(said, (state, since, restarts, error), "{events:?}");
    }
}

#[test]
fn a_set_that_has_started_says_which_services_there_are() {
    let events = [
        ("ui", started("old")),
        ("ui", started("a")),
        ("b", started("x")),
        ("ui", all(&["a"], &["off"])),
    ];
    let names = |board: &Board| {
        let services = board.services.iter();
        services
            .map(|it| format!("{}/{} {}", it.module, it.name, it.in_words()))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&board(&events)), ["b/x running", "ui/a running", "ui/off inactive"]);
    let gone: Vec<_> = events.into_iter().chain([("ui", all(&[], &[]))]).collect();
    assert_eq!(names(&board(&gone)), ["b/x running"]);
}

#[test]
fn the_values_stay_while_what_the_files_say_cannot_be_used() {
    let value = |value: &str| {
        let (key, source) = ("a".to_owned(), "app.toml:1".to_owned());
        vec![ConfigValue { key, value: value.to_owned(), source }]
    };
    let loaded = Event::ConfigLoaded { files: Vec::new(), values: value("1") };
    let failed = Event::ConfigFailed { message: "no".to_owned() };
    let reloaded = Event::ConfigReloaded { files: Vec::new(), values: value("2") };
    let config = |events: &[Event]| {
        let events: Vec<_> = events.iter().map(|event| ("", event.clone())).collect();
        let config = board(&events).config.expect("it was read");
        (config.values, config.error)
    };
    assert_eq!(config(std::slice::from_ref(&loaded)), (value("1"), None));
    assert_eq!(config(&[loaded.clone(), failed.clone()]), (value("1"), Some("no".to_owned())));
    assert_eq!(config(&[loaded, failed.clone(), reloaded]), (value("2"), None));
    assert_eq!(config(&[failed]), (Vec::new(), Some("no".to_owned())));
}
