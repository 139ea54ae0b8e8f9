//! The journal with real files and threads.

use super::*;
use crate::journal::event::NoChange;
use std::time::{Duration, Instant};

fn notice(text: &str) -> Event {
    Event::Notice { message: text.to_owned() }
}

fn open(dir: &Path, events: Option<EventsTo>) -> Arc<Journal> {
    let config =
        JournalConfig { dir: dir.to_owned(), events, log_level: LogLevel::Info, ran_for: None };
    Journal::open(config).expect("the journal opens in an empty directory")
}

fn entries_of(file: &Path) -> Vec<Entry> {
    let text = fs::read_to_string(file).expect("the file is there");
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn w7_this_run_is_in_events_and_every_run_in_the_log() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    open(dir.path(), None).record(None, None, notice("first run"));
    let journal = open(dir.path(), None);
    let entry = journal.record(Some("ui"), Some(Generation(4)), notice("second run"));
    journal.record(None, None, Event::BuildProgress { done: 1, total: 2, unit: "x".into() });
    journal.log(LogLevel::Warn, Some("ui"), "a module\nsays so");
    journal.log(LogLevel::Debug, Some("ui"), "chatter");

    let events = entries_of(&dir.path().join("events.jsonl"));
    assert_eq!(events.len(), 2, "events.jsonl holds this run only: {events:?}");
    assert_eq!(events[0], entry);
    let log = fs::read_to_string(dir.path().join("host.log")).expect("host.log");
    let lines: Vec<&str> =
        log.lines().map(|line| line.split_once(' ').expect("a date").1).collect();
    assert_eq!(
        lines,
        ["info  host first run", "info  ui g4 second run", "warn  ui a module says so"]
    );
}

#[test]
fn entries_of_many_threads_are_ordered_alike_everywhere() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let journal = open(dir.path(), None);
    let reader = journal.subscribe(10_000);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let journal = &journal;
            scope.spawn(move || {
                for n in 0..200 {
                    journal.record(None, Some(Generation(thread)), notice(&n.to_string()));
                }
            });
        }
    });
    let written = entries_of(&dir.path().join("events.jsonl"));
    let read: Vec<Entry> =
        std::iter::from_fn(|| reader.try_recv()).map(|entry| Entry::clone(&entry)).collect();
    let kept: Vec<Entry> = journal.entries_since(None).iter().map(|e| Entry::clone(e)).collect();
    assert_eq!(written.len(), 1_600);
    assert!(written == read && written == kept, "the views of the journal differ");
    assert!(written.is_sorted_by(|a, b| a.t_us < b.t_us), "times are not in order");
}

#[test]
fn history_is_bounded_and_continues_without_a_gap() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let journal = open(dir.path(), None);
    let all: Vec<u64> = (0..HISTORY_ENTRIES_MAX + 10)
        .map(|n| journal.record(None, None, notice(&n.to_string())).t_us)
        .collect();
    let kept = journal.entries_since(None);
    assert_eq!(kept.len(), HISTORY_ENTRIES_MAX);
    assert_eq!(kept[0].t_us, all[10], "the oldest go first");

    let (past, reader) = journal.subscribe_since(Some(all[all.len() - 3]), 8);
    let next = journal.record(None, None, notice("next"));
    assert_eq!(past.iter().map(|e| e.t_us).collect::<Vec<_>>(), all[all.len() - 2..]);
    assert_eq!(reader.try_recv().as_deref(), Some(&next));
}

#[test]
fn t03_slow_and_dead_subscribers_never_block_and_are_told_what_they_missed() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let journal = open(dir.path(), None);
    let slow = journal.subscribe(10);
    let dead = journal.subscribe(1);
    drop(dead);
    let started = Instant::now();
    let total = 5_000;
    for n in 0..total {
        journal.record(None, None, notice(&n.to_string()));
    }
    assert!(started.elapsed() < Duration::from_secs(20), "recording waited for a reader");
    assert_eq!(journal.inner.lock().readers.len(), 1, "the dead subscriber is forgotten");

    for n in 0..10 {
        let entry = slow.try_recv().expect("the queue was filled first");
        assert_eq!(entry.event, notice(&n.to_string()));
    }
    let last = journal.record(None, None, notice("last"));
    let told = slow.try_recv().expect("the loss is told");
    assert_eq!(told.event, Event::Missed { count: total - 10 });
    assert!(told.t_us < last.t_us, "the loss stands before what follows it");
    assert_eq!(slow.try_recv().as_deref(), Some(&last));
    assert_eq!(slow.try_recv(), None);
}

#[test]
fn p26_the_end_of_the_journal_ends_its_subscriptions() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let journal = open(dir.path(), None);
    let reader = journal.subscribe(4);
    let waiting = std::thread::spawn(move || reader.recv_timeout(Duration::from_secs(60)));
    drop(journal);
    assert_eq!(waiting.join().expect("no panic"), Err(NothingYet::Closed));
}

#[test]
fn the_events_stream_is_a_complete_copy_appended() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let copy = dir.path().join("copy.jsonl");
    for run in ["one", "two"] {
        let journal = open(&dir.path().join("pitstop"), Some(EventsTo::File(copy.clone())));
        for n in 0..500 {
            journal.record(Some(run), None, notice(&n.to_string()));
        }
    }
    let entries = entries_of(&copy);
    assert_eq!(entries.len(), 1_000, "everything is written when the journal is dropped");
    assert_eq!(entries[999].module.as_deref(), Some("two"));
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("a file");
    fs::write(&file, "").expect("a plain file");
    let config = JournalConfig {
        dir: file.join("sub"),
        events: None,
        log_level: LogLevel::Info,
        ran_for: None,
    };
    let error = Journal::open(config).expect_err("no directory fits inside a file").to_string();
    assert!(error.contains("a file/sub") && error.contains("start again"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_name_without_json_form_does_not_stop_the_journal() {
    use std::os::unix::ffi::OsStringExt;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let journal = open(dir.path(), None);
    let name = PathBuf::from(std::ffi::OsString::from_vec(vec![b'a', 0xff]));
    let trigger = crate::journal::event::Trigger::Save;
    let entry = journal.record(None, None, Event::Change { files: vec![name], trigger });
    journal.record(None, None, Event::NoChange { reason: NoChange::SameContent });
    let written = entries_of(&dir.path().join("events.jsonl"));
    assert_eq!(written.len(), 2);
    assert_eq!(written[0].t_us, entry.t_us);
}
