//! What each entry changes.

use super::*;
use crate::journal::event::BuildWay;

const UI: &str = "ui";

fn entry(module: Option<&str>, generation: u64, event: Event) -> Entry {
    let generation = (generation > 0).then_some(Generation(generation));
    Entry { t_us: 0, unix_ms: 0, module: module.map(str::to_owned), generation, event }
}

fn committed() -> Event {
    Event::Committed {
        trigger: Trigger::Save,
        total_us: 9,
        stages_us: StagesMicros::default(),
        ui_stall_us: 1,
        state: StateReport { bytes: 345, ..StateReport::default() },
        build: "hash".to_owned(),
    }
}

fn rejected(stage: Stage, loss: Option<StateLoss>) -> Event {
    Event::Rejected { stage, reason: "why".to_owned(), detail: "why at length".to_owned(), loss }
}

fn fault(site: FaultSite, runs_on: bool) -> Event {
    let (message, location) = ("it broke".to_owned(), "src/lib.rs:1:2".to_owned());
    Event::Fault { r#where: site, message, location, backtrace: "calls".to_owned(), runs_on }
}

fn back_to(to: u64) -> Event {
    let (reason, build) = ("it broke".to_owned(), "old".to_owned());
    Event::RolledBack { to: Generation(to), reason, build }
}

fn not_built(levels: &[DiagnosticLevel]) -> Event {
    let diagnostic = |level: &DiagnosticLevel| Diagnostic {
        level: *level,
        code: None,
        message: "message".to_owned(),
        file: None,
        line: None,
        column: None,
        rendered: format!("{level:?}."),
    };
    Event::BuildFailed {
        ms: 1,
        diagnostics: levels.iter().map(diagnostic).collect(),
        targets: Vec::new(),
        command: String::new(),
    }
}

/// The module after these entries, with g1 running before them.
fn after(events: &[(u64, Event)]) -> ModuleBoard {
    let mut board = Board::of([UI.to_owned(), "other".to_owned()], true);
    let other = board.modules[1].clone();
    board.apply(&entry(Some(UI), 1, committed()));
    for (generation, event) in events {
        board.apply(&entry(Some(UI), *generation, event.clone()));
    }
    assert_eq!(board.modules[1], other, "the other module is not concerned");
    board.modules[0].clone()
}

/// What is shown of a failure: its kind and its title.
fn shown(module: &ModuleBoard) -> Option<(FailureKind, &str)> {
    module.failure.as_ref().map(|failure| (failure.kind, failure.title.as_str()))
}

/// Entries after g1 has been committed, and what they come to: how the module is doing, which generation runs,
/// and what is shown as failed.
type Row<'a> = (Vec<(u64, Event)>, ModuleHealth, u64, Option<(FailureKind, &'a str)>);

#[test]
fn failures_and_what_ends_them() {
    use FailureKind as Kind;
    use ModuleHealth::{Building, Failed, Fault, Ok};
    let started = Event::BuildStarted { way: Some(BuildWay::Cargo), targets: Vec::new() };
    let resolved = |failure| Event::Resolved { failure };
    let same = Event::NoChange { reason: NoChange::SameContent };
    let errors = [DiagnosticLevel::Warning, DiagnosticLevel::Error, DiagnosticLevel::Error];
    let failed = "The build failed; g1 runs on with its state";
    let refused = "The new code was refused at restore; g1 runs on with its state";
    let lost = "The new code does not know all of the state; g1 runs on with its state";
    let panicked = "The code panicked; its last picture stays";
    let hangs = "The code does not return; its last picture stays";
    let (back, late) = (
        "The new code panicked and was taken back; g1 runs",
        "The new code hangs and was taken back; g1 runs",
    );
    let (thread, elsewhere) = (
        "A thread of the module panicked; the module runs on",
        "g1 panicked in Paint; what runs now is not concerned",
    );
    let first_frame = || rejected(Stage::FirstFrame, None);
    let table: Vec<Row<'_>> = vec![
        (vec![], Ok, 1, None),
        (vec![(2, started.clone())], Building, 1, None),
        (vec![(2, not_built(&errors))], Failed, 1, Some((Kind::Build, failed))),
        (vec![(2, not_built(&errors)), (3, same)], Ok, 1, None),
        (vec![(2, not_built(&errors)), (3, committed())], Ok, 3, None),
        (vec![(2, not_built(&errors)), (3, started)], Building, 1, Some((Kind::Build, failed))),
        (vec![(2, rejected(Stage::Restore, None))], Failed, 1, Some((Kind::Rejected, refused))),
        (
            vec![(2, rejected(Stage::Restore, Some(StateLoss::Refused)))],
            Failed,
            1,
            Some((Kind::Rejected, lost)),
        ),
        (
            vec![(2, rejected(Stage::Restore, Some(StateLoss::Asked)))],
            Failed,
            1,
            Some((Kind::Loss, lost)),
        ),
        // Running code that panics, and is tried again.
        (vec![(1, fault(FaultSite::Ui, false))], Fault, 1, Some((Kind::Fault, panicked))),
        (vec![(1, fault(FaultSite::Ui, false)), (1, resolved(Kind::Fault))], Ok, 1, None),
        // New code that panics in its first frame, and soon after it.
        (
            vec![(2, fault(FaultSite::Ui, false)), (2, back_to(1)), (2, first_frame())],
            Failed,
            1,
            Some((Kind::Rejected, back)),
        ),
        (
            vec![(2, committed()), (2, fault(FaultSite::Ui, false)), (2, back_to(1))],
            Failed,
            1,
            Some((Kind::Rejected, back)),
        ),
        // A first frame that does not return.
        (
            vec![(2, fault(FaultSite::Overdue, false)), (2, back_to(1)), (2, first_frame())],
            Failed,
            1,
            Some((Kind::Rejected, late)),
        ),
        (
            vec![(2, fault(FaultSite::Overdue, false)), (2, first_frame())],
            Fault,
            1,
            Some((Kind::Overdue, hangs)),
        ),
        // A call that does not return hides nothing that the compiler said.
        (
            vec![(2, not_built(&errors)), (1, fault(FaultSite::Overdue, false))],
            Fault,
            1,
            Some((Kind::Build, failed)),
        ),
        (
            vec![
                (2, not_built(&errors)),
                (1, fault(FaultSite::Overdue, false)),
                (1, resolved(Kind::Overdue)),
            ],
            Failed,
            1,
            Some((Kind::Build, failed)),
        ),
        // Threads, and pictures that are no longer shown.
        (vec![(1, fault(FaultSite::Service, true))], Fault, 1, Some((Kind::Thread, thread))),
        (
            vec![(2, committed()), (1, fault(FaultSite::Paint, true))],
            Fault,
            2,
            Some((Kind::Thread, elsewhere)),
        ),
        (
            vec![(2, not_built(&errors)), (1, fault(FaultSite::Service, true))],
            Failed,
            1,
            Some((Kind::Build, failed)),
        ),
        // The end of what has been replaced.
        (vec![(2, committed()), (1, fault(FaultSite::Drop, true))], Ok, 2, None),
        // A rollback that was asked for.
        (vec![(2, committed()), (1, committed()), (1, back_to(1))], Ok, 1, None),
    ];
    for (events, status, generation, failure) in table {
        let module = after(&events);
        assert_eq!(shown(&module), failure, "{events:?}");
        assert_eq!((module.status, module.generation), (status, Some(Generation(generation))));
        let is_back = events.iter().any(|(_, event)| matches!(event, Event::RolledBack { .. }));
        let taken_back = is_back && failure.is_some();
        assert_eq!(module.artifact, if taken_back { "old" } else { "hash" }, "{events:?}");
    }
}

#[test]
fn the_compiler_s_words_are_sorted_and_counted() {
    use DiagnosticLevel::{Error, Note, Warning};
    for (levels, reason, detail) in [
        (vec![Warning, Error, Error], "2 errors", "Error.Error.Warning."),
        (vec![Note, Error], "1 error", "Error.Note."),
        (vec![Warning], "message", "Warning."),
        (vec![], "", ""),
    ] {
        let failure = after(&[(2, not_built(&levels))]).failure.expect("it failed");
        assert_eq!((failure.reason.as_str(), failure.detail.as_str()), (reason, detail));
    }
}

#[test]
fn a_panic_is_shown_with_its_place_and_its_calls() {
    let panicked = fault(FaultSite::Logic, false);
    let failure = after(&[(1, panicked.clone())]).failure.expect("it failed");
    assert_eq!(failure.detail, "it broke\n  at src/lib.rs:1:2\ncalls");
    let failure = after(&[(2, panicked), (2, back_to(1))]).failure.expect("it failed");
    assert_eq!(failure.detail, "it broke\n  at src/lib.rs:1:2\ncalls", "also when taken back");
}

#[test]
fn code_that_can_be_gone_back_to_is_named() {
    let kept = Event::Kept { generations: vec![Generation(1)], migration: None };
    let module = after(&[(2, committed()), (2, kept), (1, rejected(Stage::Load, None))]);
    let title = "g1 was refused at load; g2 runs on with its state";
    assert_eq!(shown(&module), Some((FailureKind::Rejected, title)));
    assert_eq!((module.kept, module.state_bytes), (vec![Generation(1)], 345));
}

#[test]
fn what_concerns_no_module() {
    let mut board = Board::of([UI.to_owned()], true);
    let mut take = |event| {
        board.apply(&entry(None, 0, event));
        board.clone()
    };
    let notice = |text: &str| Event::Notice { message: text.to_owned() };
    assert_eq!(take(notice("n")).notice.as_deref(), Some("n"));
    assert!(!take(Event::AutoReload { on: false }).auto_reload);
    assert_eq!(take(Event::Waiting { changes: 3 }).waiting_changes, 3);
    let (reason, files) = ("code_change".to_owned(), vec!["host/src/main.rs".into()]);
    let pending =
        take(Event::RestartPending { reason, busy: false, files, by_hand: true }).restart_pending;
    assert!(pending.is_some_and(|why| why.starts_with("host/src/main.rs is part of the host")));
    let progress = Event::BuildProgress { done: 1, total: 3, unit: "syn".to_owned() };
    assert_eq!(take(progress).build.and_then(|build| build.counted()).as_deref(), Some("1/3"));
    let finished =
        Event::BuildFinished { ms: 1, artifact: String::new(), bytes: 1, targets: Vec::new() };
    assert_eq!(take(finished).build, None);
    board.apply(&entry(Some(UI), 1, committed()));
    assert_eq!(board.notice, None, "new code is the newest thing to say");
}

#[test]
fn s15_work_that_must_not_be_interrupted_is_that_of_the_running_code() {
    let busy = |name: &str| Event::Busy { name: name.to_owned() };
    let idle = |name: &str| Event::Idle { name: name.to_owned() };
    let retired = Event::Retired { unmapped: true, why_not: None };
    let started = Event::BuildStarted { way: Some(BuildWay::Cargo), targets: Vec::new() };
    let deferred = || Event::Deferred { busy: vec!["a".to_owned()] };
    for (events, busy_with, is_deferred) in [
        (vec![(1, busy("a"))], &["a"][..], false),
        // As often as it was begun, and whatever the order.
        (vec![(1, busy("a")), (1, busy("b")), (1, busy("a")), (1, idle("a"))], &["b", "a"], false),
        (vec![(1, busy("a")), (1, idle("b")), (1, idle("a")), (1, idle("a"))], &[], false),
        (vec![(1, busy("a")), (2, started.clone()), (2, deferred())], &["a"], true),
        (vec![(1, busy("a")), (2, deferred()), (3, started)], &["a"], false),
        // That of other code is none of it, whether the code was before or is yet to come.
        (vec![(1, busy("a")), (2, committed())], &[], false),
        (vec![(1, busy("a")), (2, busy("b")), (2, committed())], &["b"], false),
        (vec![(1, busy("a")), (2, busy("b")), (2, committed()), (1, retired)], &["b"], false),
        // Code that has panicked does nothing.
        (vec![(1, busy("a")), (1, fault(FaultSite::Ui, false))], &[], false),
    ] {
        let module = after(&events);
        assert_eq!(module.busy_with(), busy_with, "{events:?}");
        assert_eq!(!module.waits_for.is_empty(), is_deferred, "{events:?}");
    }
    // What has ended is shown no more.
    let module = after(&[(1, busy("a")), (1, Event::Retired { unmapped: true, why_not: None })]);
    assert_eq!(module.busy, []);
}
