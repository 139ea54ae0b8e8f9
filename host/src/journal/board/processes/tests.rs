//! What a row of entries comes to.

use super::*;
use crate::journal::event::{Diagnostic, DiagnosticLevel};

fn board(events: Vec<Event>) -> Board {
    let mut board = Board::default();
    for (t_us, event) in (1..).zip(events) {
        let unix_ms = t_us * 1_000;
        board.apply(&Entry { t_us, unix_ms, module: None, generation: None, event });
    }
    board
}

fn waiting(waits_for: WaitsFor) -> Event {
    let (name, target) = ("w".to_owned(), Some("w".to_owned()));
    Event::ProcessWaiting { name, waits_for, target, build: "make".to_owned() }
}

fn started(pid: u32) -> Event {
    Event::ProcessStarted { name: "w".to_owned(), pid }
}

fn stopped(code: i32, next: Option<AfterEnd>) -> Event {
    let (name, code) = ("w".to_owned(), Some(code));
    Event::ProcessStopped { name, pid: 1, code, signal: None, ms: 0, forced: false, next }
}

fn built(artifact: &str) -> Event {
    let targets = vec!["w".to_owned()];
    Event::BuildFinished { ms: 1, artifact: artifact.to_owned(), bytes: 1, targets }
}

fn failed() -> Event {
    let diagnostics = vec![Diagnostic {
        level: DiagnosticLevel::Error,
        code: None,
        message: "no".to_owned(),
        file: None,
        line: None,
        column: None,
        rendered: String::new(),
    }];
    let targets = vec!["w".to_owned()];
    Event::BuildFailed { ms: 1, diagnostics, targets, command: "make".to_owned() }
}

#[test]
fn p25_what_programs_do_is_a_fold_of_events() {
    use AfterEnd::{GivenUp, StartsAgain, Waits};
    let build = || waiting(WaitsFor::Build);
    let not_started =
        Event::ProcessNotStarted { name: "w".to_owned(), reason: "not there".to_owned() };
    let (waits, soon) = ("waits for a build", "is about to start");
    let three = Some("ended by itself: exit status: 3");
    for (events, words, restarts, trouble_is) in [
        (vec![build()], waits, 0, None),
        (vec![waiting(WaitsFor::Start)], "does not run", 0, None),
        (vec![build(), started(1)], "runs (pid 1)", 0, None),
        (vec![build(), started(1), stopped(0, None)], soon, 0, None),
        (vec![build(), started(1), stopped(0, None), started(2)], "runs (pid 2)", 1, None),
        (vec![build(), started(1), stopped(3, Some(Waits))], waits, 0, three),
        (vec![build(), started(1), stopped(3, Some(GivenUp))], waits, 0, three),
        (vec![build(), started(1), stopped(0, Some(Waits))], waits, 0, None),
        (vec![build(), started(1), stopped(3, Some(StartsAgain))], soon, 0, None),
        (
            vec![build(), started(1), stopped(3, None), waiting(WaitsFor::Start)],
            "does not run",
            0,
            None,
        ),
        (
            vec![build(), built("a"), started(1), failed()],
            "runs (pid 1)",
            0,
            Some("the build failed: no"),
        ),
        (vec![build(), failed(), built("a"), started(1)], "runs (pid 1)", 0, None),
        (vec![build(), not_started.clone()], waits, 0, Some("not there")),
        (vec![build(), not_started, started(1)], "runs (pid 1)", 0, None),
    ] {
        let board = board(events.clone());
        let process = &board.processes[0];
        assert_eq!(process.in_words(), words, "{events:?}");
        assert_eq!(process.restarts, restarts, "{events:?}");
        assert_eq!(trouble(process, &board.targets).as_deref(), trouble_is, "{events:?}");
    }
}

#[test]
fn builds_of_programs_are_none_of_modules() {
    let start = || Event::BuildStarted { way: None, targets: vec!["w".to_owned()] };
    let board = board(vec![start(), built("a"), start()]);
    assert_eq!(board.build, None);
    let target = &board.targets[0];
    assert_eq!((target.building, target.artifact.as_deref()), (true, Some("a")));
}
