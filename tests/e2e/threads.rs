//! Threads that a module starts, at a swap.

use crate::RELOADED;
use host::journal::event::{Entry, Event, StartReason};
use pitstop_tests::{HostOptions, HostProcess, Project};

/// Has the module start a thread when it is created, and ask it to end, or not, when it is dropped.
pub(crate) fn project_with_thread(ends: bool) -> Project {
    let project = Project::new();
    let stop = if ends { "self.stop.take();" } else { "std::mem::forget(self.stop.take());" };
    let join = if ends { "self.thread.take().unwrap().join().unwrap();" } else { "" };
    project.edit("ui/src/lib.rs", |code| {
        let code = code.replace(
            "struct Ui;\n",
            &format!(
                "struct Ui {{
                    stop: Option<std::sync::mpsc::Sender<()>>,
                    thread: Option<std::thread::JoinHandle<()>>,
                }}

                impl Drop for Ui {{
                    fn drop(&mut self) {{
                        {stop}
                        {join}
                    }}
                }}\n"
            ),
        );
        code.replace(
            "// in create\n        Self\n",
            "let (sender, receiver) = std::sync::mpsc::channel();
            let thread = std::thread::spawn(move || while receiver.recv().is_ok() {});
            Self { stop: Some(sender), thread: Some(thread) }\n",
        )
    });
    project
}

#[track_caller]
fn retirement(entry: &Entry) -> (bool, String) {
    match &entry.event {
        Event::Retired { unmapped, why_not } => (*unmapped, why_not.clone().unwrap_or_default()),
        other => panic!("{other:?} is no retirement"),
    }
}

#[test]
fn k14_a_thread_that_ends_with_its_module_lets_the_library_go() {
    let project = project_with_thread(true);
    let mut host = HostProcess::start(&project);
    host.check(|| project.rename("ui", "two"), &RELOADED);
    let retired = host.wait_for_kind("retired");
    assert_eq!(retirement(&retired), (true, String::new()), "{}", host.words());
    assert_eq!(host.seen_by("ui"), ["one", "two"]);
}

#[test]
fn k14_a_thread_that_runs_on_keeps_its_library_mapped_and_the_user_is_told() {
    let project = project_with_thread(false);
    let mut host = HostProcess::start(&project);
    host.check(|| project.rename("ui", "two"), &RELOADED);
    let retired = host.wait_for_kind("retired");
    let (unmapped, why_not) = retirement(&retired);
    assert!(!unmapped && why_not.contains("a thread of it runs on"), "{why_not}");
    assert!(host.words().contains("a thread of it runs on"), "{}", host.words());
    // Nothing was taken away from under that thread.
    host.check(|| project.rename("ui", "three"), &RELOADED);
    assert_eq!(host.seen_by("ui"), ["one", "two", "three"], "{}", host.words());
}

/// One more than the libraries that may stay mapped, and a few.
const PINNED_RELOADS: usize = 44;

#[test]
fn g42_threads_that_are_never_joined_are_told_of_once_and_lead_to_a_restart_through_the_checkpoint()
{
    let project = project_with_thread(false);
    let options = HostOptions { supervised: true, ..HostOptions::default() };
    let mut host = HostProcess::launch(&project, options);
    host.wait_for_commit("ui");
    let first = host.status();
    for _ in 0..PINNED_RELOADS {
        host.reload_ok("ui");
    }
    let restarting = host.wait_for_kind("restarting");
    assert!(
        matches!(&restarting.event, Event::Restarting { reason, .. } if reason == "resources"),
        "{restarting:?}"
    );
    let started = host.wait_for_kind("started");
    assert!(
        matches!(started.event, Event::Started { reason: StartReason::Resources, .. }),
        "{started:?}"
    );
    host.wait_for_kind("restored");
    host.wait_for_commit("ui");
    let next = host.status();
    assert_eq!(next.pid, first.pid, "the same process");
    assert!(next.started_unix_ms > first.started_unix_ms, "and nothing that it had before");
    assert_eq!(host.seen_by("ui"), ["one"], "with the state");
    let told = host.journal().iter().filter(|entry| {
        matches!(&entry.event, Event::Notice { message }
            if message.contains("ui-g") && message.contains("end and join them"))
    });
    assert_eq!(told.count(), 1, "the threads are named once\n{}", host.words());
}
